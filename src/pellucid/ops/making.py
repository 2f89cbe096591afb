"""Arrays from settings, and arrays of other kinds."""

from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..backend import functions
from ..backend.functions import cast, dtype, eye, ndim, ones_like, shape, zeros_like
from ..backend.symbols import array, on_symbols
from ..config import floatx
from .by_name import by_name


def _name(dtype: Any) -> str:
    return getattr(dtype, "name", dtype) or floatx()


def zeros(shape: Any, dtype: Any = None) -> Array:
    """Zeros."""
    return np.zeros(shape, _name(dtype))


def ones(shape: Any, dtype: Any = None) -> Array:
    """Ones."""
    return np.ones(shape, _name(dtype))


empty = zeros


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Array:
    """One number everywhere."""
    return np.full(shape, fill_value, _name(dtype))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """Numbers one after another: whole ones, if no setting has a fraction."""
    given = [one for one in (start, stop, step) if one is not None]
    whole = all(isinstance(one, int | np.integer) for one in given)
    first, last = (0, start) if stop is None else (start, stop)
    return np.arange(first, last, 1 if step is None else step, dtype=dtype or ("int32" if whole else floatx()))


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Array:
    """So many numbers, evenly from one to the other."""
    return np.linspace(start, stop, num, endpoint=endpoint, dtype=_name(dtype))


def identity(n: int, dtype: Any = None) -> Array:
    """The unit matrix."""
    return np.eye(n, dtype=_name(dtype))


full_like = by_name("full_like")


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """x as an array."""
    return array(x) if dtype is None else cast(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """x as a NumPy array."""
    return np.asarray(array(x))


def is_tensor(x: Any) -> bool:
    """Whether x is an array."""
    return hasattr(x, "__array_namespace__")


def size(x: Any) -> int:
    """How many numbers."""
    return functions.count_params(x)


stop_gradient = on_symbols(functions.stop_gradient)


@on_symbols
def copy(x: Any) -> Array:
    """The same numbers again."""
    return namespace(array(x)).array(array(x))


__all__ = [
    "arange", "cast", "convert_to_numpy", "convert_to_tensor", "copy", "dtype", "empty", "eye", "full", "full_like",
    "identity", "is_tensor", "linspace", "ndim", "ones", "ones_like", "shape", "size", "stop_gradient", "zeros",
    "zeros_like",
]  # fmt: skip
