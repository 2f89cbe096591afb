"""Vitals: what the doctor measures at one check, on a fixed few samples of the training data.

    gradient   ‖dL/dW, dL/db‖ of each layer, as one vector
    ratio      ‖update‖ / ‖parameters‖, for the update that the optimizer would make on these samples
    sums       standard deviation of each hidden layer's weighted sums
    slopes     of each hidden unit's activation: how often it is flat, and whether it is 0 everywhere

Nothing is changed: the update is thrown away.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...activations import Activation as Function
from ...arrays import Array
from ...engine import passes as plain
from ...engine import step as steps
from ...engine.batch import Batch
from ...engine.graph import Graph, Tree
from ...engine.step import Numbers, Program, Runner
from ...engine.stretches import Stretches
from ...layers.activation import Activation
from ..learning_speed import length, sum_of_squares
from ..saturation import steepest
from .sampling import portions


@dataclass(frozen=True)
class Hidden:
    """A hidden activation: the layer it belongs to, the sums it reads, its function, and its largest slope."""

    layer: str
    reads: str
    function: Any
    steepest: float

    @property
    def rectifies(self) -> bool:
        """Whether it is a relu: flat on one side by design, and dead only when flat everywhere."""
        return self.function.name in ("relu", "relu6")


@dataclass(frozen=True)
class Units:
    """One hidden layer's units, on the samples of the check.

    flat   (units,) share of the samples on which f'(z) is next to nothing
    off    (units,) true where f'(z) is 0 on all of them
    """

    flat: Array
    off: Array


@dataclass(frozen=True)
class Vitals:
    """One check. `loss` is that of the samples without the regularizers' `penalty`."""

    step: int
    loss: float
    penalty: float
    gradient: dict[str, float]
    ratio: dict[str, float]
    sums: dict[str, float]
    units: dict[str, Units]

    @cached_property
    def fastest(self) -> float:
        """The largest update ratio of a layer; 0 without layers."""
        return max((ratio for ratio in self.ratio.values() if math.isfinite(ratio)), default=0.0)


def hidden_activations(graph: Graph) -> tuple[Hidden, ...]:
    """The activations whose values are no outputs and that can be flat."""
    found, largest = [], dict[str, float]()
    for node in graph.nodes:
        function = node.layer.activation if isinstance(node.layer, Activation) else None
        if not isinstance(function, Function) or not function.elementwise or function.name == "linear":
            continue
        if node.makes[0] not in graph.outputs:
            layer = node.reads[0].split(":")[0] if node.owner not in graph.owners else node.name
            largest[function.name] = largest.get(function.name) or steepest(function.name)
            found.append(Hidden(layer, node.reads[0], function, largest[function.name]))
    return tuple(found)


def measure(
    program: Program, numbers: Numbers, probe: Batch, hidden: tuple[Hidden, ...], flat: float, runner: Runner = plain
) -> Vitals:
    """One check; `flat` is the share of the largest slope below which a unit counts as flat."""
    graph, params = program.graph, numbers.params
    wanted = program.watched | {one.reads for one in hidden}
    ran = runner.run(graph, params, numbers.state, probe.x, training=True, keep=wanted.__contains__)
    cost = steps.cost(program, params, ran.values, probe, masks=ran.masks)
    _, grads = runner.backward(graph, params, ran.caches, cost.dvalues, trainable=program.trainable)
    for owner, param, regularizer in program.penalties:
        if owner in grads:
            grads[owner] = {**grads[owner], param: grads[owner][param] + regularizer.gradient(params[owner][param])}
    grads = {owner: grads[owner] for owner in graph.owners if owner in grads}  # the first layer first
    loss = sum(o.weight * float(p) for o, p in zip(program.objectives, cost.parts, strict=True) if p is not None)
    looks = {one.layer: (one, _some_places(ran.values[one.reads])) for one in hidden}
    return Vitals(
        step=int(numbers.step),
        loss=loss,
        penalty=float(cost.total) - loss,
        gradient={owner: length(part) for owner, part in grads.items()},
        ratio=_ratios(program, numbers, grads, runner),
        sums={name: float(np.std(z)) for name, (_, z) in looks.items()},
        units={name: units_of(one, z, flat) for name, (one, z) in looks.items()},
    )


def loss_of(
    program: Program, numbers: Numbers, samples: Batch, runner: Runner = plain, at_a_time: int | None = None
) -> float:
    """The loss on these samples without penalties."""
    total = 0.0
    for few in portions(samples, at_a_time):
        ran = runner.run(
            program.graph, numbers.params, numbers.state, few.x, training=True, caching=False,
            keep=program.watched.__contains__,
        )  # fmt: skip
        parts = steps.cost(program, numbers.params, ran.values, few, masks=ran.masks, slopes=False).parts
        loss = sum(o.weight * float(p) for o, p in zip(program.objectives, parts, strict=True) if p is not None)
        total += loss * len(few.x[0])
    return total / len(samples.x[0])


def units_of(one: Hidden, z: Array, flat: float) -> Units:
    """How flat each unit is on these sums (places, units)."""
    slope = np.abs(one.function.derivative(z))
    return Units((slope < flat * one.steepest).mean(axis=0), (slope == 0).all(axis=0))


def _some_places(z: Array) -> Array:
    """(places, units): all places of a feature map in all samples, or some, from all over it."""
    places = z.reshape(-1, z.shape[-1])
    step = max(1, len(places) // SOME_PLACES)
    while step > 1 and math.gcd(step, math.prod(z.shape[1:-1])) > 1:
        step += 1  # else it would come to the same places in every sample
    return np.ascontiguousarray(places[::step])


def silent_units(
    program: Program,
    numbers: Numbers,
    samples: Batch,
    hidden: tuple[Hidden, ...],
    runner: Runner = plain,
    at_a_time: int | None = None,
) -> dict[str, Array]:
    """By layer: (units,) true where a relu's sums are on its flat side on every one of these samples."""
    read = {one.reads: one for one in hidden if one.rectifies}
    found: dict[str, Array] = {}
    for few in portions(samples, at_a_time):
        ran = runner.run(
            program.graph, numbers.params, numbers.state, few.x, training=True, caching=False, keep=read.__contains__
        )
        for name, one in read.items():
            off = _never_between(ran.values[name], 0.0, 6.0 if one.function.name == "relu6" else np.inf)
            found[one.layer] = off & found.get(one.layer, True)
    return found


def _never_between(z: Array, low: float, high: float) -> Array:
    """(units,) whether a unit's sums are at or below the one number everywhere, or at or above the other."""
    largest, least = z.max(axis=0), z.min(axis=0) if np.isfinite(high) else z[0]
    units = z.shape[-1]
    return (largest.reshape(-1, units).max(axis=0) <= low) | (least.reshape(-1, units).min(axis=0) >= high)


def _ratios(program: Program, numbers: Numbers, grads: Tree, runner: Runner) -> dict[str, float]:
    optimizer, mover = program.optimizer, runner.mover if isinstance(runner, Stretches) else None
    assert optimizer is not None  # compile sees to it
    before = {owner: numbers.params[owner] for owner in grads}
    rate = optimizer.rate_at(numbers.step)
    after, _ = optimizer.update(before, grads, numbers.moments, numbers.step, rate, mover)
    found = {}
    for owner, part in before.items():
        size = length(part)
        moved = sum(_squared_distance(after[owner][name], array) for name, array in part.items())
        found[owner] = math.sqrt(moved) / size if size > 0 else float("nan")
    return found


def _squared_distance(one: Array, other: Array) -> float:
    """Chunk by chunk: a large array for the difference would take longer to get than to fill."""
    one, other = one.reshape(-1), other.reshape(-1)
    parts = (slice(first, first + CHUNK) for first in range(0, one.size, CHUNK))
    return sum(sum_of_squares(np.subtract(one[part], other[part], dtype=np.float64)) for part in parts)


def same_numbers(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    """Whether two sets of parameters are equal to the last bit."""
    return all(one[name] is other[name] or np.array_equal(one[name], other[name]) for name in one)


def twins(kernel: Array, least: float) -> tuple[int, ...]:
    """The units whose incoming weights are those of a unit before them, or point the same way.

    With few inputs many directions are alike by chance: there, weights count as the same when they are equal.

    >>> twins(np.array([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0]]), 0.99)
    (2,)
    """
    rows = kernel.reshape(-1, kernel.shape[-1])
    columns = np.asarray(rows[:: -(-len(rows) // MOST_INPUTS), :MOST_UNITS], dtype=np.float32)
    if len(columns) < FEW_INPUTS:
        near = (columns[:, :, None] == columns[:, None, :]).all(axis=0)
    else:
        sizes = np.sqrt(np.einsum("ij,ij->j", columns, columns))
        ways = columns / np.where(sizes > 0, sizes, 1)
        near = _products(ways) > least
        near |= (sizes == 0)[:, None] & (sizes == 0)
    return tuple(np.flatnonzero(np.triu(near, 1).any(axis=0)).tolist())


def _products(ways: Array) -> Array:
    """waysᵀ @ ways, a few rows at a time: for more, OpenBLAS would wake its threads, which then keep a core busy."""
    rows = max(2, UNTHREADED // ways.size)
    return np.concatenate([ways[:, first : first + rows].T @ ways for first in range(0, ways.shape[1], rows)])


CHUNK = 8192  # numbers
UNTHREADED = 200_000  # multiplications of a matrix product that OpenBLAS takes in the thread that asks
SOME_PLACES = 256  # of a feature map, in all samples together, at which units are looked at
FEW_INPUTS = 8
MOST_INPUTS, MOST_UNITS = 128, 256  # of a kernel that is looked at for twins
