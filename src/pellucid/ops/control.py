"""Choices and loops over functions."""

from collections.abc import Callable
from typing import Any

from ..arrays import Array, namespace
from ..arrays import scan as walk
from ..backend.functions import switch
from ..backend.symbols import array


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """The one function's result or the other's."""
    return switch(pred, true_fn, false_fn)


def scan(f: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any = None, reverse: bool = False) -> Any:
    """Walk along the first axis: carry, y = f(carry, x); the last carry, and all the ys."""
    return walk(f, init, array(xs), reverse=reverse)


def map(f: Callable[[Any], Any], xs: Any) -> Array:
    """f of each slice along the first axis."""
    xs = array(xs)
    return namespace(xs).stack([array(f(xs[i])) for i in range(xs.shape[0])])


def fori_loop(lower: int, upper: int, body_fun: Callable[[int, Any], Any], init_val: Any) -> Any:
    """val = body_fun(i, val), for i from lower to upper - 1."""
    for i in range(int(lower), int(upper)):
        init_val = body_fun(i, init_val)
    return init_val


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """loop_vars = body(*loop_vars), as long as cond(*loop_vars) holds."""
    rounds = 0
    while (maximum_iterations is None or rounds < maximum_iterations) and cond(*loop_vars):
        loop_vars, rounds = body(*loop_vars), rounds + 1
    return loop_vars


__all__ = ["cond", "fori_loop", "map", "scan", "while_loop"]
