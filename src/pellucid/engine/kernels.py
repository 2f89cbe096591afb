"""Which native kernel stands for which layer.

Each function here adds a layer to a native network and returns the number of the value that it makes there. Where the
layer has settings that its kernel does not know it raises `Missing`, which says which: the plain formula runs then.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import activations, windows
from ..layers import (
    activation,
    activation_layers,
    batch_normalization,
    bidirectional,
    conv,
    dense,
    dropout,
    embedding,
    global_pooling,
    gru,
    layer_normalization,
    lstm,
    merge,
    pooling,
    reshape,
    rnn,
    simple_rnn,
    time_distributed,
)
from ..layers.inner import prefix_of
from ..layers.input import InputLayer
from ..layers.symbolic import Shape

NONE = -1  # the number of a parameter that a layer has not
_EXACT = 1 << 24  # whole numbers below this are themselves in float32


class Missing(Exception):
    """There is no kernel for this, and the plain formula runs."""


class Site(NamedTuple):
    """Where a layer is added.

    network      the native network
    layer        its settings
    xs           the numbers of the values that it reads there
    shapes       theirs, the batch axis first
    shape        of what it makes
    parameter    from the name of a parameter to its number in the network; NONE for one that the layer has not
    state        likewise, of the numbers that no gradient moves
    draw         its number among the nodes that draw random numbers
    """

    network: Any
    layer: Any
    xs: Sequence[int]
    shapes: Sequence[Shape]
    shape: Shape
    parameter: Callable[[str], int]
    state: Callable[[str], int]
    draw: int

    @property
    def x(self) -> int:
        return self.xs[0]


Kernel = Callable[[Site], int]
_KERNELS: dict[type, Kernel] = {}


def kernel_of(layer: Any) -> Kernel:
    """What adds a layer to a native network. Raises Missing for a layer without a kernel."""
    name = type(layer).__name__
    found = _KERNELS.get(type(layer))
    if found is None:
        raise Missing(f"there is no kernel for {name}")
    if layer.dtype != "float32":
        raise Missing(f"it computes in {layer.dtype}, and kernels in float32")
    _unless(getattr(layer, "data_format", None) == "channels_first", "data_format")
    return found


def places_and_width(shape: Sequence[Any]) -> tuple[int, int]:
    """A value as the core sees it: how many places a sample has, and how many numbers stand at each."""
    return int(np.prod(shape[1:-1], dtype=int)), shape[-1]


def _for(*layers: type) -> Callable[[Kernel], Kernel]:
    def note(kernel: Kernel) -> Kernel:
        _KERNELS.update(dict.fromkeys(layers, kernel))
        return kernel

    return note


def _unless(unknown: Any, setting: str) -> None:
    if unknown:
        raise Missing(f"its kernel does not know this setting of {setting}")


# Weighted sums -------------------------------------------------------------------------------------


@_for(dense.Dense)
def _dense(at: Site) -> int:
    return at.network.dense(at.x, at.layer.units, at.parameter("kernel"), at.parameter("bias"))


@_for(time_distributed.TimeDistributed)
def _dense_at_each_step(at: Site) -> int:
    inner = at.layer.layer
    if type(inner) is not dense.Dense:
        raise Missing(f"there is no kernel for {type(inner).__name__} at each time step")
    kernel, bias = at.parameter(prefix_of(inner) + "kernel"), at.parameter(prefix_of(inner) + "bias")
    return at.network.dense(at.x, inner.units, kernel, bias)


@_for(conv.Conv1D, conv.Conv2D)
def _conv(at: Site) -> int:
    _unless(at.layer.groups > 1, "groups")
    slides = _windows(at.layer, at.shapes[0])
    return at.network.conv(at.x, *slides, at.layer.filters, at.parameter("kernel"), at.parameter("bias"))


@_for(embedding.Embedding)
def _embedding(at: Site) -> int:
    _unless(at.layer.input_dim > _EXACT, "input_dim")
    return at.network.embedding(at.x, at.layer.output_dim, at.parameter("embeddings"))


# Recurrent layers ----------------------------------------------------------------------------------


@_for(lstm.LSTM, gru.GRU, simple_rnn.SimpleRNN)
def _recurrent(at: Site) -> int:
    return _walk(at, at.layer, at.x)


@_for(bidirectional.Bidirectional)
def _both_ways(at: Site) -> int:
    layer = at.layer
    if layer.merge_mode is None:
        raise Missing("two outputs (merge_mode=None) have no kernel")
    network, sources = at.network, at.network.fork(at.x, 2)
    ahead, back = (_walk(at, part, x) for part, x in zip(layer.both, sources, strict=True))
    if layer.return_sequences:
        back = network.reverse(back)
    if layer.merge_mode != "concat":
        return network.merge({"sum": "add", "ave": "average", "mul": "multiply"}[layer.merge_mode], [ahead, back])
    places, width = places_and_width(at.shape)
    return network.concatenate([ahead, back], places, width, places)


def _walk(at: Site, layer: rnn.RNN, x: int) -> int:
    """A recurrent layer, which may be a part of the site's."""
    cell, prefix = layer.cell, "" if layer is at.layer else prefix_of(layer)
    for unknown in ("return_state", "stateful"):
        _unless(getattr(layer, unknown), unknown)
    for unknown in ("dropout", "recurrent_dropout"):
        _unless(getattr(cell, unknown), unknown)
    names = ("kernel", "recurrent_kernel", "bias")
    if isinstance(layer, simple_rnn.SimpleRNN):
        curve, _ = _curve(cell.activation, {})
        _unless(curve not in ("linear", "relu", "sigmoid", "tanh"), "activation")
    else:
        _unless(cell.activation is not activations.tanh, "activation")
        _unless(cell.recurrent_activation is not activations.sigmoid, "recurrent_activation")
        _unless(isinstance(layer, gru.GRU) and not cell.reset_after, "reset_after")
    if layer.go_backwards:
        x = at.network.reverse(x)
    numbers = [at.parameter(prefix + name) for name in names]
    if isinstance(layer, simple_rnn.SimpleRNN):
        return at.network.simple_rnn(x, cell.units, curve, *numbers, layer.return_sequences)
    add = at.network.gru if isinstance(layer, gru.GRU) else at.network.lstm
    return add(x, cell.units, *numbers, layer.return_sequences)


# Normalizations ------------------------------------------------------------------------------------


@_for(batch_normalization.BatchNormalization)
def _batch_norm(at: Site) -> int:
    layer = at.layer
    _unless(layer.axis % len(at.shape) != len(at.shape) - 1, "axis")
    numbers = at.parameter("gamma"), at.parameter("beta"), at.state("moving_mean"), at.state("moving_variance")
    return at.network.batch_norm(at.x, layer.epsilon, *numbers, layer.momentum, layer.trainable)


@_for(layer_normalization.LayerNormalization)
def _layer_norm(at: Site) -> int:
    axes = at.layer.axis if isinstance(at.layer.axis, list) else [at.layer.axis]
    _unless([axis % len(at.shape) for axis in axes] != [len(at.shape) - 1], "axis")
    return at.network.layer_norm(at.x, at.layer.epsilon, at.parameter("gamma"), at.parameter("beta"))


# Pooling -------------------------------------------------------------------------------------------


@_for(pooling.MaxPooling1D, pooling.MaxPooling2D, pooling.AveragePooling1D, pooling.AveragePooling2D)
def _pool(at: Site) -> int:
    return at.network.pool(at.x, *_windows(at.layer, at.shapes[0]), isinstance(at.layer, pooling.MaxPooling))


@_for(
    global_pooling.GlobalAveragePooling1D,
    global_pooling.GlobalAveragePooling2D,
    global_pooling.GlobalAveragePooling3D,
)
def _global_average(at: Site) -> int:
    places, _ = places_and_width(at.shapes[0])
    return at.network.pool(at.x, list(_STILL), list(windows.slide(places, places)), False)


@_for(global_pooling.GlobalMaxPooling1D, global_pooling.GlobalMaxPooling2D, global_pooling.GlobalMaxPooling3D)
def _global_max(at: Site) -> int:
    return at.network.global_max(at.x)


_STILL = windows.slide(1, 1)


def _windows(layer: Any, shape: Shape) -> tuple[list[int], list[int]]:
    """How a layer's window slides over rows and columns; a sequence is an image of one row."""
    *rows, columns = layer.slides(shape).values()
    return list(rows[0] if rows else _STILL), list(columns)


# Values as they are, and dropped -------------------------------------------------------------------


@_for(InputLayer)
def _as_it_is(at: Site) -> int:
    return at.x


@_for(reshape.Flatten, reshape.Reshape)
def _reshape(at: Site) -> int:
    return at.network.reshape(at.x, *places_and_width(at.shape))


@_for(dropout.Dropout)
def _dropout(at: Site) -> int:
    _unless(at.layer.noise_shape, "noise_shape")
    return at.network.dropout(at.x, at.layer.rate, at.draw)


# Merges --------------------------------------------------------------------------------------------

_MERGES: dict[type, str] = {
    merge.Add: "add",
    merge.Subtract: "subtract",
    merge.Multiply: "multiply",
    merge.Average: "average",
    merge.Maximum: "maximum",
    merge.Minimum: "minimum",
}


@_for(*_MERGES)
def _merge(at: Site) -> int:
    if len(set(at.shapes)) > 1:
        raise Missing("inputs of different shapes have no kernel")
    return at.network.merge(_MERGES[type(at.layer)], list(at.xs))


@_for(merge.Concatenate)
def _concatenate(at: Site) -> int:
    axis = at.layer.axis % len(at.shape)
    _unless(axis == 0, "axis")
    pieces, _ = places_and_width((*at.shape[:axis], 1))
    return at.network.concatenate(list(at.xs), *places_and_width(at.shape), pieces)


# Activations ---------------------------------------------------------------------------------------


@_for(activation.Activation)
def _activation(at: Site) -> int:
    return _curved(at, at.layer.activation, {})


@_for(activation_layers.ReLU, activation_layers.LeakyReLU, activation_layers.ELU, activation_layers.Softmax)
def _activation_layer(at: Site) -> int:
    settings = at.layer.settings()
    _unless(settings.pop("axis", -1) % len(at.shape) != len(at.shape) - 1, "axis")
    return _curved(at, at.layer.function, settings)


def _curved(at: Site, function: Any, settings: dict[str, Any]) -> int:
    curve, setting = _curve(function, settings)
    return at.x if curve == "linear" else at.network.activation(at.x, curve, setting)


def _curve(function: Any, settings: dict[str, Any]) -> tuple[str, float]:
    """An activation's name in the core, and the number that it takes there."""
    if function is activations.relu and settings:
        ceiling = settings["max_value"]
        _unless(settings["threshold"] or (ceiling is not None and (ceiling != 6 or settings["negative_slope"])), "relu")
        if ceiling is None and settings["negative_slope"]:
            return "leaky_relu", settings["negative_slope"]
        return "relu" if ceiling is None else "relu6", 0.0
    found = _CURVES.get(function)
    if found is None:
        raise Missing(f"there is no kernel for the activation {getattr(function, 'name', function)}")
    name, usual = found
    setting = next(iter(settings.values()), usual)
    _unless(setting < 0, name)
    return name, float(setting)


_CURVES: dict[Any, tuple[str, float]] = {
    activations.linear: ("linear", 0.0),
    activations.relu: ("relu", 0.0),
    activations.relu6: ("relu6", 0.0),
    activations.leaky_relu: ("leaky_relu", 0.2),
    activations.elu: ("elu", 1.0),
    activations.selu: ("selu", 0.0),
    activations.sigmoid: ("sigmoid", 0.0),
    activations.hard_sigmoid: ("hard_sigmoid", 0.0),
    activations.tanh: ("tanh", 0.0),
    activations.softsign: ("softsign", 0.0),
    activations.exponential: ("exponential", 0.0),
    activations.softplus: ("softplus", 0.0),
    activations.silu: ("silu", 0.0),
    activations.gelu: ("gelu", 0.0),
    activations.softmax: ("softmax", 0.0),
}
