"""What every optimizer can be told besides its own settings, and the checks of settings."""

import math
import re
from collections.abc import Callable
from typing import Any, TypedDict

from ..config import epsilon as config_epsilon
from ..schedules import LearningRateSchedule

Rate = float | LearningRateSchedule | Callable[[], float]


class CommonButDecay(TypedDict, total=False):
    """The settings that every optimizer takes besides its own (all of them by name).

    clipnorm                      no gradient is longer than this (one parameter at a time)
    clipvalue                     no number in a gradient is larger than this
    global_clipnorm               all gradients as one long vector are no longer than this
    use_ema                       keep a running average of the parameters; `finalize` puts it in their place
    ema_momentum                  how much of that average survives a step
    ema_overwrite_frequency       put the average in place every so many updates, too
    loss_scale_factor             the loss was multiplied by this: divide the gradients by it
    gradient_accumulation_steps   update once every so many steps, with the mean of their gradients
    name                          for files
    lr                            the old name of learning_rate
    decay                         the old decay: the rate is divided by 1 + decay · step
    schedule_decay                Nadam's alone, of Keras 1 and 2: its momentum warms up as 0.96^(t · schedule_decay)
    """

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None
    lr: float
    decay: float
    schedule_decay: float


class Common(CommonButDecay, total=False):
    """The same, with

    weight_decay    before each update, a parameter loses weight_decay · rate of itself
    """

    weight_decay: float | None


def valid_rate(value: Any) -> float:
    try:
        rate = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        rate = math.nan
    if not 0 <= rate < math.inf:
        raise ValueError(
            f"learning_rate must be a finite number of at least 0, a schedule, or a function without arguments, "
            f"got {value!r}."
        )
    return rate


def not_negative(value: float, name: str) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}.")
    return value


def valid_epsilon(value: float | None) -> float:
    """epsilon; None, which programs of Keras 2 say, is the fuzz factor of `pellucid.config`."""
    return config_epsilon() if value is None else not_negative(value, "epsilon")


def above_zero_or_none(value: float | None, name: str) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise ValueError(f"{name} must be a finite number above 0 (or None), got {value!r}.")
    return value


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
