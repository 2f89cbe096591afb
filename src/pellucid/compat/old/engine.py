"""keras.engine and its modules: where layers and models were defined, and helpers for batches."""

from typing import Any

from ...layers import Input, InputLayer, InputSpec, Layer
from ...model import Model
from ...sequential import Sequential

__all__ = [
    "Container",
    "Functional",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Model",
    "Network",
    "Sequential",
    "make_batches",
    "slice_X",
    "slice_arrays",
]

Container = Network = Functional = Model


def slice_arrays(arrays: Any, start: Any = None, stop: int | None = None) -> Any:
    """Rows of an array, or of each in a list: from start to stop, or those with the numbers in start.

    >>> import numpy as np
    >>> slice_arrays(np.arange(5), 1, 3), slice_arrays([np.arange(3), None], [2, 0])
    (array([1, 2]), [array([2, 0]), None])
    """
    if isinstance(arrays, list):
        return [slice_arrays(one, start, stop) for one in arrays]
    if arrays is None:
        return None
    return arrays[start] if hasattr(start, "__len__") else arrays[start:stop]


slice_X = _slice_arrays = slice_arrays


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """Where each batch begins and ends.

    >>> make_batches(5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(start, min(size, start + batch_size)) for start in range(0, size, batch_size)]


_make_batches = make_batches
