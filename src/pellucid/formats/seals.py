"""Checksums that we add to HDF5 files, and the checks that arrays pass on their way in and out.

Each array has the attribute `sha256`, over its path, type, shape and numbers; the first group has one over the names
of all groups and the names and checksums of all arrays (and of the texts beside them, in files of the older kind).
"""

from collections.abc import Iterable, Mapping

import numpy as np

from ..arrays import Array

_BLOCK = 2**20  # numbers looked at in one go


def plain(value: Array, place: str) -> np.ndarray:
    """The value as a NumPy array that a file can hold. Raises ValueError for anything but numbers."""
    values = np.asarray(value)
    if values.dtype.kind not in "fiu" or values.dtype.itemsize > 8:
        raise ValueError(f"weights: {place} must hold whole or floating-point numbers, got dtype {values.dtype}.")
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).reshape(values.shape)


def seal(place: str, values: np.ndarray) -> str:
    """sha256 of an array with its path, type and shape."""
    import hashlib  # here, like zipfile in its neighbours: both are slow to import

    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    digest = hashlib.sha256(f"{place} {values.dtype.str} {values.shape}\n".encode())
    digest.update(values.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def seal_over(groups: Iterable[str], seals: Mapping[str, str | None]) -> str:
    """sha256 over the names of all groups, and the names and checksums of all arrays."""
    import hashlib

    lines = sorted(groups) + [f"{place} {seals[place]}" for place in sorted(seals)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def finite(values: np.ndarray) -> bool:
    """Whether no number is NaN or infinite."""
    flat = values.reshape(-1)
    return all(np.isfinite(flat[i : i + _BLOCK]).all() for i in range(0, flat.size, _BLOCK))
