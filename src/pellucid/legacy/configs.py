"""Configs as Keras 1 and 2 wrote them, put into the form of today.

    Sequential as a bare list · regularizers {"name": "WeightRegularizer", "l2": 0.01} · Merge with mode="concat"
    GRU without reset_after (it was False) · hard_sigmoid, which was x / 5 + 1/2 · losses with reduction="auto"
    a loss as it was named in `compile`

Arguments under old names (`output_dim`, `nb_filter`) are the layers' business (layers/old_names.py).
"""

from collections.abc import Mapping
from typing import Any

Config = dict[str, Any]

_MERGES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate"}
_CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
}
_SAYS_NOTHING = ("input_dtype", "consume_less")


def modern_config(config: Mapping[str, Any], keras_version: str) -> Config:
    """A model's {"class_name", "config"} in today's form; the version is that of the program that wrote it.

    Raises ValueError for a Merge layer of a mode that no layer of today has.

    >>> dense = {"class_name": "Dense", "config": {"units": 2, "input_dtype": "float32"}}
    >>> modern_config({"class_name": "Sequential", "config": [dense]}, "1.2.2")
    {'class_name': 'Sequential', 'config': {'layers': [{'class_name': 'Dense', 'config': {'units': 2}}]}}
    """
    old = not keras_version.startswith("3")
    return _layer(config, old)


def _layer(data: Mapping[str, Any], old: bool) -> Config:
    name, config = str(data.get("class_name")), data.get("config")
    if isinstance(config, list):
        config = {"layers": config}
    if not isinstance(config, Mapping):
        return dict(data)
    if name == "Merge":
        name, config = _merge(config)
    name = _CLASSES.get(name, name)
    settings = {key: _setting(value) for key, value in config.items() if key not in _SAYS_NOTHING}
    if isinstance(settings.get("layers"), list):
        settings["layers"] = [
            _layer(layer, old) if isinstance(layer, Mapping) else layer for layer in settings["layers"]
        ]
        settings["layers"] = _renumbered(settings)
    if old:
        settings = {key: _of_that_time(key, value) for key, value in settings.items()}
    for inner in ("layer", "backward_layer", "cell"):
        if isinstance(settings.get(inner), Mapping):
            settings[inner] = _layer(settings[inner], old)
    if old and name == "GRU":
        settings.setdefault("reset_after", False)
    return {**data, "class_name": name, "config": settings}


def _of_that_time(key: str, value: Any) -> Any:
    """An activation as Keras 1 and 2 meant its name: their hard_sigmoid was another than today's."""
    return "keras_2_hard_sigmoid" if key.endswith("activation") and value == "hard_sigmoid" else value


def _setting(value: Any) -> Any:
    """A setting; Keras 1 named the class of a regularizer or constraint among its arguments."""
    if not isinstance(value, Mapping) or "class_name" in value or not isinstance(value.get("name"), str):
        return value
    arguments = {("max_value" if key == "m" else key): part for key, part in value.items() if key != "name"}
    kind = {"WeightRegularizer": "L1L2", "L1L2Regularizer": "L1L2"}.get(value["name"], value["name"])
    return {"class_name": kind, "config": arguments}


def _merge(config: Mapping[str, Any]) -> tuple[str, Config]:
    """Keras 1's Merge as the layer of today that does the same."""
    mode = config.get("mode")
    if mode not in _MERGES or config.get("layers"):
        raise ValueError(f"Merge with mode={mode!r} has no layer of today in its place; build the model anew.")
    axis = {"axis": config.get("concat_axis", -1)} if mode == "concat" else {}
    return _MERGES[mode], {"name": config.get("name"), **axis}


def _renumbered(settings: Config) -> list[Any]:
    """The layers, with calls of inner models counted as today.

    Today a functional model's first call within another is number 1 and a Sequential's number 0; Keras 1 and 2 began
    with 0 or 1, by version and by how the model was made.
    """
    layers = [dict(layer) for layer in settings["layers"] if isinstance(layer, Mapping)]
    if len(layers) < len(settings["layers"]) or not any("inbound_nodes" in layer for layer in layers):
        return settings["layers"]
    shift: dict[str, int] = {}
    for layer in layers:
        if layer.get("class_name") in ("Model", "Functional", "Sequential"):
            name = layer.get("name") or layer["config"].get("name")
            calls = len(layer.get("inbound_nodes") or [])
            used = [node[1] for node in _nodes([[la.get("inbound_nodes") for la in layers],
                                                settings.get("output_layers")]) if node[0] == name]  # fmt: skip
            begins = int(bool(used) and max(used) >= calls)
            shift[name] = int(layer["class_name"] != "Sequential") - begins
    for layer in layers:
        layer["inbound_nodes"] = _shifted(layer.get("inbound_nodes") or [], shift)
    if "output_layers" in settings:
        settings["output_layers"] = _shifted(settings["output_layers"], shift)
    return layers


def _is_node(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and isinstance(value[1], int)


def _nodes(value: Any) -> list[Any]:
    """Every [layer, call, output] within."""
    if _is_node(value):
        return [value]
    within = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [node for part in within for node in _nodes(part)]


def _shifted(value: Any, shift: Mapping[str, int]) -> Any:
    if _is_node(value):
        return [value[0], value[1] + shift.get(value[0], 0), *value[2:]]
    if isinstance(value, Mapping):
        return {key: _shifted(part, shift) for key, part in value.items()}
    return [_shifted(part, shift) for part in value] if isinstance(value, list) else value
