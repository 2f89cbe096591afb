"""What the tests of the native engine measure it by: the plain formulas in float64."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pellucid import Model
from pellucid.engine.batch import Batch
from pellucid.engine.native import Compiled
from pellucid.engine.step import Numbers, Program, start_tallies, train_step
from pellucid.engine.stretches import Stretches
from pellucid.optimizers import SGD
from pellucid.random import key
from pellucid.training import ready


def program_of(model: Model, *target_shapes: tuple[int | None, ...]) -> tuple[Program, Numbers]:
    program = model.program(list(target_shapes))
    return program, ready(program, model.numbers)


def wide(value: Any) -> Any:
    """All float32 arrays in this nesting as float64."""
    if isinstance(value, dict):
        return {name: wide(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple(wide(part) for part in value)
    return value.astype("float64") if isinstance(value, np.ndarray) and value.dtype == np.float32 else value


def plain_steps(
    program: Program, numbers: Numbers, batches: Sequence[Batch], rate: float
) -> tuple[Numbers, list[float]]:
    """The plain formulas in float64: what everything here is measured by."""
    params, state, moments, step = numbers
    numbers = Numbers(wide(params), wide(state), wide(moments), step)
    losses = []
    for batch in batches:
        batch = Batch(wide(batch.x), batch.y, batch.weights)
        numbers, tallies = train_step(program, numbers, start_tallies(program), batch, key(0), rate)
        losses.append(float(tallies["losses"]["loss"]["total"]) / len(batch.x[0]))
    return numbers, losses


def native_steps(
    compiled: Compiled | Stretches | None, numbers: Numbers, batches: Sequence[Batch], rate: float
) -> tuple[Numbers, list[float]]:
    assert compiled is not None
    program = compiled.program if isinstance(compiled, Stretches) else compiled.plan.program
    assert program is not None
    losses = []
    for batch in batches:
        size, tallies = len(batch.x[0]), start_tallies(program)
        numbers, tallies, count = compiled.train(numbers, tallies, batch, None, (0, size), size, [rate], key(0), 1.0)
        assert count == 1
        losses.append(float(tallies["losses"]["loss"]["total"]) / size)
    return numbers, losses


def assert_same(one: Any, other: Any, tolerance: float) -> None:
    """The same arrays, within so much of each one's largest number (and of 0.01: sums may cancel)."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name], tolerance)
        return
    scale = np.abs(other).max(initial=0.01)
    np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)


def random_batches(
    inputs: tuple[int, ...], kind: str, classes: int, size: int, count: int, seed: int = 0
) -> list[Batch]:
    draw = np.random.default_rng(seed)
    batches = []
    for _ in range(count):
        x = draw.normal(size=(size, *inputs)).astype("float32")
        labels = draw.integers(classes, size=size)
        targets = {
            "values": draw.normal(size=(size, classes)),
            "one_hot": np.eye(classes)[labels],
            "labels": labels,
            "bits": draw.integers(2, size=(size, classes)),
        }
        batches.append(Batch((x,), (targets[kind].astype("float32"),)))
    return batches


def batch_for(model: Model, size: int, rows: int = 0, seed: int = 0) -> Batch:
    """Random data for a model; whole numbers below `rows`, if that is given."""
    draw = np.random.default_rng(seed)
    shapes = [(size, *tensor.shape[1:]) for tensor in model.inputs]
    xs = [draw.integers(rows, size=shape) if rows else draw.normal(size=shape) for shape in shapes]
    ys = [draw.normal(size=(size, *tensor.shape[1:])) for tensor in model.outputs]
    return Batch(tuple(x.astype("float32") for x in xs), tuple(y.astype("float32") for y in ys))


def assert_both_ways_agree(
    core: Any, model: Model, batch: Batch, *, whole: bool = True, steps: int = 2, tolerance: float = 5e-6
) -> None:
    """Updates, by whole steps in the core and in stretches, against the plain formulas in float64."""
    model.compile(optimizer=SGD(), loss="mse")
    program, numbers = program_of(model, *(y.shape for y in batch.y))
    expected, costs = plain_steps(program, numbers, [batch] * steps, 0.1)
    ways = [Stretches.of(program.graph, program, core), *([Compiled.of(program, core)] if whole else [])]
    for way in ways:
        found, found_costs = native_steps(way, numbers, [batch] * steps, 0.1)
        assert found_costs == pytest.approx(costs, rel=1e-5)
        assert_same(found.params, expected.params, tolerance)
        assert_same(found.state, expected.state, tolerance)
