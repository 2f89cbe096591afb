"""The derivative of somebody's own function, by JAX: for what comes without a backward written out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import Array
from .tree import leaves, tree_map


def vjp(function: Callable[..., Any], given: tuple[Any, ...], dy: Any, *, owner: str, remedy: str) -> tuple[Any, ...]:
    """dL/d(each argument), from dL/dy, for y = function(*given).

    given    arrays, or nested dicts of arrays; float64 stays float64
    dy       dL/dy, one array or a tuple of them as the function returns
    owner    who asks, for messages: "loss 'distance'"
    remedy   what to write when JAX is missing: "write call_backward(…)"

    Raises ImportError without JAX, TypeError for a function that works on NumPy arrays only.
    """
    try:
        import jax
    except ImportError:
        raise ImportError(
            f"{owner} has no derivative of its own and needs JAX for it: pip install jax, or {remedy}."
        ) from None
    arrays = [leaf for part in given for _, leaf in leaves(part)]
    if not all(isinstance(array, np.ndarray) for array in arrays):
        return _pull(jax, function, given, dy, owner)
    with jax.enable_x64(any(array.dtype == np.float64 for array in arrays)):
        found = _pull(jax, function, tuple(tree_map(jax.numpy.asarray, part) for part in given), dy, owner)
        return tuple(tree_map(np.asarray, part) for part in found)


def _pull(jax: Any, function: Callable[..., Any], given: tuple[Any, ...], dy: Array, owner: str) -> tuple[Any, ...]:
    try:
        y, back = jax.vjp(function, *given)
    except jax.errors.JAXTypeError as error:
        raise TypeError(
            f"{owner} cannot be differentiated: it uses a function that works on NumPy arrays only. "
            f"Write it with array methods and operators, or with jax.numpy. ({str(error).splitlines()[0]})"
        ) from error
    if isinstance(y, tuple | list):
        return back(type(y)(jax.numpy.asarray(d, dtype=one.dtype) for d, one in zip(dy, y, strict=True)))
    return back(jax.numpy.asarray(dy, dtype=y.dtype))
