"""SpectralNormalization: a layer whose kernel can stretch nothing by more than 1.

    power iteration   v = u Wᵀ / |u Wᵀ|        u = v W / |v W|         W: the kernel, (everything else, outputs)
    forward           σ = v W uᵀ               y = layer with W / σ in the place of its kernel
    backward          dW = dW̄ / σ - (Σ dW̄ · W) / σ² · vᵀ u             dW̄: what the layer hears for W / σ

σ is near the largest factor by which W stretches an input. While training, u moves on by
`power_iterations` steps for each batch; u and v count as constants. After each update W is
divided by its own σ, so that in use the kernel is taken as it is, by Keras too.

Source: Miyato, Kataoka, Koyama & Yoshida, "Spectral normalization for generative adversarial networks", ICLR (2018),
algorithm 1 and equation 12.
"""

from typing import Any

from .. import constraints
from ..arrays import Array, namespace
from ..errors import positive_int
from ..initializers import TruncatedNormal
from ..random import key as key_of
from .inner import inner_params, inner_state, prefixed, put_inside
from .layer import ALL, Params, draw, unprefixed
from .symbolic import Shape
from .table import register_layer
from .wrapper import Wrapper

PREFIX = "layer/"
U = "vector_u"
SMALL = 1e-12  # of squared lengths, so that zeros can be divided by


@register_layer("SpectralNormalization")
class SpectralNormalization(Wrapper):
    """Keeps the kernel of a layer at a spectral norm of 1.

    Args:
        layer: a layer with a kernel, or with embeddings; its weights are this layer's.
        power_iterations: steps of power iteration for each batch.

    >>> from pellucid.layers.dense import Dense
    >>> SpectralNormalization(Dense(8)).compute_output_shape((None, 16))
    (None, 8)
    """

    thrifty = supports_masking = True

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = positive_int(power_iterations, "power_iterations")
        put_inside(self, PREFIX, layer)
        self.wants = tuple(dict.fromkeys(["state", "training", *layer.wants]))

    @property
    def output_activation(self) -> Any:
        """The layer's: a node of its own here as well."""
        return self.layer.output_activation

    def init(self, key: Array, *shapes: Shape) -> Params:
        params = inner_params(self.layer, key, *shapes)
        if not {PREFIX + "kernel", PREFIX + "embeddings"} & set(params):
            raise ValueError(f"{self.name}: {self.layer.name} has neither a kernel nor embeddings to normalize.")
        self.outputs = params[self._kernel(params)].shape[-1]
        return params

    def init_state(self, *shapes: Shape) -> Params:
        first = draw(TruncatedNormal(stddev=0.02), key_of(0), 0, (1, self.outputs), self.dtype)
        return {U: first, **inner_state(self.layer, *shapes)}

    def _kernel(self, params: Params) -> str:
        return PREFIX + ("kernel" if PREFIX + "kernel" in params else "embeddings")

    def rule(self, kind: str, param: str) -> Any:
        own = self.layer.rule(kind, param.removeprefix(PREFIX))
        normalized = kind == "constraint" and param in (PREFIX + "kernel", PREFIX + "embeddings")
        return SpectralNorm(own) if normalized else own

    def file_parts(self) -> dict[str, Any]:
        return {"layer": self.layer}

    @property
    def file_weights(self) -> list[Any]:
        """What Keras counts as this layer's own, beside the weights of the layer inside: the kernel (again) and u."""
        return [self.weight("params", self._kernel(self.numbers.params)), self.weight("state", U)] if self.built else []

    @property
    def weights(self) -> list[Any]:
        """In Keras's order: the kernel, u, the rest."""
        first = [weight.name for weight in self.file_weights]
        return self.file_weights + [weight for weight in super().weights if weight.name not in first]

    def compute_output_shape(self, *shapes: Shape) -> Any:
        return self.layer.compute_output_shape(*shapes)

    def forward(self, params: Params, *xs: Array, state: Params, training: bool, **extras: Any) -> tuple[Any, Any]:
        """x and y as the layer's; cache: the layer's, its parameters, how W was divided, and the new u."""
        own = unprefixed(params, PREFIX)
        divided, u = None, state[U]
        if training:
            name = self._kernel(params).removeprefix(PREFIX)
            own[name], u, divided = self._normalized(own[name], u)
        given = {**extras, "training": training, "state": unprefixed(state, PREFIX)}
        y, cache = self.layer.forward(own, *xs, **{want: given[want] for want in self.layer.wants})
        return y, (cache, own, divided, u)

    def _normalized(self, kernel: Array, u: Array) -> tuple[Array, Array, Any]:
        """W / σ, the new u, and what backward needs of it. A kernel of zeros stays as it is."""
        xp = namespace(kernel)
        w = kernel.reshape(-1, kernel.shape[-1])
        before = u
        for _ in range(self.power_iterations):
            v = _unit(u @ w.T)
            u = _unit(v @ w)
        sigma = (v @ w * u).sum()
        empty = ~xp.any(w != 0)
        sigma = xp.where(empty, 1.0, sigma)
        return kernel / sigma, xp.where(empty, before, u), (sigma, xp.where(empty, 0.0, v.T @ u))

    def backward(self, params: Params, cache: Any, dy: Any, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        inner, own, divided, _ = cache
        wanted = {"needs": needs} if self.layer.thrifty else {}
        dx, grads = self.layer.backward(own, inner, dy, **wanted)
        name = self._kernel(params).removeprefix(PREFIX)
        if divided is not None and name in grads:
            sigma, slope = divided  # slope: dσ/dW
            d, w = grads[name], params[PREFIX + name]
            grads = {**grads, name: d / sigma - (d * w).sum() / sigma**2 * slope.reshape(d.shape)}
        return dx, prefixed(grads, PREFIX)

    def advance(self, state: Params, cache: Any) -> Params:
        inner, _, _, u = cache
        moved = self.layer.advance(unprefixed(state, PREFIX), inner)
        return {U: u, **prefixed(moved, PREFIX)}


class SpectralNorm(constraints.Constraint):
    """W over its largest singular value, after the layer's own constraint."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __call__(self, w: Array) -> Array:
        w = w if self.own is None else self.own(w)
        xp = namespace(w)
        flat = w.reshape(-1, w.shape[-1])
        squares = xp.linalg.eigvalsh(flat.T @ flat if flat.shape[0] > flat.shape[1] else flat @ flat.T)
        return w / xp.sqrt(xp.where(squares[-1] > 0, squares[-1], 1.0))


def _unit(row: Array) -> Array:
    """A row of length 1 in this direction."""
    xp = namespace(row)
    return row / xp.sqrt(xp.maximum((row * row).sum(), SMALL))
