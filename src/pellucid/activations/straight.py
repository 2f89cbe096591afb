"""The two activations that neither rectify nor squash: linear and exponential."""

import math

from ..arrays import Array, namespace
from .activation import activation


@activation
def linear(x: Array) -> Array:
    """x itself: the neuron hands on its weighted sum.

    >>> linear([1.5, -2.0])
    array([ 1.5, -2. ], dtype=float32)
    """
    return x


@linear.slope
def _(x: Array, y: Array) -> Array:
    return namespace(x).ones_like(x)


@linear.backward_rule
def _(x: Array, y: Array, dy: Array) -> Array:
    return dy


@activation
def exponential(x: Array) -> Array:
    """eˣ; infinity where that is past the largest number.

    >>> exponential([0.0, -1000.0])
    array([1., 0.], dtype=float32)
    """
    xp = namespace(x)
    highest = math.log(float(xp.finfo(x.dtype).max)) - 1e-5  # rounding must not carry it past the largest number
    return xp.where(x > highest, xp.inf, xp.exp(xp.minimum(x, highest)))


@exponential.slope
def _(x: Array, y: Array) -> Array:
    return y
