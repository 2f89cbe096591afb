"""keras.ops beyond what the backend has: the names that custom losses, metrics and layers use."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...arrays import Array
from ...backend import switch
from ...backend.symbols import array, on_symbols, shared
from ..table import words

_BY_ARRAYS = words(
    "add subtract multiply divide power matmul tensordot argsort sort where isinf log1p expm1 floor_divide mod "
    "negative logical_and logical_or logical_not swapaxes moveaxis ravel median pad split full full_like linspace "
    "roll reciprocal take diff meshgrid einsum unique"
)


def _by_arrays(name: str) -> Callable[..., Any]:
    def compute(*args: Any, **kwargs: Any) -> Any:
        given = [array(arg) if hasattr(arg, "__array_namespace__") or isinstance(arg, list) else arg for arg in args]
        return getattr(shared(*given), name)(*given, **kwargs)

    compute.__name__, compute.__doc__ = name, f"{name}, as the arrays' own library has it."
    return on_symbols(compute)


globals().update({name: _by_arrays(name) for name in _BY_ARRAYS if hasattr(np, name)})


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None) -> Array:
    """x as an array."""
    return array(x) if dtype is None else array(x).astype(dtype)


def convert_to_numpy(x: Any) -> Array:
    """x as a NumPy array."""
    return np.asarray(array(x))


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """The one function's result or the other's."""
    return switch(pred, true_fn, false_fn)


@on_symbols
def rsqrt(x: Any) -> Array:
    """One divided by the square root."""
    return 1 / array(x) ** 0.5
