"""keras.initializations of Keras 1: functions from a shape to first numbers."""

from typing import Any

from ... import initializers
from ...arrays import Array

__all__ = [
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_uniform",
    "normal",
    "one",
    "orthogonal",
    "uniform",
    "zero",
]


def normal(shape: Any, scale: float = 0.05, name: str | None = None, **_: Any) -> Array:
    """Numbers from the bell curve of this spread."""
    return initializers.RandomNormal(stddev=scale)(shape)


def uniform(shape: Any, scale: float = 0.05, name: str | None = None, **_: Any) -> Array:
    """Numbers spread evenly from -scale to scale."""
    return initializers.RandomUniform(-scale, scale)(shape)


def zero(shape: Any, name: str | None = None, **_: Any) -> Array:
    """Zeros."""
    return initializers.Zeros()(shape)


def one(shape: Any, name: str | None = None, **_: Any) -> Array:
    """Ones."""
    return initializers.Ones()(shape)


def identity(shape: Any, scale: float = 1, name: str | None = None, **_: Any) -> Array:
    """The unit matrix, times scale."""
    return initializers.Identity(gain=scale)(shape)


def orthogonal(shape: Any, scale: float = 1.1, name: str | None = None, **_: Any) -> Array:
    """A matrix that turns, times scale."""
    return initializers.Orthogonal(gain=scale)(shape)


def glorot_normal(shape: Any, name: str | None = None, **_: Any) -> Array:
    """See pellucid.initializers.GlorotNormal."""
    return initializers.GlorotNormal()(shape)


def glorot_uniform(shape: Any, name: str | None = None, **_: Any) -> Array:
    """See pellucid.initializers.GlorotUniform."""
    return initializers.GlorotUniform()(shape)


def he_normal(shape: Any, name: str | None = None, **_: Any) -> Array:
    """See pellucid.initializers.HeNormal."""
    return initializers.HeNormal()(shape)


def he_uniform(shape: Any, name: str | None = None, **_: Any) -> Array:
    """See pellucid.initializers.HeUniform."""
    return initializers.HeUniform()(shape)


def lecun_uniform(shape: Any, name: str | None = None, **_: Any) -> Array:
    """See pellucid.initializers.LecunUniform."""
    return initializers.LecunUniform()(shape)
