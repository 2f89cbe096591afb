"""Wrapper: base of layers of one's own that work with another layer, in Keras's way."""

from collections.abc import Mapping
from typing import Any, Self

from .layer import Layer
from .table import deserialize, register_layer, serialize


@register_layer("Wrapper")
class Wrapper(Layer):
    """Keeps a layer, as `layer`, in the settings too; what it is for says the class below it, with `call`.

    Args:
        layer: the layer.

    >>> from pellucid.layers import Dense
    >>> class Twice(Wrapper):
    ...     def call(self, x):
    ...         return self.layer(self.layer(x))
    >>> Twice(Dense(3)).get_config()["layer"]["class_name"]
    'Dense'
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise TypeError(f"{type(self).__name__}: needs a layer, got {type(layer).__name__}: {layer!r}.")
        self.layer = layer

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        layer = config["layer"]
        return cls(**{**config, "layer": deserialize(layer) if isinstance(layer, Mapping) else layer})

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialize(self.layer)}

    def setting(self, argument: str) -> Any:
        return serialize(self.layer) if argument == "layer" else super().setting(argument)
