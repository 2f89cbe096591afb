"""Activation: a function applied to the weighted sums, as a layer of its own.

    forward    y  = f(x)
    backward   dx = f'(x) · dy        for softmax, the product with its whole Jacobian

The functions, their derivatives and their sources are in activations.py.
"""

from typing import Any

from .. import activations
from ..arrays import Array
from .layer import Layer, Params
from .table import register_layer


@register_layer("Activation")
class Activation(Layer):
    """Applies an activation function.

    Args:
        activation: name or function.

    >>> import numpy as np
    >>> Activation("relu")(np.array([[-1.0, 2.0]], dtype="float32"))
    array([[0., 2.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        """y = f(x); cache (x, y)."""
        y = self.activation(x)
        return y, (x, y)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        x, y = cache
        return self.activation.backward(x, y, dy), {}
