"""One step of learning: a pure function from a bundle of numbers to the next.

    train_step      forward, loss, backward, update     numbers, batch, key -> numbers
    eval_step       forward, loss                       no number changes
    predict_step    forward

They run on whatever arrays they are given: NumPy, or JAX inside `jax.jit`.
What `compile` decided (losses, optimizer, what is trainable) is the Program;
it never changes while these run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..arrays import Array, namespace
from ..losses import Loss
from ..metrics import MeanMetricWrapper, Metric
from ..optimizers import Optimizer
from ..random import fold_in
from . import passes as plain
from .batch import Batch
from .graph import Graph, Tree
from .passes import Pass, advance, forward

Tallies = dict[str, Any]
NO_MASKS: Mapping[str, Array] = MappingProxyType({})


class Numbers(NamedTuple):
    """Everything that changes while a model learns. Replaced whole, never edited."""

    params: dict[str, dict[str, Array]]  # moved by gradients     {"dense": {"kernel": …, "bias": …}}
    state: dict[str, dict[str, Array]]  # carried along           {"batch_normalization": {"moving_mean": …}}
    moments: dict[str, Any]  # the optimizer's memory
    step: Any  # updates made so far


class Objective(NamedTuple):
    """The loss of one output."""

    name: str  # of the output
    loss: Loss | None  # None: this output is not trained on
    reads: str  # the value the loss is computed from: the output, or the sums before a fused activation
    weight: float = 1.0
    looks: tuple[str, ...] = ()  # further values that the loss looks at (symbol_loss.py)


class Measure(NamedTuple):
    """A metric of one output."""

    name: str  # in the logs
    metric: Metric
    output: int
    weighted: bool = False
    value: str | None = None  # what a layer reports: the mean of this value, whatever the targets


class Penalty(NamedTuple):
    """A regularizer on one parameter."""

    owner: str
    param: str
    regularizer: Any


@dataclass(frozen=True, eq=False)
class Program:
    """What `compile` decided."""

    graph: Graph
    objectives: tuple[Objective, ...]
    measures: tuple[Measure, ...]
    optimizer: Optimizer | None
    trainable: frozenset[str]  # owners
    penalties: tuple[Penalty, ...] = ()
    activity: tuple[tuple[str, Any], ...] = ()  # (value, regularizer)
    constraints: tuple[Penalty, ...] = ()

    @property
    def watched(self) -> frozenset[str]:
        """The values that the losses and the layers' own metrics read."""
        own = [added.value for added in self.graph.added]
        read = [value for o in self.objectives for value in (o.reads, *o.looks)]
        return frozenset(read + [value for value, _ in self.activity] + own)


class Runner(Protocol):
    """What takes a batch through the graph: engine/passes.py itself, or what does it quicker."""

    def run(
        self, graph: Graph, params: Tree, state: Tree, inputs: Any, *, key: Any = None, training: bool = False,
        caching: bool = True, keep: Any = None,
    ) -> Pass: ...  # fmt: skip

    def backward(
        self,
        graph: Graph,
        params: Tree,
        caches: dict[str, Any],
        dvalues: dict[str, Array],
        *,
        trainable: frozenset[str],
    ) -> tuple[dict[str, Array], Tree]: ...

    def advance(self, graph: Graph, state: Tree, caches: dict[str, Any]) -> Tree: ...


class Cost(NamedTuple):
    total: Array
    parts: tuple[Array | None, ...]  # by objective, unweighted
    dvalues: dict[str, Array]  # dL/dvalue, where the losses touch the network


def cost(
    program: Program,
    params: Tree,
    values: dict[str, Array],
    batch: Batch,
    *,
    masks: Mapping[str, Array] = NO_MASKS,
    slopes: bool = True,
) -> Cost:
    """The loss of a batch, and where the chain rule starts from.

    total    Σ weight · loss  +  the regularizers' penalties
    masks    of the values that have one: what is masked does not count in the loss
    slopes   whether dL/dvalue is wanted
    """
    total: Any = 0.0
    parts: list[Array | None] = []
    dvalues: dict[str, Array] = {}
    for i, objective in enumerate(program.objectives):
        if objective.loss is None:
            parts.append(None)
            continue
        weights = batch.weights[i] if batch.weights else None
        mask = masks.get(objective.reads)
        looked_at = [values[name] for name in objective.looks]
        part, cache = objective.loss.forward(batch.y[i], values[objective.reads], weights, mask, *looked_at)
        parts.append(part)
        total = total + (part if objective.weight == 1.0 else objective.weight * part)
        if slopes:
            dy = objective.loss.backward(cache)
            for name, d in zip((objective.reads, *objective.looks), dy if looked_at else (dy,), strict=True):
                _add(dvalues, name, d if objective.weight == 1.0 else objective.weight * d)
    for value, regularizer in program.activity:
        samples = values[value].shape[0]
        total = total + regularizer(values[value]) / samples
        if slopes:
            _add(dvalues, value, regularizer.gradient(values[value]) / samples)
    for added, label in program.graph.added:
        if label is None:
            total = total + values[added].sum()
            if slopes:
                _add(dvalues, added, namespace(values[added]).ones_like(values[added]))
    for owner, param, regularizer in program.penalties:
        total = total + regularizer(params[owner][param])
    return Cost(total, tuple(parts), dvalues)


def _add(dvalues: dict[str, Array], name: str, dy: Array) -> None:
    dvalues[name] = dvalues[name] + dy if name in dvalues else dy


def gradients(
    program: Program, numbers: Numbers, batch: Batch, key: Array | None, runner: Runner = plain
) -> tuple[Tree, Cost, Pass]:
    """dL/dparameter of every trainable parameter; with the cost and the pass that it came from."""
    graph, params = program.graph, numbers.params
    watched = program.watched
    ran = runner.run(
        graph, params, numbers.state, batch.x, key=key, training=True, keep=watched.__contains__ if watched else None
    )
    found = cost(program, params, ran.values, batch, masks=ran.masks)
    scale = None if program.optimizer is None else program.optimizer.loss_scale(numbers.moments)
    dvalues = {name: _scaled(dy, scale) for name, dy in found.dvalues.items()}
    _, grads = runner.backward(graph, params, ran.caches, dvalues, trainable=program.trainable)
    for owner, param, regularizer in program.penalties:
        if owner in grads:
            slope = _scaled(regularizer.gradient(params[owner][param]), scale)
            grads[owner] = {**grads[owner], param: grads[owner][param] + slope}
    return grads, found, ran


def _scaled(slope: Array, scale: Any) -> Array:
    """The slope of the scaled loss; the optimizer divides by the scale again before it moves anything."""
    return slope if scale is None else slope * scale


def train_step(
    program: Program,
    numbers: Numbers,
    tallies: Tallies,
    batch: Batch,
    key: Array | None,
    rate: Any,
    runner: Runner = plain,
    mover: Any = None,
) -> tuple[Numbers, Tallies]:
    """Learn from one batch.

    key      of the whole training; each step folds in its own number
    rate     learning rate of this step
    tallies  what the metrics have gathered so far this epoch (see `start_tallies`)
    runner   what takes the batch through the graph
    mover    what moves the parameters in place of the optimizer's formula (see Optimizer.update), or None

    Returns the next numbers and tallies.
    """
    assert program.optimizer is not None  # compile sees to it
    step_key = fold_in(key, numbers.step) if key is not None and program.graph.random else None
    grads, found, ran = gradients(program, numbers, batch, step_key, runner)
    moved = {owner: numbers.params[owner] for owner in grads}
    how = {} if mover is None else {"mover": mover}
    moved, moments = program.optimizer.update(moved, grads, numbers.moments, numbers.step, rate, **how)
    for owner, param, constraint in program.constraints:
        if owner in moved:
            moved = {**moved, owner: {**moved[owner], param: constraint(moved[owner][param])}}
    state = runner.advance(program.graph, numbers.state, ran.caches)
    tallies = gather(program, tallies, found, ran.values, batch, ran.masks)
    return Numbers({**numbers.params, **moved}, state, moments, numbers.step + 1), tallies


def eval_step(program: Program, numbers: Numbers, tallies: Tallies, batch: Batch, runner: Runner = plain) -> Tallies:
    """The tallies after looking at one more batch, without learning from it."""
    watched = program.watched
    graph, params = program.graph, numbers.params
    ran = runner.run(graph, params, numbers.state, batch.x, caching=False, keep=watched.__contains__)
    found = cost(program, numbers.params, ran.values, batch, masks=ran.masks, slopes=False)
    return gather(program, tallies, found, ran.values, batch, ran.masks)


def predict_step(program: Program, numbers: Numbers, x: tuple[Array, ...]) -> tuple[Array, ...]:
    """The outputs for one batch."""
    values, _ = forward(program.graph, numbers.params, numbers.state, x, caching=False)
    return tuple(values[name] for name in program.graph.outputs)


def carried(graph: Graph, numbers: Numbers, caches: dict[str, Any]) -> Numbers:
    """The numbers after a pass outside training that left these caches: states that move there too have moved."""
    return numbers._replace(state=advance(graph, numbers.state, caches)) if graph.carries else numbers


# Tallies: the running means behind the log line --------------------------------------------------


def start_tallies(program: Program) -> Tallies:
    """Nothing counted yet: the total loss, each output's loss where there are several, and the metrics."""
    names = ["loss"]
    if len(program.objectives) > 1:
        names += [f"{objective.name}_loss" for objective in program.objectives if objective.loss is not None]
    nothing = {"total": np.zeros(()), "count": np.zeros((), dtype=np.int64)}  # wide, so that long epochs do not drift
    return {
        "losses": dict.fromkeys(names, nothing),
        "measures": {measure.name: measure.metric.start() for measure in program.measures},
    }


def gather(
    program: Program,
    tallies: Tallies,
    found: Cost,
    values: dict[str, Array],
    batch: Batch,
    masks: Mapping[str, Array] = NO_MASKS,
) -> Tallies:
    """The tallies with one batch more."""
    samples = batch.x[0].shape[0]
    losses = {"loss": _mean(tallies["losses"]["loss"], found.total, samples)}
    if len(program.objectives) > 1:
        for objective, part in zip(program.objectives, found.parts, strict=True):
            if part is not None:
                name = f"{objective.name}_loss"
                losses[name] = _mean(tallies["losses"][name], part, samples)
    measures = {}
    for name, metric, output, weighted, value in program.measures:
        if value is not None:
            measures[name] = metric.accumulate(tallies["measures"][name], values[value])
            continue
        weights = batch.weights[output] if weighted and batch.weights else None
        y_pred = values[program.graph.outputs[output]]
        if isinstance(metric, MeanMetricWrapper):  # the other metrics take every value, as in Keras
            weights = _masked(weights, masks.get(program.graph.outputs[output]))
        measures[name] = metric.accumulate(tallies["measures"][name], batch.y[output], y_pred, weights)
    return {"losses": losses, "measures": measures}


def _masked(weights: Array | None, mask: Array | None) -> Array | None:
    """Sample weights that are 0 where the mask leaves a value out."""
    if mask is None:
        return weights
    mask = mask.astype("float32")
    if weights is None:
        return mask
    return weights.reshape(*weights.shape, *(1,) * (mask.ndim - weights.ndim)) * mask


def _mean(tally: dict[str, Any], value: Any, samples: int) -> dict[str, Any]:
    return {"total": tally["total"] + value * samples, "count": tally["count"] + samples}


def read_tallies(program: Program, tallies: Tallies) -> dict[str, Any]:
    """The logs: name -> number (an array, for the few metrics that give one number a class)."""
    logs: dict[str, Any] = {
        name: float(tally["total"]) / max(int(tally["count"]), 1) for name, tally in tallies["losses"].items()
    }
    for measure in program.measures:
        value = measure.metric.read(tallies["measures"][measure.name])
        for name, one in value.items() if isinstance(value, Mapping) else ((measure.name, value),):
            logs[name] = float(one) if getattr(one, "ndim", 0) == 0 else one
    return logs
