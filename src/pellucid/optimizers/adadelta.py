"""Adadelta: steps as long, typically, as recent steps were, so that they carry the parameter's own unit.

    E[grad²]  ← ρ E[grad²] + (1 - ρ) grad²                   (the slot "accumulated_grad")
    delta     = -√(E[delta²] + ε) / √(E[grad²] + ε) · grad
    E[delta²] ← ρ E[delta²] + (1 - ρ) delta²                 (the slot "accumulated_delta_var")
    param     ← param + rate · delta

Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1; the paper's own rate is 1.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from ..errors import fraction
from .arithmetic import blend
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate, valid_epsilon


@register("adadelta")
class Adadelta(Optimizer):
    """The ratio of two running averages sets each parameter's pace; for the paper's numbers use learning_rate=1.

    >>> import numpy as np
    >>> slots = {"accumulated_grad": np.array([4.0]), "accumulated_delta_var": np.array([1.0])}
    >>> Adadelta(epsilon=0).move(np.ones(1), np.array([2.0]), slots, rate=0.5, step=0)[0]
    array([0.5])
    """

    own_settings = ("rho", "epsilon")
    slot_groups = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(
        self, learning_rate: Rate = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **common: Unpack[Common]
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = fraction(rho, "rho")
        self.epsilon = valid_epsilon(epsilon)

    def slots(self, param: Array) -> dict[str, Array]:
        zeros = namespace(param).zeros_like(param)
        return {"accumulated_grad": zeros, "accumulated_delta_var": zeros}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        xp = namespace(param)
        grads = blend(slots["accumulated_grad"], grad * grad, self.rho)
        delta = -grad * xp.sqrt(slots["accumulated_delta_var"] + self.epsilon) / xp.sqrt(grads + self.epsilon)
        deltas = blend(slots["accumulated_delta_var"], delta * delta, self.rho)
        return param + rate * delta, {"accumulated_grad": grads, "accumulated_delta_var": deltas}
