"""A view of one weight, in Keras's manner: `layer.kernel.numpy()`, `layer.kernel.assign(…)`."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..variable import Variable, as_before
from .calling import NotNotedError, is_noting


class Weight(Variable):
    """One parameter or state array of a layer. It holds no numbers: it reads and replaces those of the bundle.

    >>> from pellucid.layers import Dense
    >>> layer = Dense(2)
    >>> layer.build((None, 3))
    >>> layer.bias.assign([1, 2])
    array([1., 2.], dtype=float32)
    >>> layer.bias.numpy()
    array([1., 2.], dtype=float32)
    """

    def __init__(self, layer: Any, part: str, key: str) -> None:
        self._layer, self._part, self._key = layer, part, key

    @property
    def value(self) -> Array:
        if is_noting():
            raise NotNotedError(f"{self.path}: its numbers were asked for.")
        return self._held

    @property
    def _held(self) -> Array:
        return getattr(self._layer.numbers, self._part)[self._key]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._held.shape)

    @property
    def dtype(self) -> str:
        return str(self._held.dtype)

    def _put(self, value: Array) -> None:
        self._layer.put(self._part, self._key, value)

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
    def constraint(self) -> Any:
        """What is done to it after each update, or None."""
        return self._layer.rule("constraint", self._key)

    @property
    def regularizer(self) -> Any:
        return self._layer.rule("regularizer", self._key)

    @property
    def trainable(self) -> bool:
        return self.learns and self._layer.trainable


def checked(value: Any, old: Array, path: str) -> np.ndarray:
    """value as a new array of the old one's shape and dtype."""
    return np.asarray(as_before(value, old, path))
