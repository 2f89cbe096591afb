"""Activations and losses by their names, and what stands beside them in networks."""

from collections.abc import Callable
from typing import Any

from .. import activations
from ..arrays import Array, namespace
from ..arrays import one_hot as one_hot_rows
from ..backend.functions import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from ..backend.symbols import array, on_symbols
from ..config import floatx
from .by_name import floating


def _activation(name: str) -> Callable[..., Any]:
    found = activations.get(name)

    def compute(x: Any, *args: Any, **settings: Any) -> Array:
        return found(array(x), *args, **settings)

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"See pellucid.activations.{name}."
    return on_symbols(compute)


relu, relu6, elu, selu, gelu = map(_activation, ("relu", "relu6", "elu", "selu", "gelu"))
leaky_relu, silu, hard_silu, mish, celu = map(_activation, ("leaky_relu", "silu", "hard_silu", "mish", "celu"))
sigmoid, hard_sigmoid, log_sigmoid = map(_activation, ("sigmoid", "hard_sigmoid", "log_sigmoid"))
softplus, softsign, hard_tanh, tanh_shrink = map(_activation, ("softplus", "softsign", "hard_tanh", "tanh_shrink"))
softmax, log_softmax = _activation("softmax"), _activation("log_softmax")
hard_shrink, soft_shrink, threshold = map(_activation, ("hard_shrink", "soft_shrink", "threshold"))
squareplus, sparse_plus, sparsemax, glu = map(_activation, ("squareplus", "sparse_plus", "sparsemax", "glu"))
swish, hard_swish = silu, hard_silu


@on_symbols
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Array:
    """A row of zeros with a one, for each class number."""
    rows = one_hot_rows(array(x).astype("int32"), num_classes, getattr(dtype, "name", dtype) or floatx())
    return rows if axis == -1 else namespace(rows).moveaxis(rows, -1, axis)


@on_symbols
def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """x divided by its length along an axis."""
    x = floating(x)
    xp = namespace(x)
    size = (xp.abs(x) ** order).sum(axis=axis, keepdims=True) ** (1 / order)
    return x / xp.maximum(size, 1e-7 if epsilon is None else epsilon)


__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid",
    "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax", "mish", "normalize", "one_hot",
    "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_categorical_crossentropy", "sparse_plus", "sparsemax", "squareplus",
    "swish", "tanh_shrink", "threshold",
]  # fmt: skip
