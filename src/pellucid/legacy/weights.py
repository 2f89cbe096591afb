"""Weights between a model and a document of Keras's older kind: by the order of the layers, or by their names.

A layer counts with all its weights, those that learn before those that do not; a model used as a layer is one layer.
"""

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import FormatError
from ..formats.document import snake_case
from ..formats.legacy_hdf5 import LegacyDocument
from ..layers.layer import put_weights
from ..layers.weight import Weight, checked
from .conversions import in_new_form


class _Pair(NamedTuple):
    """A layer of the model, and the layer of the file that it is to be filled from."""

    layer: Any
    weights: list[Weight]
    name: str
    arrays: list[np.ndarray]


def document_layers(model: Any) -> dict[str, dict[str, np.ndarray]]:
    """The weights of each layer of the model by name, in the order of Keras's older files.

    A name is the path through the models that the weight lies in: "dense/kernel", "inner/dense/kernel".
    """
    return {layer.name: {name: weight.numpy() for name, weight in _named(layer).items()} for layer in model.layers}


def _named(layer: Any) -> dict[str, Weight]:
    """The weights of one layer, or of one model used as a layer, each under a name of its own."""
    places = {id(weight._layer): path for path, weight in _paths(layer, "")}
    named: dict[str, Weight] = {}
    for weight in _ordered(layer):
        name = f"{places.get(id(weight._layer), '')}{weight.path}"
        while name in named:
            name += "_"
        named[name] = weight
    return named


def by_order(model: Any, document: LegacyDocument, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Fill the model's layers from the file's, the first from the first; layers without weights do not count.

    skip_mismatch   leave a layer as it is, with a warning, where shapes differ

    Raises FormatError that lists both sides, and changes nothing, when they do not all fit.
    """
    ours = [(layer, weights) for layer in model.layers if (weights := _ordered(layer))]
    theirs = [(name, list(arrays.values())) for name, arrays in document.layers.items() if arrays]
    if len(ours) != len(theirs):
        raise FormatError(
            path,
            f"it holds {len(theirs)} layers with weights and the model has {len(ours)}. "
            f"In the file: {_few([name for name, _ in theirs])}. "
            f"In the model: {_few([layer.name for layer, _ in ours])}. "
            "To load the layers whose names agree: by_name=True.",
        )
    pairs = [
        _Pair(layer, weights, name, in_new_form(layer, arrays, document.keras_version, document.backend))
        for (layer, weights), (name, arrays) in zip(ours, theirs, strict=True)
    ]
    _put(pairs, path, skip_mismatch)


def by_name(model: Any, document: LegacyDocument, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Fill the layers that the file knows by name; the others stay as they are.

    skip_mismatch   leave a layer as it is, with a warning, where number or shapes of weights differ

    Raises FormatError that lists both sides, and changes nothing, when no name agrees or a layer does not fit.
    """
    theirs = {name: list(arrays.values()) for name, arrays in document.layers.items() if arrays}
    ours = {layer.name: (layer, weights) for layer in model.layers if (weights := _ordered(layer))}
    pairs = [
        _Pair(*ours[name], name, in_new_form(ours[name][0], arrays, document.keras_version, document.backend))
        for name, arrays in theirs.items()
        if name in ours
    ]
    if not pairs:
        raise FormatError(
            path,
            f"none of its layers is in the model. In the file: {_few(list(theirs))}. In the model: {_few(list(ours))}.",
        )
    _put(pairs, path, skip_mismatch)


def _put(pairs: Sequence[_Pair], path: str | os.PathLike[str], skip_mismatch: bool) -> None:
    """Put the arrays in place, all at once."""
    unequal = [pair for pair in pairs if [w.shape for w in pair.weights] != [a.shape for a in pair.arrays]]
    if unequal:
        told = _few(
            [f"{pair.layer.name} (model {_shapes(pair.weights)}, file {_shapes(pair.arrays)})" for pair in unequal]
        )
        if not skip_mismatch:
            raise FormatError(path, f"its weights do not fit this model. Shapes differ at {told}.")
        warnings.warn(f"{os.fspath(path)}: not loaded, because shapes differ: {told}.", stacklevel=4)
    put_weights(
        [
            (weight, checked(array, weight.value, weight.path))
            for pair in pairs
            if not any(pair is other for other in unequal)
            for weight, array in zip(pair.weights, pair.arrays, strict=True)
        ]
    )


def _ordered(layer: Any) -> list[Weight]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _paths(layer: Any, path: str) -> Iterator[tuple[str, Weight]]:
    """Each weight with the models that it lies in: "outer/inner/"."""
    if hasattr(layer, "graph"):
        for inner in layer.layers:
            yield from _paths(inner, f"{path}{layer.name}/")
    else:
        yield from ((path, weight) for weight in layer.weights)


def _shapes(arrays: Sequence[Any]) -> str:
    return ", ".join(str(tuple(array.shape)) for array in arrays) or "nothing"


def _few(names: Sequence[str], most: int = 8) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + rest


def put_named(model: Any, arrays: Mapping[str, np.ndarray], path: str | os.PathLike[str]) -> None:
    """Fill all weights from arrays under the names that `document_layers` gives.

    Names that layers were given by themselves may have other numbers in the file: dense and dense_1 for the dense_4 and
    dense_5 of a model that was built later. The first goes to the first then.

    Raises FormatError that lists both sides, and changes nothing, when names, kinds or shapes differ.
    """
    named = {name: weight for layer in model.layers for name, weight in _named(layer).items()}
    if arrays.keys() != named.keys():
        stems = _stems_of(model)
        now, there = _by_rank(named, stems), _by_rank(arrays, stems)
        if now.keys() == there.keys():
            arrays = {name: arrays[there[place]] for place, name in now.items()}
    missing, unknown = [name for name in named if name not in arrays], [name for name in arrays if name not in named]
    if missing or unknown:
        raise FormatError(
            path,
            "its weights do not fit this model. "
            f"Only in the model: {_few(missing)}. Only in the file: {_few(unknown)}.",
        )
    unequal = [
        f"{name} (model {weight.dtype} {weight.shape}, file {arrays[name].dtype} {arrays[name].shape})"
        for name, weight in named.items()
        if arrays[name].shape != weight.shape or arrays[name].dtype.kind != np.dtype(weight.dtype).kind
    ]
    if unequal:
        raise FormatError(path, f"its weights do not fit this model. They differ at {_few(unequal)}.")
    put_weights([(weight, checked(arrays[name], weight.value, weight.path)) for name, weight in named.items()])


def _stems_of(layer: Any) -> set[str]:
    """The words that the layers inside were named by, where they were given no name: "dense" of dense_4."""
    inner = [*getattr(layer, "layers", ()), *layer.leaf_layers(), *layer.parts]
    found = {stem for each in inner if each is not layer for stem in _stems_of(each)}
    stem = snake_case(layer.class_name)
    return found | {stem} if layer.name.removeprefix(stem).lstrip("_").isdecimal() or layer.name == stem else found


def _by_rank(names: Iterable[str], stems: set[str]) -> dict[Any, str]:
    """Each name, by what it is when the numbers behind each stem are counted from 0."""
    split = {name: [_numbered(part, stems) for part in name.split("/")[:-1]] for name in names}
    numbers: dict[str, set[int]] = {stem: set() for stem in stems}
    for parts in split.values():
        for stem, number in parts:
            if number is not None:
                numbers[stem].add(number)
    rank = {(stem, number): i for stem, found in numbers.items() for i, number in enumerate(sorted(found))}
    return {
        (*((stem, rank.get((stem, number))) for stem, number in parts), name.rpartition("/")[2]): name
        for name, parts in split.items()
    }


def _numbered(part: str, stems: set[str]) -> tuple[str, Any]:
    """A layer's name as stem and number: ("dense", 4) for dense_4, ("dense", -1) for dense, ("mine", None) for mine."""
    stem, _, number = part.rpartition("_")
    if stem in stems and number.isdecimal():
        return stem, int(number)
    return part, -1 if part in stems else None
