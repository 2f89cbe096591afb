"""RMSprop: each gradient is divided by the root of the running average of its squares.

    v      ← ρ v + (1 - ρ) grad²                        (the slot "velocity")
    a      ← ρ a + (1 - ρ) grad                         with centered (the slot "average_gradient")
    move   = rate · grad / √(v + ε)                     with centered √(v - a² + ε): an estimate of the variance
    param  ← param - move

    m      ← momentum · m + move                        with momentum, and then param ← param - m

Sources: Tieleman & Hinton, "Lecture 6.5 - RMSProp", COURSERA: Neural networks for machine learning (2012); centered:
Graves, "Generating sequences with recurrent neural networks" (2013), eqs. 38-45.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from ..errors import fraction
from .arithmetic import blend
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate, not_negative, valid_epsilon


@register("rmsprop")
class RMSprop(Optimizer):
    """Steps that do not depend on the gradient's size, only on how it compares with recent ones.

    >>> import numpy as np
    >>> RMSprop(epsilon=0).move(np.ones(1), np.array([2.0]), {"velocity": np.array([4.0])}, rate=0.1, step=0)
    (array([0.9]), {'velocity': array([4.])})
    """

    own_settings = ("rho", "momentum", "epsilon", "centered")
    slot_groups = (("velocity",), ("momentum",), ("average_gradient",))

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = fraction(rho, "rho")
        self.momentum = not_negative(momentum, "momentum")
        self.epsilon = valid_epsilon(epsilon)
        self.centered = centered

    def slots(self, param: Array) -> dict[str, Array]:
        zeros = namespace(param).zeros_like(param)
        kept = {"velocity": True, "momentum": self.momentum, "average_gradient": self.centered}
        return {name: zeros for name, wanted in kept.items() if wanted}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        new = {"velocity": blend(slots["velocity"], grad * grad, self.rho)}
        scatter = new["velocity"]
        if self.centered:
            new["average_gradient"] = blend(slots["average_gradient"], grad, self.rho)
            scatter = scatter - new["average_gradient"] * new["average_gradient"]
        move = rate * grad / namespace(param).sqrt(scatter + self.epsilon)
        if self.momentum:
            move = new["momentum"] = self.momentum * slots["momentum"] + move
        return param - move, new
