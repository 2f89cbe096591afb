"""The closed table of layer classes, and layers as plain data.

    {"module": "keras.layers", "class_name": "Dense", "config": {…}, "registered_name": None}

is what a layer is in a file: Keras's form. Only the classes in this table (and
those that the caller hands over) can come out of a file.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from ..registry import Registry, registered
from .layer import Layer
from .shared import marked, once

classes = Registry("layer")
register_layer = classes.add

_OF_EVERY_LAYER = {
    "name",
    "trainable",
    "dtype",
    "batch_input_shape",
    "batch_shape",
    "input_shape",
    "input_dim",
    "input_length",
}

# Settings that we do not have and that say nothing at these values, which are Keras's own.
_AT_REST = {"renorm_momentum": (0.99,), "implementation": (0, 1, 2), "data_format": ("channels_last",)}


def serialize(layer: Layer) -> dict[str, Any]:
    """A layer's class and settings, as plain data."""
    name = getattr(layer, "listed_as", layer.class_name)
    data = {"module": "keras.layers", "class_name": name, "config": layer.get_config()}
    if layer.class_name == "Functional":  # Keras's own words
        return marked(layer, {**data, "module": "keras.src.models.functional", "registered_name": "Functional"})
    if layer.by_call and classes.known(name) is not type(layer):  # one of the program's own, as Keras writes it
        shown = next((key for key, cls in registered.items() if cls is type(layer) and ">" in key), name)
        data = {**data, "module": None, "registered_name": shown}
        shape = getattr(layer, "build_shape", None)
        return marked(layer, data if shape is None else {**data, "build_config": {"input_shape": _listed(shape)}})
    module = "keras" if hasattr(layer, "graph") else "keras.layers"
    return marked(layer, {**data, "module": module, "registered_name": None})


def deserialize(data: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The layer that this plain data describes.

    Raises ValueError for a class that is not in the table, a setting we do not have, or data of another form.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("config"), Mapping | list):
        raise ValueError(f"a layer's data needs class_name and config, got {str(data)[:100]!r}.")
    name = str(data.get("class_name"))
    cls = (custom_objects or {}).get(name) or classes.find(name)
    config = data["config"]
    settings = known_settings(cls, config) if isinstance(config, Mapping) else config
    made = once(data, lambda: cls.from_config(settings))
    shape = (data.get("build_config") or {}).get("input_shape")
    if hasattr(made, "graph") and made.by_call and shape is not None:
        made.build(shape if isinstance(shape, Mapping) else tuple(shape))
    return made


def _listed(shape: Any) -> Any:
    """A shape, or nested shapes, in lists."""
    if isinstance(shape, Mapping):
        return {name: _listed(part) for name, part in shape.items()}
    return [_listed(part) for part in shape] if isinstance(shape, list | tuple) else shape


def known_settings(cls: type, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that this class takes.

    Settings that we do not have are passed over when they say nothing (null, false, empty, Keras's default), else
    refused by name.
    """
    if "from_config" in cls.__dict__ or getattr(cls, "called", False):  # it knows its own form
        return dict(config)
    made_by = inspect.getattr_static(cls, "__init__")
    known = _OF_EVERY_LAYER.union(inspect.signature(cls).parameters, getattr(made_by, "old_names", ()))
    for name, value in config.items():
        if name not in known and value not in (None, False, {}, [], *_AT_REST.get(name, ())):
            raise ValueError(f"{cls.__name__}: the setting {name}={value!r} is not one that we have.")
    return {name: value for name, value in config.items() if name in known}
