"""`.weights.h5`: a network's numbers as Keras 3 stores them, alone or inside a `.keras` file.

    layers/dense/vars/0, 1, …    the numbers of a group, in order        optimizer/vars/0, 1, …    the optimizer's

We add to each array the attribute `sha256`, over its path, type, shape and numbers, and to the root one over all of
these. Keras ignores them; files without them are read as well. A file that has some must have all.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from .document import Document, Tree
from .hdf5.reader import Contents, array, contents
from .hdf5.writer import to_bytes
from .safe_write import replacing
from .seals import finite, plain, seal, seal_over


def write(path: str | os.PathLike[str], document: Document) -> None:
    """Save the weights (and the optimizer's numbers, if any) of a document; the config is left out.

    The file appears whole or not at all. Raises OSError when it cannot be written, ValueError for arrays that are not
    numbers.
    """
    data = encode(document)
    with replacing(path) as file:
        file.write(data)


def read(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Document:
    """A document from a `.weights.h5` file, of ours or of Keras 3.

    Raises FormatError when the file is damaged, not of this kind, or holds a weight that is NaN or infinite (unless
    allowed); OSError when it cannot be opened.
    """
    if not os.path.isfile(path) and os.path.exists(path):
        raise FormatError(path, "it is not a file.")
    with open(path, "rb") as file:
        data = file.read()
    return decode(data, path, allow_nonfinite=allow_nonfinite)


def encode(document: Document) -> bytes:
    """The bytes of the HDF5 file for a document's weights and optimizer."""
    if "optimizer" in document.weights:
        raise ValueError("weights: the group 'optimizer' belongs to the optimizer's numbers; call it something else.")
    tree: Tree = dict(document.weights)
    if document.optimizer is not None:
        tree["optimizer"] = {"vars": document.optimizer}
    groups: list[str] = []
    arrays: dict[str, np.ndarray] = {}
    for place, values in _groups(tree):
        groups.append(place)
        for i, value in enumerate(values):
            arrays[f"{place}/{i}"] = plain(value, f"{place}/{i}")
    seals = {place: seal(place, values) for place, values in arrays.items()}
    return to_bytes(groups, arrays, seals, seal_over(groups, seals))


def decode(data: bytes, file: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Document:
    """A document from the bytes of an HDF5 file; `file` names it in errors."""
    found = contents(data, file)
    sealed = _check_sealed(found)
    tree: Tree = {}
    for path in found.groups:
        *above, name = path.split("/")
        if "vars" in above:
            raise FormatError(file, f"{path!r} is a group among numbers.")
        _at(tree, above).setdefault(name, [] if name == "vars" else {})
    for path in sorted(found.arrays, key=_by_number):
        values = array(found.source, found.arrays[path])
        if sealed and seal(path, values) != found.arrays[path].seal:
            raise FormatError(file, f"{path!r} does not match its checksum: the file was damaged after it was written.")
        if not allow_nonfinite and not path.startswith("optimizer/") and not finite(values):
            raise FormatError(file, f"{path!r} holds NaN or infinity. To load it all the same: allow_nonfinite=True.")
        *above, _, number = path.split("/")
        numbers = _at(tree, above)["vars"]
        if number != str(len(numbers)):
            raise FormatError(file, f"{path!r}: number {len(numbers)} is missing before it.")
        numbers.append(values)
    optimizer = tree.pop("optimizer", {}).get("vars")
    return Document({}, tree, optimizer, {})


def _groups(tree: Tree, path: str = "") -> Iterator[tuple[str, list[Array]]]:
    """Each group with the arrays directly in it: ("layers/dense/vars", [kernel, bias])."""
    for name, branch in tree.items():
        if not name or "/" in name:
            raise ValueError(f"weights: {name!r} cannot be a group's name.")
        yield f"{path}{name}", branch if name == "vars" else []
        if name != "vars":
            yield from _groups(branch, f"{path}{name}/")


def _check_sealed(found: Contents) -> bool:
    """Whether the file carries our checksums; if so, that none is missing. Checks that all arrays are numbered ones."""
    for path in found.arrays:
        parts = path.split("/")
        if (
            len(parts) < 2
            or parts[-2] != "vars"
            or "vars" in parts[:-2]
            or not parts[-1].isascii()
            or not parts[-1].isdecimal()
        ):
            raise found.source.refuse(f"{path!r} is not a numbered array of a 'vars' group, as weights of Keras 3 are.")
    seals = {path: declared.seal for path, declared in found.arrays.items()}
    if found.seal is None and not any(seals.values()):
        return False
    if found.seal is None or found.seal != seal_over(found.groups, seals):
        raise found.source.refuse(
            "its list of groups and arrays does not match its checksum: the file was damaged after it was written."
        )
    return True


def _by_number(path: str) -> tuple[str, int]:
    group, _, number = path.rpartition("/")
    return group, int(number)


def _at(tree: Tree, path: list[str]) -> Any:
    for name in path:
        tree = tree.setdefault(name, {})
    return tree
