"""Activations across an axis: outputs share it, so each depends on several inputs.

softmax      yᵢ = e^xᵢ / Σⱼ e^xⱼ         dx = y · (dy - Σ dy·y)
log_softmax  yᵢ = xᵢ - log Σⱼ e^xⱼ       dx = dy - e^y · Σ dy
sparsemax    y  = the point of the simplex nearest to x
glu          y  = a · σ(b)               one half of the axis gates the other
"""

from ..arrays import Array, namespace
from ..errors import ShapeError
from .activation import activation
from .squashers import sigmoid


@activation
def softmax(x: Array, axis: int = -1) -> Array:
    """Positive shares that add up to 1 along the axis.

    Source: Bridle, "Probabilistic interpretation of feedforward classification
    network outputs", Neurocomputing (1990).

    >>> softmax([[0.0, 0.0, 0.0, 0.0]])
    array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """
    xp = namespace(x)
    powers = xp.exp(x - xp.max(x, axis=axis, keepdims=True))  # the largest is e⁰: nothing overflows
    return powers / xp.sum(powers, axis=axis, keepdims=True)


@softmax.backward_rule
def _(x: Array, y: Array, dy: Array, axis: int) -> Array:
    xp = namespace(x)
    return (dy - xp.expand_dims(xp.vecdot(y, dy, axis=axis), axis=axis)) * y


@activation
def log_softmax(x: Array, axis: int = -1) -> Array:
    """The logarithm of softmax, without taking the logarithm of a rounded share.

    Source: as softmax.

    >>> log_softmax([[0.0, 0.0]])
    array([[-0.6931472, -0.6931472]], dtype=float32)
    """
    xp = namespace(x)
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


@log_softmax.backward_rule
def _(x: Array, y: Array, dy: Array, axis: int) -> Array:
    xp = namespace(x)
    return dy - xp.exp(y) * xp.sum(dy, axis=axis, keepdims=True)


@activation
def sparsemax(x: Array, axis: int = -1) -> Array:
    """Shares that add up to 1 along the axis, where small inputs get exactly 0.

    y = max(x - τ, 0), with the one τ for which the shares add up to 1.

    Source: Martins & Astudillo, "From softmax to sparsemax", ICML (2016), algorithm 1.

    >>> sparsemax([[0.1, 0.6, -1.0]])
    array([[0.25, 0.75, 0.  ]], dtype=float32)
    """
    xp = namespace(x)
    x = xp.moveaxis(x, axis, -1)
    x = xp.maximum(x - xp.max(x, axis=-1, keepdims=True), -1.0)  # what is 1 below the largest gets 0 anyway
    falling = -xp.sort(-x, axis=-1)
    rank = xp.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    inside = 1 + rank * falling > xp.cumsum(falling, axis=-1)
    count = xp.sum(inside, axis=-1, keepdims=True, dtype=x.dtype)
    tau = (xp.sum(falling * inside, axis=-1, keepdims=True) - 1) / count
    return xp.moveaxis(xp.maximum(x - tau, 0.0), -1, axis)


@sparsemax.backward_rule
def _(x: Array, y: Array, dy: Array, axis: int) -> Array:
    """dy less its mean, over the inputs that got a share."""
    xp = namespace(x)
    inside = xp.asarray(y > 0, dtype=x.dtype)
    mean = xp.sum(dy * inside, axis=axis, keepdims=True) / xp.sum(inside, axis=axis, keepdims=True)
    return (dy - mean) * inside


@activation
def glu(x: Array, axis: int = -1) -> Array:
    """a · σ(b), where a and b are the two halves of the axis: b decides how much of a passes.

    x   (..., 2·C, ...)
    y   (..., C, ...)

    Raises ShapeError when the axis has no two equal halves.

    Source: Dauphin, Fan, Auli & Grangier, "Language modeling with gated
    convolutional networks", ICML (2017), equation 1.

    >>> glu([[3.0, 0.0]])
    array([[1.5]], dtype=float32)
    """
    if x.shape[axis] % 2:
        raise ShapeError(f"glu: axis {axis} must have an even size, to be split into two halves; got shape {x.shape}.")
    passed, gate = namespace(x).split(x, 2, axis=axis)
    return passed * sigmoid(gate)


@glu.backward_rule
def _(x: Array, y: Array, dy: Array, axis: int) -> Array:
    xp = namespace(x)
    passed, gate = xp.split(x, 2, axis=axis)
    share = sigmoid(gate)
    return xp.concat([dy * share, dy * passed * share * (1 - share)], axis=axis)
