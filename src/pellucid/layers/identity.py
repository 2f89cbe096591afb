"""Identity and ActivityRegularization: layers that hand on what they are given.

    forward    y  = x
    backward   dx = dy

ActivityRegularization adds l1 · Σ|x| + l2 · Σ x² to the loss, over the number of samples.
"""

from typing import Any

from .. import regularizers
from ..arrays import Array
from .layer import Layer, Params
from .table import register_layer


@register_layer("Identity")
class Identity(Layer):
    """Hands on its input: it holds a place."""

    supports_masking = True

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        return x, None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        return dy, {}


@register_layer("ActivityRegularization")
class ActivityRegularization(Identity):
    """Hands on its input, and makes the loss grow with its size.

    Args:
        l1: loss per unit of |x|.
        l2: loss per unit of x².
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.l1, self.l2 = l1, l2
        self.activity_regularizer = regularizers.L1L2(l1=l1, l2=l2)
