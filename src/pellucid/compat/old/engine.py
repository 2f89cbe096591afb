"""keras.engine and keras.engine.topology: where layers and models were defined."""

from typing import Any

from ...layers import Input, InputLayer, Layer
from ...model import Model
from ...sequential import Sequential

__all__ = ["Container", "Functional", "Input", "InputLayer", "InputSpec", "Layer", "Model", "Network", "Sequential"]

Container = Network = Functional = Model


class InputSpec:
    """What a layer expects of its input; kept for programs that note it down."""

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        **_: Any,
    ) -> None:
        self.dtype, self.shape, self.axes = dtype, shape, axes or {}
        self.ndim = len(shape) if shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
