"""Lamb: Adam for very large batches; each parameter array moves in proportion to its own length.

    m̂, v̂    = m / (1 - β₁ᵗ), v / (1 - β₂ᵗ)              m and v as in Adam
    r       = m̂ / (√v̂ + ε)
    param   ← param - rate · ‖param‖ / ‖r‖ · r           the ratio counts as 1 where either length is 0

Source: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes" (2020), algorithm 2.
"""

from typing import Any

from ..arrays import Array, namespace
from .adam import TwoAverages
from .arithmetic import blend, one_minus_power
from .registry import register


@register("lamb")
class Lamb(TwoAverages):
    """Adam's direction, at a length that suits the parameter array as a whole.

    >>> import numpy as np
    >>> param = np.array([3.0, 4.0])       # of length 5: the move has length 0.5
    >>> Lamb().move(param, np.array([1.0, 0.0]), Lamb().slots(param), rate=0.1, step=0)[0].round(6)
    array([2.5, 4. ])
    """

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        xp = namespace(param)
        momentum = blend(slots["momentum"], grad, self.beta_1)
        velocity = blend(slots["velocity"], grad * grad, self.beta_2)
        momentum_hat = momentum / one_minus_power(self.beta_1, step + 1, param)
        velocity_hat = velocity / one_minus_power(self.beta_2, step + 1, param)
        direction = momentum_hat / (xp.sqrt(velocity_hat) + self.epsilon)
        length, stride = xp.sqrt((param * param).sum()), xp.sqrt((direction * direction).sum())
        both = (length > 0) & (stride > 0)
        ratio = xp.where(both, length, 1.0) / xp.where(both, stride, 1.0)
        return param - ratio.astype(param.dtype) * rate * direction, {"momentum": momentum, "velocity": velocity}
