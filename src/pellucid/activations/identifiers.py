"""From what a program or a file says ("relu", a function, a dict) to an activation, and back."""

from collections.abc import Mapping
from typing import Any

from ..registry import custom_object_scope
from .activation import Activation, registry
from .straight import linear

layer_classes: dict[str, type] = {}
"""Layers that a program may give as an activation, Dense(3, activation=LeakyReLU()), by class name."""


def get(identifier: Any) -> Activation:
    """The activation that is meant: None (linear), a name, a function, or a dict that `serialize` wrote.

    A function of your own is any function of an array; its backward comes from
    JAX unless you declare one (see Activation).

    Raises ValueError for an unknown name, or for what cannot be an activation.

    >>> get("swish") is get("silu"), get(None)
    (True, <activation linear>)
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, str):
        return get(registry.find(identifier))
    if isinstance(identifier, Mapping):
        return get(_from_dict(identifier))
    if isinstance(identifier, type) or not callable(identifier):
        raise ValueError(f"activation must be a name, a function or None, got {identifier!r}.")
    return Activation(identifier)


def serialize(activation: Any) -> str | dict[str, Any]:
    """An activation as plain data: its name, or for a function of your own a dict that names it.

    >>> serialize(get("relu"))
    'relu'
    """
    activation = get(activation)
    if activation.name in registry and getattr(registry.find(activation.name), "formula", None) is activation.formula:
        return activation.name
    if hasattr(activation.formula, "get_config"):
        cls = type(activation.formula)
        ours = layer_classes.get(cls.__name__) is cls
        return {
            "module": "keras.layers" if ours else cls.__module__,
            "class_name": cls.__name__,
            "config": activation.formula.get_config(),
            "registered_name": None if ours else cls.__name__,
        }
    return {
        "module": "builtins",
        "class_name": "function",
        "config": activation.name,
        "registered_name": activation.name,
    }


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """The activation that `serialize` wrote; your own functions are found among custom_objects."""
    with custom_object_scope(custom_objects):
        return get(config)


def _from_dict(data: Mapping[str, Any]) -> Any:
    """The activation, function or object of a dict with "class_name" and "config"."""
    if "class_name" not in data:
        raise ValueError(f"an activation's dict needs 'class_name' and 'config', got {dict(data)!r}.")
    config = data.get("config")
    if data["class_name"] == "function" or isinstance(config, str):
        return registry.find(str(config))
    name = data.get("registered_name") or data["class_name"]
    thing = layer_classes[name] if name in layer_classes else registry.find(name)
    if not isinstance(thing, type):
        return thing
    return thing.from_config(config) if hasattr(thing, "from_config") else thing(**(config or {}))
