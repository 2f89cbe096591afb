"""Adafactor: Adam's scaling from row and column averages, at a fraction of its memory.

    rate_t  = max(ε₂, rms(param)) · min(rate, 1 / √t)            the rate itself without relative_step
    β_t     = 1 - t^beta_2_decay
    s       = grad² + ε₁
    R       ← β_t R + (1 - β_t) mean of s over the last axis      (the slot "r"; arrays of two axes or more)
    C       ← β_t C + (1 - β_t) mean of s over the last axis but one     (the slot "c")
    v       = R Cᵀ / mean(R)
    v       ← β_t v + (1 - β_t) s                                 (the slot "velocity"; vectors and scalars)
    u       = grad / √v
    param   ← param - rate_t · u / max(1, rms(u) / clip_threshold)

Source: Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018), algorithms 4-6.
"""

from typing import Any, Unpack

import numpy as np

from ..arrays import Array, namespace
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate, not_negative


@register("adafactor")
class Adafactor(Optimizer):
    """For models whose optimizer memory would not fit: a matrix of n × k costs n + k numbers.

    >>> {name: slot.shape for name, slot in Adafactor().slots(np.ones((3, 4))).items()}
    {'r': (3,), 'c': (4,)}
    """

    own_settings = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")
    slot_groups = (("r", "c", "velocity"),)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        if not beta_2_decay < 0:
            raise ValueError(f"beta_2_decay must be below 0, got {beta_2_decay!r}.")
        if not clip_threshold > 0:
            raise ValueError(f"clip_threshold must be above 0, got {clip_threshold!r}.")
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = not_negative(epsilon_1, "epsilon_1")
        self.epsilon_2 = not_negative(epsilon_2, "epsilon_2")
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def slots(self, param: Array) -> dict[str, Array]:
        xp, shape = namespace(param), param.shape
        if len(shape) < 2:
            return {"velocity": xp.zeros_like(param)}
        zeros = {"r": xp.zeros(shape[:-1], dtype=param.dtype)}
        return {**zeros, "c": xp.zeros(shape[:-2] + shape[-1:], dtype=param.dtype)}

    def file_slots(self, slots: dict[str, Array]) -> dict[str, Array]:
        """Keras's files hold all three for every parameter: a matrix's v, too, and zeros as a vector's R and C."""
        if "velocity" in slots:
            return {"r": np.zeros((), "int32"), "c": np.zeros((), "int32"), **slots}
        return {**slots, "velocity": _outer(slots["r"], slots["c"])}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        xp = namespace(param)
        update, power = _like(step + 1, param), self.beta_2_decay
        if self.relative_step:
            rate = xp.minimum(_like(rate, param), update**-0.5)
        rate = rate * xp.maximum(_rms(param), self.epsilon_2)
        forget = update**power  # 1 - β_t
        square = grad * grad + self.epsilon_1
        if len(param.shape) < 2:
            velocity = slots["velocity"] + forget * (square - slots["velocity"])
            new = {"velocity": velocity}
        else:
            rows = slots["r"] + forget * (square.mean(axis=-1) - slots["r"])
            columns = slots["c"] + forget * (square.mean(axis=-2) - slots["c"])
            velocity = _outer(rows, columns)
            new = {"r": rows, "c": columns}
        direction = grad / xp.sqrt(velocity)
        direction = direction / xp.maximum(_rms(direction) / self.clip_threshold, 1.0)
        return param - rate * direction, new


def _outer(rows: Array, columns: Array) -> Array:
    """v from its row and column averages; 0 before the first update."""
    mean = rows.mean(axis=-1, keepdims=True)
    share = rows / namespace(rows).where(mean > 0, mean, 1.0)
    return share[..., :, None] * columns[..., None, :]


def _rms(x: Array) -> Array:
    return namespace(x).sqrt((x * x).mean())


def _like(number: Any, x: Array) -> Array:
    return namespace(x).asarray(number, dtype=x.dtype)
