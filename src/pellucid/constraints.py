"""Constraints: where weights are put back to after each update.

    NonNeg       w where it is positive, else 0
    UnitNorm     w / ‖w‖
    MaxNorm      w shortened to max_value where ‖w‖ is longer
    MinMaxNorm   w stretched or shortened to lie between two lengths

‖w‖ is the length along `axis`: 0 for the weights into one unit of a Dense
kernel (I, U), (0, 1, 2) for one filter of a kernel (KH, KW, C, F).
Names and numbers are Keras's.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .arrays import Array, namespace
from .config import epsilon
from .registry import Registry, custom_object_scope

registry = Registry("constraint")

Axis = int | tuple[int, ...] | list[int]


class Constraint:
    """Puts weights back to where they may be.

    Your own: a subclass with `__call__(w)`, or a function of w.
    """

    def __call__(self, w: Array) -> Array:
        """w, or the weights in its place."""
        raise NotImplementedError(f"{type(self).__name__} needs a __call__(w).")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Constraint":
        return cls(**config)


@registry.add("NonNeg", "non_neg", "nonneg")
class NonNeg(Constraint):
    """Negative weights become 0.

    >>> import numpy as np
    >>> NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        return namespace(w).maximum(w, 0.0)


@registry.add("UnitNorm", "unit_norm", "unitnorm")
class UnitNorm(Constraint):
    """Lengths become 1.

    >>> import numpy as np
    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(4)
    array([[0.6],
           [0.8]])
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = _axis(axis)

    def __call__(self, w: Array) -> Array:
        return w / (epsilon() + _length(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


@registry.add("MaxNorm", "max_norm", "maxnorm")
class MaxNorm(Constraint):
    """Lengths above `max_value` become `max_value`.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout", JMLR 15 (2014), section 5.1.

    >>> import numpy as np
    >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(4)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        if not max_value >= 0:
            raise ValueError(f"max_value must be at least 0, got {max_value!r}.")
        self.max_value, self.axis = max_value, _axis(axis)

    def __call__(self, w: Array) -> Array:
        length = _length(w, self.axis)
        return w * (namespace(w).clip(length, 0.0, float(self.max_value)) / (epsilon() + length))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


@registry.add("MinMaxNorm", "min_max_norm", "minmaxnorm")
class MinMaxNorm(Constraint):
    """Lengths are moved into [min_value, max_value].

    rate   how far of the way: 1 takes them there at once, less moves them a part of it

    >>> import numpy as np
    >>> MinMaxNorm(1.0, 2.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(4)
    array([[1.2, 0.6],
           [1.6, 0.8]])
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0) -> None:
        if not 0 <= min_value <= max_value:
            raise ValueError(f"needs 0 <= min_value <= max_value, got {min_value!r} and {max_value!r}.")
        if not 0 < rate <= 1:
            raise ValueError(f"rate must be above 0 and at most 1, got {rate!r}.")
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, _axis(axis)

    def __call__(self, w: Array) -> Array:
        length = _length(w, self.axis)
        inside = namespace(w).clip(length, float(self.min_value), float(self.max_value))
        return w * ((self.rate * inside + (1 - self.rate) * length) / (epsilon() + length))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


class FunctionConstraint(Constraint):
    """Somebody's own function of w, as a constraint."""

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self.function = function

    def __call__(self, w: Array) -> Array:
        return self.function(w)


non_neg, unit_norm, max_norm, min_max_norm = NonNeg, UnitNorm, MaxNorm, MinMaxNorm


def get(identifier: Any) -> Constraint | None:
    """The constraint that is meant: a name, a class, an instance, a function, a dict; None stays None.

    Raises ValueError for an unknown name or anything else.

    >>> get("max_norm").get_config()
    {'max_value': 2, 'axis': 0}
    """
    return None if identifier is None else registry.resolve(identifier, Constraint, FunctionConstraint)


def serialize(constraint: Constraint) -> dict[str, Any]:
    """A constraint as plain data that `deserialize` reads.

    >>> serialize(NonNeg())["class_name"]
    'NonNeg'
    """
    return registry.describe(constraint, "keras.constraints")


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Constraint | None:
    """The constraint that `serialize` wrote; your own are found among custom_objects."""
    with custom_object_scope(custom_objects):
        return get(config)


def _axis(axis: Axis) -> int | tuple[int, ...]:
    return axis if isinstance(axis, int) else tuple(axis)


def _length(w: Array, axis: int | tuple[int, ...]) -> Array:
    xp = namespace(w)
    return xp.sqrt(xp.sum(xp.square(w), axis=axis, keepdims=True))
