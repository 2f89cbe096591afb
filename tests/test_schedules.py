"""Schedules: points that can be checked by hand, settings, errors."""

from typing import Any

import numpy as np
import pytest

from pellucid import schedules
from pellucid.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

EVERY: list[Any] = [
    ExponentialDecay(0.1, 10, 0.5),
    InverseTimeDecay(0.1, 10, 0.5),
    PiecewiseConstantDecay([5], [0.2, 0.1]),
    PolynomialDecay(0.1, 10),
    CosineDecay(0.1, 10),
    CosineDecayRestarts(0.1, 10),
]


@pytest.mark.parametrize(
    ("schedule", "points"),
    [
        (ExponentialDecay(1.0, 10, 0.25), {0: 1.0, 5: 0.5, 10: 0.25}),
        (ExponentialDecay(1.0, 10, 0.25, staircase=True), {9: 1.0, 10: 0.25, 19: 0.25}),
        (InverseTimeDecay(1.0, 10, 1.0, staircase=True), {9: 1.0, 10: 0.5, 20: 1 / 3}),
        (PiecewiseConstantDecay([2, 4], [3.0, 2.0, 1.0]), {2: 3.0, 3: 2.0, 4: 2.0, 5: 1.0}),
        (PolynomialDecay(1.0, 10, 0.0, power=2.0), {0: 1.0, 5: 0.25, 10: 0.0, 99: 0.0}),
        (PolynomialDecay(1.0, 10, 0.0, cycle=True), {0: 1.0, 10: 0.0, 15: 0.25, 20: 0.0}),
        (CosineDecay(1.0, 10, alpha=0.2), {0: 1.0, 5: 0.6, 10: 0.2, 99: 0.2}),
        (CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4), {0: 0.0, 2: 0.5, 4: 1.0, 9: 0.5, 14: 0.0}),
        (CosineDecayRestarts(1.0, 4, t_mul=2.0, m_mul=0.5), {0: 1.0, 2: 0.5, 4: 0.5, 8: 0.25, 12: 0.25, 20: 0.125}),
        (CosineDecayRestarts(1.0, 4, t_mul=1.0), {4: 1.0, 6: 0.5, 8: 1.0}),
    ],
)
def test_points_by_hand(schedule: Any, points: dict[int, float]) -> None:
    for step, rate in points.items():
        assert schedule(step) == pytest.approx(rate, abs=1e-12), step


@pytest.mark.parametrize("schedule", EVERY)
def test_a_whole_number_gives_a_float_and_an_array_an_array(schedule: Any) -> None:
    assert type(schedule(3)) is float
    assert type(schedule(np.int64(3))) is float
    steps = np.arange(20)
    np.testing.assert_allclose(schedule(steps), [schedule(int(step)) for step in steps], atol=1e-15)


@pytest.mark.parametrize("schedule", EVERY)
def test_settings_survive_the_round_trip(schedule: Any) -> None:
    config = schedules.serialize(schedule)
    assert config["module"] == "keras.optimizers.schedules"
    again = schedules.deserialize(config)
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()


def test_a_schedule_of_ones_own() -> None:
    class Halves(LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return 1 / (2 + step)

        def get_config(self) -> dict:
            return {}

    again = schedules.deserialize(schedules.serialize(Halves()), custom_objects={"Halves": Halves})
    assert again(2) == 0.25


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps must be above 0"),
        (lambda: CosineDecayRestarts(0.1, -1), "first_decay_steps must be above 0"),
        (lambda: CosineDecay(float("nan"), 10), "initial_learning_rate must be a finite number"),
        (lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one value more"),
        (lambda: PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), "must rise"),
    ],
)
def test_settings_that_cannot_work_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_an_unfinished_schedule_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="__call__"):
        LearningRateSchedule()(1)
    with pytest.raises(NotImplementedError, match="get_config"):
        LearningRateSchedule().get_config()
