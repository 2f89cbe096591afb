"""Models as plain data and as files. The formats themselves are in formats/; here models become documents and back."""

import json
from collections.abc import Mapping
from typing import Any

from .errors import FormatError, NotBuiltError
from .functional import calls_between
from .layers.layer import Layer
from .layers.symbolic import Call, KerasTensor
from .layers.table import classes, deserialize, serialize
from .registry import custom_object_scope

# Structure as plain data -------------------------------------------------------------------------


def sequential_config(model: Any) -> dict[str, Any]:
    """A Sequential's layers, the Input among them, in Keras's form."""
    entry = [] if model._entry is None else [model._entry.call.layer]
    config = {
        "name": model.name,
        "trainable": model.trainable,
        "dtype": model.dtype,
        "layers": [serialize(layer) for layer in [*entry, *model.layers]],
    }
    if model._entry is not None:
        config["build_input_shape"] = list(model._entry.shape)
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

    def written(tensor: KerasTensor) -> dict[str, Any]:
        shape, dtype = list(tensor.shape), tensor.dtype
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": shape, "dtype": dtype, "keras_history": history(tensor)},
        }

    layers = []
    for layer, noted in calls.items():
        nodes = []
        for call in noted:
            if call.inputs:
                read = [written(tensor) for tensor in call.inputs]
                nodes.append({"args": [read if len(read) > 1 else read[0]], "kwargs": {}})
        layers.append({**serialize(layer), "name": layer.name, "inbound_nodes": nodes})
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _like(model._input_structure, [history(tensor) for tensor in model.inputs]),
        "output_layers": _like(model._output_structure, [history(tensor) for tensor in model.outputs]),
    }


def _like(structure: Any, flat: list[Any]) -> Any:
    """The flat list in the shape of the structure: alone, a list, or a dict."""
    if isinstance(structure, Mapping):
        return dict(zip(structure, flat, strict=True))
    return flat if isinstance(structure, list | tuple) else flat[0]


def sequential_from_config(cls: Any, config: Any) -> Any:
    """The Sequential that this data describes; a bare list of layers, as Keras 1 wrote, will do."""
    described = config["layers"] if isinstance(config, Mapping) else config
    name = config.get("name") if isinstance(config, Mapping) else None
    model = cls([deserialize(data) for data in described], name=name)
    shape = config.get("build_input_shape") if isinstance(config, Mapping) else None
    if shape is not None and model.graph is None and all(isinstance(part, int | None) for part in shape):
        model.build(tuple(shape))
    return model


def functional_from_config(cls: Any, config: Mapping[str, Any]) -> Any:
    """The functional model that this data describes."""
    layers: dict[str, Layer] = {}
    nodes: list[tuple[str, int, Any]] = []
    for data in config["layers"]:
        name = data.get("name") or data["config"]["name"]
        layers[name] = deserialize(data)
        nodes += [(name, i, node) for i, node in enumerate(data.get("inbound_nodes") or [])]
    made: dict[tuple[str, int], Any] = {}
    for name, layer in layers.items():
        if not layer_reads(config, name):
            made[name, 0] = layer.output
    while nodes:
        waiting = []
        for name, i, node in nodes:
            reads = _histories(node)
            if all((source, place) in made for source, place, _ in reads):
                tensors = [_pick(made[source, place], index) for source, place, index in reads]
                made[name, i] = layers[name](tensors if len(tensors) > 1 else tensors[0])
            else:
                waiting.append((name, i, node))
        if len(waiting) == len(nodes):
            raise FormatError(f"the layers {', '.join(n for n, _, _ in waiting)} read from layers that are not there.")
        nodes = waiting

    def ends(given: Any) -> Any:
        if isinstance(given, Mapping):
            return {key: ends(value) for key, value in given.items()}
        if given and isinstance(given[0], str):
            return _pick(made[given[0], given[1]], given[2])
        return [ends(value) for value in given]

    inputs, outputs = ends(config["input_layers"]), ends(config["output_layers"])
    return cls(_alone(inputs), _alone(outputs), name=config.get("name"))


def layer_reads(config: Mapping[str, Any], name: str) -> bool:
    """Whether this layer reads from another."""
    data = next(d for d in config["layers"] if (d.get("name") or d["config"]["name"]) == name)
    return bool(data.get("inbound_nodes"))


def _alone(ends: Any) -> Any:
    return ends


def _pick(made: Any, index: int) -> KerasTensor:
    return made[index] if isinstance(made, list) else made


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
    return classes.find(serialize(model)["class_name"]).from_config(model.get_config())


# Files -------------------------------------------------------------------------------------------


def save(model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
    """Placeholder."""


def save_weights(model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
    """Placeholder."""


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Placeholder."""


def save_model(model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
    """Placeholder."""


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """Placeholder."""
