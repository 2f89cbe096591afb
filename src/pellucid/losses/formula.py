"""A loss function: the loss of each sample, and beside it how that loss changes with the prediction.

    @loss_function("mse")
    def mean_squared_error(y_true, y_pred): ...          values, one per sample and inner place

    @mean_squared_error.backward_rule
    def _(y_true, y_pred, dl): ...                       dL/dy_pred, from dl = dL/dvalues

Formulas may rely on what `LossFunction` has seen to: both arrays come from one
library, in y_pred's float type, with shapes that fit.
"""

import inspect
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..config import floatx
from ..errors import ShapeError
from ..registry import Registry

registry = Registry("loss")

Fit = Callable[[str, Array, Array, int], tuple[Array, Array]]


class LossFunction:
    """A loss formula that is called like a function and carries its backward rule.

    values = loss(y_true, y_pred, **settings)
    dy_pred = loss.backward(y_true, y_pred, dl, **settings)      dl shaped like values

    Lists are taken too; integer predictions are read as `floatx()`. Raises
    ShapeError when the shapes of y_true and y_pred do not fit.
    """

    __name__: str
    loss_class: Any = None  # the Loss that averages this formula, set beside that class

    def __init__(self, formula: Callable[..., Array], fit: Fit) -> None:
        update_wrapper(self, formula)
        self.formula = formula
        self.fit = fit

    def __call__(self, y_true: Any, y_pred: Any, *args: Any, **settings: Any) -> Array:
        settings = self._by_name(args, settings) if args else settings
        y_true, y_pred = self.fit(self.__name__, y_true, as_predictions(y_pred), settings.get("axis", -1))
        return self.formula(y_true, y_pred, **settings)

    def backward(self, y_true: Any, y_pred: Any, dl: Any, *args: Any, **settings: Any) -> Array:
        """dL/dy_pred, shaped like y_pred.

        dl       shaped like the values     dL/dvalues
        """
        settings = self._by_name(args, settings) if args else settings
        given = as_predictions(y_pred)
        y_true, y_pred = self.fit(self.__name__, y_true, given, settings.get("axis", -1))
        dl = namespace(y_pred).asarray(dl, dtype=y_pred.dtype)
        dy_pred = self.rule(y_true, y_pred, dl, **settings)
        return dy_pred if dy_pred.shape == given.shape else dy_pred.reshape(given.shape)

    def backward_rule(self, rule: Callable[..., Array]) -> Callable[..., Array]:
        """Decorator: the rule below computes this loss's dy_pred."""
        self.rule = rule
        return rule

    def _by_name(self, args: tuple[Any, ...], settings: dict[str, Any]) -> dict[str, Any]:
        """Settings given by place joined to those given by name."""
        bound = inspect.signature(self).bind(None, None, *args, **settings).arguments
        return {name: value for name, value in bound.items() if name not in ("y_true", "y_pred")}

    def __reduce__(self) -> str:
        """Pickled and copied by its name: there is one of each."""
        return self.__name__

    def __repr__(self) -> str:
        return f"<loss {self.__name__}>"


def as_predictions(y_pred: Any) -> Array:
    """y_pred as a float array; lists and whole numbers become `floatx()`."""
    if not hasattr(y_pred, "__array_namespace__"):
        return np.asarray(y_pred, dtype=floatx())
    if y_pred.dtype.kind in "biu":
        return y_pred.astype(floatx())
    return y_pred


def fit_same_shape(name: str, y_true: Any, y_pred: Array, axis: Any = -1) -> tuple[Array, Array]:
    """y_true in y_pred's float type, both with one shape.

    An axis of one at the end may be missing from either: targets (N,) fit predictions (N, 1).
    """
    y_true = namespace(y_pred).asarray(y_true, dtype=y_pred.dtype)
    if y_true.ndim != y_pred.ndim:
        y_true, y_pred = same_rank(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{name}: y_true and y_pred must have the same shape, got {y_true.shape} and {y_pred.shape}."
            f"{_remedy(y_true, y_pred)}"
        )
    if y_pred.ndim == 0:
        raise ShapeError(f"{name}: needs at least one axis, got two single numbers. Wrap each of them: [number].")
    return y_true, y_pred


def fit_labels(name: str, y_true: Any, y_pred: Array, axis: Any = -1) -> tuple[Array, Array]:
    """y_true as whole-number labels, one for each row of class scores: y_pred's shape without its class axis.

    A class axis of one in y_true is dropped: labels (N, 1) fit predictions (N, C).
    """
    y_true = namespace(y_pred).asarray(y_true)
    if y_pred.ndim and y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    classes_at = axis % y_pred.ndim if y_pred.ndim else 0
    wanted = y_pred.shape[:classes_at] + y_pred.shape[classes_at + 1 :]
    if not y_pred.ndim or y_true.shape != wanted:
        hint = " Are the targets one-hot? Then use categorical_crossentropy." if y_true.shape == y_pred.shape else ""
        raise ShapeError(
            f"{name}: needs one label for each row of class scores: y_true shaped {wanted} for y_pred shaped "
            f"{y_pred.shape}, got {y_true.shape}.{hint}"
        )
    return (y_true if y_true.dtype.kind in "iu" else y_true.astype("int32")), y_pred


def loss_function(*aliases: str, fit: Fit = fit_same_shape) -> Callable[[Callable[..., Array]], LossFunction]:
    """Decorator: the formula below becomes a LossFunction, found under its own name and these."""

    def wrap(formula: Callable[..., Array]) -> LossFunction:
        function = LossFunction(formula, fit)
        registry.add(formula.__name__, *aliases)(function)
        return function

    return wrap


def same_rank(a: Array, b: Array) -> tuple[Array, Array]:
    """Of two arrays whose ranks differ by one, the shorter gains or the longer loses a last axis of one."""
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b[:, None]) if b.ndim == 1 else (a[..., 0], b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (a[:, None], b) if a.ndim == 1 else (a, b[..., 0])
    return a, b


def _remedy(y_true: Array, y_pred: Array) -> str:
    """A guess at what went wrong with two shapes that differ."""
    if y_pred.ndim == 2 and y_true.shape in ((y_pred.shape[0],), (y_pred.shape[0], 1)):
        return (
            f" Are the targets class numbers? Then use sparse_categorical_crossentropy; "
            f"otherwise the last layer should have 1 unit, not {y_pred.shape[1]}."
        )
    if y_true.shape and y_pred.shape and y_true.shape[1:] == y_pred.shape[1:]:
        return " They hold different numbers of samples."
    return " The last layer's units must match the width of the targets."
