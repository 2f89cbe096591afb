"""One unit of a recurrent layer at one time step, in words and numbers: its gates, and what they make of its state.

gate    W·x_t + U·h_{t-1} + b = … → sigmoid → …
LSTM    c_t = f·c_{t-1} + i·g        h_t = o·tanh(c_t)
GRU     h_t = z·h_{t-1} + (1 - z)·n
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..layers.gru import GRUCell
from .blocks import Block, Shown, Table, factor, number, sum_of
from .recurrent import WORDS, Unrolled, unroll_traced
from .trace import Trace
from .unit import Product

MOST_PRODUCTS = 16  # that are listed; of more, the largest


@dataclass(frozen=True, repr=False)
class Gate(Shown):
    """One gate of one unit at one time step: f(Σ x·W + bias + scale·(Σ h·U + state_bias)).

    name          "i", "f", "g", "o", "z", "r", "n" or "s"; `word` says it
    inputs        x_t times W, in the order of the features
    states        h_{t-1} times U, in the order of the units; for the candidate of a GRU without reset_after, r·h
    bias          added to what the inputs say
    state_bias    added to what the states say (GRU with reset_after)
    scale         what the states' share is multiplied by: the reset gate in a GRU's candidate, else 1
    sum, value    what goes into the function, and what comes out
    dsum          dL/dsum; None without y
    """

    layer: str
    name: str
    unit: int
    time: int
    sample: int
    inputs: tuple[Product, ...]
    states: tuple[Product, ...]
    bias: float
    state_bias: float
    scale: float
    function: str
    sum: float
    value: float
    dsum: float | None

    @property
    def word(self) -> str:
        return WORDS[self.name]

    @property
    def formula(self) -> str:
        """The gate in one line of numbers."""
        said = sum(p.value for p in self.inputs)
        recalled = sum(p.value for p in self.states) + self.state_bias
        terms, names = [number(said)], ["W·x"]
        if self.scale == 1:
            terms.append(number(recalled))
            names.append("U·h")
        else:
            terms.append(f"{number(self.scale)}·{factor(recalled)}")
            names.append("r·(U·h + b')" if self.state_bias else "r·(U·h)")
        if self.bias:
            terms.append(number(self.bias))
            names.append("b")
        return f"{' + '.join(names)} = {sum_of(terms)} = {number(self.sum)} → {self.function} → {number(self.value)}"

    def blocks(self) -> list[Block]:
        """The formula, then every product."""
        rows: list[tuple[Any, ...]] = []
        for title, products in (("x", self.inputs), ("h", self.states)):
            shown = products
            if len(products) > MOST_PRODUCTS:
                largest = sorted(products, key=lambda p: -abs(p.value))[:MOST_PRODUCTS]
                shown = tuple(p for p in products if p in largest)
            rows += [(f"{p.source}{list(p.place)}", p.x, p.weight, p.value) for p in shown]
            if len(shown) < len(products):
                rest = sum(p.value for p in products) - sum(p.value for p in shown)
                rows.append((f"{len(products) - len(shown)} smaller ones of {title}", "", "", rest))
        if self.state_bias:
            rows.append(("bias of the states", "", "", self.state_bias))
        if self.scale != 1:
            rows.append(("the states' share is multiplied by", "", "", self.scale))
        rows += [("bias", "", "", self.bias), ("sum", "", "", self.sum), (f"{self.function}(sum)", "", "", self.value)]
        if self.dsum is not None:
            rows.append(("dL/dsum", "", "", self.dsum))
        title = f"{self.layer}, unit {self.unit}, time step {self.time}, sample {self.sample}: {self.word} {self.name}"
        return [f"{title}: {self.formula}", Table(title, ("from", "x", "weight", "x·weight"), tuple(rows))]


@dataclass(frozen=True, repr=False)
class Moment(Shown):
    """One unit at one time step: all its gates, and how they make the new state.

    before, after   the states "h" and, for LSTM, "c"
    lines           the formulas of the new states, with the numbers
    counts          False where the mask says that this step does not count: the states stay as they were
    dstates         dL/d(state after the step); empty without y
    """

    layer: str
    unit: int
    time: int
    sample: int
    gates: tuple[Gate, ...]
    before: dict[str, float]
    after: dict[str, float]
    lines: tuple[str, ...]
    counts: bool
    dstates: dict[str, float]

    def gate(self, name: str) -> Gate:
        """The gate of that name.

        Raises ValueError, with the names there are, when there is none.
        """
        for gate in self.gates:
            if gate.name == name:
                return gate
        there = ", ".join(f"{gate.name} ({gate.word})" for gate in self.gates)
        raise ValueError(f"explain: {self.layer} has no gate {name!r}. There are: {there}.")

    def blocks(self) -> list[Block]:
        found: list[Block] = [f"{self.layer}, unit {self.unit}, time step {self.time}, sample {self.sample}"]
        found += [f"{gate.word} {gate.name}: {gate.formula}" for gate in self.gates]
        found += self.lines
        if not self.counts:
            found.append("the mask leaves this step out: the states stay as they were")
        found += [f"dL/d{name} = {number(value)}" for name, value in self.dstates.items()]
        return found


def explain_moment(model: Any, seen: Trace, layer: str, unit: int, time: int, sample: int = 0) -> Moment:
    """One unit of a traced recurrent layer at one time step.

    unit    numbered through the layer's cells: of a Bidirectional layer first those that read forwards
    time    in the order of the sequence; -1 is the last

    Raises ValueError for a unit, time step or sample that there is not.
    """
    parts = unroll_traced(model, seen, layer)
    units = [part.cell.units for part in parts]
    samples, steps = parts[0].x.shape[:2]
    asked = (("unit", "units", unit, sum(units)), ("time", "time steps", time, steps))
    for what, several, given, count in (*asked, ("sample", "samples", sample, samples)):
        if not isinstance(given, int | np.integer) or not -count <= given < count:
            raise ValueError(f"explain: {layer} has {count} {several}, counted from 0; got {what}={given!r}.")
    unit, time, sample = unit % sum(units), time % steps, sample % samples
    for part in parts:
        if unit < part.cell.units:
            break
        unit -= part.cell.units
    at = (sample, time, unit)
    gates = tuple(_gate(part, name, unit, time, sample) for name in part.gates)
    before = {name: float(part.before(name, time)[sample, unit]) for name in part.states}
    after = {name: float(state[at]) for name, state in part.states.items()}
    counts = part.mask is None or bool(part.mask[sample, time])
    values = {gate.name: gate.value for gate in gates}
    dstates = {name: float(slope[at]) for name, slope in part.dstates.items()}
    lines = _lines(part, values, before, after) if counts else ()
    return Moment(part.name, unit, time, sample, gates, before, after, lines, counts, dstates)


def _lines(
    part: Unrolled, gate: dict[str, float], before: dict[str, float], after: dict[str, float]
) -> tuple[str, ...]:
    h = number(after["h"])
    if part.kind == "LSTM":
        kept = f"{number(gate['f'])}·{factor(before['c'])} + {number(gate['i'])}·{factor(gate['g'])}"
        c, name = number(after["c"]), part.cell.activation.name
        return f"c = f·c + i·g = {kept} = {c}", f"h = o·{name}(c) = {number(gate['o'])}·{name}({c}) = {h}"
    if part.kind == "GRU":
        mixed = f"{number(gate['z'])}·{factor(before['h'])} + {number(1 - gate['z'])}·{factor(gate['n'])}"
        return (f"h = z·h + (1 - z)·n = {mixed} = {h}",)
    return (f"h = {part.cell.activation.name}(s) = {h}",)


def _gate(part: Unrolled, name: str, unit: int, time: int, sample: int) -> Gate:
    cell, params, at = part.cell, part.params, (sample, time, unit)
    column = list(part.gates).index(name) * cell.units + unit
    x, h = part.x[sample, time], part.before("h", time)[sample]
    bias = state_bias = 0.0
    scale, source = 1.0, "h"
    after = isinstance(cell, GRUCell) and cell.reset_after
    if cell.use_bias:
        bias = float((params["bias"][0] if after else params["bias"])[column])
        state_bias = float(params["bias"][1][column]) if after else 0.0
    if name == "n" and after:
        scale = float(part.gates["r"][at])
    elif name == "n":
        h, source = h * part.gates["r"][sample, time], "r·h"
    inputs, states = (
        tuple(Product(where, (i,), float(v), float(w)) for i, (v, w) in enumerate(zip(values, weights, strict=True)))
        for where, values, weights in (
            (f"x_{time}", x, params["kernel"][:, column]),
            (source, h, params["recurrent_kernel"][:, column]),
        )
    )
    dsum = float(part.dsums[name][at]) if part.dsums else None
    return Gate(part.name, name, unit, time, sample, inputs, states, bias, state_bias, scale,
                part.function(name).name, float(part.sums[name][at]), float(part.gates[name][at]), dsum)  # fmt: skip
