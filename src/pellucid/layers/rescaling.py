"""Rescaling: other units for the input, such as pixels from 0 to 1 in place of 0 to 255.

forward    y  = scale · x + offset
backward   dx = scale · dy
"""

from typing import Any

import numpy as np

from ..arrays import Array, namespace
from .images import as_float
from .layer import Layer, Params
from .table import register_layer


@register_layer("Rescaling")
class Rescaling(Layer):
    """Multiplies by a number and adds another, in training and in use.

    Args:
        scale: what to multiply by, such as 1 / 255; a list has one number for each channel.
        offset: what to add then.

    >>> Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], dtype="uint8"))
    array([[-1.,  1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = plain_numbers(scale, "scale"), plain_numbers(offset, "offset")

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        """x (N, ...), scale and offset numbers or along the last axes of x."""
        xp, x = namespace(x), as_float(x, self.dtype)
        return x * xp.asarray(self.scale, dtype=x.dtype) + xp.asarray(self.offset, dtype=x.dtype), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        return dy * namespace(dy).asarray(self.scale, dtype=dy.dtype), {}


def plain_numbers(value: Any, name: str) -> Any:
    """A number, or a list of them, from an array or from what Keras writes of one.

    Raises ValueError for anything else.

    >>> plain_numbers(np.array([1.0, 2.0]), "scale"), plain_numbers(0.5, "scale")
    ([1.0, 2.0], 0.5)
    """
    if isinstance(value, dict):  # {"class_name": "__numpy__", "config": {"value": …}}
        value = value.get("config", {}).get("value")
    try:
        return np.asarray(value, dtype=np.float64).tolist()
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number or a list of numbers, got {value!r}.") from None
