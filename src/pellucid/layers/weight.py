"""A view of one weight, in Keras's manner: `layer.kernel.numpy()`, `layer.kernel.assign(…)`."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError


class Weight:
    """One parameter or state array of a layer. It holds no numbers: it reads and replaces those of the bundle.

    >>> from pellucid.layers import Dense
    >>> layer = Dense(2)
    >>> layer.build((None, 3))
    >>> layer.bias.assign([1, 2])
    >>> layer.bias.numpy()
    array([1., 2.], dtype=float32)
    """

    def __init__(self, layer: Any, part: str, key: str) -> None:
        self._layer, self._part, self._key = layer, part, key

    @property
    def value(self) -> Array:
        return getattr(self._layer.numbers, self._part)[self._key]

    @property
    def name(self) -> str:
        return self._key

    @property
    def path(self) -> str:
        return f"{self._layer.name}/{self._key}"

    @property
    def learns(self) -> bool:
        """Whether it is a parameter, one that gradients may move."""
        return self._part == "params"

    @property
    def trainable(self) -> bool:
        return self.learns and self._layer.trainable

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    @property
    def dtype(self) -> str:
        return str(self.value.dtype)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def numpy(self) -> np.ndarray:
        """A copy of the numbers."""
        return np.array(self.value)

    def assign(self, value: Any) -> None:
        """Put other numbers of the same shape in place of these."""
        self._layer.put(self._part, self._key, checked(value, self.value, self.path))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype)

    def __repr__(self) -> str:
        return f"<Weight path={self.path}, shape={self.shape}, dtype={self.dtype}>"


def checked(value: Any, old: Array, path: str) -> np.ndarray:
    """value as a new array of the old one's shape and dtype."""
    new = np.array(value, dtype=np.dtype(str(old.dtype)))
    if new.shape != tuple(old.shape):
        raise ShapeError(f"{path}: needs an array shaped {tuple(old.shape)}, got {new.shape}.")
    return new
