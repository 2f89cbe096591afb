"""First numbers for parameters: drawn by initializers, or waited for where a file brings them."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError
from ..random import fold_in


class _Awaited:
    """How many numbers a file still has for layers that are being built."""

    def __init__(self, numbers: int) -> None:
        self.numbers = self.left = numbers

    def take(self, numbers: int) -> None:
        self.left -= numbers
        if self.left < 0:
            raise ShapeError(f"its layers need more numbers than the {self.numbers:,} that it holds.")


_awaited: ContextVar[_Awaited | None] = ContextVar("awaited", default=None)


@contextmanager
def waiting_for(numbers: int) -> Iterator[None]:
    """Within the block, layers are built without first numbers: a file holds that many, which will be put in.

    Raises ShapeError as soon as the layers need more.
    """
    token = _awaited.set(_Awaited(numbers))
    try:
        yield
    finally:
        _awaited.reset(token)


def draw(initializer: Any, key: Array, place: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """First numbers for the parameter at this place of a layer, each place with a key of its own.

    Inside `waiting_for` they are zeros that take no memory, for others will take their place.
    """
    awaited = _awaited.get()
    if awaited is not None:
        awaited.take(math.prod(shape))
        return np.broadcast_to(np.zeros((), dtype), shape)
    return np.asarray(initializer(shape, dtype=dtype, key=fold_in(key, place)))
