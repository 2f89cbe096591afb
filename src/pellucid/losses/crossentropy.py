"""Cross-entropy: minus the logarithm of the probability that was given to what happened.

    binary        -mean [ y log p + (1 - y) log(1 - p) ]
    categorical   -Σ y log p                              y one-hot, or any distribution
    sparse        the same, y a class number

Probabilities are clipped to [ε, 1-ε], beyond which the gradient is 0; class probabilities
are divided by their sum first. With `from_logits=True` the predictions are the weighted sums
before sigmoid or softmax: nothing is clipped, and backward is simply

    dL/dlogits = p - y

Source: J. S. Bridle, "Training stochastic model recognition algorithms as networks", NIPS 2 (1990).
"""

from typing import Any

from ..arrays import Array, namespace, one_hot
from ..config import epsilon
from .formula import fit_labels, loss_function
from .loss import FormulaLoss, loss_for
from .pieces import clip_slope, exponentials, sigmoid, spread


@loss_function("bce", "BCE", "logloss")
def binary_crossentropy(
    y_true: Array, y_pred: Array, from_logits: bool = False, label_smoothing: float = 0.0, axis: Any = -1
) -> Array:
    """Cross-entropy of yes-or-no targets, averaged over an axis.

    y_true, y_pred   (..., U)     targets 0 to 1; probabilities, or logits
    label_smoothing  targets move this far, of the way to 1/2

    >>> binary_crossentropy([[1.0, 0.0]], [[0.8, 0.4]]).round(4)
    array([0.367], dtype=float32)
    """
    xp = namespace(y_pred)
    y = toward_half(y_true, label_smoothing)
    if from_logits:
        tail = xp.log1p(xp.exp(-abs(y_pred)))
        values = tail + xp.where(y_pred > 0, 1.0 - y, y) * abs(y_pred)
    else:
        p = xp.clip(y_pred, epsilon(), 1.0 - epsilon())
        values = -(y * xp.log(p) + (1.0 - y) * xp.log(1.0 - p))
    return values.mean(axis=axis)


@binary_crossentropy.backward_rule
def _(
    y_true: Array,
    y_pred: Array,
    dl: Array,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Any = -1,
) -> Array:
    y = toward_half(y_true, label_smoothing)
    dl = spread(dl, axis)
    share = dl * (dl.size / max(y_pred.size, 1))  # the mean over the axis
    if from_logits:
        return (sigmoid(y_pred) - y) * share
    low, high = epsilon(), 1.0 - epsilon()
    p = namespace(y_pred).clip(y_pred, low, high)
    return ((1.0 - y) / (1.0 - p) - y / p) * clip_slope(y_pred, low, high) * share


@loss_function()
def categorical_crossentropy(
    y_true: Array, y_pred: Array, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """Cross-entropy of one-hot targets.

    y_true, y_pred   (..., C)     one-hot (or any weights); probabilities, or logits
    label_smoothing  targets move this far, of the way to 1/C
    values           (...)

    >>> categorical_crossentropy([[0.0, 1.0]], [[0.2, 0.8]]).round(4)
    array([0.2231], dtype=float32)
    """
    return _crossentropy(toward_even(y_true, label_smoothing), y_pred, from_logits, axis)


@categorical_crossentropy.backward_rule
def _(
    y_true: Array,
    y_pred: Array,
    dl: Array,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    return _crossentropy_backward(toward_even(y_true, label_smoothing), y_pred, dl, from_logits, axis)


@loss_function(fit=fit_labels)
def sparse_categorical_crossentropy(
    y_true: Array, y_pred: Array, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """Cross-entropy of class numbers.

    y_true           (...)        whole numbers in [0, C)
    y_pred           (..., C)     probabilities, or logits
    ignore_class     a label whose places have no loss, and no say in a mean
    values           (...)

    >>> sparse_categorical_crossentropy([1], [[0.2, 0.8]]).round(4)
    array([0.2231], dtype=float32)
    """
    values = _crossentropy(_hot(y_true, y_pred, axis), y_pred, from_logits, axis)
    return values if ignore_class is None else namespace(y_pred).where(y_true != ignore_class, values, 0.0)


@sparse_categorical_crossentropy.backward_rule
def _(
    y_true: Array,
    y_pred: Array,
    dl: Array,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Array:
    dy_pred = _crossentropy_backward(_hot(y_true, y_pred, axis), y_pred, dl, from_logits, axis)
    return (
        dy_pred if ignore_class is None else namespace(y_pred).where(spread(y_true != ignore_class, axis), dy_pred, 0.0)
    )


def _crossentropy(y: Array, y_pred: Array, from_logits: bool, axis: int) -> Array:
    """-Σ y log p along the class axis; from logits, log p = x - log Σ exp x."""
    xp = namespace(y_pred)
    if from_logits:
        x, _, total = exponentials(y_pred, axis)
        return y.sum(axis=axis) * xp.log(total).squeeze(axis) - (y * x).sum(axis=axis)
    p = xp.clip(y_pred / y_pred.sum(axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    return -(y * xp.log(p)).sum(axis=axis)


def _crossentropy_backward(y: Array, y_pred: Array, dl: Array, from_logits: bool, axis: int) -> Array:
    dl = spread(dl, axis)
    if from_logits:
        _, e, total = exponentials(y_pred, axis)
        return e * (y.sum(axis=axis, keepdims=True) / total * dl) - y * dl
    low, high = epsilon(), 1.0 - epsilon()
    total = y_pred.sum(axis=axis, keepdims=True)
    p = y_pred / total
    dp = -y / namespace(y_pred).clip(p, low, high) * clip_slope(p, low, high) * dl
    return divide_backward(dp, p, total, axis)


def divide_backward(dp: Array, p: Array, total: Array, axis: int) -> Array:
    """Back through p = x / Σx: every x also lowers all shares through the sum."""
    return (dp - (dp * p).sum(axis=axis, keepdims=True)) / total


def _hot(labels: Array, y_pred: Array, axis: int) -> Array:
    """One-hot rows of the labels, shaped like y_pred."""
    hot = one_hot(labels, y_pred.shape[axis], y_pred.dtype)
    return hot if axis in (-1, y_pred.ndim - 1) else namespace(hot).moveaxis(hot, -1, axis)


def toward_half(y: Array, smoothing: float) -> Array:
    """Targets moved part of the way to 1/2."""
    return y * (1.0 - smoothing) + 0.5 * smoothing if smoothing else y


def toward_even(y: Array, smoothing: float) -> Array:
    """One-hot targets moved part of the way to the even distribution."""
    return y * (1.0 - smoothing) + smoothing / y.shape[-1] if smoothing else y


@loss_for(binary_crossentropy)
class BinaryCrossentropy(FormulaLoss):
    """Cross-entropy of yes-or-no targets.

    >>> loss = BinaryCrossentropy()
    >>> loss.from_logits_form("sigmoid").from_logits, loss.from_logits_form("relu")
    (True, None)
    """

    logits_of = "sigmoid"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        check_smoothing(label_smoothing)
        super().__init__(reduction, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


@loss_for(categorical_crossentropy)
class CategoricalCrossentropy(FormulaLoss):
    """Cross-entropy of one-hot targets.

    >>> loss = CategoricalCrossentropy(from_logits=True)
    >>> cost, cache = loss.forward([[1.0, 0.0]], [[0.0, 0.0]])
    >>> loss.backward(cache)
    array([[-0.5,  0.5]], dtype=float32)
    """

    logits_of = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        check_smoothing(label_smoothing)
        super().__init__(reduction, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


@loss_for(sparse_categorical_crossentropy)
class SparseCategoricalCrossentropy(FormulaLoss):
    """Cross-entropy of class numbers; places labelled `ignore_class` do not count."""

    logits_of = "softmax"
    ignore_class: int | None
    axis: int

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)

    def mask_of(self, y_true: Array, y_pred: Array, values: Array) -> Array | None:
        if self.ignore_class is None:
            return None
        labels, _ = fit_labels(self.name, y_true, y_pred, self.axis)
        return labels != self.ignore_class


def check_smoothing(label_smoothing: float) -> float:
    """label_smoothing, if it lies in [0, 1]."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be from 0 to 1, got {label_smoothing!r}.")
    return label_smoothing
