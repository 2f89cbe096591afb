"""ThresholdedReLU, of Keras 1 and 2: what is above a threshold as it is, the rest as 0.

    forward    y  = x where x > theta, else 0
    backward   dx = dy where x > theta, else 0

Source: Konda, Memisevic & Krueger, "Zero-bias autoencoders and the benefits of co-adapting features", ICLR (2015),
section 3.
"""

from typing import Any

from ..arrays import Array, namespace
from .layer import Layer, Params
from .table import register_layer


@register_layer("ThresholdedReLU")
class ThresholdedReLU(Layer):
    """Hands on what is above the threshold.

    Args:
        theta: the threshold, at least 0.
    """

    supports_masking = True

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if theta is None or theta < 0:
            raise ValueError(f"theta must be at least 0, got {theta!r}.")
        self.theta = float(theta)

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x and y of any shape; cache: where x is above."""
        above = x > self.theta
        return namespace(x).where(above, x, 0.0), above

    def backward(self, params: Params, above: Array, dy: Array) -> tuple[Array, Params]:
        return namespace(dy).where(above, dy, 0.0), {}
