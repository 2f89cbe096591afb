"""Layers that Keras had once: MaxoutDense, Highway and Embedding(dropout=), of Keras 1."""

from typing import Any

from ... import activations, constraints, initializers, layers, regularizers
from ...arrays import Array, namespace
from ...backend import dot, sigmoid
from ...backend import max as largest
from ...errors import fraction
from ...layers import Layer
from ...layers.layer import ALL, Params
from ...layers.old_names import DENSE, takes_old_names
from ...random import uniform

__all__ = ["Embedding", "Highway", "MaxoutDense"]


class _Weighted(Layer):
    """What these share: a kernel, a bias, and the settings for both."""

    def _take(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Note the settings of the weights; return those that are left."""
        self.activation = activations.get(settings.pop("activation", None))
        self.use_bias = settings.pop("use_bias", True)
        self._first = {"kernel": initializers.get(settings.pop("kernel_initializer", "glorot_uniform")),
                       "bias": initializers.get(settings.pop("bias_initializer", "zeros"))}  # fmt: skip
        self._penalties = {name: settings.pop(f"{name}_regularizer", None) for name in ("kernel", "bias")}
        self._bounds = {name: settings.pop(f"{name}_constraint", None) for name in ("kernel", "bias")}
        self.activity_regularizer = regularizers.get(settings.pop("activity_regularizer", None))
        return settings

    def _weight(self, name: str, shape: tuple[int, ...]) -> Any:
        return self.add_weight(
            shape, self._first[name], name=name, regularizer=regularizers.get(self._penalties[name]),
            constraint=constraints.get(self._bounds[name]),
        )  # fmt: skip


class MaxoutDense(_Weighted):
    """The largest of several weighted sums.

        y = max over k of (x @ kernel[k] + bias[k])

    Source: Goodfellow, Warde-Farley, Mirza, Courville & Bengio, "Maxout networks", ICML (2013).
    """

    @takes_old_names(DENSE)
    def __init__(self, units: int, nb_feature: int = 4, **settings: Any) -> None:
        super().__init__(**self._take(settings))
        self.units, self.nb_feature = units, nb_feature

    def build(self, input_shape: Any) -> None:
        self.kernel = self._weight("kernel", (self.nb_feature, input_shape[-1], self.units))
        self.bias = self._weight("bias", (self.nb_feature, self.units)) if self.use_bias else None

    def call(self, x: Array) -> Array:
        y = namespace(x).matmul(x[:, None, None, :], self.kernel.value)[:, :, 0, :]  # (N, K, U)
        return largest(y if self.bias is None else y + self.bias, axis=1)


class Highway(_Weighted):
    """A gate between a Dense layer and its input.

        t = σ(x @ carry_kernel + carry_bias)
        y = t · f(x @ kernel + bias) + (1 - t) · x

    Source: Srivastava, Greff & Schmidhuber, "Highway networks", arXiv:1505.00387 (2015), equation 3.
    """

    @takes_old_names(DENSE)
    def __init__(self, transform_bias: float = -2, **settings: Any) -> None:
        super().__init__(**self._take(settings))
        self._first |= {"carry_kernel": self._first["kernel"], "carry_bias": initializers.Constant(transform_bias)}
        self._penalties |= {"carry_kernel": self._penalties["kernel"], "carry_bias": None}
        self._bounds |= {"carry_kernel": self._bounds["kernel"], "carry_bias": None}

    def build(self, input_shape: Any) -> None:
        size = input_shape[-1]
        self.kernel, self.carry_kernel = (self._weight(name, (size, size)) for name in ("kernel", "carry_kernel"))
        self.bias, self.carry_bias = (self._weight(name, (size,)) for name in ("bias", "carry_bias"))

    def call(self, x: Array) -> Array:
        gate = sigmoid(dot(x, self.carry_kernel) + self.carry_bias)
        return gate * self.activation(dot(x, self.kernel) + self.bias) + (1 - gate) * x


class Embedding(layers.Embedding):
    """Embedding with Keras 1's dropout=: while training, whole rows of the table are left out by chance.

    Without it, what is made is the plain layer.

    Source: Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", NeurIPS
    (2016), section 4.2.
    """

    saved_as = "Embedding"
    wants = ("key",)

    def __new__(cls, *args: Any, dropout: float = 0.0, **settings: Any) -> Any:
        return super().__new__(cls) if dropout else layers.Embedding(*args, **settings)

    def __init__(self, *args: Any, dropout: float = 0.0, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.dropout = fraction(dropout, "dropout")

    def get_config(self) -> dict[str, Any]:
        """The settings of the plain layer: the dropout matters in training only."""
        names = ("input_dim", "output_dim", "mask_zero")
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype} | {
            name: getattr(self, name) for name in names
        }

    def forward(self, params: Params, x: Array, *, key: Array | None = None) -> tuple[Array, Any]:
        """cache: x as whole numbers, and what each row was multiplied by, (I, 1), or None"""
        if key is None:
            y, index = super().forward(params, x)
            return y, (index, None)
        table = params["embeddings"]
        keep = uniform(key, (self.input_dim, 1), table.dtype) >= self.dropout
        scale = namespace(table).asarray(keep, dtype=table.dtype) / (1 - self.dropout)
        y, index = super().forward({"embeddings": table * scale}, x)
        return y, (index, scale)

    def backward(self, params: Params, index: Any, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[None, Params]:
        index, scale = index
        _, grads = super().backward(params, index, dy, needs=needs)
        return None, {name: grad if scale is None else grad * scale for name, grad in grads.items()}
