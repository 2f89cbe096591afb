"""Initializers that draw nothing: Zeros, Ones, Constant, Identity."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import floatx
from ..errors import ShapeError
from ..random import Key
from .initializer import Initializer, registry


@registry.add("Zeros", "zeros", "zero")
class Zeros(Initializer):
    """All zeros: the usual start of a bias.

    >>> Zeros()((3,))
    array([0., 0., 0.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        return np.zeros(shape, dtype or floatx())


@registry.add("Ones", "ones", "one")
class Ones(Initializer):
    """All ones.

    >>> Ones()((3,))
    array([1., 1., 1.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        return np.ones(shape, dtype or floatx())


@registry.add("Constant", "constant")
class Constant(Initializer):
    """The same value everywhere, or the values of an array that fits the shape.

    >>> Constant(0.5)((3,))
    array([0.5, 0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        if np.asarray(value).dtype.kind not in "biuf":
            raise ValueError(f"value must be a number or an array of numbers, got {value!r}.")
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        try:
            return np.full(shape, self.value, dtype or floatx())
        except ValueError:
            raise ShapeError(
                f"Constant: its value has shape {np.shape(self.value)}, the weight {tuple(shape)}."
            ) from None

    def get_config(self) -> dict[str, Any]:
        return {"value": np.asarray(self.value).tolist()}


@registry.add("Identity", "identity", "IdentityInitializer")
class Identity(Initializer):
    """Ones on the diagonal, times `gain`: a layer that starts by handing its input on.

    Raises ShapeError unless the weight is a matrix.

    >>> Identity()((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        if len(shape) != 2:
            raise ShapeError(f"Identity: needs a matrix, got the shape {tuple(shape)}.")
        dtype = dtype or floatx()
        return np.eye(*shape, dtype=dtype) * np.asarray(self.gain, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
