"""The chain rule for one weight of a recurrent layer, time step by time step.

    ∂J/∂w = Σ ∂J/∂a · f'(s) · ∂s/∂w        over every sample and every time step

The weight goes into the same sum s, of one gate of one unit, at every step; a = f(s) is that gate. ∂J/∂a holds all
that the loss hears of the gate, at this step and through the states of all later ones.

    LSTM        ∂J/∂i = ∂J/∂c · g      ∂J/∂f = ∂J/∂c · c_{t-1}      ∂J/∂g = ∂J/∂c · i      ∂J/∂o = ∂J/∂h · tanh(c)
    GRU         ∂J/∂z = ∂J/∂h · (h_{t-1} - n)      ∂J/∂n = ∂J/∂h · (1 - z)
                ∂J/∂r = ∂J/∂s_n · (U·h_{t-1} + b')       or, where r comes ahead of U, (∂J/∂s_n · Uᵀ) · h_{t-1}
    SimpleRNN   ∂J/∂h

Source: Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78 (1990).
"""

from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..engine.graph import Node
from ..layers.bidirectional import Bidirectional
from ..layers.gru import GRUCell
from ..layers.lstm import LSTMCell
from ..layers.rnn import RNN
from .recurrent import Unrolled, unroll_traced
from .trace import Trace


class Moments(NamedTuple):
    """What one weight does to the loss at every time step of every sample.

    name            the layer, with the part of it
    gate, unit      the sum that the weight goes into
    dJ_da, da_dz, dz_dw   (N, T) each; da_dz is 1 where the gate's function mixes units, dz_dw 0 where no step counts
    """

    name: str
    gate: str
    unit: int
    dJ_da: Array
    da_dz: Array
    dz_dw: Array


def moments_of(model: Any, node: Node, seen: Trace, param: str, place: tuple[int, ...]) -> Moments | None:
    """The same for one weight of a traced model; None where the node is no SimpleRNN, LSTM or GRU."""
    if not isinstance(node.layer, RNN | Bidirectional):
        return None
    try:
        parts = unroll_traced(model, seen, node.name)
    except ValueError:  # cells of another kind
        return None
    part = next((part for part in parts if part.dsums and param.removeprefix(f"{part.part}/") in part.params), None)
    own = "" if part is None else param.removeprefix(f"{part.part}/")
    if part is None or own not in ("kernel", "recurrent_kernel", "bias"):
        return None
    gate, unit = list(part.gates)[place[-1] // part.cell.units], place[-1] % part.cell.units
    function = part.function(gate)
    dsum = part.dsums[gate][..., unit]
    counts = np.ones_like(dsum) if part.mask is None else part.mask
    dz_dw = _dsum_dw(part, gate, unit, own, place) * counts
    if not function.elementwise:
        return Moments(part.name, gate, unit, dsum, np.ones_like(dsum), dz_dw)
    slope = function.derivative(part.sums[gate][..., unit])
    return Moments(part.name, gate, unit, _dgate(part, gate, unit), slope, dz_dw)


def _dsum_dw(part: Unrolled, gate: str, unit: int, own: str, place: tuple[int, ...]) -> Array:
    """(N, T) or one number: how the sum changes with the weight, by what goes into it."""
    if own == "kernel":
        return part.x[..., place[0]]
    after = isinstance(part.cell, GRUCell) and part.cell.reset_after
    reset = part.gates["r"][..., unit] if gate == "n" and after else np.ones(())
    if own == "bias":
        return reset if len(place) == 2 and place[0] == 1 else np.ones(())
    ahead = part.gates["r"][..., place[0]] if gate == "n" and not after else np.ones(())
    return _before(part, "h")[..., place[0]] * reset * ahead


def _dgate(part: Unrolled, gate: str, unit: int) -> Array:
    """(N, T): ∂J/∂a of one gate of one unit."""
    heard = {name: slope[..., unit] for name, slope in part.dstates.items()}
    said = {name: value[..., unit] for name, value in part.gates.items()}
    if isinstance(part.cell, LSTMCell):
        if gate == "o":
            return heard["h"] * part.cell.activation(part.states["c"])[..., unit]
        return heard["c"] * {"i": said["g"], "f": _before(part, "c")[..., unit], "g": said["i"]}[gate]  # fmt: skip
    if isinstance(part.cell, GRUCell):
        if gate == "r":
            return _dreset(part, unit)
        return heard["h"] * (_before(part, "h")[..., unit] - said["n"] if gate == "z" else 1 - said["z"])
    return heard["h"]


def _dreset(part: Unrolled, unit: int) -> Array:
    """(N, T): ∂J/∂r of one unit of a GRU, which hears only of the candidate's sum."""
    before, units = _before(part, "h"), part.cell.units
    recurrent = part.params["recurrent_kernel"][:, 2 * units :]
    if not part.cell.reset_after:
        return (part.dsums["n"] @ recurrent[unit]) * before[..., unit]
    bias = part.params["bias"][1, 2 * units + unit] if part.cell.use_bias else 0.0
    return part.dsums["n"][..., unit] * (before @ recurrent[:, unit] + bias)


def _before(part: Unrolled, state: str) -> Array:
    """(N, T, U): a state before each time step."""
    return np.stack([part.before(state, time) for time in range(part.x.shape[1])], axis=1)
