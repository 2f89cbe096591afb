"""A view of one weight, in Keras's manner: `layer.kernel.numpy()`, `layer.kernel.assign(…)`."""

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError

_given: ContextVar[dict[Any, Any]] = ContextVar("given", default={})  # noqa: B039 - never written to


@contextmanager
def given_numbers(layer: Any, numbers: Any) -> Iterator[None]:
    """Within the block, views of this layer's weights read these numbers in place of the bundle's."""
    token = _given.set({**_given.get(), layer: numbers})
    try:
        yield
    finally:
        _given.reset(token)


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
        numbers = _given.get().get(self._layer) or self._layer.numbers
        return getattr(numbers, self._part)[self._key]

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

    __array_ufunc__ = None  # array @ weight asks the weight

    def __getitem__(self, index: Any) -> Array:
        return self.value[index]

    def __neg__(self) -> Array:
        return -self.value

    def __repr__(self) -> str:
        return f"<Weight path={self.path}, shape={self.shape}, dtype={self.dtype}>"


def checked(value: Any, old: Array, path: str) -> np.ndarray:
    """value as a new array of the old one's shape and dtype."""
    new = np.array(value, dtype=np.dtype(str(old.dtype)))
    if new.shape != tuple(old.shape):
        raise ShapeError(f"{path}: needs an array shaped {tuple(old.shape)}, got {new.shape}.")
    return new


def _forwarding(name: str) -> tuple[Callable[..., Array], Callable[..., Array]]:
    """An operator on the numbers behind a weight, with the weight on its left and on its right."""
    compute = getattr(operator, name)

    def left(self: Weight, other: Any) -> Array:
        return compute(self.value, other.value if isinstance(other, Weight) else other)

    def right(self: Weight, other: Any) -> Array:
        return compute(other, self.value)

    return left, right


for _name in ("add", "sub", "mul", "truediv", "matmul", "pow"):
    _left, _right = _forwarding(_name)
    setattr(Weight, f"__{_name}__", _left)
    setattr(Weight, f"__r{_name}__", _right)
