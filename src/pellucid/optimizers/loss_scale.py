"""LossScaleOptimizer: keeps float16 gradients away from zero and infinity by scaling the loss.

The loss's gradient is multiplied by a scale before it goes backward, the gradients are divided by it afterwards.
Gradients that are not finite are thrown away and the scale is halved; after `dynamic_growth_steps` good updates in a
row it is doubled.

Source: Micikevicius et al., "Mixed precision training" (2018), section 3.2.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..arrays import namespace
from ..errors import positive_int
from ..tree import leaves, tree_map
from .arithmetic import choose
from .optimizer import Optimizer
from .registry import deserialize, register, serialize
from .settings import above_zero_or_none


@register("lossscaleoptimizer")
class LossScaleOptimizer(Optimizer):
    """Another optimizer, behind a loss scale that finds its own size.

    Its shared memory: "dynamic_scale", "step_counter" (good updates since the last change of scale) and
    "inner_iterations" (updates that were not thrown away).

    >>> from pellucid.optimizers import SGD
    >>> optimizer = LossScaleOptimizer(SGD(0.1))
    >>> optimizer.learning_rate, float(optimizer.loss_scale(optimizer.init({})))
    (0.1, 32768.0)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(f"LossScaleOptimizer: inner_optimizer must be an Optimizer, got {inner_optimizer!r}.")
        self.inner_optimizer = inner_optimizer
        super().__init__(name=name)
        self.initial_scale = above_zero_or_none(initial_scale, "initial_scale")
        self.dynamic_growth_steps = positive_int(dynamic_growth_steps, "dynamic_growth_steps")

    @property
    def learning_rate(self) -> float:
        """The inner optimizer's."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if hasattr(self, "name"):  # not while the base class is setting up
            self.inner_optimizer.learning_rate = value

    @property
    def rate_is_a_number(self) -> bool:
        return self.inner_optimizer.rate_is_a_number

    def rate_at(self, step: Any) -> Any:
        return self.inner_optimizer.rate_at(step)

    def exclude_from_weight_decay(self, *args: Any, **kwargs: Any) -> None:
        self.inner_optimizer.exclude_from_weight_decay(*args, **kwargs)

    def init(self, params: dict) -> dict:
        return self._with_own(
            self.inner_optimizer.init(params),
            dynamic_scale=np.asarray(self.initial_scale, "float32"),
            step_counter=np.asarray(0, "int32"),
            inner_iterations=np.asarray(0, "int32"),
        )

    def update(
        self, params: dict, grads: dict, moments: dict, step: Any, rate: Any, mover: Any = None
    ) -> tuple[dict, dict]:
        shared = dict(moments["shared"])
        scale, counter, updates = (shared.pop(name) for name in ("dynamic_scale", "step_counter", "inner_iterations"))
        xp = namespace(scale)
        grads = tree_map(lambda grad: grad / scale.astype(grad.dtype), grads)
        finite = xp.asarray(True)
        for _, grad in leaves(grads):
            finite = namespace(grad).isfinite(grad).all() & finite
        xp = namespace(finite)
        inner = {**moments, "shared": shared}
        if xp is np and not finite:  # formulas need not see what will be thrown away
            moved, inner_moved = params, inner
        else:
            moved, inner_moved = self.inner_optimizer.update(params, grads, inner, updates, rate, mover)
        grown = counter + 1 >= self.dynamic_growth_steps
        return choose(finite, moved, params), self._with_own(
            choose(finite, inner_moved, inner),
            dynamic_scale=xp.where(finite, xp.where(grown, scale * 2, scale), scale / 2),
            step_counter=xp.where(finite & ~grown, counter + 1, 0).astype("int32"),
            inner_iterations=xp.where(finite, updates + 1, updates).astype("int32"),
        )

    def finalize(self, params: dict, moments: dict) -> dict:
        return self.inner_optimizer.finalize(params, moments)

    def loss_scale(self, moments: dict) -> Any:
        return moments["shared"]["dynamic_scale"]

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        inner = deserialize(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})

    @staticmethod
    def _with_own(inner: dict, **own: Any) -> dict:
        return {**inner, "shared": {**inner["shared"], **own}}
