"""Hinge losses: no loss at all once a prediction is right by a margin of 1.

    hinge               mean max(1 - y·ŷ, 0)            y is -1 or 1
    squared_hinge       mean max(1 - y·ŷ, 0)²
    categorical_hinge   max(1 + best wrong score - right score, 0)

Targets of 0 and 1 are read as -1 and 1, when the whole array holds nothing else.
"""

from ..arrays import Array, namespace
from .formula import loss_function
from .loss import FormulaLoss, loss_for
from .pieces import step


@loss_function()
def hinge(y_true: Array, y_pred: Array) -> Array:
    """Mean of what each prediction lacks to a margin of 1.

    >>> hinge([[-1.0, 1.0]], [[-2.0, 0.5]])
    array([0.25], dtype=float32)
    """
    return namespace(y_pred).maximum(1.0 - _signs(y_true) * y_pred, 0.0).mean(axis=-1)


@hinge.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    signs = _signs(y_true)
    return -signs * step(1.0 - signs * y_pred) * (dl[..., None] / y_pred.shape[-1])


@loss_function()
def squared_hinge(y_true: Array, y_pred: Array) -> Array:
    """Mean of the squares of what each prediction lacks to a margin of 1.

    >>> squared_hinge([[-1.0, 1.0]], [[-2.0, 0.5]])
    array([0.125], dtype=float32)
    """
    lack = namespace(y_pred).maximum(1.0 - _signs(y_true) * y_pred, 0.0)
    return (lack * lack).mean(axis=-1)


@squared_hinge.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    signs = _signs(y_true)
    lack = namespace(y_pred).maximum(1.0 - signs * y_pred, 0.0)
    return -signs * lack * (dl[..., None] * (2.0 / y_pred.shape[-1]))


@loss_function()
def categorical_hinge(y_true: Array, y_pred: Array) -> Array:
    """By how much the best wrong class comes within 1 of the right one; y_true is one-hot.

    >>> categorical_hinge([[0.0, 1.0]], [[0.2, 0.5]]).round(4)
    array([0.7], dtype=float32)
    """
    right, wrong = _right_and_wrong(y_true, y_pred)
    return namespace(y_pred).maximum(wrong.max(axis=-1) - right + 1.0, 0.0)


@categorical_hinge.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    right, wrong = _right_and_wrong(y_true, y_pred)
    best = wrong.max(axis=-1, keepdims=True)
    ties = namespace(y_pred).asarray(wrong == best, dtype=y_pred.dtype)
    shares = ties / ties.sum(axis=-1, keepdims=True)  # equal best wrong classes share the gradient
    return ((1.0 - y_true) * shares - y_true) * (dl * step(best[..., 0] - right + 1.0))[..., None]


def _signs(y_true: Array) -> Array:
    """0 and 1 as -1 and 1; other targets as they are."""
    xp = namespace(y_true)
    return xp.where(((y_true == 0) | (y_true == 1)).all(), 2.0 * y_true - 1.0, y_true)


def _right_and_wrong(y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    """The right class's score (...), and all scores (..., C) with the right class's set to 0."""
    return (y_true * y_pred).sum(axis=-1), (1.0 - y_true) * y_pred


@loss_for(hinge)
class Hinge(FormulaLoss):
    """Mean of max(1 - y·ŷ, 0), for targets -1 and 1 (or 0 and 1)."""


@loss_for(squared_hinge)
class SquaredHinge(FormulaLoss):
    """Mean of max(1 - y·ŷ, 0)², for targets -1 and 1 (or 0 and 1)."""


@loss_for(categorical_hinge)
class CategoricalHinge(FormulaLoss):
    """max(1 + best wrong score - right score, 0), for one-hot targets."""
