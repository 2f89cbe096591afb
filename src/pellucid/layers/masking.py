"""Masking: time steps that hold nothing but one value are passed over by the layers after it.

forward    mask = any feature differs from mask_value        one truth a time step
           y    = x where the mask is true, else 0
backward   dx   = dy where the mask is true, else 0
"""

from typing import Any

from ..arrays import Array, namespace
from .layer import Layer, Params
from .table import register_layer


@register_layer("Masking")
class Masking(Layer):
    """Masks the time steps whose features all equal `mask_value`.

    The mask travels with the output through a model. A layer called on arrays by itself takes it as mask=.

    Args:
        mask_value: what stands for "nothing here".

    >>> import numpy as np
    >>> Masking().compute_mask(np.array([[[1.0, 0.0], [0.0, 0.0]]])).tolist()
    [[True, False]]
    """

    supports_masking = makes_mask = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return (inputs != self.mask_value).any(axis=-1)

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x and y (N, T, ..., C); cache: the mask, with an axis of one for the features."""
        mask = (x != self.mask_value).any(axis=-1, keepdims=True)
        return _where(mask, x), mask

    def backward(self, params: Params, mask: Array, dy: Array) -> tuple[Array, Params]:
        return _where(mask, dy), {}


def _where(mask: Array, x: Array) -> Array:
    xp = namespace(x)
    return xp.where(mask, x, xp.zeros_like(x))
