"""The few formulas that several optimizers share."""

import math
from typing import Any

from ..arrays import Array, namespace
from ..tree import tree_map


def choose(condition: Any, yes: dict, no: dict) -> dict:
    """One of two trees of the same nesting, by a bool or by an array () of one, which may be being traced."""
    if isinstance(condition, bool):
        return yes if condition else no
    return tree_map(lambda a, b: namespace(condition).where(condition, a, b), yes, no)


def blend(old: Array, new: Array, keep: Any) -> Array:
    """keep · old + (1 - keep) · new, as one step from old towards new: the weights then sum to 1 in any precision.

    >>> import numpy as np
    >>> blend(np.array([1.0]), np.array([2.0]), 0.9)
    array([1.1])
    """
    mean = new - old  # made here, so the lines below may write into it
    mean *= 1 - keep if isinstance(keep, float) else (1 - keep).astype(mean.dtype)
    mean += old
    return mean


def one_minus_power(beta: float, step: Any, like: Array) -> Any:
    """1 - betaˢᵗᵉᵖ to full precision, of the type of `like`.

    In float32, 1 - 0.999 is already wrong in the fifth digit; -(e^(step · ln beta) - 1) is not.

    >>> import numpy as np
    >>> one_minus_power(0.999, 1, like=np.ones(3, "float32"))
    0.0010000000000000009
    """
    if beta == 0:
        return 1.0
    if isinstance(step, int):
        return -math.expm1(step * math.log(beta))
    xp = namespace(step)
    wide = xp.result_type(like.dtype, xp.float32)
    return (-xp.expm1(step.astype(wide) * math.log(beta))).astype(like.dtype)


def zeros_like(x: Array) -> Array:
    return namespace(x).zeros_like(x)


def sum_of_squares(grad: Array) -> Array:
    return (grad * grad).sum()


def shorten(grad: Array, square: Array, limit: Any) -> Array:
    xp = namespace(grad)
    return grad * (limit / xp.maximum(xp.sqrt(square), limit)).astype(grad.dtype)
