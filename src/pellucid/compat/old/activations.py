"""Activations that may be called on symbolic values, where they become a layer: keras.activations.relu(x)."""

from typing import Any

from ... import activations
from ...config import as_result
from ...layers import Activation as ActivationLayer
from ...layers import KerasTensor


class OnSymbols(activations.Activation):
    """An activation that knows symbolic values."""

    def __init__(self, found: activations.Activation) -> None:
        self.__dict__.update(vars(found))

    def __call__(self, x: Any, *args: Any, **settings: Any) -> Any:
        if isinstance(x, KerasTensor):
            return ActivationLayer(self.name)(x)
        return as_result(super().__call__(x, *args, **settings))


_ON_SYMBOLS = {
    name: OnSymbols(found)
    for name in activations.__all__
    if isinstance(found := getattr(activations, name), activations.Activation) and found is not activations.linear
}
globals().update(_ON_SYMBOLS)
__all__ = sorted(_ON_SYMBOLS)
