"""Ftrl: follow the regularized leader; with l1, parameters that matter little become exactly zero.

    n       ← n + grad²                                                       (the slot "accumulator")
    g       = grad + 2 · l2_shrinkage · param
    z       ← z + g - (n⁻ᵖ - n_old⁻ᵖ) / rate · param                          (the slot "linear")
    param   ← (clip(z, -l1, l1) - z) / (n⁻ᵖ / rate + 2 · (l2 + beta / (2 · rate)))

with p = learning_rate_power (-½ as in the paper).

Source: McMahan et al., "Ad click prediction: a view from the trenches" (2013), algorithm 1.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate, not_negative


@register("ftrl")
class Ftrl(Optimizer):
    """For wide, sparse models.

    >>> import numpy as np
    >>> ftrl = Ftrl(l1_regularization_strength=0.25)
    >>> ftrl.move(np.ones(2), np.array([0.5, 2.0]), ftrl.slots(np.ones(2)), rate=1.0, step=0)[0].round(4)
    array([ 0.    , -0.0204])
    """

    own_settings = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )
    slot_groups = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        if not learning_rate_power <= 0:
            raise ValueError(f"learning_rate_power must be 0 or below, got {learning_rate_power!r}.")
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = not_negative(initial_accumulator_value, "initial_accumulator_value")
        self.l1_regularization_strength = not_negative(l1_regularization_strength, "l1_regularization_strength")
        self.l2_regularization_strength = not_negative(l2_regularization_strength, "l2_regularization_strength")
        self.l2_shrinkage_regularization_strength = not_negative(
            l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"
        )
        self.beta = not_negative(beta, "beta")

    def slots(self, param: Array) -> dict[str, Array]:
        xp = namespace(param)
        return {"accumulator": xp.full_like(param, self.initial_accumulator_value), "linear": xp.zeros_like(param)}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        l1 = self.l1_regularization_strength
        accumulator = slots["accumulator"] + grad * grad
        root, old_root = (n**-self.learning_rate_power for n in (accumulator, slots["accumulator"]))
        shrunk = grad + 2 * self.l2_shrinkage_regularization_strength * param
        linear = slots["linear"] + shrunk - (root - old_root) / rate * param
        curvature = root / rate + 2 * (self.l2_regularization_strength + self.beta / (2 * rate))
        param = (namespace(param).clip(linear, -l1, l1) - linear) / curvature
        return param, {"accumulator": accumulator, "linear": linear}
