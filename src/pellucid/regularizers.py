"""Regularizers: a penalty on weights (or outputs) that is added to the loss, and its gradient.

    L1          l1 · Σ |x|              gradient l1 · sign(x)      drives weights to 0
    L2          l2 · Σ x²               gradient 2 · l2 · x        keeps weights small
    L1L2        the sum of both
    OrthogonalRegularizer               turns rows (or columns) towards right angles

Names and numbers are Keras's.
"""

import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .arrays import Array, namespace
from .automatic import vjp
from .errors import ShapeError, one_of
from .registry import Registry, custom_object_scope

registry = Registry("regularizer")


class Regularizer:
    """A penalty on an array.

    Your own: a subclass with `__call__(x)`, or a function of x; `gradient(x)` is found unless you write it.
    """

    def __call__(self, x: Array) -> Array:
        """The penalty, one number."""
        raise NotImplementedError(f"{type(self).__name__} needs a __call__(x).")

    def gradient(self, x: Array) -> Array:
        """The penalty's derivative by each number of x, shaped as x."""
        name = getattr(getattr(self, "function", None), "__name__", type(self).__name__)
        one = np.ones((), dtype=x.dtype)
        owner, remedy = f"regularizer {name!r}", "write gradient(x) in a subclass of Regularizer"
        return vjp(self, (x,), one, owner=owner, remedy=remedy)[0]

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Regularizer":
        return cls(**config)


@registry.add("L1L2", "l1_l2", "l1l2")
class L1L2(Regularizer):
    """l1 · Σ |x| + l2 · Σ x².

    Source: Zou & Hastie, "Regularization and variable selection via the elastic net", J. R. Stat. Soc. B 67 (2005).

    >>> penalty = L1L2(l1=0.5, l2=0.25)
    >>> x = np.array([2.0, -4.0])
    >>> penalty(x), penalty.gradient(x)
    (np.float64(8.0), array([ 1.5, -2.5]))
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Array) -> Array:
        xp = namespace(x)
        return self.l1 * xp.sum(xp.abs(x)) + self.l2 * xp.sum(x * x)

    def gradient(self, x: Array) -> Array:
        return self.l1 * namespace(x).sign(x) + 2 * self.l2 * x

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


@registry.add("L1", "l1")
class L1(Regularizer):
    """l1 · Σ |x|.

    Source: Tibshirani, "Regression shrinkage and selection via the lasso", J. R. Stat. Soc. B 58 (1996).

    >>> L1(0.5)(np.array([2.0, -4.0])), L1(0.5).gradient(np.array([2.0, -4.0]))
    (np.float64(3.0), array([ 0.5, -0.5]))
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _factor(l1, "l1")

    def __call__(self, x: Array) -> Array:
        xp = namespace(x)
        return self.l1 * xp.sum(xp.abs(x))

    def gradient(self, x: Array) -> Array:
        return self.l1 * namespace(x).sign(x)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


@registry.add("L2", "l2")
class L2(Regularizer):
    """l2 · Σ x².

    Source: Krogh & Hertz, "A simple weight decay can improve generalization", NIPS (1991), equation 2.

    >>> L2(0.25)(np.array([2.0, -4.0])), L2(0.25).gradient(np.array([2.0, -4.0]))
    (np.float64(5.0), array([ 1., -2.]))
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor(l2, "l2")

    def __call__(self, x: Array) -> Array:
        return self.l2 * namespace(x).sum(x * x)

    def gradient(self, x: Array) -> Array:
        return 2 * self.l2 * x

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


@registry.add("OrthogonalRegularizer", "orthogonal_regularizer")
class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between different rows (or columns) of a matrix.

    mode   "rows" or "columns": which of them shall be at right angles

    Raises ShapeError unless x is a matrix.

    Source: Keras's own; with products in place of cosines, Brock, Lim, Ritchie & Weston,
    "Neural photo editing with introspective adversarial networks", ICLR (2017), section 3.3.

    >>> OrthogonalRegularizer(1.0)(np.array([[1.0, 0.0], [1.0, 1.0]])).round(4)
    np.float64(0.7071)
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor(factor, "factor")
        self.mode = one_of(mode, ("rows", "columns"), "mode")

    def __call__(self, x: Array) -> Array:
        xp = namespace(x)
        _, cosines, share = self._cosines(x)
        return share / 2 * xp.sum(xp.abs(cosines))

    def gradient(self, x: Array) -> Array:
        xp = namespace(x)
        units, cosines, share = self._cosines(x)
        dunits = share * xp.sign(cosines) @ units
        dx = (dunits - units * xp.sum(units * dunits, axis=1, keepdims=True)) / _lengths(self._rows(x))
        return self._rows(dx)

    def _rows(self, x: Array) -> Array:
        if len(x.shape) != 2:
            raise ShapeError(f"OrthogonalRegularizer: needs a matrix, got an array shaped {x.shape}.")
        return x if self.mode == "rows" else x.T

    def _cosines(self, x: Array) -> tuple[Array, Array, float]:
        """Rows of length 1, the cosines between them (0 on the diagonal), and each pair's share of the penalty."""
        xp, rows = namespace(x), self._rows(x)
        units, count = rows / _lengths(rows), rows.shape[0]
        pairs = max(1, count * (count - 1) / 2)
        return units, (units @ units.T) * (1 - xp.eye(count, dtype=x.dtype)), self.factor / pairs

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


class FunctionRegularizer(Regularizer):
    """Somebody's own function of x, as a regularizer."""

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self.function = function

    def __call__(self, x: Array) -> Array:
        return self.function(x)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer


def get(identifier: Any) -> Regularizer | None:
    """The regularizer that is meant: a name, a class, an instance, a function, a dict; None stays None.

    Raises ValueError for an unknown name or anything else.

    >>> get("l2").get_config()
    {'l2': 0.01}
    """
    return None if identifier is None else registry.resolve(identifier, Regularizer, FunctionRegularizer)


def serialize(regularizer: Regularizer) -> dict[str, Any]:
    """A regularizer as plain data that `deserialize` reads.

    >>> serialize(L2(0.1))["class_name"]
    'L2'
    """
    return registry.describe(regularizer, "keras.regularizers")


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Regularizer | None:
    """The regularizer that `serialize` wrote; your own are found among custom_objects."""
    with custom_object_scope(custom_objects):
        return get(config)


def _factor(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < math.inf:
        raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}.")
    return float(value)


def _lengths(rows: Array) -> Array:
    """The length of each row, at least 1e-12."""
    xp = namespace(rows)
    return xp.maximum(xp.sqrt(xp.sum(rows * rows, axis=1, keepdims=True)), 1e-12)
