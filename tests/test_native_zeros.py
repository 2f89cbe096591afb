"""Dense layers leave out columns of their data that are nothing but zeros, and nobody can tell."""

from typing import Any

import numpy as np
import pytest

from native_checks import assert_same, native_steps, plain_steps, program_of, random_batches
from pellucid import Sequential, native
from pellucid.engine.batch import Batch
from pellucid.engine.native import Compiled, Predictor
from pellucid.engine.step import Numbers, start_tallies
from pellucid.layers import Dense, Input
from pellucid.optimizers import SGD
from pellucid.random import key

pytestmark = pytest.mark.skipif(native.load() is None, reason="the native engine is not built here")

SAMPLES, BATCH = 70, 32


def network(inputs: int, units: int) -> tuple[Any, Numbers]:
    model = Sequential([Input((inputs,)), Dense(units, activation="tanh"), Dense(3)])
    model.compile(optimizer=SGD(0.1, momentum=0.9), loss="mse")
    return program_of(model, (None, 3))


def with_kernel(numbers: Numbers, kernel: Any) -> Numbers:
    first = next(iter(numbers.params))
    return numbers._replace(params={**numbers.params, first: {**numbers.params[first], "kernel": kernel}})


def first_kernel(numbers: Numbers) -> Any:
    return next(iter(numbers.params.values()))["kernel"]


def epoch(core: Any, program: Any, numbers: Numbers, data: Batch) -> tuple[Numbers, float]:
    compiled, order = Compiled.of(program, core), np.random.default_rng(1).permutation(SAMPLES)
    assert compiled is not None
    numbers, tallies, _ = compiled.train(
        numbers, start_tallies(program), data, order, (0, SAMPLES), BATCH, [0.1], key(0), 60.0
    )
    return numbers, tallies["losses"]["loss"]["total"]


@pytest.mark.parametrize("units", [7, 64, 150])
@pytest.mark.parametrize("gap", [1, 3, 4, 9, 400])
def test_columns_of_zeros_change_no_bit(core: Any, units: int, gap: int) -> None:
    """The same columns with zeros between them, fewer and more than are worth leaving out."""
    (data,) = random_batches((30,), "values", 3, SAMPLES, 1)
    draw = np.random.default_rng(gap)
    places = np.sort(draw.choice(30 + 3 * gap, 30, replace=False)) if gap < 400 else np.r_[5:25, 705:715]
    wide = np.zeros((SAMPLES, places.max() + 1 + gap), "float32")
    wide[:, places] = data.x[0]

    program, numbers = network(30, units)
    spread_program, spread = network(wide.shape[1], units)
    kernel = draw.normal(size=(wide.shape[1], units)).astype("float32")
    kernel[places] = first_kernel(numbers)
    others = dict(zip(spread.params, numbers.params.values(), strict=True))
    spread = with_kernel(spread._replace(params=others), kernel)

    after, cost = epoch(core, program, numbers, data)
    found, same_cost = epoch(core, spread_program, spread, Batch((wide,), data.y))
    assert same_cost == cost
    assert (first_kernel(found)[places] == first_kernel(after)).all()
    empty = np.setdiff1d(np.arange(wide.shape[1]), places)
    assert (first_kernel(found)[empty] == kernel[empty]).all()


@pytest.mark.parametrize("size", [1, 3, 16, 65])
@pytest.mark.parametrize("zeros", [0.1, 0.8, 0.99, 1.0])
def test_zeros_that_come_and_go_are_learned_from_as_by_the_plain_formula(core: Any, size: int, zeros: float) -> None:
    draw = np.random.default_rng(0)
    program, numbers = network(131, 40)
    batches = []
    for batch in random_batches((131,), "values", 3, size, 4):
        x = np.where(draw.random((size, 131)) < zeros, np.float32(-0.0), batch.x[0])
        x[:, draw.integers(131) :][:, :30] = 0
        batches.append(Batch((x,), batch.y))
    expected, costs = plain_steps(program, numbers, batches, 0.1)
    found, found_costs = native_steps(Compiled.of(program, core), numbers, batches, 0.1)
    assert found_costs == pytest.approx(costs, rel=1e-5)
    assert_same(found.params, expected.params, 5e-6)


@pytest.mark.parametrize("row", [0, 1, 16])
def test_what_is_no_number_is_not_taken_for_a_zero(core: Any, row: int) -> None:
    model = Sequential([Input((60,)), Dense(8), Dense(3)])
    x = np.zeros((17, 60), "float32")
    x[row, 40] = np.nan
    predictor = Predictor.of(model.graph, core)
    assert predictor is not None
    y = predictor.predict(model.bundle.entries, x)
    assert np.isnan(y).all(axis=1).tolist() == [number == row for number in range(17)]
