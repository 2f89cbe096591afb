"""From a name, a dictionary, a function or a class to a loss, and back."""

import inspect
from collections.abc import Mapping
from typing import Any

from ..registry import custom_object_scope
from .formula import LossFunction, registry
from .loss import FunctionLoss, Loss


def get(identifier: Any) -> Any:
    """The loss function or Loss that an identifier means.

    None                            None
    "mse", "MeanSquaredError"       the function of that name, or an object of the class of that name
    {"class_name": …, "config": …}  the loss written down by `serialize`
    a class                         an object of it, with its defaults
    anything callable               itself

    >>> get("mse")
    <loss mean_squared_error>
    >>> get("poison")
    Traceback (most recent call last):
    ValueError: unknown loss 'poison'. Did you mean 'poisson' or 'Poisson'?
    """
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    found = registry.find(identifier) if isinstance(identifier, str) else identifier
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ValueError(f"loss must be a name, a function of (y_true, y_pred) or a Loss, got {identifier!r}.")
    return found


def as_loss(identifier: Any) -> Loss:
    """A Loss for whatever `get` understands: one of our functions becomes its class, yours is wrapped.

    >>> as_loss("mse")
    MeanSquaredError(name='mean_squared_error', reduction='sum_over_batch_size')
    """
    found = get(identifier)
    if isinstance(found, Loss):
        return found
    if isinstance(found, LossFunction):
        return found.loss_class()
    if found is None:
        raise ValueError("loss must be a name, a function of (y_true, y_pred) or a Loss, got None.")
    return FunctionLoss(found)


def serialize(loss: Any) -> dict[str, Any]:
    """A loss as plain data that `deserialize` reads.

    >>> serialize(get("MeanSquaredError"))["class_name"], serialize(get("mse"))["config"]
    ('MeanSquaredError', 'mean_squared_error')
    """
    if isinstance(loss, Loss):
        cls = type(loss)
        ours = cls.__name__ in registry and registry.find(cls.__name__) is cls
        config = loss.get_config()
        if isinstance(loss, FunctionLoss):
            config["fn"] = serialize(loss.fn)
        return {
            "module": "keras.losses" if ours else cls.__module__,
            "class_name": cls.__name__,
            "config": config,
            "registered_name": None if ours else cls.__name__,
        }
    if not hasattr(loss, "__name__"):
        raise ValueError(f"serialize needs a Loss or a function with a name, got {loss!r}.")
    return {"module": "builtins", "class_name": "function", "config": loss.__name__, "registered_name": "function"}


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss that `serialize` wrote, or of that name; your own are found among custom_objects."""
    with custom_object_scope(custom_objects):
        if not isinstance(name, Mapping):
            return get(name)
        if "class_name" not in name:
            raise ValueError(f"a loss needs 'class_name' and 'config', got {dict(name)!r}.")
        if name["class_name"] == "function":
            return get(name["config"])
        cls = registry.find(name["class_name"])
        config = dict(name.get("config") or {})
        if isinstance(config.get("fn"), Mapping):
            config["fn"] = deserialize(config["fn"])
        if not inspect.isclass(cls):
            return get(cls)
        return cls.from_config(config) if hasattr(cls, "from_config") else cls(**config)


registry.add("FunctionLoss", "LossFunctionWrapper")(FunctionLoss)
