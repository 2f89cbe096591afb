"""Adam and its nearest kin: AdamW, Adamax, Nadam.

They keep two running averages of each gradient, both begun at zero:

    m ← β₁ m + (1 - β₁) grad        which way?   (the slot "momentum")
    v ← β₂ v + (1 - β₂) grad²       how much does it scatter?   (the slot "velocity")

and move by m / √v, corrected for that beginning at zero. t counts updates from 1.

Sources: Kingma & Ba, "Adam: a method for stochastic optimization" (2015), algorithms 1 and 2, with section 2's
order of computation: the corrections are folded into the rate, so epsilon is their "epsilon hat", outside the root
and after the correction. Loshchilov & Hutter, "Decoupled weight decay regularization" (2019), algorithm 2. Reddi, Kale
& Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2 (AMSGrad). Dozat, "Incorporating Nesterov momentum
into Adam" (2016), algorithm 2.
"""

from typing import Any, ClassVar, Unpack

import numpy as np

from ..arrays import Array, namespace
from ..errors import fraction
from .arithmetic import blend, one_minus_power
from .optimizer import Optimizer
from .registry import register
from .settings import Common, CommonButDecay, Rate, valid_epsilon


class TwoAverages(Optimizer):
    """What the family shares: the settings and the two slots."""

    own_settings: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    slot_groups: ClassVar[tuple[tuple[str, ...], ...]] = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = fraction(beta_1, "beta_1")
        self.beta_2 = fraction(beta_2, "beta_2")
        self.epsilon = valid_epsilon(epsilon)

    def slots(self, param: Array) -> dict[str, Array]:
        zeros = namespace(param).zeros_like(param)
        return {"momentum": zeros, "velocity": zeros}


@register("adam")
class Adam(TwoAverages):
    """Moves by m / √v: each parameter at its own pace.

        rate_t  = rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ)
        param   ← param - rate_t · m / (√v + ε)

    With `amsgrad=True`, the largest v so far takes the place of v (the slot "velocity_hat").

    >>> param, slots = Adam().move(np.ones(1), np.array([5.0]), Adam().slots(np.ones(1)), rate=0.1, step=0)
    >>> param.round(6)          # the first move is as long as the rate, whatever the gradient's size
    array([0.9])
    """

    own_settings = (*TwoAverages.own_settings, "amsgrad")
    slot_groups = (("momentum", "velocity"), ("velocity_hat",))

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **common)
        self.amsgrad = amsgrad

    def slots(self, param: Array) -> dict[str, Array]:
        slots = super().slots(param)
        return {**slots, "velocity_hat": slots["velocity"]} if self.amsgrad else slots

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        xp = namespace(param)
        rate = rate * one_minus_power(self.beta_2, step + 1, param) ** 0.5
        rate = rate / one_minus_power(self.beta_1, step + 1, param)
        new = {
            "momentum": blend(slots["momentum"], grad, self.beta_1),
            "velocity": blend(slots["velocity"], grad * grad, self.beta_2),
        }
        if self.amsgrad:
            new["velocity_hat"] = xp.maximum(slots["velocity_hat"], new["velocity"])
        scatter = xp.sqrt(new["velocity_hat" if self.amsgrad else "velocity"])
        scatter += self.epsilon
        move = new["momentum"] * rate
        move /= scatter
        return param - move, new


@register("adamw")
class AdamW(Adam):
    """Adam with weight decay, which is applied to the parameters themselves and never passes through m and v.

    >>> AdamW().weight_decay
    0.004
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[CommonButDecay],
    ) -> None:
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a number, got None. Without weight decay, use Adam.")
        settings: Any = {**common, "weight_decay": weight_decay}
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, **settings)


@register("adamax")
class Adamax(TwoAverages):
    """Adam with the largest recent gradient, u, in the place of √v.

        u      ← max(β₂ u, |grad|)                              (the slot "norm")
        param  ← param - rate / (1 - β₁ᵗ) · m / (u + ε)

    >>> slots = {"momentum": np.zeros(1), "norm": np.array([4.0])}
    >>> param, slots = Adamax(epsilon=0).move(np.ones(1), np.array([2.0]), slots, rate=0.1, step=0)
    >>> slots["norm"], param.round(6)
    (array([3.996]), array([0.94995]))
    """

    slot_groups = (("momentum", "norm"),)

    def slots(self, param: Array) -> dict[str, Array]:
        zeros = namespace(param).zeros_like(param)
        return {"momentum": zeros, "norm": zeros}

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        xp = namespace(param)
        momentum = blend(slots["momentum"], grad, self.beta_1)
        norm = xp.maximum(self.beta_2 * slots["norm"], xp.abs(grad))
        rate = rate / one_minus_power(self.beta_1, step + 1, param)
        return param - rate * momentum / (norm + self.epsilon), {"momentum": momentum, "norm": norm}


@register("nadam")
class Nadam(TwoAverages):
    """Adam that looks one step ahead along its momentum, as Nesterov does.

        μ_t    = β₁ (1 - ½ · 0.96ᵗ)                            momentum warms up
        m̂      = μ_{t+1} m / (1 - μ₁⋯μ_{t+1})  +  (1 - μ_t) grad / (1 - μ₁⋯μ_t)
        v̂      = v / (1 - β₂ᵗ)
        param  ← param - rate · m̂ / (√v̂ + ε)

    The product μ₁⋯μ_t is one for all parameters: `shared()["product"]`.

    >>> Nadam().advance_shared(Nadam().shared(), step=0)["product"]      # μ₁ = 0.9 · (1 - 0.48)
    array(0.468)
    """

    schedule_decay: float = 1.0

    def shared(self) -> dict[str, Array]:
        return {"product": np.ones(())}

    def advance_shared(self, shared: dict[str, Array], step: Any) -> dict[str, Array]:
        product = shared["product"]
        return {"product": namespace(product).asarray(product * self._momentum_at(step + 1, product))}

    def move(  # type: ignore[override]  # with the shared product
        self,
        param: Array,
        grad: Array,
        slots: dict[str, Array],
        rate: Any,
        step: Any,
        shared: dict[str, Array],
    ) -> tuple[Array, dict]:
        xp = namespace(param)
        now, ahead = self._momentum_at(step + 1, param), self._momentum_at(step + 2, param)
        product = shared["product"].astype(param.dtype)
        momentum = blend(slots["momentum"], grad, self.beta_1)
        velocity = blend(slots["velocity"], grad * grad, self.beta_2)
        momentum_hat = momentum * (ahead / (1 - product * ahead)) + grad * ((1 - now) / (1 - product))
        velocity_hat = velocity / one_minus_power(self.beta_2, step + 1, param)
        param = param - rate * momentum_hat / (xp.sqrt(velocity_hat) + self.epsilon)
        return param, {"momentum": momentum, "velocity": velocity}

    def _momentum_at(self, update: Any, like: Array) -> Any:
        return self.beta_1 * (1 - 0.5 * (1 - one_minus_power(0.96**self.schedule_decay, update, like)))
