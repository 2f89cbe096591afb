"""SGD: gradient descent, with momentum and Nesterov's look ahead if wished.

    param     ← param - rate · grad                                   without momentum

    velocity  ← momentum · velocity - rate · grad                     with momentum
    param     ← param + velocity
    param     ← param + (momentum · velocity - rate · grad)           instead, with nesterov

Sources: Robbins & Monro, "A stochastic approximation method" (1951); Polyak, "Some methods of speeding up the
convergence of iteration methods" (1964), eq. 9; Nesterov's form after Sutskever, Martens, Dahl & Hinton, "On the
importance of initialization and momentum in deep learning" (2013), eqs. 1-4, with param standing at the point looked
ahead to.
"""

from typing import Any, Unpack

from ..arrays import Array, namespace
from .optimizer import Optimizer
from .registry import register
from .settings import Common, Rate


@register("sgd")
class SGD(Optimizer):
    """Gradient descent, optionally with momentum.

    >>> import numpy as np
    >>> SGD(momentum=0.9).move(np.array([1.0]), np.array([2.0]), {"momentum": np.array([1.0])}, rate=0.1, step=5)
    (array([1.7]), {'momentum': array([0.7])})
    """

    own_settings = ("momentum", "nesterov")
    slot_groups = (("momentum",),)

    def __init__(
        self, learning_rate: Rate = 0.01, momentum: float = 0.0, nesterov: bool = False, **common: Unpack[Common]
    ) -> None:
        super().__init__(learning_rate, **common)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be in [0, 1], got {momentum!r}.")
        self.momentum = float(momentum)
        self.nesterov = nesterov

    def slots(self, param: Array) -> dict[str, Array]:
        return {"momentum": namespace(param).zeros_like(param)} if self.momentum else {}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        if not self.momentum:
            return param - rate * grad, slots
        velocity = self.momentum * slots["momentum"] - rate * grad
        if self.nesterov:
            return param + (self.momentum * velocity - rate * grad), {"momentum": velocity}
        return param + velocity, {"momentum": velocity}
