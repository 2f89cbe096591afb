"""keras.initializations of Keras 1: functions from a shape to a variable with first numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import initializers
from ...errors import one_of
from ...variable import Variable

__all__ = [
    "get",
    "get_fans",
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


def _variable(made_by: Any, shape: Any, name: str | None) -> Variable:
    return Variable(np.asarray(made_by(tuple(shape))), name=name)


def normal(shape: Any, scale: float = 0.05, name: str | None = None, **_: Any) -> Variable:
    """Numbers from the bell curve of this spread."""
    return _variable(initializers.RandomNormal(stddev=scale), shape, name)


def uniform(shape: Any, scale: float = 0.05, name: str | None = None, **_: Any) -> Variable:
    """Numbers spread evenly from -scale to scale."""
    return _variable(initializers.RandomUniform(-scale, scale), shape, name)


def zero(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """Zeros."""
    return _variable(initializers.Zeros(), shape, name)


def one(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """Ones."""
    return _variable(initializers.Ones(), shape, name)


def identity(shape: Any, scale: float = 1, name: str | None = None, **_: Any) -> Variable:
    """The unit matrix, times scale."""
    return _variable(initializers.Identity(gain=scale), shape, name)


def orthogonal(shape: Any, scale: float = 1.1, name: str | None = None, **_: Any) -> Variable:
    """A matrix that turns, times scale."""
    return _variable(initializers.Orthogonal(gain=scale), shape, name)


def glorot_normal(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """See pellucid.initializers.GlorotNormal."""
    return _variable(initializers.GlorotNormal(), shape, name)


def glorot_uniform(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """See pellucid.initializers.GlorotUniform."""
    return _variable(initializers.GlorotUniform(), shape, name)


def he_normal(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """See pellucid.initializers.HeNormal."""
    return _variable(initializers.HeNormal(), shape, name)


def he_uniform(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """See pellucid.initializers.HeUniform."""
    return _variable(initializers.HeUniform(), shape, name)


def lecun_uniform(shape: Any, name: str | None = None, **_: Any) -> Variable:
    """See pellucid.initializers.LecunUniform."""
    return _variable(initializers.LecunUniform(), shape, name)


def get(identifier: Any, **_: Any) -> Callable[..., Any]:
    """One of these by its name; a function stays what it is."""
    if callable(identifier):
        return identifier
    names = [name for name in __all__ if not name.startswith("get")]
    return globals()[one_of(identifier, names, "initialization")]


def get_fans(shape: Any, dim_ordering: str = "th") -> tuple[int, int]:
    """How many numbers come into a unit of weights of this shape, and how many units each number goes to.

    >>> get_fans((4, 3)), get_fans((8, 3, 5, 5))
    ((4, 3), (75, 200))
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    window = int(np.prod(shape[2:] if dim_ordering == "th" else shape[:-2]))
    outside = shape[1::-1] if dim_ordering == "th" else shape[-2:]
    return outside[0] * window, outside[1] * window
