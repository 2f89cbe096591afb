"""Opening a file by what it is, whatever its name says: an old program's `model.keras` may well be an HDF5 file."""

import os

from ..errors import FormatError
from . import keras_file, legacy_hdf5, safetensors_file, weights_file
from .document import Document
from .hdf5.reader import contents
from .legacy_hdf5 import LegacyDocument
from .safetensors_file import Tensors


def read(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Document | LegacyDocument | Tensors:
    """What the file holds: a `.keras` or `.weights.h5` file's Document, an older HDF5 file's, or named arrays.

    Raises FormatError when the file is damaged or of no kind that we know, or holds a weight that is NaN or infinite
    (unless allowed); OSError when it cannot be opened.
    """
    if os.fspath(path).endswith(".safetensors"):
        return safetensors_file.read(path, allow_nonfinite=allow_nonfinite)
    if not os.path.isfile(path) and os.path.exists(path):
        raise FormatError(path, "it is not a file.")
    with open(path, "rb") as file:
        if file.read(2) == b"PK":
            return keras_file.read(path, allow_nonfinite=allow_nonfinite)
        file.seek(0)
        data = file.read()
    found = contents(data, path)
    document = legacy_hdf5.decode(data, path, allow_nonfinite=allow_nonfinite, found=found)
    return document or weights_file.decode(data, path, allow_nonfinite=allow_nonfinite)
