"""Losses for masks of things in images: how little the predicted region overlaps the true one.

    dice      1 - 2 Σyp / (Σy + Σp + ε)
    tversky   1 - Σyp / (Σyp + α Σy(1-p) + β Σp(1-y) + ε)          α = β = 1/2 is dice

With axis None the whole batch is one region and has one loss; axis=(1, 2, 3) gives one for each image.
Sources: Milletari, Navab & Ahmadi, "V-Net", 3DV 2016; Salehi, Erdogmus & Gholipour, "Tversky loss function for image
segmentation", MLMI 2017.
"""

from typing import Any

from ..arrays import Array
from ..config import epsilon
from .formula import loss_function
from .loss import FormulaLoss, loss_for
from .pieces import spread


@loss_function()
def dice(y_true: Array, y_pred: Array, axis: Any = None) -> Array:
    """1 minus twice the overlap over the two sizes.

    y_true, y_pred   (N, ...)     masks, and probabilities
    axis             the axes that make up one region; None for all

    >>> round(float(dice([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """
    return 1.0 - 2.0 * (y_true * y_pred).sum(axis=axis) / _sizes(y_true, y_pred, axis)


@dice.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array, axis: Any = None) -> Array:
    overlap = spread((y_true * y_pred).sum(axis=axis), axis)
    sizes = spread(_sizes(y_true, y_pred, axis), axis)
    return (overlap / sizes - y_true) * (2.0 / sizes * spread(dl, axis))


def _sizes(y_true: Array, y_pred: Array, axis: Any) -> Array:
    return y_true.sum(axis=axis) + y_pred.sum(axis=axis) + epsilon()


@loss_function()
def tversky(y_true: Array, y_pred: Array, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Array:
    """1 minus the overlap over overlap, misses and false finds.

    alpha   how much a missed place counts, y(1 - p)
    beta    how much a wrongly found place counts, p(1 - y)

    >>> round(float(tversky([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """
    overlap, whole = _overlap_and_whole(y_true, y_pred, alpha, beta, axis)
    return 1.0 - overlap / whole


@tversky.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Array:
    overlap, whole = (spread(part, axis) for part in _overlap_and_whole(y_true, y_pred, alpha, beta, axis))
    dwhole = y_true * (1.0 - alpha) + (1.0 - y_true) * beta
    return (overlap / whole * dwhole - y_true) * (spread(dl, axis) / whole)


def _overlap_and_whole(y_true: Array, y_pred: Array, alpha: float, beta: float, axis: Any) -> tuple[Array, Array]:
    overlap = (y_true * y_pred).sum(axis=axis)
    missed = ((1.0 - y_pred) * y_true).sum(axis=axis)
    false = (y_pred * (1.0 - y_true)).sum(axis=axis)
    return overlap, overlap + alpha * missed + beta * false + epsilon()


@loss_for(dice)
class Dice(FormulaLoss):
    """1 minus the Dice overlap of two masks."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype, axis=axis)


@loss_for(tversky)
class Tversky(FormulaLoss):
    """1 minus the Tversky index of two masks: Dice with a price for each kind of mistake."""

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
