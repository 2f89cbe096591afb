"""A recording as one file: a ZIP that NumPy opens too, with the arrays stacked over the frames and no pickle in it.

recording.json                 the network, and of each frame all but its arrays
frames/weights/dense/kernel.npy  (T, I, O): that array in each of the T frames that have it
probe/x/0.npy                  the probe batch
"""

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from ..formats import safe_json
from ..formats.safe_write import replacing
from .frame import Frame

JSON, KIND, VERSION = "recording.json", "pellucid recording", 1
_FACTS = tuple(f.name for f in fields(Frame) if f.name != "arrays")


class Kept(NamedTuple):
    """What a file keeps of a recording."""

    description: dict[str, Any]
    probe: dict[str, Array]
    epochs: list[dict[str, Any]]
    frames: tuple[Frame, ...]


def save(path: str | os.PathLike[str], kept: Kept) -> None:
    """Write a recording; the file appears whole or not at all.

    Raises OSError when it cannot be written.
    """
    names = list(dict.fromkeys(name for frame in kept.frames for name in frame.arrays))
    holders = {name: [i for i, frame in enumerate(kept.frames) if name in frame.arrays] for name in names}
    facts = {
        "kind": KIND,
        "version": VERSION,
        "description": kept.description,
        "epochs": kept.epochs,
        "frames": [{fact: getattr(frame, fact) for fact in _FACTS} for frame in kept.frames],
        "arrays": holders,
        "probe": list(kept.probe),
    }
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(JSON), safe_json.dumps(facts))
        for name, where in holders.items():
            _put(archive, f"frames/{name}", np.stack([kept.frames[i].arrays[name] for i in where]))
        for name, array in kept.probe.items():
            _put(archive, f"probe/{name}", array)


def load(path: str | os.PathLike[str]) -> Kept:
    """Read a recording back. Nothing in the file is run or imported.

    Raises FormatError when it is damaged or not a recording, OSError when it cannot be opened.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _read(archive, path)
        except FormatError:
            raise
        except Exception as error:  # zipfile and numpy answer damage with a dozen kinds of errors
            raise FormatError(path, f"it is not a sound recording: {error or type(error).__name__}.") from None


def _read(archive: zipfile.ZipFile, path: str | os.PathLike[str]) -> Kept:
    packed = next((m.filename for m in archive.infolist() if m.compress_type != zipfile.ZIP_STORED), None)
    if packed is not None:
        raise FormatError(path, f"{packed[:80]!r} is compressed; recordings are not.")
    if JSON not in archive.namelist():
        raise FormatError(path, f"it lacks {JSON}: it is not a recording.")
    facts = safe_json.loads(archive.read(JSON), path, JSON)
    if facts.get("kind") != KIND or facts.get("version") != VERSION:
        raise FormatError(path, f"it is not a recording of version {VERSION}.")
    arrays: list[dict[str, Array]] = [{} for _ in facts["frames"]]
    for name, where in facts["arrays"].items():
        stacked = _get(archive, f"frames/{name}")
        if len(stacked) != len(where):
            raise FormatError(path, f"{name} holds {len(stacked)} frames where {len(where)} are announced.")
        for i, array in zip(where, stacked, strict=True):
            arrays[i][name] = array
    probe = {name: _get(archive, f"probe/{name}") for name in facts["probe"]}
    return Kept(facts["description"], probe, facts["epochs"], tuple(_frames(facts["frames"], arrays)))


def _frames(facts: list[dict[str, Any]], arrays: list[dict[str, Array]]) -> Iterator[Frame]:
    for one, own in zip(facts, arrays, strict=True):
        yield Frame(**{fact: one[fact] for fact in _FACTS}, arrays=own)


def _put(archive: zipfile.ZipFile, name: str, array: Array) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getbuffer())


def _get(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    array.flags.writeable = False
    return array
