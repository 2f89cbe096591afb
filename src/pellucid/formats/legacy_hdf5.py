"""`.h5`, `.hdf5`: models and weights as Keras 1 and 2 stored them, and as Keras 3 still does under these endings.

    /                      model_config, training_config (JSON), keras_version, backend
    /model_weights         layer_names: the layers in order                     a file of weights alone has these at /
    /model_weights/dense   weight_names: the layer's weights in order; each is an array under its name
    /optimizer_weights     weight_names: the optimizer's memory in order

All but the arrays are attributes; a list too long for one is cut into layer_names0, layer_names1, … We add checksums
(seals.py), here also over the attributes. Keras ignores them; files without them are read as well.
"""

import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from . import safe_json
from .hdf5.attributes import Texts
from .hdf5.reader import Contents, array, contents
from .hdf5.writer import to_bytes
from .safe_write import replacing
from .seals import finite, plain, seal, seal_over

_HEADER = 64_512  # bytes that one attribute may take
_MODEL, _OPTIMIZER, _OWN = "model_weights", "optimizer_weights", "top_level_model_weights"

Named = Mapping[str, Array]  # arrays by name, in order


@dataclass(frozen=True)
class LegacyDocument:
    """One file's contents.

    layers         each layer's weights by name, in the model's order; layers without weights are there, too
    config         {"class_name", "config"}; None in a file of weights alone
    training       {"optimizer_config", "loss", "metrics", …}; None when the model was not compiled
    optimizer      the optimizer's memory by name, in order; None when absent
    keras_version  of the program that wrote it; "1" when it does not say
    backend        "tensorflow", "theano", …; empty when it does not say
    """

    layers: Mapping[str, Named]
    config: dict[str, Any] | None = None
    training: dict[str, Any] | None = None
    optimizer: Named | None = None
    keras_version: str = "1"
    backend: str = ""


def write(path: str | os.PathLike[str], document: LegacyDocument) -> None:
    """Save a document: with a config as a whole model, else as weights alone.

    The file appears whole or not at all. Raises OSError when it cannot be written, ValueError for what the format
    cannot hold.
    """
    data = encode(document)
    with replacing(path) as file:
        file.write(data)


def read(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> LegacyDocument:
    """A document from such a file, of ours or of Keras 1, 2 or 3.

    Raises FormatError when the file is damaged, not of this kind, or holds a weight that is NaN or infinite (unless
    allowed); OSError when it cannot be opened.
    """
    if not os.path.isfile(path) and os.path.exists(path):
        raise FormatError(path, "it is not a file.")
    with open(path, "rb") as file:
        data = file.read()
    document = decode(data, path, allow_nonfinite=allow_nonfinite)
    if document is None:
        raise FormatError(path, "it names no layers; it is not a file of Keras's older kind.")
    return document


def encode(document: LegacyDocument) -> bytes:
    """The bytes of the HDF5 file for a document."""
    whole = document.config is not None
    below = f"{_MODEL}/" if whole else ""
    versions = {"keras_version": document.keras_version, "backend": document.backend}
    texts: dict[str, dict[str, str | list[str]]] = {"": dict(versions)}
    for name, config in (("model_config", document.config), ("training_config", document.training)):
        if config is not None:
            texts[""][name] = json.dumps(config)
    texts.setdefault(below.rstrip("/"), {}).update({**versions, **_cut("layer_names", list(document.layers))})
    arrays: dict[str, np.ndarray] = {}
    stores = {f"{below}{layer}": weights for layer, weights in document.layers.items()}
    if document.optimizer is not None:
        stores[_OPTIMIZER] = document.optimizer
    for group, weights in stores.items():
        texts[group] = _cut("weight_names", list(weights))
        for name, values in weights.items():
            arrays[f"{group}/{name}"] = plain(values, f"{group}/{name}")
    groups = _groups_of([*stores, *(place.rpartition("/")[0] for place in arrays)])
    seals = {place: seal(place, values) for place, values in arrays.items()}
    values = ((path, name, value) for path, named in texts.items() for name, value in named.items())
    return to_bytes(groups, arrays, seals, seal_over([*groups, *_lines(values)], seals), texts)


def decode(
    data: bytes, file: str | os.PathLike[str], *, allow_nonfinite: bool = False, found: Contents | None = None
) -> LegacyDocument | None:
    """A document from the bytes of an HDF5 file, or None when they are HDF5 of another kind.

    found: what contents() made of these bytes, where it is known already.
    """
    found = found or contents(data, file)
    try:
        return _decoded(found, Texts(found.source, found.attributes), allow_nonfinite)
    except struct.error as error:
        raise found.source.refuse(f"it is damaged: {error}.") from None


def _decoded(found: Contents, texts: Texts, allow_nonfinite: bool) -> LegacyDocument | None:
    source = found.source
    whole = _MODEL in found.groups
    below = f"{_MODEL}/" if whole else ""
    names = texts.texts(below.rstrip("/"), "layer_names")
    if names is None:
        if whole or texts.text("", "model_config") is not None:
            raise source.refuse("it names no layers; it is damaged.")
        return None
    sealed = _check_seals(found, texts)
    reader = _Arrays(found, texts, sealed)
    if len(set(names)) < len(names):
        raise source.refuse("it lists a layer twice.")
    layers = {name: reader.named(f"{below}{name}", allow_nonfinite) for name in names}
    if reader.named(f"{below}{_OWN}", allow_nonfinite, there=False):
        raise source.refuse("it holds weights of the model itself, outside all layers; such models are not offered.")
    return LegacyDocument(
        layers=layers,
        config=_json(texts, "model_config", source.file),
        training=_json(texts, "training_config", source.file),
        optimizer=reader.named(_OPTIMIZER, True) if _OPTIMIZER in found.groups else None,
        keras_version=texts.text("", "keras_version") or texts.text(below.rstrip("/"), "keras_version") or "1",
        backend=texts.text("", "backend") or texts.text(below.rstrip("/"), "backend") or "",
    )


class _Arrays:
    """The arrays of a file, each handed out once."""

    def __init__(self, found: Contents, texts: Texts, sealed: bool) -> None:
        self.found, self.texts, self.sealed = found, texts, sealed
        self._taken: set[str] = set()

    def named(self, group: str, allow_nonfinite: bool, there: bool = True) -> dict[str, np.ndarray]:
        """The arrays that a group's weight_names lists, in that order."""
        names = self.texts.texts(group, "weight_names")
        if names is None and there:
            raise self.found.source.refuse(f"{group!r} does not list its weights.")
        return {name: self._take(f"{group}/{name}", allow_nonfinite) for name in names or []}

    def _take(self, path: str, allow_nonfinite: bool) -> np.ndarray:
        source = self.found.source
        if path not in self.found.arrays or path in self._taken:
            raise source.refuse(f"it lists {path[:200]!r}, which is not there, or twice.")
        self._taken.add(path)
        declared = self.found.arrays[path]
        values = array(source, declared)
        if self.sealed and seal(path, values) != declared.seal:
            raise source.refuse(f"{path!r} does not match its checksum: the file was damaged after it was written.")
        if not allow_nonfinite and not finite(values):
            raise source.refuse(f"{path!r} holds NaN or infinity. To load it all the same: allow_nonfinite=True.")
        return values


def _check_seals(found: Contents, texts: Texts) -> bool:
    """Whether the file carries our checksums; if so, that names and texts match theirs."""
    seals = {path: declared.seal for path, declared in found.arrays.items()}
    if found.seal is None and not any(seals.values()):
        return False
    if found.seal is None or found.seal != seal_over([*found.groups, *_lines(texts.all())], seals):
        raise found.source.refuse(
            "its names and settings do not match their checksum: the file was damaged after it was written."
        )
    return True


def _lines(attributes: Any) -> Iterator[str]:
    """A line for each attribute that the checksum over all covers."""
    import hashlib  # here: slow to import

    for path, name, value in attributes:
        if name != "sha256":
            yield f"{path}@{name} {hashlib.sha256(json.dumps(value).encode()).hexdigest()}"


def _json(texts: Texts, name: str, file: str | os.PathLike[str]) -> dict[str, Any] | None:
    text = texts.text("", name)
    return None if text is None else safe_json.loads(text.encode(), file, name)


def _cut(name: str, values: list[str]) -> dict[str, str | list[str]]:
    """A list of names as one attribute, or as many as it needs."""
    width = max((len(value.encode()) for value in values), default=1)
    if width > _HEADER:
        raise ValueError(f"weights: a name of {width:,} bytes is too long for this format.")
    most = _HEADER // max(width, 1)
    if len(values) <= most:
        return {name: values}
    return {f"{name}{i}": values[start : start + most] for i, start in enumerate(range(0, len(values), most))}


def _groups_of(paths: list[str]) -> list[str]:
    """The groups on the way to these places, and the places themselves; not the first group."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")
        found.update(dict.fromkeys("/".join(parts[: i + 1]) for i in range(len(parts))))
    return [path for path in found if path]
