"""Groups and arrays into the bytes of an HDF5 file, by h5py, in the layout that Keras writes."""

import io
from collections.abc import Iterable, Mapping

from ...arrays import Array


def to_bytes(
    groups: Iterable[str],
    arrays: Mapping[str, Array],
    seals: Mapping[str, str],
    seal: str,
    texts: Mapping[str, Mapping[str, str | list[str]]] | None = None,
) -> bytes:
    """The file's bytes: plain arrays in old-style groups, which every HDF5 library reads; sha256 as attributes.

    groups   paths of groups, also of empty ones          arrays   NumPy arrays by path
    seals    checksum of each array by path               seal     checksum over all, put on the root
    texts    attributes of groups: path ("" is the root) -> name -> a text or a list of texts
    """
    import h5py
    import numpy as np

    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver="earliest") as file:
        for path in groups:
            file.require_group(path)
        for path, values in arrays.items():
            file.create_dataset(path, data=values).attrs.create("sha256", seals[path], dtype="S64")
        for path, named in (texts or {}).items():
            for name, value in named.items():
                file[path or "/"].attrs[name] = value if isinstance(value, str) else np.array(value, "S")
        file.attrs.create("sha256", seal, dtype="S64")
    return buffer.getvalue()
