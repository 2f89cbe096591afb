"""A nested state as one file: an .npz whose arrays `numpy.load` can read, and a JSON text that says where each belongs.

    state.json      {"epoch": 3, "model": {"params": {"dense": {"kernel": {"array": 0}}}}}
    0.npy, 1.npy …  the arrays, uncompressed

Nothing in it is ever run (no pickle), and reading takes no more memory than the file is long.
"""

import io
import json
import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..arrays import Array
from ..errors import FormatError

if TYPE_CHECKING:  # where it is used: slow to import
    import zipfile

_KINDS = "biufc"  # bool, whole numbers, floats, complex


def write_state(file: BinaryIO, state: dict[str, Any]) -> None:
    """Write nested dicts and lists of arrays, numbers, texts and None.

    Raises TypeError, naming the place, for anything else.
    """
    import zipfile

    arrays: list[Array] = []
    text = json.dumps(_pack(state, arrays, "state"))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr("state.json", text)
        for i, array in enumerate(arrays):
            with archive.open(f"{i}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)


def read_state(path: str) -> Any:
    """What `write_state` wrote. Raises FormatError when the file is damaged or something else.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "state.npz")
    ...     with open(path, "wb") as file:
    ...         write_state(file, {"epoch": 3, "losses": [0.5, math.inf], "kernel": np.arange(2)})
    ...     read_state(path)
    {'epoch': 3, 'losses': [0.5, inf], 'kernel': array([0, 1])}
    """
    import zipfile

    size = os.path.getsize(path)
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    if member.compress_type != zipfile.ZIP_STORED or member.file_size > size:
                        raise FormatError(path, f"{member.filename} is compressed, which it never is in a backup.")
                return _unpack(json.loads(archive.read("state.json")), archive)
        except FormatError:
            raise
        except Exception as error:  # zipfile and numpy answer damage with a dozen kinds of errors
            raise FormatError(path, f"the backup is damaged ({error}). Delete it to start afresh.") from error


def _pack(value: Any, arrays: list[Array], place: str) -> Any:
    """The value as JSON knows it; an array leaves for the list, and its number stays behind."""
    if value is None or isinstance(value, bool | int | float | str):
        return value if type(value) in (bool, int, float, str, type(None)) else _pack(np.asarray(value), arrays, place)
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError(f"{place}: the names in a state must be texts, got {list(value)!r}.")
        packed = {name: _pack(inner, arrays, f"{place}.{name}") for name, inner in value.items()}
        return {"dict": packed} if set(packed) in ({"array"}, {"dict"}) else packed
    if isinstance(value, list | tuple):
        return [_pack(inner, arrays, f"{place}[{i}]") for i, inner in enumerate(value)]
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.kind in _KINDS:
            arrays.append(array)
            return {"array": len(arrays) - 1}
        value = f"array of {array.dtype}"
    raise TypeError(f"{place}: a state holds arrays, numbers, texts, lists and dicts, got {value!r}.")


def _unpack(value: Any, archive: "zipfile.ZipFile") -> Any:
    if isinstance(value, list):
        return [_unpack(inner, archive) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"array"}:
        return _read_array(archive.read(f"{int(value['array'])}.npy"))
    if set(value) == {"dict"}:
        value = value["dict"]
    return {name: _unpack(inner, archive) for name, inner in value.items()}


def _read_array(data: bytes) -> Array:
    """An .npy file's array; its header is believed only where it agrees with the length of the data."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array of an unknown version")
    shape, columns_first, dtype = np.lib.format.read_array_header_1_0(file)
    body = data[file.tell() :]
    if dtype.kind not in _KINDS or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError("an array's header does not fit its data")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if columns_first else "C").copy()
