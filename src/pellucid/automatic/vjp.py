"""The derivative of somebody's own function: by our rules on NumPy arrays, by JAX on its own and where no rule is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from ..tree import leaves, tree_map
from .recorded import NoRuleError, Recorded, gradients, plain


def vjp(function: Callable[..., Any], given: tuple[Any, ...], dy: Any, *, owner: str, remedy: str) -> tuple[Any, ...]:
    """dL/d(each argument), from dL/dy, for y = function(*given).

    given    arrays, or nested dicts of arrays; float64 stays float64
    dy       dL/dy, one array or a tuple of them as the function returns
    owner    who asks, for messages: "loss 'distance'"
    remedy   what to write where no rule is and JAX is missing: "write call_backward(…)"

    Raises ImportError for a function without a rule when JAX is missing, TypeError when JAX does not know it either.

    >>> vjp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), np.array(1.0), owner="a test", remedy="")
    (array([ 3., 12.]),)
    """
    arrays = [leaf for part in given for _, leaf in leaves(part)]
    if not all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        import jax

        return _by_jax(jax, function, given, dy, owner)
    try:
        return _by_rules(function, given, dy)
    except NoRuleError as error:
        unknown = error
    except TypeError as error:
        if Recorded.__name__ not in str(error):
            raise
        unknown = NoRuleError("a function of another library")  # which names the class that it does not know
    try:
        import jax
    except ImportError:
        raise ImportError(
            f"{owner} uses {unknown}, which has no derivative here and needs JAX for it: pip install jax, or {remedy}."
        ) from None
    with jax.enable_x64(any(array.dtype == np.float64 for array in arrays)):
        found = _by_jax(jax, function, tuple(tree_map(jax.numpy.asarray, part) for part in given), dy, owner)
        return tuple(tree_map(np.asarray, part) for part in found)


def _by_rules(function: Callable[..., Any], given: tuple[Any, ...], dy: Any) -> tuple[Any, ...]:
    recorded = tuple(tree_map(lambda leaf: Recorded(np.asarray(leaf)), part) for part in given)
    y = function(*recorded)
    ys, dys = (list(y), list(dy)) if isinstance(y, tuple | list) else ([y], [dy])
    dys = [np.asarray(d, dtype=plain(one).dtype) for d, one in zip(dys, ys, strict=True) if isinstance(one, Recorded)]
    wanted = [leaf for part in recorded for _, leaf in leaves(part)]
    found = dict(zip(wanted, gradients([y for y in ys if isinstance(y, Recorded)], dys, wanted), strict=True))
    return tuple(tree_map(found.__getitem__, part) for part in recorded)


def _by_jax(jax: Any, function: Callable[..., Any], given: tuple[Any, ...], dy: Array, owner: str) -> tuple[Any, ...]:
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
