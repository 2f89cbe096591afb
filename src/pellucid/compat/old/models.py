"""Names of models and of ways to load them."""

from typing import Any

from ...layers import Input, deserialize
from ...model import Model

__all__ = ["Functional", "Input", "Model", "load_weights", "model_from_config", "model_from_yaml", "save_weights"]

Functional = Model


def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Any:
    """Refused, as by Keras since 2021: YAML can run code."""
    raise RuntimeError("model_from_yaml is gone, because YAML can run code. Use model.to_json() and model_from_json.")


def model_from_config(config: Any, custom_objects: Any = None) -> Any:
    """The model that a config describes."""
    return deserialize(config, custom_objects)


def save_weights(model: Any, filepath: Any, **kwargs: Any) -> None:
    """model.save_weights(filepath)."""
    model.save_weights(filepath, **kwargs)


def load_weights(model: Any, filepath: Any, **kwargs: Any) -> None:
    """model.load_weights(filepath)."""
    model.load_weights(filepath, **kwargs)
