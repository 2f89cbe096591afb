"""Arrays of lists in an .npz file, as Keras's imdb.npz and reuters.npz hold them."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from . import plain_pickle


def read_lists(path: str, names: tuple[str, ...]) -> list[Array]:
    """The named arrays of an .npz file, also those whose elements are lists of numbers; nothing in the file is run.

    Raises FormatError when the file is damaged, lacks a name, or holds anything else than numbers and lists.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [_read(archive.read(f"{name}.npy")) for name in names]
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise FormatError(path, f"is not an .npz file with {', '.join(names)} ({error}).") from error


def _read(data: bytes) -> Array:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read_header: Any = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read_header(file)
    if dtype.kind != "O":
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    found = plain_pickle.loads(data[file.tell() :])
    if not isinstance(found, np.ndarray):
        raise ValueError("it has no array where one should be")
    return found.reshape(shape, order="F" if by_columns else "C")
