"""An optimizer used by hand, as Keras has it: apply(grads, variables).

    optimizer.apply_gradients(zip(grads, model.trainable_variables))

Its memory then is with the optimizer; while a model trains, it is with the model's numbers.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..variable import Variable


class ByHand:
    """The methods that move variables, for Optimizer."""

    iterations: int
    _moved: list[Any]
    _memory: dict[str, Any]

    def build(self, variables: Iterable[Any]) -> None:
        """Make the memory for these variables; another call does nothing."""
        if not hasattr(self, "_memory"):
            self._moved = list(variables)
            paths = [variable.path for variable in self._moved]
            self._names = [path if paths.count(path) == 1 else f"{path}~{i}" for i, path in enumerate(paths)]
            self._memory = self.init(self._values())  # type: ignore[attr-defined]  # Optimizer has it

    def _values(self) -> dict[str, Any]:
        return {name: variable.value for name, variable in zip(self._names, self._moved, strict=True)}

    def apply(self, grads: Sequence[Any], trainable_variables: Iterable[Any] | None = None) -> None:
        """Move the variables by these gradients, one for each; None leaves one where it is.

        Raises ValueError where gradients and variables do not go together, and for variables that it was not built for.
        """
        grads = list(grads)
        variables = self._moved if trainable_variables is None else list(trainable_variables)
        if len(grads) != len(variables):
            raise ValueError(f"apply: got {len(grads)} gradients for {len(variables)} variables.")
        self.build(variables)
        places = {_identity(variable): name for name, variable in zip(self._names, self._moved, strict=True)}
        unknown = [variable.path for variable in variables if _identity(variable) not in places]
        if unknown:
            raise ValueError(
                f"apply: {unknown[0]!r} is not among the variables that this optimizer was built for. "
                "Make another optimizer for it, or call build(variables) with all of them first."
            )
        found = dict(zip((places[_identity(variable)] for variable in variables), grads, strict=True))
        values = self._values()
        full = {
            name: np.zeros_like(value) if found.get(name) is None else np.asarray(found[name], dtype=value.dtype)
            for name, value in values.items()
        }
        step = self.iterations
        rate = self.rate_at(step)  # type: ignore[attr-defined]  # as above
        moved, self._memory = self.update(values, full, self._memory, step, rate)  # type: ignore[attr-defined]
        for name, variable in zip(self._names, self._moved, strict=True):
            if found.get(name) is not None:
                constraint = getattr(variable, "constraint", None)
                variable.assign(moved[name] if constraint is None else constraint(moved[name]))
        self.iterations = step + 1

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], name: str | None = None, **_: Any) -> None:
        """The same, from (gradient, variable) pairs."""
        pairs = list(grads_and_vars)
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])

    @property
    def variables(self) -> list[Variable]:
        """Its numbers, to look at: the updates made, the rate, and what it remembers of each variable."""
        rate = float(self.learning_rate)  # type: ignore[attr-defined]  # as above
        found = [Variable(self.iterations, name="iteration"), Variable(rate, name="learning_rate")]
        for name in getattr(self, "_names", ()):
            slots = self._memory["slots"][name]
            found += [Variable(array, name=f"{name}/{slot}") for slot, array in slots.items()]
        return found


class Step:
    """One step of an optimizer, not made yet: `make` moves the weights by the numbers of the slopes that it wants.

    wanted    the symbolic slope of the loss along each weight
    """

    def __init__(self, optimizer: ByHand, wanted: Sequence[Any], weights: Sequence[Any]) -> None:
        self.optimizer, self.wanted, self.weights = optimizer, list(wanted), list(weights)

    def make(self, slopes: Sequence[Any]) -> None:
        """Move the weights."""
        self.optimizer.apply(slopes, self.weights)


def _identity(variable: Any) -> Any:
    """What two views of one weight have in common."""
    if hasattr(variable, "_layer"):
        return id(variable._layer), variable._part, variable._key
    return id(variable)
