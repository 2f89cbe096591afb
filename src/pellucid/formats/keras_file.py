"""`.keras`: a whole model as Keras 3 stores it, a ZIP of three members.

metadata.json       {"keras_version": "3.15.1", "date_saved": "2026-11-21@12:00:00"}
config.json         what the model is made of
model.weights.h5    its numbers, as in weights_file.py
"""

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import FormatError
from . import limits, safe_json, weights_file
from .document import Document
from .safe_write import replacing

if TYPE_CHECKING:  # where it is used: slow to import
    import zipfile

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
VOCABULARY = re.compile(r"assets/((?:[a-z0-9_]+/)*[a-z0-9_]+)/vocabulary\.txt")  # of a layer that looks up words
_END, _END64_POINTER, _END64 = b"PK\5\6", b"PK\6\7", b"PK\6\6"


def write(path: str | os.PathLike[str], document: Document) -> None:
    """Save a document. The same document gives the same bytes.

    The file appears whole or not at all. Raises OSError when it cannot be written, ValueError or TypeError for a
    document that the format cannot hold.
    """
    import zipfile

    metadata, config = safe_json.dumps(document.metadata), safe_json.dumps(document.config)
    weights = weights_file.encode(document)
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in ((METADATA, metadata), (CONFIG, config), (WEIGHTS, weights)):
            archive.writestr(zipfile.ZipInfo(name), data)


def read(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Document:
    """A document from a `.keras` file, of ours or of Keras 3. Nothing in it is run, imported or opened.

    Raises FormatError when the file is damaged, not of this kind, beyond the limits, or holds a weight that is NaN or
    infinite (unless allowed); OSError when it cannot be opened.
    """
    if not os.path.isfile(path) and os.path.exists(path):
        raise FormatError(path, "it is not a file.")
    with open(path, "rb") as file:
        members = _members(file, path)
    document = weights_file.decode(members[WEIGHTS], path, allow_nonfinite=allow_nonfinite)
    metadata = safe_json.loads(members[METADATA], path, METADATA) if METADATA in members else {}
    words = {match[1]: _lines(data, path) for name, data in members.items() if (match := VOCABULARY.fullmatch(name))}
    return replace(document, config=_config(members[CONFIG], path), metadata=metadata, words=words)


def _lines(data: bytes, path: str | os.PathLike[str]) -> list[str]:
    """The words of a vocabulary, one a line; the empty lines at its end are none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError(path, "its vocabulary is not text.") from None
    return text.rstrip("\n").split("\n")


def _config(data: bytes, path: str | os.PathLike[str]) -> dict[str, Any]:
    config = safe_json.loads(data, path, CONFIG)
    if not isinstance(config.get("class_name"), str) or not isinstance(config.get("config"), dict):
        raise FormatError(path, f'{CONFIG} must name a "class_name" and its "config".')
    return config


def _members(file: BinaryIO, path: str | os.PathLike[str]) -> dict[str, bytes]:
    """The bytes of each member, once all sizes are known to be in proportion; their CRCs are checked."""
    import zipfile

    size = file.seek(0, os.SEEK_END)
    _check_directory(file, size, path)
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
            _check_members(found, size, path)
            return {member.filename: _unpacked(archive, member) for member in found}
    except FormatError:
        raise
    except Exception as error:  # zipfile answers damage with a dozen kinds of errors
        raise FormatError(path, f"it is not a sound .keras file: {error or type(error).__name__}.") from None


def _unpacked(archive: "zipfile.ZipFile", member: "zipfile.ZipInfo") -> bytes:
    """A member's bytes; never more than it declares, whatever it would unpack to."""
    with archive.open(member) as stream:
        return stream.read(member.file_size)


def _check_members(found: "list[zipfile.ZipInfo]", size: int, path: str | os.PathLike[str]) -> None:
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    names = [member.filename for member in found]
    if len(set(names)) < len(names):
        raise FormatError(path, "it names a member twice.")
    if unknown := sorted({name for name in names if not VOCABULARY.fullmatch(name)} - {METADATA, CONFIG, WEIGHTS}):
        raise FormatError(
            path, f"it holds {unknown[0][:80]!r}, which no model of ours needs; it is not a plain .keras file."
        )
    if missing := sorted({CONFIG, WEIGHTS} - set(names)):
        raise FormatError(path, f"it lacks {missing[0]}; it is not a .keras file of Keras 3.")
    for member in found:
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise FormatError(path, f"{member.filename} is compressed in a way that .keras files never are.")
        if member.filename != WEIGHTS and member.file_size > limits.CONFIG_BYTES:
            raise FormatError(
                path, f"{member.filename} holds {member.file_size:,} bytes; the limit is {limits.CONFIG_BYTES:,}."
            )
    unpacked = sum(member.file_size for member in found)
    if unpacked > size + limits.UNPACKED_BYTES:
        raise FormatError(path, f"it would unpack from {size:,} to {unpacked:,} bytes, out of proportion.")


def _check_directory(file: BinaryIO, size: int, path: str | os.PathLike[str]) -> None:
    """Check the length of the list of members before zipfile reads it whole."""
    file.seek(max(size - 98, 0))
    tail = file.read()
    end, pointer, end64 = tail[-22:], tail[-42:-22], tail[-98:-42]
    if not end.startswith(_END):
        raise FormatError(path, "it is not a .keras file, or it is cut off: the list of its members is not at its end.")
    length = int.from_bytes(end[12:16], "little")
    if pointer.startswith(_END64_POINTER) and end64.startswith(_END64):
        length = int.from_bytes(end64[40:48], "little")
    if length > limits.ZIP_DIRECTORY_BYTES:
        raise FormatError(
            path, f"its list of members is {length:,} bytes long; the limit is {limits.ZIP_DIRECTORY_BYTES:,}."
        )
