"""The table of optimizers by name, and the way from names and configs to optimizers and back."""

from collections.abc import Mapping
from typing import Any

from ..registry import Registry, custom_object_scope
from .optimizer import Optimizer

_optimizers = Registry("optimizer")
register = _optimizers.add


def get(identifier: Any) -> Optimizer:
    """The optimizer that is meant: an optimizer itself, its name in any case (default settings), or its config.

    >>> import pellucid.optimizers
    >>> get("RMSprop").learning_rate
    0.001
    >>> get("adm")
    Traceback (most recent call last):
    ValueError: unknown optimizer 'adm'. Did you mean 'adam' or 'nadam' or 'adamw'?
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    raise ValueError(f"optimizer must be a name, an Optimizer or its config, got {identifier!r}.")


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer as plain data, in Keras's form: Keras can load it, too."""
    cls = type(optimizer)
    ours = cls.__name__.lower() in _optimizers
    return {
        "module": "keras.optimizers" if ours else cls.__module__,
        "class_name": cls.__name__,
        "config": optimizer.get_config(),
        "registered_name": None if ours else cls.__name__,
    }


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """The optimizer that `serialize` (ours or Keras's) described. Your own classes: hand them over by name.

    >>> import pellucid.optimizers
    >>> deserialize({"class_name": "SGD", "config": {"learning_rate": 0.5}}).learning_rate
    0.5
    """
    with custom_object_scope(custom_objects):
        name = config["class_name"].rpartition(">")[2]  # Keras writes "package>Name" for registered classes
        cls = _optimizers.find(name if name in _optimizers else name.lower())
        return cls.from_config(config["config"])
