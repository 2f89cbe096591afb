"""Windows that slide over a series, and a dataset cut in two."""

from typing import Any

import numpy as np

from ..errors import DataError, positive_int
from ..random import generator, key, next_key
from .dataset import Dataset


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Batches of windows: (windows, targets), or windows alone when targets is None.

    data              (T, ...)     time along the first axis
    targets           (T, ...)     targets[i] goes with the window that begins at i
    sequence_length   steps in a window
    sequence_stride   steps between the beginnings of two windows
    sampling_rate     steps between two neighbours in a window

    >>> dataset = timeseries_dataset_from_array(np.arange(5), np.arange(5) + 10, sequence_length=3)
    >>> [(x.tolist(), y.tolist()) for x, y in dataset]
    [([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [10, 11, 12])]
    """
    length, stride = positive_int(sequence_length, "sequence_length"), positive_int(sequence_stride, "sequence_stride")
    rate = positive_int(sampling_rate, "sampling_rate")
    first, last = start_index or 0, len(data) if end_index is None else end_index
    if not 0 <= first < last <= len(data):
        raise ValueError(
            f"start_index={start_index} and end_index={end_index} do not mark a part of {len(data)} steps."
        )
    count = last - first - (length - 1) * rate
    if targets is not None:
        count = min(count, len(targets) - first)
    if count < 1:
        raise DataError(f"a window of {length} steps, every {rate}, does not fit into {last - first} steps.")
    data = np.asarray(data)
    targets = None if targets is None else np.asarray(targets)
    starts = first + np.arange(0, count, stride)
    kept = None if seed is None else generator(key(seed))
    size = batch_size or 1

    def walk() -> Any:
        order = starts
        if shuffle:
            order = (kept or generator(next_key())).permutation(starts)
        for i in range(0, len(order), size):
            begin = order[i : i + size]
            windows = data[begin[:, None] + np.arange(length) * rate]
            y = None if targets is None else targets[begin]
            if batch_size is None:
                windows, y = windows[0], None if y is None else y[0]
            yield windows if y is None else (windows, y)

    return Dataset(walk, -(-len(starts) // size))


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Two datasets from one (an array, a tuple of arrays, a Dataset): its beginning and its end.

    left_size, right_size   shares as floats, or numbers of elements; one of them is enough

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), [int(x) for x in right]
    (8, [8, 9])
    """
    is_data = isinstance(dataset, tuple | list | dict | np.ndarray)
    nested = tuple(dataset) if isinstance(dataset, list) and np.ndim(dataset[0]) else dataset
    elements = list(Dataset.from_tensor_slices(nested) if is_data else dataset)
    if left_size is None and right_size is None:
        raise ValueError("split_dataset: give left_size or right_size.")
    sizes = [None if size is None else _count(size, len(elements)) for size in (left_size, right_size)]
    left = len(elements) - sizes[1] if sizes[0] is None else sizes[0]  # type: ignore[operator]
    right = len(elements) - left if sizes[1] is None else sizes[1]
    if left + right > len(elements) or not left or not right:
        raise ValueError(f"split_dataset: {left} and {right} elements cannot be taken from {len(elements)}.")
    if shuffle:
        order = generator(next_key() if seed is None else key(seed)).permutation(len(elements))
        elements = [elements[i] for i in order]
    parts = elements[:left], elements[len(elements) - right :]
    return Dataset(lambda: iter(parts[0]), left), Dataset(lambda: iter(parts[1]), right)


def _count(size: float | int, whole: int) -> int:
    most = 1 if isinstance(size, float) else whole
    if isinstance(size, bool) or not isinstance(size, int | float) or not 0 < size < most:
        raise ValueError(f"split_dataset: a size is a share between 0 and 1, or a number of elements, got {size!r}.")
    return round(size * whole) if isinstance(size, float) else size
