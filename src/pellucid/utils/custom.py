"""Your own classes and functions, found by name when a file is read; and objects as plain data."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from .. import activations, constraints, initializers, losses, metrics, optimizers, regularizers, schedules
from ..layers import table
from ..layers.layer import Layer
from ..registry import custom_object_scope, registered

Thing = TypeVar("Thing")

_MODULES: tuple[tuple[type, Any], ...] = (
    (Layer, table),
    (optimizers.Optimizer, optimizers),
    (losses.Loss, losses),
    (metrics.Metric, metrics),
    (schedules.LearningRateSchedule, schedules),
    (initializers.Initializer, initializers),
    (regularizers.Regularizer, regularizers),
    (constraints.Constraint, constraints),
    (activations.Activation, activations),
)


def get_custom_objects() -> dict[str, Any]:
    """The table of the program's own classes and functions by name, to read and to fill."""
    return registered


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Thing], Thing]:
    """Decorator: the class or function below is found when a file names it.

    >>> @register_keras_serializable(package="mine")
    ... def twice(x): return 2 * x
    >>> get_registered_name(twice), get_custom_objects()["twice"](3)
    ('mine>twice', 6)
    """

    def register(thing: Thing) -> Thing:
        own = name or thing.__name__  # type: ignore[attr-defined]  # classes and functions have one
        registered[f"{package}>{own}"] = registered[own] = thing
        return thing

    return register


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function is registered, "package>name"; else its own name."""
    return next((name for name, thing in registered.items() if thing is obj and ">" in name), obj.__name__)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """The class or function of that name, or None."""
    for table_of_names in (custom_objects or {}, registered, module_objects or {}):
        if name in table_of_names:
            return table_of_names[name]
    return None


def serialize_keras_object(obj: Any) -> Any:
    """An object (a layer, loss, metric, optimizer, initializer, …, a number, a list or dict of them) as plain data.

    >>> serialize_keras_object(initializers.Zeros())["class_name"]
    'Zeros'
    """
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": str(obj.dtype)}}
    if isinstance(obj, Mapping):
        return {name: serialize_keras_object(part) for name, part in obj.items()}
    if isinstance(obj, tuple):
        return {"class_name": "__tuple__", "config": {"items": [serialize_keras_object(part) for part in obj]}}
    if isinstance(obj, list):
        return [serialize_keras_object(part) for part in obj]
    for kind, module in _MODULES:
        if isinstance(obj, kind):
            return module.serialize(obj)
    if hasattr(obj, "get_config"):
        cls = type(obj)
        return {
            "module": cls.__module__,
            "class_name": cls.__name__,
            "config": obj.get_config(),
            "registered_name": get_registered_name(cls),
        }
    if callable(obj):
        name = get_registered_name(obj)
        return {"module": "builtins", "class_name": "function", "config": obj.__name__, "registered_name": name}
    raise TypeError(f"serialize_keras_object: does not know how to write down a {type(obj).__name__}: {obj!r:.80}.")


def deserialize_keras_object(config: Any, custom_objects: Mapping[str, Any] | None = None, **_: Any) -> Any:
    """The object that `serialize_keras_object` wrote.

    Raises ValueError for a class that is neither one of ours, nor registered, nor among custom_objects.
    """
    if isinstance(config, list):
        return [deserialize_keras_object(part, custom_objects) for part in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {name: deserialize_keras_object(part, custom_objects) for name, part in config.items()}
    name, settings = str(config["class_name"]), config["config"]
    if name == "__tuple__":
        return tuple(deserialize_keras_object(part, custom_objects) for part in settings["items"])
    if name == "__numpy__":
        return np.array(settings["value"], dtype=settings["dtype"])
    with custom_object_scope(custom_objects):
        names = (
            (settings, config.get("registered_name")) if name == "function" else (config.get("registered_name"), name)
        )
        for known_as in names:
            own = get_registered_object(str(known_as), custom_objects)
            if own is not None:
                return own if name == "function" else own.from_config(settings)
        for module in (
            table,
            optimizers,
            losses,
            metrics,
            schedules,
            initializers,
            regularizers,
            constraints,
            activations,
        ):
            try:
                return module.deserialize(config)
            except ValueError as error:
                if not str(error).startswith("unknown "):
                    raise
    raise ValueError(
        f"deserialize_keras_object: unknown class {name!r}. Your own? Hand it over: custom_objects={{...}}."
    )


class CustomObjectScope:
    """`custom_object_scope` as a class; both are used with `with`."""

    def __init__(self, custom_objects: Mapping[str, Any]) -> None:
        self.custom_objects = custom_objects

    def __enter__(self) -> "CustomObjectScope":
        self._scope = custom_object_scope(self.custom_objects)
        self._scope.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._scope.__exit__(*error)
