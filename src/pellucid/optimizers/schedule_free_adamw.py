"""Schedule-free AdamW: an average of all places visited does the work of a falling learning rate.

Three points: z is moved by gradients, x is the average of all z so far, and the parameters y, where gradients are
taken, stand between them. Only y and z are kept; x = (y - (1 - β₁) z) / β₁.

    v   ← β₂ v + (1 - β₂) grad²                                (the slot "velocity")
    z   ← z - rate · grad / (√(v / (1 - β₂ᵗ)) + ε)             (the slot "momentum")
    x   ← (1 - 1/t) x + 1/t · z
    y   = (1 - β₁) z + β₁ x                                    the parameters

With warmup_steps = w, the rate climbs in a straight line during the first w updates.

Source: Defazio et al., "The road less scheduled" (2024), eqs. 3-5 and algorithm 1, with the plain mean for x.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from .adam import TwoAverages
from .arithmetic import blend, one_minus_power
from .registry import register
from .settings import Common, Rate


@register("schedulefreeadamw")
class ScheduleFreeAdamW(TwoAverages):
    """AdamW that needs no schedule and no stopping time chosen in advance.

    >>> import numpy as np
    >>> optimizer = ScheduleFreeAdamW()
    >>> optimizer.move(np.ones(1), np.array([5.0]), optimizer.slots(np.ones(1)), rate=0.1, step=0)[0].round(6)
    array([0.9])
    """

    own_settings = (*TwoAverages.own_settings, "warmup_steps")

    def __init__(
        self,
        learning_rate: Rate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **common)
        if not beta_1 > 0:
            raise ValueError(f"beta_1 must be above 0, got {beta_1!r}: the average is found from the parameters by it.")
        if not warmup_steps >= 0:
            raise ValueError(f"warmup_steps must be 0 or more, got {warmup_steps!r}.")
        self.warmup_steps = warmup_steps

    def slots(self, param: Array) -> dict[str, Array]:
        return {"momentum": param, "velocity": namespace(param).zeros_like(param)}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        xp = namespace(param)
        t = xp.asarray(step + 1, dtype=param.dtype)
        if self.warmup_steps:
            rate = rate * xp.minimum(t / self.warmup_steps, 1.0)
        velocity = blend(slots["velocity"], grad * grad, self.beta_2)
        scatter = xp.sqrt(velocity / one_minus_power(self.beta_2, step + 1, param)) + self.epsilon
        moved = slots["momentum"] - rate * grad / scatter
        average = (param - (1 - self.beta_1) * slots["momentum"]) / self.beta_1
        average = average + (moved - average) / t
        param = (1 - self.beta_1) * moved + self.beta_1 * average
        return param, {"momentum": moved, "velocity": velocity}
