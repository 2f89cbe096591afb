"""From what a program or a file says ("he_normal", a function, a dict) to an initializer, and back."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..registry import custom_object_scope
from .initializer import FunctionInitializer, Initializer, registry
from .plain import Constant


def get(identifier: Any) -> Initializer | None:
    """The initializer that is meant: a name, a class, an instance, an array, a function, a dict; None stays None.

    Raises ValueError for an unknown name or anything else.

    >>> type(get("he_normal")).__name__, get("zero")((2,))
    ('HeNormal', array([0., 0.], dtype=float32))
    """
    if identifier is None:
        return None
    if isinstance(identifier, np.ndarray):
        return Constant(identifier)
    made = registry.resolve(identifier, Initializer, FunctionInitializer)
    takes = inspect.signature(made).parameters.values()
    keyed = any(p.name == "key" or p.kind is p.VAR_KEYWORD for p in takes)
    return made if keyed else FunctionInitializer(made)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """An initializer as plain data that `deserialize` reads.

    >>> serialize(Constant(2.0))["config"]
    {'value': 2.0}
    """
    inner = getattr(initializer, "function", None)
    return registry.describe(inner if isinstance(inner, Initializer) else initializer, "keras.initializers")


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Initializer | None:
    """The initializer that `serialize` wrote; your own are found among custom_objects."""
    with custom_object_scope(custom_objects):
        return get(config)
