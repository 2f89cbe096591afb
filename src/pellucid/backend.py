"""`keras.backend`, as far as programs use it: single values in and out, the float type, a fresh start."""

from typing import Any

import numpy as np

from .config import epsilon, floatx, set_epsilon, set_floatx
from .layers.layer import names
from .layers.weight import Weight

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_value",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_value",
]


def backend() -> str:
    """The name of the array library under the formulas."""
    return "numpy"


def image_data_format() -> str:
    """Channels come last here, always."""
    return "channels_last"


def clear_session() -> None:
    """Start automatic layer names anew: the next Dense is called dense again."""
    names.restart()


def get_value(x: Any) -> Any:
    """The number or array behind a weight, an optimizer's rate or an array.

    >>> get_value(0.5)
    0.5
    """
    return x.numpy() if isinstance(x, Weight) else x if isinstance(x, int | float) else np.asarray(x)


def set_value(x: Any, value: Any) -> None:
    """Give a weight new numbers."""
    if not hasattr(x, "assign"):
        raise TypeError(
            f"set_value: needs a weight, such as layer.kernel, got {type(x).__name__}. "
            "For the learning rate, write model.optimizer.learning_rate = value."
        )
    x.assign(value)
