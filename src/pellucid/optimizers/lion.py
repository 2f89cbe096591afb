"""Lion: all parameters move by the same length; only the sign of an average decides which way.

    param     ← param - rate · sign(β₁ momentum + (1 - β₁) grad)
    momentum  ← β₂ momentum + (1 - β₂) grad

Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from ..errors import fraction
from .arithmetic import blend
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate


@register("lion")
class Lion(Optimizer):
    """Signs instead of sizes; wants a rate 3 to 10 times smaller than Adam's.

    >>> import numpy as np
    >>> Lion().move(np.ones(2), np.array([5.0, -0.1]), {"momentum": np.zeros(2)}, rate=0.1, step=0)[0]
    array([0.9, 1.1])
    """

    own_settings = ("beta_1", "beta_2")
    slot_groups = (("momentum",),)

    def __init__(
        self, learning_rate: Rate = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **common: Unpack[Common]
    ) -> None:
        super().__init__(learning_rate, **common)
        if not 0 < beta_1 <= 1:
            raise ValueError(f"beta_1 must be above 0 and at most 1, got {beta_1!r}. At 0, Lion forgets its momentum.")
        self.beta_1 = float(beta_1)
        self.beta_2 = fraction(beta_2, "beta_2")

    def slots(self, param: Array) -> dict[str, Array]:
        return {"momentum": namespace(param).zeros_like(param)}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        direction = namespace(param).sign(blend(slots["momentum"], grad, self.beta_1))
        return param - rate * direction, {"momentum": blend(slots["momentum"], grad, self.beta_2)}
