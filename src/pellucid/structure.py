"""Models as plain data, in Keras's form: which layers there are, which reads from which, how it was compiled."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from . import losses, metrics, optimizers
from .activations import Activation
from .functional import calls_between
from .layers.input import InputLayer
from .layers.layer import Layer
from .layers.shared import marking, sharing
from .layers.symbolic import Call, KerasTensor
from .layers.table import deserialize, serialize
from .registry import custom_object_scope


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
        if layers[call[0]].draws_by_itself:  # Keras writes training=True for each of these, and predicts without
            kwargs.pop("training", None)
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
    with custom_object_scope(own_things(model)):
        return deserialize(serialize(model))


def own_things(layer: Any, *others: Any) -> dict[str, Any]:
    """What a layer or model is made of that is the program's own, by name: classes and functions.

    others   more that may be so, an optimizer say

    Raises ValueError where two of them share a name, as two lambdas do: a copy could not tell them apart.
    """
    found: dict[str, Any] = {}
    for name, thing in (*_own_parts(layer), *(pair for other in others for pair in _own_setting(other))):
        if found.setdefault(name, thing) is not thing:
            raise ValueError(
                f"{layer.name}: two different functions or classes are called {name!r}, and a copy of the model needs "
                "a name for each. Define them with def and names of their own."
            )
    return found


def _own_parts(layer: Any) -> Iterator[tuple[str, Any]]:
    for part in (*layer.parts, *getattr(layer, "layers", ())):
        yield from _own_parts(part)
    for setting in (layer, *vars(layer).values()):
        yield from _own_setting(setting)


def _own_setting(thing: Any) -> Iterator[tuple[str, Any]]:
    """The class or function of the program's own behind a layer, an activation, an initializer, …; nothing for ours."""
    wrapped = getattr(thing, "formula", None) if isinstance(thing, Activation) else getattr(thing, "function", None)
    if wrapped is not None and hasattr(wrapped, "__name__") and not isinstance(thing, Layer):
        maker = wrapped
    elif hasattr(thing, "get_config") or hasattr(wrapped, "get_config"):
        maker = type(thing if wrapped is None or isinstance(thing, Layer) else wrapped)
    else:
        return
    if maker.__module__.partition(".")[0] != __name__.partition(".")[0]:
        yield maker.__name__, maker


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
