"""Cost functions: how wrong an answer is, in a number, and how hard each pushes a neuron that is wrong.

    quadratic        J = (y - a)²                          dJ/dz = 2 (a - y) f'(z)
    cross-entropy    J = -y ln a - (1 - y) ln(1 - a)       dJ/dz = a - y            for a sigmoid

The factor f'(z) of the first is nearly 0 where a sigmoid is surest: a neuron that is badly wrong then learns slowly.
In the second it has gone.

Source: Solla, Levin & Fleisher, "Accelerated learning in layered neural networks", Complex Systems 2 (1988).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import losses
from ..arrays import Array
from ..errors import positive_int
from ..layers import Dense
from ..optimizers import SGD
from ..sequential import Sequential
from .blocks import Block, Shown, Table
from .trace import trace

QUADRATIC, ENTROPY = "mean_squared_error", "binary_crossentropy"
NAMES = {QUADRATIC: "quadratic", ENTROPY: "cross-entropy"}


@dataclass(frozen=True)
class Lesson:
    """One sigmoid neuron learning to answer 0 to the input 1.

    cost               its name
    weight, bias       what it began with
    answer, push       (steps + 1,) what it says, and |dJ/dz|, before each step and after the last
    """

    cost: str
    weight: float
    bias: float
    answer: Array
    push: Array

    def steps_to(self, answer: float) -> int | None:
        """After how many steps it said no more than this; None for never."""
        there = np.flatnonzero(self.answer <= answer)
        return int(there[0]) if len(there) else None


@dataclass(frozen=True, repr=False)
class Lessons(Shown):
    """Neurons that learn the same from the same start, with different costs."""

    runs: tuple[Lesson, ...]
    rate: float

    def blocks(self) -> list[Block]:
        rows = tuple(
            (f"{r.weight:g}, {r.bias:g}", NAMES.get(r.cost, r.cost), float(r.answer[0]), float(r.push[0]),
             "never" if r.steps_to(0.1) is None else f"{r.steps_to(0.1)} steps", float(r.answer[-1]))
            for r in self.runs
        )  # fmt: skip
        heads = ("weight, bias", "cost", "first answer", "first |dJ/dz|", "below 0.1 after", "last answer")
        return [Table(f"A sigmoid neuron learns to say 0, rate {self.rate:g}", heads, rows)]


def unlearn(
    starts: Sequence[tuple[float, float]] = ((0.6, 0.9), (2.0, 2.0)),
    costs: Sequence[str] = (QUADRATIC, ENTROPY),
    *,
    steps: int = 300,
    rate: float = 0.15,
) -> Lessons:
    """A sigmoid neuron with one input learns to answer 0 to the input 1, from each start with each cost.

    starts   (weight, bias)
    rate     of plain gradient descent

    >>> [run.steps_to(0.1) for run in unlearn([(2.0, 2.0)]).runs]
    [234, 50]
    """
    positive_int(steps, "unlearn: steps")
    x, y, runs = np.ones((1, 1)), np.zeros((1, 1)), []
    for weight, bias in starts:
        for cost in costs:
            model = Sequential([Dense(1, "sigmoid", name="neuron", input_shape=(1,))])
            model.compile(SGD(rate), cost)
            model.set_weights([np.array([[weight]]), np.array([bias])])
            answer, push = [], []
            for _ in range(steps):
                said, pushed = _now(model, x, y)
                answer.append(said)
                push.append(pushed)
                model.train_on_batch(x, y)
            said, pushed = _now(model, x, y)
            runs.append(Lesson(cost, float(weight), float(bias), np.array([*answer, said]), np.array([*push, pushed])))
    return Lessons(tuple(runs), rate)


def costs_of(y: Any, answers: Any, names: Sequence[str]) -> dict[str, Array]:
    """(N,) the cost of each answer, by the name of the loss.

    y, answers   (N, K)

    >>> costs_of([[0.0, 1.0]], [[0.2, 0.8]], ["mean_squared_error", "categorical_crossentropy"])
    {'mean_squared_error': array([0.04]), 'categorical_crossentropy': array([0.22314355])}
    """
    y, answers = np.asarray(y, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    return {name: np.asarray(losses.get(name)(y, answers)) for name in names}


def _now(model: Sequential, x: Array, y: Array) -> tuple[float, float]:
    """What the neuron says, and |dJ/dz|."""
    seen = trace(model, x, y)["neuron"]
    return float(seen.a[0, 0]), abs(float(np.asarray(seen.dz).item()))
