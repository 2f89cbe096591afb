"""Layers of older Kerases: merges of Keras 1, CuDNN's recurrent layers, Dense for every time step."""

from collections.abc import Callable, Sequence
from typing import Any

from ... import layers
from ...backend import batch_dot, l2_normalize
from ...errors import one_of
from ...layers import Layer
from ...layers.conv import one_kernel_size
from ...layers.conv_transpose import slide_back
from ...model import Model
from .dropped_layers import Embedding, Highway, MaxoutDense

__all__ = [
    "CuDNNGRU",
    "CuDNNLSTM",
    "Deconvolution2D",
    "Embedding",
    "Highway",
    "MaxoutDense",
    "Merge",
    "TimeDistributedDense",
    "merge",
]

_MODES: dict[str, Callable[..., Any]] = {
    "sum": layers.add,
    "mul": layers.multiply,
    "ave": layers.average,
    "max": layers.maximum,
}


def merge(
    inputs: Sequence[Any],
    mode: Any = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    name: str | None = None,
    **_: Any,
) -> Any:
    """Several values as one, as in Keras 1: mode "sum", "mul", "ave", "max", "concat", "dot", "cos" or a function."""
    if callable(mode):
        return layers.Lambda(lambda values: mode(values), name=name)(list(inputs))
    one_of(mode, (*_MODES, "concat", "dot", "cos"), "merge: mode")
    if mode == "concat":
        return layers.concatenate(list(inputs), axis=concat_axis, name=name)
    if mode in _MODES:
        return _MODES[mode](list(inputs), name=name)
    axes = dot_axes
    if isinstance(dot_axes, Sequence) and isinstance(dot_axes[0], Sequence):  # [(2,), (2,)] or [(1, 2)]
        axes = tuple(dot_axes[0]) if len(dot_axes) == 1 else tuple(one[0] for one in dot_axes)
    if mode == "dot":
        return layers.dot(list(inputs), axes=axes, name=name)

    def cosine(values: Any) -> Any:
        return batch_dot(l2_normalize(values[0], -1), l2_normalize(values[1], -1), axes)

    return layers.Lambda(cosine, name=name)(list(inputs))


class Merge(Model):
    """Several models as one, in Keras 1's way: model.add(Merge([left, right], mode="concat")).

    Without models it is called on values: Merge(mode="sum")([a, b]).
    """

    shares_inputs = True

    def __init__(
        self, layers: Any = None, mode: Any = "sum", concat_axis: int = -1, dot_axes: Any = -1, name: str | None = None,
        **_: Any,
    ) -> None:  # fmt: skip
        Layer.__init__(self, name=name)
        self._start()
        self._settings = {"mode": mode, "concat_axis": concat_axis, "dot_axes": dot_axes}
        if layers is not None:
            inputs = {tensor: None for model in layers for tensor in getattr(model, "inputs", [])}  # each once
            self._connect(list(inputs), merge([_called(model) for model in layers], **self._settings))
            self._layers.sort(key=lambda layer: layer not in layers)  # Merge.layers[0] is the first model

    def __call__(self, *values: Any, **options: Any) -> Any:
        if self.graph is None:
            return merge(values[0], **self._settings)
        return super().__call__(*values, **options)


def _called(model: Any) -> Any:
    """What a model makes of its own inputs, with the model as one layer."""
    if not isinstance(model, Model):
        return model.output
    return model(model.inputs if len(model.inputs) > 1 else model.inputs[0])


class Deconvolution2D(layers.Conv2DTranspose):
    """Conv2DTranspose as of Keras 1, told the shape of what it makes: Deconvolution2D(8, 3, 3, (None, 14, 14, 8))."""

    saved_as = "Conv2DTranspose"

    def __init__(self, *args: Any, output_shape: Any = None, **settings: Any) -> None:
        if len(args) > 3:  # nb_filter, nb_row, nb_col, output_shape
            args, output_shape = (*args[:3], *args[4:]), args[3]
        super().__init__(*one_kernel_size(args, 2), **settings)
        if output_shape is not None:
            self.sizes = tuple(output_shape[2:] if self.data_format == "channels_first" else output_shape[1:3])

    def compute_output_shape(self, *shapes: Any) -> Any:
        sizes = shapes[0][1:-1]
        if hasattr(self, "sizes") and None not in sizes:
            settings = [(*each, self.padding, 1, 0) for each in zip(sizes, self.kernel_size, self.strides, strict=True)]
            usual = [slide_back(*each).length for each in settings]
            self.output_padding = tuple(wanted - size for wanted, size in zip(self.sizes, usual, strict=True))
        return super().compute_output_shape(*shapes)

    def get_config(self) -> dict[str, Any]:
        """Conv2DTranspose's."""
        config = super().get_config()
        config.pop("output_shape", None)
        names = ("filters", "kernel_size", "strides", "padding", "output_padding", "use_bias")
        return config | {name: getattr(self, name) for name in names}


class TimeDistributedDense(layers.Dense):
    """Dense, which treats every time step by itself in any case."""


def CuDNNLSTM(units: int, **settings: Any) -> layers.LSTM:
    """LSTM by CuDNN's rules."""
    return layers.LSTM(units, recurrent_activation="sigmoid", **settings)


def CuDNNGRU(units: int, **settings: Any) -> layers.GRU:
    """GRU by CuDNN's rules."""
    return layers.GRU(units, recurrent_activation="sigmoid", reset_after=True, **settings)
