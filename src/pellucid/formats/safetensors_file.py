"""`.safetensors`: named arrays and nothing else.

    8 bytes           the header's length, little-endian
    the header        {"dense/kernel": {"dtype": "F32", "shape": [784, 64], "data_offsets": [0, 200704]}, …,
                       "__metadata__": {"format": "pellucid"}}, JSON, filled up with spaces
    the numbers       one array after another, row by row, little-endian, without gaps

The format has no checksum: a flipped bit in the numbers cannot be found here. `.weights.h5` and `.keras` find it.

Source: the format's description, github.com/huggingface/safetensors.
"""

import json
import math
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from . import limits, safe_json
from .safe_write import replacing
from .seals import finite

_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAMES = {np.dtype(dtype): name for name, dtype in _TYPES.items()}
_METADATA = "__metadata__"
_LARGEST = 2**40  # numbers in one array, axes of length 0 left out


class Tensors(NamedTuple):
    """One file's contents: arrays by name ("dense/kernel"), and what its writer noted, text by text."""

    arrays: dict[str, np.ndarray]
    metadata: dict[str, str]


def write(path: str | os.PathLike[str], arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """Save arrays under their names; the file appears whole or not at all.

    Raises ValueError for a name that is no plain path, for arrays of other types than whole numbers, floating-point
    numbers and booleans, and for metadata that are not texts; OSError when it cannot be written.
    """
    plain = {name: _plain(name, value) for name, value in arrays.items()}
    header: dict[str, Any] = {}
    if metadata:
        if any(not isinstance(text, str) for pair in metadata.items() for text in pair):
            raise ValueError(f"safetensors: metadata are texts by name, got {dict(metadata)!r}.")
        header[_METADATA] = dict(metadata)
    end = 0
    order = sorted(plain, key=lambda name: (-plain[name].dtype.itemsize, name))  # wide numbers first keep all aligned
    for name in order:
        values = plain[name]
        header[name] = {"dtype": _NAMES[values.dtype], "shape": list(values.shape),
                        "data_offsets": [end, end := end + values.nbytes]}  # fmt: skip
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(plain[name].data)


def read(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Tensors:
    """The arrays of a file. float16 stays float16; bfloat16, which NumPy does not have, becomes float32.

    Raises FormatError when the file is damaged, names something that is no plain path, holds a type outside the list
    (F64 F32 F16 BF16, I64 to I8, U64 to U8, BOOL), NaN or infinity (unless allowed), or bytes that belong to no array;
    OSError when it cannot be opened.
    """
    if not os.path.isfile(path) and os.path.exists(path):
        raise FormatError(path, "it is not a file.")
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise FormatError(path, "it is cut off, or not a safetensors file.")
        if length > limits.STRUCTURE_BYTES:
            raise FormatError(path, f"its header is {length:,} bytes long; the limit is {limits.STRUCTURE_BYTES:,}.")
        header = file.read(length)
        data = file.read()
    if not header.startswith(b"{"):
        raise FormatError(path, "its header is not a JSON object; it is not a safetensors file.")
    described = safe_json.loads(header, path, "its header", limits.STRUCTURE_BYTES)
    metadata = _checked_metadata(described.pop(_METADATA, {}), path)
    places = {name: _place(name, entry, len(data), path) for name, entry in described.items()}
    _check_cover(places, len(data), path)
    arrays = {name: _array(place, data) for name, place in places.items()}
    for name, values in arrays.items():
        if not allow_nonfinite and values.dtype.kind == "f" and not finite(values):
            raise FormatError(path, f"{name!r} holds NaN or infinity. To load it all the same: allow_nonfinite=True.")
    return Tensors(arrays, metadata)


class _Place(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def _plain(name: str, value: Array) -> np.ndarray:
    if trouble := _trouble_with(name):
        raise ValueError(f"safetensors: {name!r} cannot be a name: {trouble}.")
    values = np.asarray(value)
    little = values.dtype.newbyteorder("<")
    if little not in _NAMES:
        raise ValueError(f"safetensors: {name} must hold numbers of a usual type, got dtype {values.dtype}.")
    return np.ascontiguousarray(values, little).reshape(values.shape)


def _trouble_with(name: str) -> str | None:
    """Why this is no plain path of a layer and a weight, or None."""
    if name == _METADATA:
        return "it is kept for metadata"
    if not name.isprintable() or len(name.encode("utf-8", "replace")) > limits.NAME_BYTES:
        return "it is too long, or holds characters that cannot be seen"
    if "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
        return "it looks like a path to somewhere else"
    return None


def _checked_metadata(found: Any, path: str | os.PathLike[str]) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise FormatError(path, f"{_METADATA} must hold texts by name.")
    return found


def _place(name: str, entry: Any, size: int, path: str | os.PathLike[str]) -> _Place:
    """Where an array lies and what it is, if all of that can be."""
    if trouble := _trouble_with(name):
        raise FormatError(path, f"{name[:80]!r} cannot be a name: {trouble}.")
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise FormatError(path, f"{name!r} must have exactly dtype, shape and data_offsets.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype != "BF16" and (not isinstance(dtype, str) or dtype not in _TYPES):
        raise FormatError(path, f"{name!r} has the type {str(dtype)[:40]!r}. There are: {', '.join(_TYPES)}, BF16.")
    whole = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
    if not whole or len(shape) > limits.RANK or any(type(n) is not int or not 0 <= n < 2**63 for n in shape + offsets):
        raise FormatError(path, f"{name!r} has a shape or place that is not made of whole numbers.")
    start, end = offsets
    if math.prod(max(n, 1) for n in shape) > _LARGEST:
        raise FormatError(path, f"{name!r} has a shape that no array can have.")
    needed = math.prod(shape) * (2 if dtype == "BF16" else np.dtype(_TYPES[dtype]).itemsize)
    if not start <= end <= size or end - start != needed:
        raise FormatError(path, f"{name!r} needs {needed:,} bytes, and lies from {start:,} to {end:,} of {size:,}.")
    return _Place(dtype, tuple(shape), start, end)


def _check_cover(places: Mapping[str, _Place], size: int, path: str | os.PathLike[str]) -> None:
    """Check that the arrays lie one after another: none overlaps, and no byte is hidden between them."""
    at = 0
    for name, place in sorted(places.items(), key=lambda item: (item[1].start, item[1].end)):
        if place.start != at:
            raise FormatError(path, f"{name!r} overlaps another array, or leaves a gap, at byte {place.start:,}.")
        at = place.end
    if at != size:
        raise FormatError(path, f"{size - at:,} bytes at its end belong to no array.")


def _array(place: _Place, data: bytes) -> np.ndarray:
    if place.start == place.end:
        return np.zeros(place.shape, "f4" if place.dtype == "BF16" else np.dtype(_TYPES[place.dtype]).newbyteorder("="))
    if place.dtype == "BF16":  # the upper half of a float32
        halves = np.frombuffer(data, "<u2", math.prod(place.shape), place.start)
        return (halves.astype(np.uint32) << 16).view(np.float32).reshape(place.shape)
    values = np.frombuffer(data, _TYPES[place.dtype], math.prod(place.shape), place.start)
    if place.dtype == "BOOL":
        values = values.view(np.uint8) != 0
    return values.reshape(place.shape).astype(values.dtype.newbyteorder("="))
