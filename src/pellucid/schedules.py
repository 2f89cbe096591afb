"""Schedules: a learning rate that is a function of the number of updates made so far.

    optimizer = pellucid.optimizers.SGD(schedules.ExponentialDecay(0.1, decay_steps=1000, decay_rate=0.5))

A schedule is called with `step`: a whole number gives a Python float, an array
(also one being traced by `jax.jit`) gives an array. In the formulas below r₀ is
`initial_learning_rate` and s is `step`.
"""

import itertools
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .arrays import Array, namespace
from .registry import Registry, custom_object_scope

_schedules = Registry("schedule")


class LearningRateSchedule:
    """What all schedules share. Your own: write `__call__(step)` and, to be saved, `get_config()`.

    Ours write `formula(step, xp)` instead: the rate at `step`, a floating-point number or array of the namespace `xp`.
    """

    name: str | None = None

    def __call__(self, step: Any) -> Any:
        if isinstance(step, numbers.Real | np.generic):
            return float(self.formula(np.float64(step), np))
        return self.formula(step * 1.0, namespace(step))

    def formula(self, step: Array, xp: Any) -> Array:
        raise NotImplementedError(f"{type(self).__name__}: a schedule of your own needs __call__(self, step) -> rate.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments. Each of our schedules keeps them as attributes of the same names."""
        if type(self).formula is LearningRateSchedule.formula:
            raise NotImplementedError(f"{type(self).__name__}: to be saved, a schedule of your own needs get_config().")
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "LearningRateSchedule":
        return cls(**config)


@_schedules.add("exponentialdecay")
class ExponentialDecay(LearningRateSchedule):
    """Multiplied by `decay_rate` every `decay_steps` updates:  r₀ · decay_rate^(s / decay_steps).

    With `staircase=True` the exponent is rounded down: constant for decay_steps updates, then a drop.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
    0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = _number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = _positive(decay_steps, "decay_steps")
        self.decay_rate = _number(decay_rate, "decay_rate")
        self.staircase = staircase
        self.name = name

    def formula(self, step: Array, xp: Any) -> Array:
        progress = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (xp.floor(progress) if self.staircase else progress)


@_schedules.add("inversetimedecay")
class InverseTimeDecay(LearningRateSchedule):
    """Falls as one over time:  r₀ / (1 + decay_rate · s / decay_steps).

    With `staircase=True` the fraction s / decay_steps is rounded down.

    >>> InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(10)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = _number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = _positive(decay_steps, "decay_steps")
        self.decay_rate = _number(decay_rate, "decay_rate")
        self.staircase = staircase
        self.name = name

    def formula(self, step: Array, xp: Any) -> Array:
        progress = step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (xp.floor(progress) if self.staircase else progress))


@_schedules.add("piecewiseconstantdecay")
class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and including step boundaries[0], then values[1] up to boundaries[1], and so on.

    >>> schedule = PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])
    >>> schedule(10), schedule(11), schedule(21)
    (0.1, 0.01, 0.001)
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str | None = "PiecewiseConstant"
    ) -> None:
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"PiecewiseConstantDecay: needs one value more than boundaries, "
                f"got {len(boundaries)} boundaries and {len(values)} values."
            )
        if any(b >= a for b, a in itertools.pairwise(boundaries)):
            raise ValueError(f"PiecewiseConstantDecay: boundaries must rise, got {list(boundaries)}.")
        self.boundaries = list(boundaries)
        self.values = [_number(value, "values") for value in values]
        self.name = name

    def formula(self, step: Array, xp: Any) -> Array:
        rate = self.values[0] + 0 * step
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = xp.where(step > boundary, value, rate)
        return rate


@_schedules.add("polynomialdecay")
class PolynomialDecay(LearningRateSchedule):
    """From r₀ to `end_learning_rate` in `decay_steps`:  (r₀ - end) · (1 - s / decay_steps)^power + end.

    Afterwards the rate stays at the end; with `cycle=True` decay_steps is instead
    taken the smallest whole number of times that reaches s, so that the rate jumps up again.

    >>> PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.02)(5)
    0.06
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = _number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = _positive(decay_steps, "decay_steps")
        self.end_learning_rate = _number(end_learning_rate, "end_learning_rate")
        self.power = _number(power, "power")
        self.cycle = cycle
        self.name = name

    def formula(self, step: Array, xp: Any) -> Array:
        progress = step / self.decay_steps
        progress = progress / xp.maximum(xp.ceil(progress), 1.0) if self.cycle else xp.minimum(progress, 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * (1 - progress) ** self.power + self.end_learning_rate


@_schedules.add("cosinedecay")
class CosineDecay(LearningRateSchedule):
    """Half a cosine wave, if wished after a straight climb.

        climb   r₀ + (warmup_target - r₀) · s / warmup_steps                       while s < warmup_steps
        decay   top · ((1 - alpha) · ½ (1 + cos(π · (s - warmup_steps) / decay_steps)) + alpha)

    top is `warmup_target`, or r₀ (and no climb) when that is None. After decay_steps the rate stays at top · alpha.

    Source: Loshchilov & Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017), eq. 5;
    the climb: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.

    >>> schedule = CosineDecay(0.0, decay_steps=10, warmup_target=0.1, warmup_steps=4)
    >>> schedule(2), schedule(4), schedule(14)
    (0.05, 0.1, 0.0)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = _number(initial_learning_rate, "initial_learning_rate")
        self.decay_steps = _positive(decay_steps, "decay_steps")
        self.alpha = _number(alpha, "alpha")
        self.name = name
        self.warmup_target = None if warmup_target is None else _number(warmup_target, "warmup_target")
        self.warmup_steps = _number(warmup_steps, "warmup_steps")

    def formula(self, step: Array, xp: Any) -> Array:
        if self.warmup_target is None:
            return self.initial_learning_rate * _half_cosine(step / self.decay_steps, self.alpha, xp)
        rate = self.warmup_target * _half_cosine((step - self.warmup_steps) / self.decay_steps, self.alpha, xp)
        if not self.warmup_steps:
            return rate
        climb = (self.warmup_target - self.initial_learning_rate) * step / self.warmup_steps
        return xp.where(step < self.warmup_steps, self.initial_learning_rate + climb, rate)


@_schedules.add("cosinedecayrestarts")
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosine waves one after the other, each `t_mul` times as long and `m_mul` times as high as the one before.

    The first lasts `first_decay_steps`; wave i begins at first_decay_steps · (1 + t_mul + … + t_mul^(i-1)).
    No wave falls below alpha · r₀, and `m_mul` counts from there.

    Source: Loshchilov & Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017), section 3, eq. 5.

    >>> schedule = CosineDecayRestarts(0.1, first_decay_steps=10)
    >>> schedule(0), schedule(5), schedule(10), schedule(20)
    (0.1, 0.05, 0.1, 0.05)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = _number(initial_learning_rate, "initial_learning_rate")
        self.first_decay_steps = _positive(first_decay_steps, "first_decay_steps")
        self.t_mul = _positive(t_mul, "t_mul")
        self.m_mul = _number(m_mul, "m_mul")
        self.alpha = _number(alpha, "alpha")
        self.name = name

    def formula(self, step: Array, xp: Any) -> Array:
        progress = step / self.first_decay_steps
        if self.t_mul == 1.0:
            wave = xp.floor(progress)
            progress = progress - wave
        else:  # from the sum of the geometric series 1 + t_mul + …
            wave = xp.floor(xp.log(1 - progress * (1 - self.t_mul)) / math.log(self.t_mul))
            before = (1 - self.t_mul**wave) / (1 - self.t_mul)
            progress = (progress - before) / self.t_mul**wave
        return self.initial_learning_rate * _half_cosine(progress, self.alpha, xp, self.m_mul**wave)


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """The schedule as plain data, in Keras's form."""
    cls = type(learning_rate_schedule)
    ours = cls.__name__.lower() in _schedules
    return {
        "module": "keras.optimizers.schedules" if ours else cls.__module__,
        "class_name": cls.__name__,
        "config": learning_rate_schedule.get_config(),
        "registered_name": None if ours else cls.__name__,
    }


def deserialize(
    config: Mapping[str, Any] | LearningRateSchedule, custom_objects: Mapping[str, Any] | None = None
) -> Any:
    """The schedule that `serialize` (ours or Keras's) described, or the caller's own function of that name.

    >>> deserialize(serialize(InverseTimeDecay(0.1, 10, 1.0)))(10)
    0.05
    """
    if isinstance(config, LearningRateSchedule):
        return config
    with custom_object_scope(custom_objects):
        name = config["class_name"]
        if name == "function":
            return _schedules.find(config["config"])
        cls = _schedules.find(name if name in _schedules else name.lower())
        return cls.from_config(config["config"])


def _half_cosine(progress: Array, alpha: float, xp: Any, height: Any = 1.0) -> Array:
    return (1 - alpha) * height * 0.5 * (1 + xp.cos(math.pi * xp.minimum(progress, 1.0))) + alpha


def _number(value: Any, name: str) -> Any:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}.")
    return value.item() if isinstance(value, np.generic) else value


def _positive(value: Any, name: str) -> Any:
    if not _number(value, name) > 0:
        raise ValueError(f"{name} must be above 0, got {value!r}.")
    return _number(value, name)
