"""An optimizer's formula in the native core, for steps whose gradients are not the core's own alone.

The stations before and after it (clipping, averages, …) stay those of optimizers/optimizer.py.
"""

from typing import Any

import numpy as np

from ..arrays import Array
from ..optimizers import Optimizer
from .graph import Tree
from .judges import Missing, add_optimizer, slot_names


class Mover:
    """Moves parameters as the optimizer's `move` does, all in one call."""

    def __init__(self, core: Any, optimizer: Optimizer) -> None:
        self.core, self.optimizer, self.slots = core, optimizer, slot_names(optimizer)
        add_optimizer(core.Mover(), optimizer)  # complains now, rather than at the first step

    @classmethod
    def of(cls, core: Any, optimizer: Optimizer | None) -> "Mover | None":
        """None where the core has no kernel for the optimizer."""
        try:
            return None if optimizer is None else cls(core, optimizer)
        except Missing:
            return None

    def __call__(self, params: Tree, grads: Tree, slots: Any, step: Any, rate: Any) -> tuple[Tree, Any] | None:
        """The next parameters and slots; None where they are not what the core reads: float32."""
        places = [(owner, name) for owner, own in params.items() for name in own]
        was: list[Array] = []
        for owner, name in places:
            was += [params[owner][name], *(slots[owner][name][slot] for slot in self.slots)]
        slopes = [grads[owner][name] for owner, name in places]
        if any(type(array) is not np.ndarray or array.dtype != np.float32 for array in (*was, *slopes)):
            return None
        decays = [float(self.optimizer.decay_of(f"{o}/{n}", params[o][n]) or 0.0) for o, n in places]
        now = [np.empty_like(array, order="C") for array in was]
        own = self.core.Mover()
        add_optimizer(own, self.optimizer)
        arrays = [self.core.Arrays([np.ascontiguousarray(array) for array in part]) for part in (was, now)]
        own.move(*arrays, [np.ascontiguousarray(slope) for slope in slopes], decays, int(step), float(rate))
        moved: Tree = {owner: {} for owner in params}
        memory: Any = {owner: {} for owner in params}
        each = iter(now)
        for owner, name in places:
            moved[owner][name] = next(each)
            memory[owner][name] = {slot: next(each) for slot in self.slots}
        return moved, {**slots, **memory}
