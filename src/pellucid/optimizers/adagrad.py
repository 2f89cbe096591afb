"""Adagrad: parameters that have moved much already move less.

    accumulator  ← accumulator + grad²
    param        ← param - rate · grad / √(accumulator + ε)

Source: Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011),
eq. 1 with the diagonal matrix, epsilon inside the root.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate, not_negative, valid_epsilon


@register("adagrad")
class Adagrad(Optimizer):
    """Each parameter's rate falls with the squares of all its gradients so far.

    >>> import numpy as np
    >>> Adagrad(epsilon=0).move(np.ones(1), np.array([3.0]), {"accumulator": np.array([16.0])}, rate=0.5, step=7)
    (array([0.7]), {'accumulator': array([25.])})
    """

    own_settings = ("initial_accumulator_value", "epsilon")
    slot_groups = (("accumulator",),)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.initial_accumulator_value = not_negative(initial_accumulator_value, "initial_accumulator_value")
        self.epsilon = valid_epsilon(epsilon)

    def slots(self, param: Array) -> dict[str, Array]:
        return {"accumulator": namespace(param).full_like(param, self.initial_accumulator_value)}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        accumulator = slots["accumulator"] + grad * grad
        param = param - rate * grad / namespace(param).sqrt(accumulator + self.epsilon)
        return param, {"accumulator": accumulator}
