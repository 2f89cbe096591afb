"""Small formulas that several losses share, each safe from overflow."""

from typing import Any

from ..arrays import Array, namespace


def exponentials(x: Array, axis: int) -> tuple[Array, Array, Array]:
    """x less its largest, the exponentials of that, and their sum: what softmax and its logarithm are made of."""
    x = x - x.max(axis=axis, keepdims=True)
    e = namespace(x).exp(x)
    return x, e, e.sum(axis=axis, keepdims=True)


def softmax(x: Array, axis: int) -> Array:
    """exp x / Σ exp x."""
    _, e, total = exponentials(x, axis)
    return e / total


def softplus(x: Array) -> Array:
    """log(1 + exp x)."""
    xp = namespace(x)
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-abs(x)))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    xp = namespace(x)
    e = xp.exp(-abs(x))
    return xp.where(x >= 0, 1.0, e) / (1.0 + e)


def step(x: Array) -> Array:
    """The slope of max(x, 0): 0 below zero, 1 above, and half at the kink itself."""
    return (namespace(x).sign(x) + 1.0) / 2.0


def clip_slope(x: Array, low: float, high: float) -> Array:
    """The slope of clip(x, low, high): 1 between the bounds, 0 beyond them, half on a bound."""
    xp = namespace(x)
    low, high = (xp.asarray(bound, dtype=x.dtype) for bound in (low, high))
    return (xp.sign(x - low) + xp.sign(high - x)) / 2.0


def spread(dl: Array, axis: Any) -> Array:
    """dl with the reduced axes back as axes of one, to be broadcast over what was summed."""
    return dl if axis is None else namespace(dl).expand_dims(dl, axis)
