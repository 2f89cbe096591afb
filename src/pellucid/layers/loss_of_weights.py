"""LossOfWeights: what `layer.add_loss(lambda: …)` makes of the layer's weights, as a node of the network."""

from collections.abc import Callable
from typing import Any

from .layer import Layer
from .symbolic import Shape


class LossOfWeights(Layer):
    """Reads nothing but the weights of other layers.

    Args:
        of: the layer that the function was given to.
        function: of no arguments, from its weights to a number.
    """

    def __init__(self, of: Layer, function: Callable[[], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of, self.function = of, function
        self.built = True

    def call(self) -> Any:
        return self.function()

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return ()

    def get_config(self) -> dict[str, Any]:
        raise TypeError(f"{self.of.name}: a loss that is a function cannot be written down.")
