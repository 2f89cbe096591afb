"""Inside a recurrent layer: what every gate and state was at every time step, and how the loss reaches back to it.

    forward    x_t, h_{t-1} → gates → states, for t = 1 … T
    backward   dL/dh_t = what the output at t says + what the step after it passes back

The numbers are the layer's own: its walk through the time steps is read, and its walk back is listened to. Where
dL/dh_t shrinks from step to step, the loss hardly hears what came early: the gradient vanishes.

Sources: Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78 (1990); Hochreiter,
"Untersuchungen zu dynamischen neuronalen Netzen" (1991), for the gradient that vanishes.
"""

import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..engine.graph import Node
from ..layers.bidirectional import Bidirectional
from ..layers.gru import GRUCell
from ..layers.layer import Params, unprefixed
from ..layers.lstm import LSTMCell
from ..layers.recurrent import Cell, Walk
from ..layers.rnn import RNN
from ..layers.simple_rnn import SimpleRNNCell
from ..layers.stacked_rnn_cells import StackedRNNCells
from .blocks import Block, Shown, Table
from .trace import Trace, trace

WORDS = {
    "i": "input gate",
    "f": "forget gate",
    "g": "candidate",
    "o": "output gate",
    "z": "update gate",
    "r": "reset gate",
    "n": "candidate",
    "s": "sum",
    "h": "output",
    "c": "inner state",
}


@dataclass(frozen=True, repr=False)
class Unrolled(Shown):
    """One recurrent cell, time step by time step, in the order of the sequence.

    layer       its name
    part        "" for a plain layer; "forward_layer", "backward_layer" of a Bidirectional, or a stacked cell's number
    cell        the settings: an LSTMCell, GRUCell or SimpleRNNCell
    params      kernel (I, G·U), recurrent_kernel (U, G·U), bias
    backwards   whether it reads from the last step to the first
    x           (N, T, I)    what it reads
    mask        (N, T)       which steps count; None: all
    first       by state     (N, U) before the first step that it reads
    sums        by gate      (N, T, U): what goes into the gate's function
    gates       by gate      (N, T, U): what comes out
    states      by state     (N, T, U) after each step: "h", the output, and for LSTM "c"
    dstates     by state     (N, T, U) dL/d(state after the step), 0 at steps that do not count; empty without y
    dsums       by gate      (N, T, U) dL/d(sum); empty without y
    """

    layer: str
    part: str
    cell: Cell
    params: Params
    backwards: bool
    x: Array
    mask: Array | None
    first: dict[str, Array]
    sums: dict[str, Array]
    gates: dict[str, Array]
    states: dict[str, Array]
    dstates: dict[str, Array]
    dsums: dict[str, Array]

    @property
    def kind(self) -> str:
        """LSTM, GRU or SimpleRNN."""
        return type(self.cell).__name__.removesuffix("Cell")

    @property
    def name(self) -> str:
        return f"{self.layer}/{self.part}" if self.part else self.layer

    def function(self, gate: str) -> Any:
        """The activation function of a gate."""
        return self.cell.activation if gate in ("g", "n", "s") else self.cell.recurrent_activation

    def before(self, state: str, time: int) -> Array:
        """(N, U): a state before a time step."""
        earlier = time + 1 if self.backwards else time - 1
        return self.states[state][:, earlier] if 0 <= earlier < self.x.shape[1] else self.first[state]

    def reach(self, state: str = "h") -> Array:
        """(N, T): ‖dL/d(state)‖ over the units, at each time step.

        Raises ValueError without gradients.
        """
        if not self.dstates:
            raise ValueError(f"{self.name}: no gradients; give unroll the targets: unroll(model, x, y).")
        return np.sqrt(np.square(self.dstates[state], dtype=np.float64).sum(axis=2))

    def kept(self, state: str = "h") -> float:
        """‖dL/d(state)‖ at the step that is read first, as a share of that at the last: geometric mean over samples.

        nan where nothing arrives. Raises ValueError without gradients.
        """
        reach = self.reach(state)[:, :: -1 if self.backwards else 1]
        both = reach[(reach[:, 0] > 0) & (reach[:, -1] > 0)]
        return float(np.exp(np.log(both[:, 0] / both[:, -1]).mean())) if len(both) else float("nan")

    def blocks(self) -> list[Block]:
        """One row a time step: the size of everything, as means over samples and units."""
        heads, means, reaches = ["step"], [], []
        for name, array in {**self.gates, **self.states}.items():
            sign_tells = name in self.states or name in ("g", "n")
            heads.append(f"|{name}|" if sign_tells else name)
            means.append((np.abs(array) if sign_tells else array).mean(axis=(0, 2)))
        for name in self.dstates:
            heads.append(f"‖dL/d{name}‖")
            reaches.append(self.reach(name).mean(axis=0))
        rows = tuple(
            (str(t), *(f"{mean[t]:.3f}" for mean in means), *(float(reach[t]) for reach in reaches))
            for t in range(self.x.shape[1])
        )
        order = ", read from the last step to the first" if self.backwards else ""
        samples, steps, units = self.states["h"].shape
        title = f"{self.name} ({self.kind}), {steps} time steps{order}: means over {samples} samples and {units} units"
        return [Table(title, tuple(heads), rows)]


class _Part(NamedTuple):
    """One cell of a layer, with what it kept and what it heard."""

    name: str
    cell: Cell
    params: Params
    backwards: bool
    walk: Walk
    heard: list[Any]


def unroll(model: Any, x: Any, y: Any = None, *, layer: str | None = None, dtype: Any = None) -> tuple[Unrolled, ...]:
    """The inside of a recurrent layer while the model answers these samples; with y, what the loss says to each step.

    layer    its name; by default the first recurrent layer
    dtype    float type to compute in; by default the model's own
    returns  one a cell: two for a Bidirectional layer (forwards, then backwards), one for each of stacked cells

    Raises ValueError for a layer that is not recurrent, or whose cells are not SimpleRNN's, LSTM's or GRU's.

    >>> from pellucid import Input, Sequential
    >>> from pellucid.layers import SimpleRNN
    >>> layer = SimpleRNN(1, "linear", kernel_initializer="ones", recurrent_initializer="ones")
    >>> model = Sequential([Input((3, 1)), layer])
    >>> model.compile("sgd", "mse")
    >>> (inside,) = unroll(model, [[[1.0], [2.0], [3.0]]], [[0.0]])
    >>> inside.states["h"][0, :, 0].tolist(), inside.dstates["h"][0, :, 0].tolist()
    ([1.0, 3.0, 6.0], [12.0, 12.0, 12.0])
    """
    return unroll_traced(model, trace(model, x, y, dtype=dtype), layer)


def unroll_traced(model: Any, seen: Trace, layer: str | None = None) -> tuple[Unrolled, ...]:
    """The same for a trace of the model."""
    node = _recurrent_node(model, seen, layer)
    params, cache = seen.params.get(node.owner, {}), seen.caches[node.name]
    listening, parts = _listening(node.layer, params, cache)
    arrived = [seen.dvalues.get(value) for value in node.makes]
    if any(dy is not None for dy in arrived):
        dy = arrived[0] if len(arrived) == 1 else tuple(arrived)
        listening.backward(params, cache, dy, needs=("inputs",))
    return tuple(_unrolled(node.name, part) for part in parts)


def _recurrent_node(model: Any, seen: Trace, layer: str | None) -> Node:
    kinds = (RNN, Bidirectional)
    there = [node for node in model._graph.nodes if isinstance(node.layer, kinds)]
    names = ", ".join(node.name for node in there) or "none"
    if layer is not None:
        seen.place(layer)
    found = [node for node in there if layer in (None, node.name)]
    if not found:
        what = "the model" if layer is None else layer
        raise ValueError(f"unroll: {what} has no recurrent layer that can be unrolled. There are: {names}.")
    return found[0]


def _listening(layer: Any, params: Params, cache: Any) -> tuple[Any, list[_Part]]:
    """A copy of the layer that notes what its cells hear on the way back, and the cells."""
    listening = copy.copy(layer)
    if isinstance(layer, Bidirectional):
        parts = []
        for side, own in zip(("forward_layer", "backward_layer"), cache[0], strict=True):
            copied, found = _listening(getattr(layer, side), unprefixed(params, f"{side}/"), own)
            setattr(listening, side, copied)
            parts += [part._replace(name=f"{side}/{part.name}".rstrip("/")) for part in found]
        return listening, parts
    if isinstance(layer.cell, StackedRNNCells):
        listening.cell = copy.copy(layer.cell)
        parts = [
            _part(str(i), cell, unprefixed(params, f"{i}/"), layer, walk)
            for i, (cell, walk) in enumerate(zip(layer.cell.cells, cache.walk, strict=True))
        ]
        listening.cell.cells = [_hearing(part) for part in parts]
        return listening, parts
    part = _part("", layer.cell, params, layer, cache.walk)
    listening.cell = _hearing(part)
    return listening, [part]


def _part(name: str, cell: Any, params: Params, layer: RNN, walk: Any) -> _Part:
    if not isinstance(cell, LSTMCell | GRUCell | SimpleRNNCell):
        raise ValueError(f"unroll: {layer.name} walks a {type(cell).__name__}; only SimpleRNN, LSTM and GRU are known.")
    return _Part(name, cell, params, layer.go_backwards, walk, [])


def _hearing(part: _Part) -> Cell:
    """The cell, noting what each of its time steps hears, and says to its sums."""
    cell = copy.copy(part.cell)

    def step_back(params: Params, kept: Any, before: Any, after: Any, dafter: Any, thin: Any) -> Any:
        dbefore, slopes = part.cell.step_back(params, kept, before, after, dafter, thin)
        part.heard.append((_with_own_output(part.cell, kept, after, dafter), slopes[0]))
        return dbefore, slopes

    cell.step_back = step_back  # type: ignore[method-assign]
    return cell


def _with_own_output(cell: Cell, kept: Any, after: Any, dafter: Any) -> Any:
    """dL/d(states after a step): an LSTM's c speaks to the next step, and through h at its own."""
    if not isinstance(cell, LSTMCell):
        return dafter
    _, _, _, o, squashed = kept
    dh, dc = dafter
    return dh, dc + cell.activation.backward(after[1], squashed, dh * o)


def _unrolled(layer: str, part: _Part) -> Unrolled:
    walk, cell, order = part.walk, part.cell, -1 if part.backwards else 1

    def in_order(steps: Any) -> Array:
        """(T, N, …) as walked -> (N, T, …) as in the sequence."""
        return np.swapaxes(np.asarray(steps)[::order], 0, 1)

    names = ("h", "c") if isinstance(cell, LSTMCell) else ("h",)
    read = [_gates_of(cell, kept, state) for kept, state in zip(walk.kept, walk.fresh[0], strict=True)]
    letters = tuple(read[0][0])
    sums, gates = ({name: in_order([step[i][name] for step in read]) for name in letters} for i in (0, 1))
    heard = part.heard[::-1]  # the last step hears first
    dstates = {name: in_order([step[0][i] for step in heard]) for i, name in enumerate(names)} if heard else {}
    dsums = {}
    for i, name in enumerate(letters if heard else ()):
        dsums[name] = in_order([step[1][:, i * cell.units : (i + 1) * cell.units] for step in heard])
    return Unrolled(
        layer=layer, part=part.name, cell=cell, params=part.params, backwards=part.backwards, x=in_order(walk.x),
        mask=None if walk.mask is None else in_order(walk.mask)[..., 0],
        first=dict(zip(names, walk.first, strict=True)), sums=sums, gates=gates,
        states={name: in_order(state) for name, state in zip(names, walk.states, strict=True)},
        dstates=dstates, dsums=dsums,
    )  # fmt: skip


def _gates_of(cell: Cell, kept: Any, h: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """The sums and the gates of one time step, (N, U) each, from what the cell kept of it."""
    if isinstance(cell, LSTMCell):
        z, gates, g, o, _ = kept
        return dict(zip("ifgo", np.moveaxis(z, 1, 0), strict=True)), {
            "i": gates[:, 0],
            "f": gates[:, 1],
            "g": g,
            "o": o,
        }
    if isinstance(cell, GRUCell):
        s, gates, s_n, n, _ = kept
        return {"z": s[:, 0], "r": s[:, 1], "n": s_n}, {"z": gates[:, 0], "r": gates[:, 1], "n": n}
    return {"s": kept}, {"s": h}
