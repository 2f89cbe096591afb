"""What just happened at a stop of the stepper: a sentence, a line of formula with the real numbers, and the numbers."""

import contextlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Node
from ..engine.step import Numbers
from ..layers.bidirectional import Bidirectional
from ..layers.conv import Conv
from ..layers.dense import Dense
from ..layers.rnn import RNN
from .blocks import Block, Shown, factor, matrix, number
from .explain import explain_unit
from .gates import explain_moment
from .recurrent import WORDS, unroll_traced
from .timeline import Operation
from .trace import Trace


@dataclass(frozen=True, repr=False)
class Stop(Shown):
    """One stop: where, what just happened, and the numbers of it.

    epoch, batch   counted from 0
    done           operations of the batch that are done
    kind           "start", "forward", "loss", "backward", "update", "batch", "epoch"
    layer, sample  what it happened to, where that makes sense
    what           a sentence
    formula        the computation with the real numbers, for the first unit, or the weight with the largest slope
    numbers        the arrays it is about, by name: "x", "W", "z", "∂J/∂z", …
    """

    epoch: int
    batch: int
    done: int
    kind: str
    layer: str
    sample: int | None
    what: str
    formula: str
    numbers: dict[str, Array]

    def blocks(self) -> list[Block]:
        """The sentence, the formula, and the numbers; single ones in a line, but where the sentence has them."""
        lines: list[Block] = [line for line in (self.what, self.formula) if line]
        for name, value in self.numbers.items():
            if np.ndim(value):
                lines.append(matrix(name, value))
            elif self.kind not in ("batch", "epoch"):
                lines.append(f"{name} = {number(value)}")
        return lines


def sentence(
    operation: Operation, model: Any, seen: Trace, rate: float, after: Numbers
) -> tuple[str, str, dict[str, Array]]:
    """What, formula and numbers of one operation before the batch is learned; `after`: the numbers that it leads to."""
    if operation.kind == "update":
        return _update(operation, model, seen, rate, after)
    assert operation.sample is not None  # only updates have no sample
    if operation.kind == "loss":
        return _loss(operation.sample, seen)
    node = next(node for node in model._graph.nodes if node.name == operation.name)
    tell = _forward if operation.kind == "forward" else _backward
    return tell(node, operation, model, seen)


def _forward(node: Node, operation: Operation, model: Any, seen: Trace) -> tuple[str, str, dict[str, Array]]:
    sample, place = operation.sample, seen.place(node.name)
    inputs, y = [seen.values[v][sample] for v in node.reads], seen.values[node.makes[0]][sample]
    if place.activation:
        first = (0,) * y.ndim
        numbers = {"z": inputs[0], "a": y}
        if node.name in seen.slopes:
            numbers["f'(z)"] = seen.slopes[node.name][sample]
        z = number(inputs[0][first]) if node.name in seen.slopes else "z"
        shares = _as_shares(inputs[0]) if place.activation == "softmax" and y.ndim == 1 else ""
        formula = f"a{list(first)} = {place.activation}({z}) = {shares}{number(y[first])}"
        return f"Sample {sample}: {place.activation} of {operation.layer}.", formula, numbers
    try:
        unit = explain_unit(model, seen, node.name, (0,) * y.ndim, sample or 0)
        formula = f"{node.name}{list(unit.place)} = {unit.sum_formula}"
    except ValueError:  # not a weighted sum
        formula = f"{node.name} = {place.kind}({', '.join(node.reads)})"
    gates: dict[str, Array] = {}
    if isinstance(node.layer, RNN | Bidirectional):
        with contextlib.suppress(ValueError):  # cells of another kind keep their inside to themselves
            formula, gates = _over_time(model, seen, node.name, sample or 0)
    names = ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(len(inputs))]
    params = {short(name): value for name, value in seen.params.get(node.owner, {}).items()}
    numbers = {**dict(zip(names, inputs, strict=True)), **params, **gates, "z": y}
    return f"Sample {sample} forward through {node.name} ({place.kind}).", formula, numbers


def _as_shares(z: Array) -> str:
    """Softmax of the first of these sums: "e^z[0] / Σ e^z = 1.1 / 9.4 = "; "" where these powers are too large."""
    powers = np.exp(np.minimum(z.astype(np.float64), 700.0))
    return f"e^z[0] / Σ e^z = {number(powers[0])} / {number(powers.sum())} = " if powers.max() < 1e9 else ""


def _over_time(model: Any, seen: Trace, layer: str, sample: int) -> tuple[str, dict[str, Array]]:
    """A recurrent layer's first unit at the last time step in one line, and all its gates over time (T, U)."""
    moment = explain_moment(model, seen, layer, 0, -1, sample)
    gates: dict[str, Array] = {}
    for part in unroll_traced(model, seen, layer):
        after = f" of {part.part}" if part.part else ""
        named = part.states if part.kind == "SimpleRNN" else {**part.gates, **part.states}
        gates |= {f"{WORDS[name]} {name}{after}": array[sample] for name, array in named.items()}
    return f"{moment.layer}[0] at step {moment.time}: {'; '.join(moment.lines)}", gates


def _loss(sample: int, seen: Trace) -> tuple[str, str, dict[str, Array]]:
    formulas: list[str] = []
    numbers: dict[str, Array] = {}
    for i, objective in enumerate(seen.objectives):
        output, loss, value = objective.name, objective.loss, objective.reads
        if loss is None:
            continue
        a, target, own = seen.values[value][sample], seen.batch.y[i][sample], seen.losses[output]
        end = own[sample] if own.ndim else own
        numbers |= {f"{output}: target": np.asarray(target), f"{output}: answer": a, f"{output}: loss": np.asarray(end)}
        if value in seen.dvalues:
            numbers[f"∂J/∂{output}"] = seen.dvalues[value][sample]
        formulas.append(f"{loss.name}({_few(target)}, {_few(a)}) = {_few(end)}")
    return f"Sample {sample}: the loss.", "; ".join(formulas), numbers


def _backward(node: Node, operation: Operation, model: Any, seen: Trace) -> tuple[str, str, dict[str, Array]]:
    sample, place = operation.sample, seen.place(node.name)
    assert sample is not None
    dy = seen.dvalues[node.makes[0]][sample]
    dx = {value: seen.dvalues[value][sample] for value in node.reads if value in seen.dvalues}
    if place.activation:
        dz = dx[node.reads[0]]
        at, slope = _largest(dz), seen.slopes.get(node.name)
        if slope is None:
            formula = f"∂J/∂z{list(at)} = Σ ∂J/∂a·∂a/∂z = {number(dz[at])}"
        else:
            product = f"{number(dy[at])}·{factor(slope[sample][at])}"
            formula = f"∂J/∂z{list(at)} = ∂J/∂a{list(at)}·f'(z{list(at)}) = {product} = {number(dz[at])}"
        numbers = {"∂J/∂a": dy, "∂J/∂z": dz}
        return f"Sample {sample} backward through {place.activation} of {operation.layer}.", formula, numbers
    share = _share(node, seen, sample)
    numbers = {"∂J/∂z": dy, **{f"∂J/∂{short(name)}, this sample's part": grad for name, grad in share.items()}}
    numbers |= {"∂J/∂x" if len(dx) == 1 else f"∂J/∂{value}": d for value, d in dx.items()}
    formula = _slope_formula(node, place.kind, seen.values[node.reads[0]][sample], dy, share, dx)
    return f"Sample {sample} backward through {node.name} ({place.kind}).", formula, numbers


def _slope_formula(node: Node, kind: str, x: Array, dy: Array, share: dict[str, Array], dx: dict[str, Array]) -> str:
    """The largest slope of a weight, or, where there are none, of an input."""
    if not share:
        name, slopes = next(iter(dx.items()), ("x", np.zeros(0)))
        return f"∂J/∂{'x' if len(dx) == 1 else name}{_at(slopes)}" if slopes.size else ""
    param = "kernel" if "kernel" in share else next(iter(share))
    if kind == "Dense" and x.ndim == 1:
        i, j = _largest(share[param])
        product = f"{number(x[i])}·{factor(dy[j])}"
        return f"∂J/∂W[{i}, {j}] = x[{i}]·∂J/∂z[{j}] = {product} = {number(share[param][i, j])}"
    each = ""
    if isinstance(node.layer, Conv | Dense):
        last = getattr(node.layer, "data_format", None) != "channels_first"
        each = f"Σ x·∂J/∂z over {math.prod(dy.shape[:-1] if last else dy.shape[1:])} places = "
    elif isinstance(node.layer, RNN | Bidirectional):
        each = f"Σ over {len(x)} steps = "
    return f"∂J/∂{short(param)}{_at(share[param], each)}"


def _at(slopes: Array, words: str = "") -> str:
    """The largest of them and where it stands: "[0, 3] = -0.25"."""
    at = _largest(slopes)
    return f"{list(at) if at else ''} = {words}{number(slopes[at])}"


def _largest(values: Array) -> tuple[int, ...]:
    """Where the number farthest from 0 stands."""
    return tuple(int(i) for i in np.unravel_index(np.argmax(np.abs(values)), values.shape))


def _share(node: Node, seen: Trace, sample: int) -> dict[str, Array]:
    """What one sample adds to the gradients of a node's parameters: the way back with all others silent."""
    silenced = []
    for value in node.makes:
        dy = np.zeros_like(seen.values[value])
        if value in seen.dvalues:
            dy[sample] = seen.dvalues[value][sample]
        silenced.append(dy)
    if node.owner not in seen.params:
        return {}
    arrived = silenced[0] if len(silenced) == 1 else tuple(silenced)
    return node.layer.backward(seen.params[node.owner], seen.caches[node.name], arrived)[1]


def _update(
    operation: Operation, model: Any, seen: Trace, rate: float, after: Numbers
) -> tuple[str, str, dict[str, Array]]:
    owner, param = operation.name, operation.param
    old, new, grad = seen.params[owner][param], after.params[owner][param], seen.grads[owner][param]
    first, name = _largest(grad), short(param)
    if np.allclose(new - old, -rate * grad, rtol=1e-4, atol=1e-6 * float(np.max(np.abs(old), initial=0.0))):
        change = f"{number(old[first])} - {number(rate)}·{factor(grad[first])} = {number(new[first])}"
    else:
        change = f"{number(old[first])} → {number(new[first])} by {model.optimizer.name}, rate {number(rate)}"
        change += f", gradient {number(grad[first])}"
    numbers = {name: old, f"∂J/∂{name}": grad, f"new {name}": new}
    return f"{owner}/{param} moves against its gradient.", f"{name}{list(first)} = {change}", numbers


def short(param: str) -> str:
    """W for kernel and b for bias, as formulas call them."""
    return {"kernel": "W", "bias": "b"}.get(param, param)


def _few(value: Any) -> str:
    """One number, or the first few of several."""
    flat = np.asarray(value).reshape(-1)
    if flat.size == 1:
        return number(flat[0])
    return f"[{', '.join(number(v) for v in flat[:4])}{', …' if flat.size > 4 else ''}]"
