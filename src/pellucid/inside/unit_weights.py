"""Which numbers of a layer make one of its units.

Dense, Conv …         kernel[…, unit]                                                              bias[unit]
Conv…Transpose        kernel[…, unit, :]                                                           bias[unit]
DepthwiseConv         kernel[…, unit // D, unit % D]      D outputs for each channel               bias[unit]
SimpleRNN, GRU, LSTM  kernel[:, unit::U], recurrent_kernel[:, unit::U]   a column for each gate    bias[…, unit::U]
"""

import math
from typing import Any

import numpy as np

from ..arrays import Array
from ..layers.conv_transpose import ConvTranspose
from ..layers.depthwise import DepthwiseConv
from ..layers.einsum_dense import EinsumDense
from ..layers.gru import GRUCell
from ..layers.lstm import LSTMCell
from ..layers.rnn import GatedRNN

LOW, NOTHING = -1e4, 1e-30  # a weighted sum at which sigmoid, softplus and their like give no more than this

Params = dict[str, Array]
Function = Any  # of the sums; None for none


def unit_count(layer: Any, params: Params) -> int | None:
    """How many units a layer with these parameters has; None where they are not those of units.

    >>> from pellucid.layers import LSTM, Conv2DTranspose
    >>> unit_count(Conv2DTranspose(4, 3), {"kernel": np.zeros((3, 3, 4, 2)), "bias": np.zeros(4)})
    4
    >>> unit_count(LSTM(5), {"kernel": np.zeros((2, 20)), "recurrent_kernel": np.zeros((5, 20))})
    5
    """
    if isinstance(layer, GatedRNN) and params:
        return int(layer.units)
    if "kernel" not in params or not set(params) <= {"kernel", "bias"}:
        return None
    shape = params["kernel"].shape
    if isinstance(layer, EinsumDense):
        inputs, _, outputs = layer.equation.replace(" ", "").partition("->")
        if inputs[-1] != outputs[-1]:  # the kernel's last axis is not the output's
            return None
    if isinstance(layer, ConvTranspose):
        return int(shape[-2])
    return math.prod(shape[-2:]) if isinstance(layer, DepthwiseConv) else int(shape[-1])


def unit_places(layer: Any, params: Params, unit: int) -> dict[str, tuple[Any, ...]]:
    """Where in each parameter the unit's numbers stand.

    >>> from pellucid.layers import DepthwiseConv2D
    >>> unit_places(DepthwiseConv2D(3, depth_multiplier=2), {"kernel": np.zeros((3, 3, 4, 2)), "bias": np.zeros(8)}, 5)
    {'kernel': (Ellipsis, 2, 1), 'bias': (Ellipsis, 5)}
    """
    if isinstance(layer, GatedRNN):
        return dict.fromkeys(params, (..., slice(unit, None, layer.units)))
    places: dict[str, tuple[Any, ...]] = dict.fromkeys(params, (..., unit))
    if isinstance(layer, ConvTranspose):
        places["kernel"] = (..., unit, slice(None))
    elif isinstance(layer, DepthwiseConv):
        places["kernel"] = (..., *divmod(unit, layer.depth_multiplier))
    return places


def silent_weights(layer: Any, params: Params, unit: int, after: Function) -> Params:
    """Numbers for the unit with which it gives 0 whatever comes in.

    after   what the layer's sums go through; a recurrent layer's own functions are its cell's

    Raises ValueError where there are none: without a bias, or where the function is never 0.
    """
    quiet = {name: np.zeros_like(params[name][place]) for name, place in unit_places(layer, params, unit).items()}
    has_bias, gated = "bias" in quiet, isinstance(layer, GatedRNN)
    sums = _quiet_gates(layer, has_bias) if gated else {0: zero_of(after, layer.name)}
    if any(sums.values()) and not has_bias:
        raise ValueError(f"Controls: {layer.name!r} has no bias, without which its activation is never 0.")
    if gated and has_bias:
        rows = quiet["bias"].reshape(-1, layer.cell.gates)  # GRU has two rows: of the inputs and of the states
        rows[0, list(sums)] = list(sums.values())
    elif has_bias:
        quiet["bias"][...] = sums[0]
    return quiet


def _quiet_gates(layer: Any, has_bias: bool) -> dict[int, float]:
    """Sums by gate with which the output is 0. With a bias also where the states begin with something: LSTM's output
    gate is shut, GRU's update gate takes what is new."""
    cell = layer.cell
    if isinstance(cell, LSTMCell) and has_bias:
        return {3: zero_of(cell.recurrent_activation, layer.name)}
    found = {2 if isinstance(cell, LSTMCell) else cell.gates - 1: zero_of(cell.activation, layer.name)}
    if isinstance(cell, GRUCell) and has_bias:
        found[0] = zero_of(cell.recurrent_activation, layer.name)
    return found


def zero_of(function: Function, name: str) -> float:
    """A sum at which this function gives 0.

    Raises ValueError where there is none.
    """
    for z in (0.0, LOW):
        probe = np.array([[z, 1.0]], np.float32)
        if abs((probe if function is None else np.asarray(function(probe)))[0, 0]) < NOTHING:
            return z
    raise ValueError(f"Controls: the activation of {name!r} is never 0, so no unit of it can be silent.")
