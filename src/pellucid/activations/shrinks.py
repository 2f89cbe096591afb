"""Activations that make small inputs zero, or move every input towards it."""

from ..arrays import Array, namespace
from .activation import activation


@activation
def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """x moved towards 0 by the threshold, and 0 where that would pass it.

    Source: Donoho, "De-noising by soft-thresholding", IEEE Trans. Inf. Theory 41 (1995).

    >>> soft_shrink([-2.0, 0.25, 1.0])
    array([-1.5,  0. ,  0.5], dtype=float32)
    """
    return x - namespace(x).clip(x, -threshold, threshold)


@soft_shrink.slope
def _(x: Array, y: Array, threshold: float) -> Array:
    xp = namespace(x)
    return xp.asarray(xp.abs(x) > threshold, dtype=x.dtype)


@activation
def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """x, or 0 where x is within the threshold of it.

    Source: Donoho & Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81 (1994).

    >>> hard_shrink([-2.0, 0.25, 1.0])
    array([-2.,  0.,  1.], dtype=float32)
    """
    xp = namespace(x)
    return xp.where(xp.abs(x) > threshold, x, 0.0)


@hard_shrink.slope
def _(x: Array, y: Array, threshold: float) -> Array:
    xp = namespace(x)
    return xp.asarray(xp.abs(x) > threshold, dtype=x.dtype)


@activation
def tanh_shrink(x: Array) -> Array:
    """x - tanh(x).

    Source: Keras and PyTorch name it so; we know of no paper.

    >>> tanh_shrink([0.0])
    array([0.], dtype=float32)
    """
    return x - namespace(x).tanh(x)


@tanh_shrink.slope
def _(x: Array, y: Array) -> Array:
    return namespace(x).tanh(x) ** 2


@activation
def threshold(x: Array, threshold: float, default_value: float) -> Array:
    """x where it is above the threshold, elsewhere the default value.

    Source: Keras and PyTorch name it so; we know of no paper.

    >>> threshold([0.5, 2.0], 1.0, 9.0)
    array([9., 2.], dtype=float32)
    """
    return namespace(x).where(x > threshold, x, default_value)


@threshold.slope
def _(x: Array, y: Array, threshold: float, default_value: float) -> Array:
    return namespace(x).asarray(x > threshold, dtype=x.dtype)
