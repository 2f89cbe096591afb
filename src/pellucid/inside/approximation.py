"""Universal approximation: one hidden layer of relu neurons follows any continuous function.

    g(x) = b + Σ v · relu(w·x + c)

is a line that bends once for every neuron: the more there are, the closer it can follow. `six_neurons` is the
course's example by hand; `approximate` places the bends for a function of your own, or lets training find them.

Sources: Cybenko, "Approximation by superpositions of a sigmoidal function", Math. Control Signals Systems 2 (1989);
Leshno, Lin, Pinkus & Schocken, "Multilayer feedforward networks with a nonpolynomial activation function can
approximate any function", Neural Networks 6 (1993), for relu; B. Fortuner, "Can neural networks solve any problem?"
(2017), for the six neurons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, one_of, positive_int
from ..layers.dense import Dense
from ..optimizers import Adam
from ..sequential import Sequential
from .blocks import Block, Shown, Table, number, sum_of

POINTS = 2001  # places at which the error is measured
_STEEP = 3.0  # slope of the neurons that training begins with: bends then move slower than the line does


@dataclass(frozen=True, repr=False)
class Line(Shown):
    """A network of one hidden relu layer, from one number to one number.

    w, c     (n,) weight and bias of each neuron
    v        (n,) what the output makes of each
    b        the output's bias
    """

    w: Array
    c: Array
    v: Array
    b: float

    def neurons(self, x: Any) -> Array:
        """What each neuron says: (..., n)."""
        return np.maximum(np.asarray(x, dtype=float)[..., None] * self.w + self.c, 0.0)

    def pieces(self, x: Any) -> Array:
        """What each neuron adds to the output: (..., n)."""
        return self.neurons(x) * self.v

    def __call__(self, x: Any) -> Array:
        return self.pieces(x).sum(axis=-1) + self.b

    @property
    def bends(self) -> Array:
        """Where the line bends, in order."""
        return np.sort(-self.c[self.w != 0] / self.w[self.w != 0])

    def network(self) -> Sequential:
        """The same as a model, with these weights."""
        model = Sequential([Dense(len(self.w), activation="relu", input_shape=(1,)), Dense(1)])
        model.set_weights([self.w[None, :], self.c, self.v[:, None], np.array([self.b])])
        return model

    def blocks(self) -> list[Block]:
        rows = tuple(
            (f"n{i + 1}", f"relu({sum_of([f'{number(w)}·x', number(c)])})", v)
            for i, (w, c, v) in enumerate(zip(self.w.tolist(), self.c.tolist(), self.v.tolist(), strict=True))
        )
        return [Table("Neurons", ("", "says", "counts"), rows[:20], _left_out(len(rows))), f"bias {number(self.b)}"]


def six_neurons() -> Line:
    """Z(x) = -n1 - n2 - n3 + n4 + n5 + n6, six relu neurons placed by hand, which follow x³ + x² - x - 1 on [-2, 1.5].

    >>> z = six_neurons()
    >>> z.neurons(-2.0).round(10).tolist(), float(z(-2.0).round(10))
    ([2.3, 1.1, 0.0, 0.0, 0.0, 0.0], -3.4)
    >>> float(z(0.0)), float(z(1.0).round(10))
    (-1.0, -0.3)
    """
    return Line(
        w=np.array([-5, -1.2, 1.2, 1.2, 2, 5]),
        c=np.array([-7.7, -1.3, 1, -0.2, -1.1, -5]),
        v=np.array([-1.0, -1, -1, 1, 1, 1]),
        b=0.0,
    )


@dataclass(frozen=True, repr=False)
class Approximation(Shown):
    """A function and the network that follows it.

    x, target, found   (P,) places all over the interval, the function there, the network there
    largest_error      max |target - found|, and `at` which x
    history            the training loss by epoch; empty when nothing was trained
    """

    line: Line
    interval: tuple[float, float]
    how: str
    x: Array
    target: Array
    found: Array
    history: tuple[float, ...]

    @property
    def largest_error(self) -> float:
        return float(np.abs(self.target - self.found).max())

    @property
    def at(self) -> float:
        return float(self.x[np.abs(self.target - self.found).argmax()])

    def __call__(self, x: Any) -> Array:
        return self.line(x)

    def blocks(self) -> list[Block]:
        low, high = map(number, self.interval)
        made = "placed" if self.how == "interpolate" else "trained"
        told = f"{len(self.line.w)} relu neurons, {made}, follow the function over [{low}, {high}]"
        return [
            f"{told}: the largest error is {number(self.largest_error)}, at x = {number(self.at)}.",
            *self.line.blocks(),
        ]


def approximate(
    function: Callable[[Array], Any],
    interval: tuple[float, float],
    neurons: int,
    *,
    how: str = "interpolate",
    epochs: int = 600,
    rate: float = 0.03,
) -> Approximation:
    """A network of one hidden layer that follows a continuous function of one number.

    function      takes an array of numbers and gives one of that shape
    interval      (low, high): where it is to be followed
    how           "interpolate": the line is put through the function at equal steps; "train": Adam finds it
    epochs, rate  of the training

    Interpolation's error falls with the square of the number of neurons, where the function is smooth.

    Raises DataError when the function is not finite there.

    >>> [round(approximate(np.square, (0, 1), n).largest_error, 4) for n in (1, 2, 4)]
    [0.25, 0.0625, 0.0156]
    """
    low, high = (float(end) for end in interval)
    if not callable(function):
        raise ValueError(f"approximate: function must be a function of x, such as np.sin, got {function!r}.")
    if not low < high:
        raise ValueError(f"interval must be (low, high) with low < high, got {interval!r}.")
    positive_int(neurons, "neurons")
    one_of(how, ("interpolate", "train"), "how")
    x = np.linspace(low, high, POINTS)
    target = _values(function, x)
    history: tuple[float, ...] = ()
    if how == "interpolate":
        line = _through(function, low, high, neurons)
    else:
        line, history = _trained(x, target, neurons, positive_int(epochs, "epochs"), rate)
    return Approximation(line, (low, high), how, x, target, line(x), history)


def _through(function: Callable[[Array], Any], low: float, high: float, neurons: int) -> Line:
    """The line through the function at neurons + 1 places: each neuron begins at one and bends the line there."""
    knots = np.linspace(low, high, neurons + 1)
    values = _values(function, knots)
    slopes = np.diff(values) / np.diff(knots)
    return Line(np.ones(neurons), -knots[:-1], np.diff(slopes, prepend=0.0), float(values[0]))


def _trained(x: Array, target: Array, neurons: int, epochs: int, rate: float) -> tuple[Line, tuple[float, ...]]:
    """Trained by Adam on every tenth place; x and the function are scaled to [-1, 1] for that, and back again.

    It begins with bends at equal steps, neurons that look away from the middle, and an output of zeros.
    """
    middle, half = (x[0] + x[-1]) / 2, (x[-1] - x[0]) / 2
    level, height = float(target.mean()), float(np.abs(target - target.mean()).max()) or 1.0
    model = Sequential([Dense(neurons, activation="relu", input_shape=(1,)), Dense(1, kernel_initializer="zeros")])
    bends = np.linspace(-1, 1, neurons + 2)[1:-1]
    away = np.where(bends >= 0, _STEEP, -_STEEP)
    model.layers[0].set_weights([away[None, :], -away * bends])
    model.compile(optimizer=Adam(rate), loss="mean_squared_error")
    inputs, targets = ((x - middle) / half)[::10, None], ((target - level) / height)[::10, None]
    history = model.fit(inputs, targets, batch_size=len(inputs), epochs=epochs, verbose=0).history["loss"]
    kernel, c, v, b = (array.astype(float) for array in model.get_weights())
    w = kernel[0] / half
    return Line(w, c - w * middle, v[:, 0] * height, float(b[0]) * height + level), tuple(history)


def _values(function: Callable[[Array], Any], x: Array) -> Array:
    values = np.asarray(function(x), dtype=float)
    values = np.broadcast_to(values, x.shape) if values.ndim == 0 else values
    if values.shape != x.shape:
        raise DataError(f"approximate: the function must give one number for each x, got {values.shape} for {x.shape}.")
    if not np.isfinite(values).all():
        raise DataError(f"approximate: the function is not finite at x = {x[~np.isfinite(values)][0]:g}.")
    return values


def _left_out(count: int) -> str:
    return "" if count <= 20 else f"20 of {count}"
