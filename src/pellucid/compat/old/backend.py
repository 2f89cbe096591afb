"""What programs ask Keras's TensorFlow backend for by its inner names."""

import importlib
from typing import Any

__all__ = ["_get_available_gpus", "tf"]  # noqa: F822  (tf is found when it is asked for)


def _get_available_gpus() -> list[str]:
    """There are none."""
    return []


def __getattr__(name: str) -> Any:
    """K.tf, the TensorFlow that the backend itself imported."""
    if name == "tf":
        return importlib.import_module("tensorflow")
    raise AttributeError(name)
