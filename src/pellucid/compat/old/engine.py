"""keras.engine and keras.engine.topology: where layers and models were defined."""

from ...layers import Input, InputLayer, InputSpec, Layer
from ...model import Model
from ...sequential import Sequential

__all__ = ["Container", "Functional", "Input", "InputLayer", "InputSpec", "Layer", "Model", "Network", "Sequential"]

Container = Network = Functional = Model
