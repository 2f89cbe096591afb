"""One input, target or weight of all samples, from which batches are taken: in memory or left where it lies on disk."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError, check_dtype
from .batches import Slot
from .checks import check_shape, checked, harmless

CHUNK = 1 << 18  # numbers read at a time by the check
STRING = "string"  # the dtype of an input that a table looks up before anything is computed
LARGEST_COPY = 256 << 20  # bytes; a bigger array is converted batch by batch


class Rows:
    """Some consecutive rows of an array on disk (h5py, zarr): read when they are asked for, never all together."""

    def __init__(self, data: Any, start: int = 0, stop: int | None = None) -> None:
        self.data = data
        self.start = start
        self.stop = data.shape[0] if stop is None else stop
        self.shape = (self.stop - start, *data.shape[1:])
        self.dtype = data.dtype

    def __getitem__(self, pick: Any) -> Array:
        """The rows of a slice (with a stop) or of an array of row numbers, in the order asked for."""
        if isinstance(pick, slice):
            return np.asarray(self.data[self.start + (pick.start or 0) : self.start + min(pick.stop, self.shape[0])])
        order = np.argsort(pick)  # files are read forwards
        rows = np.asarray(self.data[self.start + pick[order]])
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return rows[back]


def is_array(value: Any) -> bool:
    """Whether something is one array already, of whatever library."""
    return isinstance(value, (np.ndarray, Rows)) or hasattr(value, "__array__") or _on_disk(value)


def _on_disk(value: Any) -> bool:
    return hasattr(value, "chunks") and hasattr(value, "shape") and hasattr(value, "dtype")


def as_array(value: Any, name: str) -> Array | Rows:
    """Anything that holds numbers as a NumPy array, or as Rows where it lies on disk.

    Raises TypeError for None and DataError for rows of different lengths.
    """
    if type(value) is np.ndarray or isinstance(value, Rows):
        return value
    if value is None:
        raise TypeError(f"{name} is None. Give an array, or a list of numbers.")
    if _on_disk(value):
        return Rows(value) if value.shape else np.asarray(value[()])
    if hasattr(value, "toarray"):
        raise TypeError(f"{name} is a sparse matrix; layers take full ones. Give {name}.toarray().")
    if np.ma.is_masked(value):
        raise DataError(f"{name} has masked values. Fill them in, {name}.filled(...), or leave their samples out.")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise DataError(
            f"{name} is no array: its rows have different lengths ({error}). Pad them: pad_sequences(...)."
        ) from error


def _words(raw: Array | Rows, name: str) -> Array:
    """An array of strings, as objects.

    Raises DataError for anything else.
    """
    words = np.asarray(raw[slice(0, raw.shape[0])] if isinstance(raw, Rows) else raw, dtype=object)
    wrong = next((one for one in words.flat if not isinstance(one, str | bytes)), None)
    if wrong is not None:
        raise DataError(f"{name} needs strings, got {type(wrong).__name__}: {wrong!r}.")
    return words


def prepare(value: Any, slot: Slot, name: str) -> Array:
    """A whole small array (a batch), checked, in the slot's shape and dtype."""
    raw = as_array(value, name)
    if slot.dtype == STRING:
        return _reshape(_words(raw, name), check_shape(raw.shape, slot, name))
    check_dtype(raw.dtype, name)
    axes = check_shape(raw.shape, slot, name)
    if isinstance(raw, Rows):
        raw = raw[slice(0, raw.shape[0])]
    if slot.shape[0] not in (None, raw.shape[0]):
        raise ShapeError(f"{name} has {raw.shape[0]} rows, but the model was made for batches of {slot.shape[0]}.")
    return _reshape(checked(raw, slot, name), axes)


class Column:
    """An array that batches are taken from.

    Everything is checked once, here. An array that becomes smaller when converted
    (float64 to float32) is converted once; others, and those on disk, batch by batch.
    """

    def __init__(self, value: Any, slot: Slot, name: str) -> None:
        raw = as_array(value, name)
        if slot.dtype == STRING:
            raw = _words(raw, name)
        else:
            check_dtype(raw.dtype, name)
        self.slot, self.name, self.dtype = slot, name, raw.dtype if slot.dtype == STRING else np.dtype(slot.dtype)
        self._axes = check_shape(raw.shape, slot, name)
        self.samples: int = raw.shape[0]
        size = int(np.prod(raw.shape)) * self.dtype.itemsize
        self.on_disk = isinstance(value, np.memmap) or isinstance(raw, Rows)
        once = not self.on_disk and self.dtype.itemsize < raw.dtype.itemsize and size <= LARGEST_COPY
        copy = np.empty(raw.shape, self.dtype) if once else None
        if slot.dtype != STRING and (copy is not None or not harmless(raw.dtype, slot)):
            step = max(1, CHUNK * self.samples // max(1, int(np.prod(raw.shape))))
            for start in range(0, self.samples, step):
                rows = checked(raw[slice(start, start + step)], slot, name, start)
                if copy is not None:
                    copy[start : start + step] = rows
        self._data: Any = raw if copy is None else copy
        self._takes = isinstance(self._data, np.ndarray) and self._data.flags.c_contiguous and self._data.flags.aligned
        self.in_memory = not self.on_disk and self._data.dtype == self.dtype

    def rows(self, pick: Any) -> Array:
        """The rows of a slice or of an array of row numbers, in the slot's shape and dtype.

        The rows of a slice may be a view: they are for reading.
        """
        if self._takes and not isinstance(pick, slice):
            rows = self._data.take(pick, axis=0, mode="clip")
        else:
            rows = self._data[pick]
        return _reshape(rows.astype(self.dtype, copy=False), self._axes)

    def everything(self) -> Array:
        """All rows, without a copy where the array is in memory in the right dtype."""
        return self.rows(slice(0, self.samples))


def _reshape(rows: Array, axes: int) -> Array:
    if axes == 0:
        return rows
    return rows[..., None] if axes > 0 else rows[..., 0]
