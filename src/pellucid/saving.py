"""Models as files. The formats themselves are in formats/; here models become documents and back."""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from . import optimizers
from .callbacks.trial import stand_in
from .config import any_file_name
from .errors import FormatError
from .formats import keras_file, legacy_hdf5, opening, safetensors_file, weights_file
from .formats.document import Document, Entry, fill, group, group_names
from .formats.legacy_hdf5 import LegacyDocument
from .formats.safetensors_file import Tensors
from .layers.layer import put_weights, waiting_for
from .layers.table import deserialize, serialize
from .layers.weight import Weight, checked
from .legacy import by_name as put_by_name
from .legacy import by_order, document_layers, modern_config, modern_training, old_moments, put_named, training_config
from .registry import custom_object_scope
from .structure import compile_config, compile_from_config
from .tree import leaves


def save(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    include_optimizer: bool = True,
    save_format: str | None = None,
) -> None:
    """Write the whole model to a file: structure, weights, compile settings and the optimizer's memory.

    The file appears whole or not at all; Keras 3 opens it.

    Args:
        filepath: ends in `.keras`, or in `.h5` or `.hdf5` for Keras's older format.
        save_format: "h5" or "keras", where the name does not tell (an old argument).

    Raises ValueError for another ending, FileExistsError when the file is there and overwrite is False.
    """
    path, older = _target(filepath, (".keras",), overwrite, save_format)
    _tell_of_functions(model, path)
    moments = _named_moments(model) if include_optimizer else None
    settings = compile_config(model)
    if older:
        model._require_built("weights")
        training = training_config(settings) if settings and include_optimizer else None
        legacy_hdf5.write(path, _legacy(model, moments, config=serialize(model), training=training))
        return
    config = {"build_config": None, **serialize(model), "compile_config": settings}
    metadata = {"keras_version": _KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    config = {name: value for name, value in config.items() if value is not None or name == "registered_name"}
    keras_file.write(path, Document(config, group(entry_of(model)), _values(moments), metadata))


def _tell_of_functions(model: Any, path: str) -> None:
    """A warning where a function in the model is known to this process alone."""
    models = [model]
    for known in models:  # grows as models inside are met
        models += [layer for layer in known.layers if hasattr(layer, "graph") and layer not in models]
    names = [layer.name for each in models for layer in each.layers if getattr(layer, "is_of_this_process", False)]
    if names:
        warnings.warn(
            f"{path}: {', '.join(names)}: a file cannot hold these functions, and they have no name by which another "
            "program could hand them over. It can build the model and load_weights from this file; or write them as "
            "layers of your own, or as a Lambda of a function with a name.",
            stacklevel=3,
        )


def save_model(model: Any, filepath: Any, overwrite: bool = True, include_optimizer: bool = True) -> None:
    """`model.save(filepath)` as a function."""
    save(model, filepath, overwrite, include_optimizer)


def load_model(
    filepath: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """The model that a `.keras`, `.h5` or `.hdf5` file holds, of ours or of Keras 1, 2 or 3, compiled as it was.

    Args:
        custom_objects: classes and functions of your own that the file names, by name.
        compile: whether to compile it as it was, the optimizer's memory included.
        safe_mode: must be True: nothing in a file is ever run.

    Raises FormatError for a file that is damaged or of another kind, ValueError for a name that is not in our tables.
    """
    if not safe_mode:
        raise ValueError("load_model: safe_mode=False is not offered; nothing in a file is ever run here.")
    path = stand_in(_path(filepath, (".keras", *_OLDER)))
    document = opening.read(path)
    with custom_object_scope(custom_objects):
        if isinstance(document, LegacyDocument):
            return _model_from_legacy(document, path, compile)
        if isinstance(document, Tensors) or not document.config:
            raise FormatError(path, "it holds weights alone. Build the model, then model.load_weights(…).")
        held = sum(array.size for _, arrays in leaves(document.weights) for array in arrays)
        model = _built_for(held, document.config, path)
        _put(model, document, path)
        _from_file(path, "vocabularies", _put_words, model, document.words)
        settings = document.config.get("compile_config")
        if compile and settings:
            _from_file(path, "compile settings", compile_from_config, model, settings)
            if document.optimizer:
                _from_file(path, "optimizer's memory", restore_optimizer, model, document.optimizer)
    return model


def _built_for(held: int, config: Any, path: str) -> Any:
    """The model that this config describes, waiting for the numbers that the file holds."""
    with waiting_for(held):
        model = _from_file(path, "structure", deserialize, config)
    if not hasattr(model, "graph"):
        raise FormatError(path, f"it holds a {type(model).__name__}, which is not a model.")
    return model


def _model_from_legacy(document: LegacyDocument, path: str, compile: bool) -> Any:
    if document.config is None:
        raise FormatError(path, "it holds weights alone. Build the model, then model.load_weights(…).")
    config = _from_file(path, "structure", modern_config, document.config, document.keras_version)
    held = sum(array.size for weights in document.layers.values() for array in weights.values())
    model = _built_for(held, config, path)
    by_order(model, document, path)
    if compile and document.training:
        settings = _from_file(path, "compile settings", modern_training, document.training)
        _from_file(path, "compile settings", compile_from_config, model, settings)
        _restore_old_optimizer(model, document, path)
    return model


def _restore_old_optimizer(model: Any, document: LegacyDocument, path: str) -> None:
    """The optimizer's memory from an older file, where it fits; Keras 1 and 2 kept it in other orders."""
    if not document.optimizer or model.recipe is None:
        return
    arrays = list(document.optimizer.values())
    try:
        if not document.keras_version.startswith("3"):
            arrays = old_moments(model.optimizer, document.optimizer, len(_trained_paths(model)))
        restore_optimizer(model, arrays)
    except ValueError as problem:
        warnings.warn(f"{path}: the optimizer starts afresh, its memory cannot be used: {problem}", stacklevel=4)


def _from_file(path: str, part: str, make: Callable[..., Any], *given: Any) -> Any:
    """What `make` makes of a part of a file; whatever is wrong with it is the file's fault."""
    try:
        return make(*given)
    except FormatError:
        raise
    except Exception as problem:
        raise FormatError(path, f"its {part} cannot be used: {problem}") from problem


def save_weights(model: Any, filepath: Any, overwrite: bool = True, save_format: str | None = None) -> None:
    """Write the weights to a file; it appears whole or not at all.

    Args:
        filepath: ends in `.weights.h5`, or in `.h5`, `.hdf5` (Keras's older format) or `.safetensors`.
        save_format: "h5", where the name does not tell (an old argument).
    """
    model._require_built("weights")
    path, older = _target(filepath, (".weights.h5", ".safetensors"), overwrite, save_format)
    if path.endswith(".safetensors"):
        named = {name: array for weights in document_layers(model).values() for name, array in weights.items()}
        safetensors_file.write(path, named, {"format": "pellucid"})
    elif older:
        legacy_hdf5.write(path, _legacy(model, None))
    else:
        weights_file.write(path, Document({}, group(entry_of(model)), optimizer_numbers(model)))


def load_weights(model: Any, filepath: Any, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Put the weights of a file in place of the model's.

    Args:
        filepath: a `.weights.h5`, `.keras`, `.h5`, `.hdf5` or `.safetensors` file, of ours or of Keras.
        by_name: fill only the layers whose names are in the file; for `.h5` and `.hdf5` files.
        skip_mismatch: leave a layer whose shapes differ as it is, with a warning; for the same files.

    Raises FormatError that lists both sides, and changes nothing, when they do not fit.
    """
    model._require_built("weights")
    path = stand_in(_path(filepath, (".weights.h5", ".keras", ".safetensors", *_OLDER)))
    document = opening.read(path)
    if isinstance(document, LegacyDocument):
        (put_by_name if by_name else by_order)(model, document, path, skip_mismatch)
        return
    if by_name or skip_mismatch:
        raise ValueError(
            f"{path}: by_name and skip_mismatch are for files of Keras's older kind; this one loads whole."
        )
    if isinstance(document, Tensors):
        put_named(model, document.arrays, path)
        return
    _put(model, document, path)
    if document.optimizer and model.recipe is not None:
        try:
            restore_optimizer(model, document.optimizer)
        except ValueError as problem:
            warnings.warn(
                f"{path}: the weights are loaded, the optimizer's memory is not: {problem} "
                "Compile with the optimizer that the file was written with to have it, too.",
                stacklevel=2,
            )


_KERAS_VERSION = "3.15.1"  # the layout we write
_OLDER = (".h5", ".hdf5")  # Keras's format before 3


def _legacy(
    model: Any,
    moments: list[tuple[str, Any]] | None,
    config: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
) -> LegacyDocument:
    optimizer = {f"{model.optimizer.name}/{name}": array for name, array in moments} if moments else None
    return LegacyDocument(document_layers(model), config, training, optimizer, _KERAS_VERSION, "jax")


def _target(filepath: Any, endings: tuple[str, ...], overwrite: bool, save_format: str | None) -> tuple[str, bool]:
    """The path to write to, and whether the file is to be of Keras's older kind."""
    if save_format not in (None, "h5", "hdf5", "keras"):
        raise ValueError(f"save_format must be 'h5' or 'keras', got {save_format!r}.")
    if save_format in ("h5", "hdf5"):
        path = _path(filepath, ("",), overwrite)
        return path, not path.endswith(endings)
    path = _path(filepath, (*endings, *_OLDER), overwrite)
    return path, not path.endswith(endings)


def _path(filepath: Any, endings: tuple[str, ...], overwrite: bool = True) -> str:
    path = os.fspath(filepath)
    if not path.endswith(endings) and not any_file_name():
        raise ValueError(f"a file name must end in {' or '.join(endings)}, got {path!r}.")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} is there already; give another name, or overwrite=True.")
    return path


def entry_of(layer: Any) -> Entry:
    """A layer or model as the file room knows it: its class, its weights, the layers inside."""
    if hasattr(layer, "graph") and not layer.by_call:
        return Entry(layer.class_name, children=[entry_of(inner) for inner in layer.layers])
    parts = layer.file_parts()
    if not parts and not hasattr(layer, "graph"):
        return Entry(layer.class_name, layer.weights)
    own = layer.file_weights  # beside those of its parts
    return Entry(layer.class_name, own, parts={name: _part_of(part) for name, part in parts.items()})


def _part_of(part: Any) -> Entry:
    """A part of a layer: a layer, a list of them, or what it says of itself."""
    if isinstance(part, Entry):
        return part
    if not isinstance(part, list):
        return entry_of(part)
    names = group_names([layer.class_name for layer in part])
    return Entry("list", parts={name: entry_of(layer) for name, layer in zip(names, part, strict=True)})


def _put(model: Any, document: Document, path: str) -> None:
    """The document's weights in place of the model's, all at once."""
    entry = entry_of(model)
    put_weights(list(_pairs(entry, fill(entry, _without_generators(document.weights), path))))


def _put_words(model: Any, words: Mapping[str, list[str]]) -> None:
    """The vocabularies that Keras keeps beside the numbers, in place of the layers' own."""
    places = dict(_lookups(model))
    for path, found in words.items():
        if path not in places:
            raise ValueError(f"it has a vocabulary for {path!r}, where no layer looks up words.")
        numbers = places[path].class_name == "IntegerLookup"
        places[path].set_vocabulary([int(word) for word in found] if numbers else found)


def _lookups(model: Any, prefix: str = "layers/") -> Iterator[tuple[str, Any]]:
    """The layers with a vocabulary, by the path of their group."""
    for name, layer in zip(group_names([layer.class_name for layer in model.layers]), model.layers, strict=True):
        if hasattr(layer, "graph"):
            yield from _lookups(layer, f"{prefix}{name}/layers/")
        elif hasattr(layer, "set_vocabulary"):
            yield prefix + name, layer
            yield f"{prefix}{name}/_lookup_layer", layer  # TextVectorization's, which Keras writes twice


def _without_generators(tree: Any) -> Any:
    """The groups less the states of Keras's random generators: our keys come from the training."""
    if not isinstance(tree, Mapping):
        return tree
    return {name: _without_generators(part) for name, part in tree.items() if name != "seed_generator"}


def _pairs(ours: Entry, found: Entry) -> Iterator[tuple[Any, Any]]:
    for weight, array in zip(ours.weights, found.weights, strict=True):
        if isinstance(weight, Weight):
            yield weight, checked(array, weight.value, weight.path)
    for one, other in zip(ours.children, found.children, strict=True):
        yield from _pairs(one, other)
    for name, part in ours.parts.items():
        yield from _pairs(part, found.parts[name])


def optimizer_numbers(model: Any) -> list[Any] | None:
    """The optimizer's memory in Keras's order; None before the first step."""
    return _values(_named_moments(model))


def _values(named: list[tuple[str, Any]] | None) -> list[Any] | None:
    return None if named is None else [array for _, array in named]


def _named_moments(model: Any) -> list[tuple[str, Any]] | None:
    if model.recipe is None or model.graph is None or not model.numbers.moments:
        return None
    numbers = model.numbers
    return optimizers.weights_in_keras_order(model.optimizer, numbers.moments, numbers.step, _trained_paths(model))


def restore_optimizer(model: Any, arrays: list[Any]) -> None:
    """Give the optimizer back the memory that a file kept."""
    paths = _trained_paths(model)
    numbers = model.numbers
    params = {owner: numbers.params[owner] for owner in sorted({owner for owner, _ in paths})}
    fresh = len(arrays) <= 1 + model.optimizer.rate_is_a_number and not arrays[0].any()
    if fresh:  # saved before the first step: Keras then keeps no memory yet
        if len(arrays) == 2:
            _set_rate(model.optimizer, float(arrays[1]))
        return
    moments, step, rate = optimizers.moments_from_keras_order(model.optimizer, arrays, params, paths)
    if rate is not None:
        _set_rate(model.optimizer, rate)
    model.numbers = numbers._replace(moments=moments, step=step)


def _set_rate(optimizer: Any, rate: float) -> None:
    """The file's learning rate, unless it is the optimizer's own with fewer digits."""
    if np.float32(optimizer.learning_rate) != np.float32(rate):
        optimizer.learning_rate = rate


def _trained_paths(model: Any) -> list[tuple[str, str]]:
    """The parameters that learn, in the model's order, as (owner, name)."""
    owners = {layer: owner for owner, layer in model._graph.owners.items()}
    return [
        (owners[layer], weight.name)
        for layer in model.leaf_layers()
        if layer not in model.recipe.frozen
        for weight in layer.weights
        if weight.learns
    ]
