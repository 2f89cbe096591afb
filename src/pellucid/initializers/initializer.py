"""What every initializer is, and somebody's own function as one."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..config import floatx
from ..errors import ShapeError
from ..random import Key
from ..registry import Registry

registry = Registry("initializer")


class Initializer:
    """Makes the first values of a weight.

    Your own: a subclass with `__call__(shape, dtype=None, key=None)`, or a function of (shape, dtype).
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        """Values of that shape.

        dtype    `config.floatx()` when None
        key      where random draws start from; the program's next key when None
        """
        raise NotImplementedError(f"{type(self).__name__} needs a __call__(shape, dtype=None, key=None).")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Initializer":
        return cls(**config)


class FunctionInitializer(Initializer):
    """Somebody's own function, or initializer without a key, as one that takes a key.

    A function of (shape, dtype), or of the shape alone as until Keras 2.2, or of (shape, name) as in Keras 1.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        dtype = dtype or floatx()
        values = np.asarray(self.function(tuple(shape), **self._settings(dtype)), dtype=dtype)
        if values.shape != tuple(shape):
            raise ShapeError(
                f"initializer {self.function!r}: the weight has shape {tuple(shape)}, the function gave {values.shape}."
            )
        return values

    def _settings(self, dtype: Any) -> dict[str, Any]:
        """What the function takes beside the shape."""
        takes = inspect.signature(self.function).parameters
        if "dtype" in takes or any(each.kind is each.VAR_KEYWORD for each in takes.values()):
            return {"dtype": dtype}
        return {"name": None} if "name" in takes else {}
