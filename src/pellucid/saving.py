"""Models as plain data and as files. The formats themselves are in formats/; here models become documents and back."""

import json
import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from . import losses, metrics, optimizers
from .config import any_file_name
from .errors import FormatError
from .formats import keras_file, legacy_hdf5, opening, safetensors_file, weights_file
from .formats.document import Document, Entry, fill, group, group_names
from .formats.legacy_hdf5 import LegacyDocument
from .formats.safetensors_file import Tensors
from .functional import calls_between
from .layers.input import InputLayer
from .layers.layer import Layer, put_weights, waiting_for
from .layers.shared import marking, sharing
from .layers.symbolic import Call, KerasTensor
from .layers.table import deserialize, serialize
from .layers.weight import Weight, checked
from .legacy import by_name as put_by_name
from .legacy import by_order, document_layers, modern_config, modern_training, old_moments, put_named, training_config
from .registry import custom_object_scope
from .tree import leaves

# Structure as plain data -------------------------------------------------------------------------


def sequential_config(model: Any) -> dict[str, Any]:
    """A Sequential's layers, the Input among them, in Keras's form."""
    first = None if isinstance(model._entry, list) else model._entry  # several inputs are those of the first layer
    entry = [] if first is None else [first.call.layer]
    config = {
        "name": model.name,
        "trainable": model.trainable,
        "dtype": model.dtype,
    }
    with marking(model):
        config["layers"] = [serialize(layer) for layer in [*entry, *model.layers]]
    if first is not None:
        config["build_input_shape"] = list(first.shape)
    return config


def functional_config(model: Any) -> dict[str, Any]:
    """A functional model's layers, and which reads from which, in Keras's form."""
    calls: dict[Layer, list[Call]] = {layer: [] for layer in model.layers}
    for call in calls_between(model.inputs, model.outputs):
        calls[call.layer].append(call)
    place = {id(call): (layer.name, i) for layer, noted in calls.items() for i, call in enumerate(noted)}
    for tensor in model.inputs:
        place[id(tensor.call)] = (tensor.call.layer.name, 0)

    def history(tensor: KerasTensor) -> list[Any]:
        return [*place[id(tensor.call)], tensor.index]

    def end(tensor: KerasTensor) -> list[Any]:
        name, number = place[id(tensor.call)]
        return [name, number + _own_calls(tensor.call.layer), tensor.index]

    def written(given: Any) -> Any:
        if isinstance(given, Mapping):
            return {name: written(part) for name, part in given.items()}
        if isinstance(given, list | tuple):
            return [written(part) for part in given]
        if not isinstance(given, KerasTensor):
            return given
        described = {"shape": list(given.shape), "dtype": given.dtype, "keras_history": history(given)}
        return {"class_name": "__keras_tensor__", "config": described}

    layers = []
    with marking(model):
        for layer, noted in calls.items():
            nodes = [{"args": written(call.args), "kwargs": written(call.kwargs)} for call in noted if call.inputs]
            layers.append({**serialize(layer), "name": layer.name, "inbound_nodes": nodes})
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _like(model._input_structure, [end(tensor) for tensor in model.inputs]),
        "output_layers": _like(model._output_structure, [end(tensor) for tensor in model.outputs]),
    }


def _own_calls(layer: Layer) -> int:
    """Keras counts the making of a functional model as its first call, where it writes down what a model ends with."""
    return int(layer.class_name == "Functional")


def _like(structure: Any, flat: list[Any]) -> Any:
    """The flat list in the shape of the structure: alone, a list, or a dict."""
    if isinstance(structure, Mapping):
        return dict(zip(structure, flat, strict=True))
    return flat if isinstance(structure, list | tuple) else flat[0]


def sequential_from_config(cls: Any, config: Any) -> Any:
    """The Sequential that this data describes; a bare list of layers, as Keras 1 wrote, will do."""
    described = config["layers"] if isinstance(config, Mapping) else config
    name = config.get("name") if isinstance(config, Mapping) else None
    with sharing():
        model = cls([deserialize(data) for data in described], name=name)
    shape = config.get("build_input_shape") if isinstance(config, Mapping) else None
    if shape is not None and model.graph is None and all(isinstance(part, int | None) for part in shape):
        model.build(tuple(shape))
    return model


def functional_from_config(cls: Any, config: Mapping[str, Any]) -> Any:
    """The functional model that this data describes."""
    layers: dict[str, Layer] = {}
    nodes: dict[tuple[str, int], Any] = {}
    with sharing():
        for data in _without_masks(config):
            name = _name(data)
            layers[name] = deserialize(data)
            nodes.update({(name, i): node for i, node in enumerate(data.get("inbound_nodes") or [])})
    _check_size(layers, nodes)
    first = _first_calls(layers, nodes)
    made: dict[tuple[str, int], Any] = {}
    for name, layer in layers.items():
        if isinstance(layer, InputLayer):
            made[name, 0] = layer.output

    def value(name: str, place: int, index: int) -> KerasTensor:
        return _pick(made[name, place - first.get(name, 0)], index)

    missing: dict[tuple[str, int], int] = {}
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for call, node in nodes.items():
        sources = {(name, place - first.get(name, 0)) for name, place, _ in _histories(node)} - made.keys()
        missing[call] = len(sources)
        for source in sources:
            readers.setdefault(source, []).append(call)
    ready = deque(call for call, count in missing.items() if not count)
    while ready:
        call = ready.popleft()
        args, kwargs = _call_of(nodes[call], value)
        made[call] = layers[call[0]](*args, **kwargs)
        for reader in readers.get(call, []):
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    if lost := [name for (name, _), count in missing.items() if count]:
        raise ValueError(f"the layers {', '.join(lost)[:200]} read from layers that are not there.")

    def ends(given: Any) -> Any:
        if isinstance(given, Mapping):
            return {key: ends(value) for key, value in given.items()}
        if given and isinstance(given[0], str):
            return _pick(made[given[0], given[1] - _own_calls(layers[given[0]])], given[2])
        return [ends(part) for part in given]

    inputs, outputs = ends(config["input_layers"]), ends(config["output_layers"])
    return cls(inputs, outputs, name=config.get("name"))


def _name(data: Mapping[str, Any]) -> str:
    return data.get("name") or data["config"]["name"]


def _without_masks(config: Mapping[str, Any]) -> list[Any]:
    """The described layers less Keras's computing of masks, which the graph does here without being told."""
    is_mask = {"mask", "query_mask", "value_mask", "key_mask"}.__contains__
    operations = {_name(data) for data in config["layers"] if str(data.get("module")).startswith("keras.src.ops.")}
    if not operations:
        return list(config["layers"])
    layers = [data for data in config["layers"] if _name(data) not in operations]
    reads = [[node.get("args"), {name: part for name, part in node.get("kwargs", {}).items() if not is_mask(name)}]
             for data in layers for node in data.get("inbound_nodes") or []]  # fmt: skip
    used = {name for name, _, _ in _histories([reads, config["output_layers"]])}
    layers = [data for data in config["layers"] if _name(data) not in operations - used]

    def less_masks(node: dict[str, Any]) -> dict[str, Any]:
        kwargs = {
            name: part
            for name, part in node.get("kwargs", {}).items()
            if not (is_mask(name) and any(source in operations - used for source, _, _ in _histories(part)))
        }
        return {**node, "kwargs": kwargs}

    return [
        {**data, "inbound_nodes": [less_masks(node) for node in data.get("inbound_nodes") or []]} for data in layers
    ]


def _check_size(layers: Mapping[str, Layer], nodes: Iterable[tuple[str, int]]) -> None:
    """Refuse a model of models of models … that would be out of all proportion once it is laid out flat."""
    count = 0
    for name, _ in nodes:
        inner = getattr(layers[name], "graph", None)
        count += 1 if inner is None else len(inner.nodes)
    if count > _LARGEST_NETWORK:
        raise ValueError(f"it comes to {count:,} calls of layers; the limit is {_LARGEST_NETWORK:,}.")


_LARGEST_NETWORK = 20_000


def _first_calls(layers: Mapping[str, Layer], nodes: Mapping[tuple[str, int], Any]) -> dict[str, int]:
    """From which number on the calls of each functional model are counted: 0, or 1 where its making was the first."""
    used: dict[str, set[int]] = {}
    for node in nodes.values():
        for name, place, _ in _histories(node):
            used.setdefault(name, set()).add(place)
    models = {name: places for name, places in used.items() if _own_calls(layers[name])}
    return {name: int((name, max(places)) not in nodes) for name, places in models.items()}


def _pick(made: Any, index: int) -> KerasTensor:
    return list(_leaves(made))[index]


def _leaves(made: Any) -> Iterator[KerasTensor]:
    """One value after another, from nested lists and dicts of them."""
    if isinstance(made, list | dict):
        for part in made.values() if isinstance(made, dict) else made:
            yield from _leaves(part)
    else:
        yield made


def _call_of(node: Any, value: Callable[[str, int, int], KerasTensor]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of one call, as it was written."""
    if not isinstance(node, Mapping):  # Keras 1 and 2 list the inputs alone
        tensors = [value(*history) for history in _histories(node)]
        return [tensors if len(tensors) > 1 else tensors[0]], {}

    def read(part: Any) -> Any:
        if isinstance(part, Mapping) and part.get("class_name") == "__keras_tensor__":
            return value(*part["config"]["keras_history"])
        if isinstance(part, Mapping):
            return {name: read(one) for name, one in part.items()}
        return [read(one) for one in part] if isinstance(part, list) else part

    kwargs = {name: part for name, part in node.get("kwargs", {}).items() if part is not None}
    return read(node["args"]), read(kwargs)


def _histories(node: Any) -> list[tuple[str, int, int]]:
    """Where the inputs of one call come from: (layer, which of its calls, which output)."""
    if isinstance(node, Mapping) and node.get("class_name") == "__keras_tensor__":
        name, place, index = node["config"]["keras_history"]
        return [(name, place, index)]
    if isinstance(node, Mapping):
        return [found for value in node.values() for found in _histories(value)]
    if isinstance(node, list):
        if len(node) in (3, 4) and isinstance(node[0], str) and isinstance(node[1], int):  # Keras 1 and 2
            return [(node[0], node[1], node[2])]
        return [found for value in node for found in _histories(value)]
    return []


def to_json(model: Any, **kwargs: Any) -> str:
    """The structure as a JSON string, without weights; `model_from_json` reads it."""
    return json.dumps(serialize(model), **kwargs)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model, with fresh weights, that `to_json` described."""
    return model_from_config(json.loads(json_string), custom_objects)


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model, with fresh weights, of this serialized form ({"class_name": …, "config": …})."""
    with custom_object_scope(custom_objects):
        return deserialize(config)


def clone_model(model: Any) -> Any:
    """A model of the same structure with layers and weights of its own."""
    return deserialize(serialize(model))


# Compile settings as plain data ------------------------------------------------------------------


def compile_config(model: Any) -> dict[str, Any] | None:
    """What `compile` was told, in Keras's form; None for a model that is not compiled."""
    recipe = model.recipe
    if recipe is None:
        return None
    return {
        "optimizer": optimizers.serialize(recipe.optimizer),
        "loss": _written(recipe.loss, losses.serialize),
        "loss_weights": recipe.loss_weights,
        "metrics": _written(recipe.metrics, metrics.serialize),
        "weighted_metrics": _written(recipe.weighted_metrics, metrics.serialize),
    }


def _written(given: Any, serialize_one: Callable[[Any], Any]) -> Any:
    """Names as they are, objects as plain data, in the lists and dicts in which they were given."""
    if isinstance(given, Mapping):
        return {name: _written(part, serialize_one) for name, part in given.items()}
    if isinstance(given, list | tuple):
        return [_written(part, serialize_one) for part in given]
    return given if given is None or isinstance(given, str) else serialize_one(given)


def _read(given: Any, deserialize_one: Callable[[Any], Any]) -> Any:
    """The way back from `_written`."""
    if isinstance(given, Mapping) and "class_name" in given:
        return deserialize_one(given)
    if isinstance(given, Mapping):
        return {name: _read(part, deserialize_one) for name, part in given.items()}
    if isinstance(given, list):
        return [_read(part, deserialize_one) for part in given]
    return given


def compile_from_config(model: Any, config: Mapping[str, Any]) -> None:
    """Compile as it was when this config was written."""
    model.compile(
        optimizer=_read(config.get("optimizer") or "rmsprop", optimizers.deserialize),
        loss=_read(config.get("loss"), losses.deserialize),
        loss_weights=config.get("loss_weights"),
        metrics=_read(config.get("metrics"), _metric),
        weighted_metrics=_read(config.get("weighted_metrics"), _metric),
    )


def _metric(data: Mapping[str, Any]) -> Any:
    """The metric that this data describes; refused when it would keep more numbers than any metric needs."""
    settings = data.get("config")
    for name, value in settings.items() if isinstance(settings, Mapping) else ():
        if isinstance(value, int) and value > _LARGEST_METRIC:
            raise ValueError(f"{data['class_name']}: {name}={value:,} is out of proportion.")
    return metrics.deserialize(data)


_LARGEST_METRIC = 20_000  # classes, thresholds


# Files -------------------------------------------------------------------------------------------


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
    moments = _named_moments(model) if include_optimizer else None
    settings = compile_config(model)
    if older:
        model._require_built("weights")
        training = training_config(settings) if settings and include_optimizer else None
        legacy_hdf5.write(path, _legacy(model, moments, config=serialize(model), training=training))
        return
    config = {**serialize(model), "build_config": None, "compile_config": settings}
    metadata = {"keras_version": _KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    config = {name: value for name, value in config.items() if value is not None or name == "registered_name"}
    keras_file.write(path, Document(config, group(entry_of(model)), _values(moments), metadata))


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
    path = _path(filepath, (".keras", *_OLDER))
    document = opening.read(path)
    with custom_object_scope(custom_objects):
        if isinstance(document, LegacyDocument):
            return _model_from_legacy(document, path, compile)
        if isinstance(document, Tensors) or not document.config:
            raise FormatError(path, "it holds weights alone. Build the model, then model.load_weights(…).")
        held = sum(array.size for _, arrays in leaves(document.weights) for array in arrays)
        model = _built_for(held, document.config, path)
        _put(model, document, path)
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
    path = _path(filepath, (".weights.h5", ".keras", ".safetensors", *_OLDER))
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
    if hasattr(layer, "graph"):
        return Entry(layer.class_name, children=[entry_of(inner) for inner in layer.layers])
    parts = layer.file_parts()
    if not parts:
        return Entry(layer.class_name, layer.weights)
    return Entry(layer.class_name, parts={name: _part_of(part) for name, part in parts.items()})


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
