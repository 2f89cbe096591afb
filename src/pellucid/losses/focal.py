"""Cross-entropies that hear less from some samples: focal losses from easy ones, the generalized one from wrong labels.

    binary focal        mean w · (1 - pt)^γ · binary cross-entropy          pt = y p + (1 - y)(1 - p)
    categorical focal   -Σ α (1 - p)^γ y log p
    generalized         (1 - p_label^q) / q          between cross-entropy (q → 0) and absolute error (q → 1)

Sources: Lin, Goyal, Girshick, He & Dollár, "Focal loss for dense object detection", ICCV 2017, equations 4 and 5;
Zhang & Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy labels", NeurIPS 2018,
equation 6.
"""

from typing import Any

from ..arrays import Array, namespace, one_hot
from ..config import epsilon
from .crossentropy import check_smoothing, divide_backward, toward_even, toward_half
from .formula import fit_labels, loss_function
from .loss import FormulaLoss, loss_for
from .pieces import clip_slope, sigmoid, softmax, spread


@loss_function()
def binary_focal_crossentropy(
    y_true: Array,
    y_pred: Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Any = -1,
) -> Array:
    """Binary cross-entropy, weighted down by (1 - pt)^gamma where the prediction is good already.

    y_true, y_pred          (..., U)
    apply_class_balancing   weigh ones by alpha and zeros by 1 - alpha

    >>> binary_focal_crossentropy([[1.0]], [[0.5]]).round(4)
    array([0.1733], dtype=float32)
    """
    y = toward_half(y_true, label_smoothing)
    p = sigmoid(y_pred) if from_logits else y_pred
    values = _miss(y, p) ** gamma * _binary(y, p)
    if apply_class_balancing:
        values = values * _balance(y, alpha)
    return values.mean(axis=axis)


@binary_focal_crossentropy.backward_rule
def _(
    y_true: Array,
    y_pred: Array,
    dl: Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Any = -1,
) -> Array:
    y = toward_half(y_true, label_smoothing)
    p = sigmoid(y_pred) if from_logits else y_pred
    low, high = epsilon(), 1.0 - epsilon()
    clipped = namespace(p).clip(p, low, high)
    dbinary = ((1.0 - y) / (1.0 - clipped) - y / clipped) * clip_slope(p, low, high)
    miss = _miss(y, p)
    dp = miss**gamma * dbinary + _power_slope(miss, gamma) * (1.0 - 2.0 * y) * _binary(y, p)
    if apply_class_balancing:
        dp = dp * _balance(y, alpha)
    dl = spread(dl, axis)
    dp = dp * (dl * (dl.size / max(y_pred.size, 1)))
    return dp * p * (1.0 - p) if from_logits else dp


def _miss(y: Array, p: Array) -> Array:
    """1 - pt: the probability given to what did not happen."""
    return 1.0 - (y * p + (1.0 - y) * (1.0 - p))


def _binary(y: Array, p: Array) -> Array:
    xp = namespace(p)
    p = xp.clip(p, epsilon(), 1.0 - epsilon())
    return -(y * xp.log(p) + (1.0 - y) * xp.log(1.0 - p))


def _balance(y: Array, alpha: float) -> Array:
    return y * alpha + (1.0 - y) * (1.0 - alpha)


def _power_slope(x: Array, power: float) -> Array:
    """d x^power / dx, 0 for power 0 also at x = 0."""
    return power * x ** (power - 1.0) if power else x * 0.0


@loss_function()
def categorical_focal_crossentropy(
    y_true: Array,
    y_pred: Array,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Categorical cross-entropy, weighted down by (1 - p)^gamma where the prediction is good already.

    y_true, y_pred   (..., C)     one-hot; probabilities, or logits
    alpha            one weight, or one for each class
    values           (...)

    >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
    array([0.0433], dtype=float32)
    """
    xp = namespace(y_pred)
    y = toward_even(y_true, label_smoothing)
    p, _ = _shares(y_pred, from_logits, axis)
    c = xp.clip(p, epsilon(), 1.0 - epsilon())
    return -(xp.asarray(alpha, dtype=c.dtype) * (1.0 - c) ** gamma * y * xp.log(c)).sum(axis=axis)


@categorical_focal_crossentropy.backward_rule
def _(
    y_true: Array,
    y_pred: Array,
    dl: Array,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    xp = namespace(y_pred)
    y = toward_even(y_true, label_smoothing)
    p, total = _shares(y_pred, from_logits, axis)
    low, high = epsilon(), 1.0 - epsilon()
    c = xp.clip(p, low, high)
    dc = _power_slope(1.0 - c, gamma) * xp.log(c) - (1.0 - c) ** gamma / c
    dp = xp.asarray(alpha, dtype=c.dtype) * y * dc * clip_slope(p, low, high) * spread(dl, axis)
    dy_pred = divide_backward(dp, p, total, axis)
    return dy_pred * p if from_logits else dy_pred


def _shares(y_pred: Array, from_logits: bool, axis: int) -> tuple[Array, Any]:
    """Class probabilities that sum to 1, and what the predictions were divided by (1 for logits)."""
    if from_logits:
        return softmax(y_pred, axis), 1.0
    total = y_pred.sum(axis=axis, keepdims=True)
    return y_pred / total, total


@loss_function(fit=fit_labels)
def categorical_generalized_cross_entropy(y_true: Array, y_pred: Array, q: float) -> Array:
    """(1 - p^q) / q of the probability p given to the label; bounded, so a wrong label pulls only so hard.

    y_true   (...)        class numbers
    y_pred   (..., C)     probabilities
    q        0 to 1

    >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
    array([1.], dtype=float32)
    """
    hot = one_hot(y_true, y_pred.shape[-1], y_pred.dtype)
    return (1.0 - (y_pred * hot).sum(axis=-1) ** q) / q


@categorical_generalized_cross_entropy.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array, q: float) -> Array:
    hot = one_hot(y_true, y_pred.shape[-1], y_pred.dtype)
    p = (y_pred * hot).sum(axis=-1, keepdims=True)
    return -hot * p ** (q - 1.0) * dl[..., None]


@loss_for(binary_focal_crossentropy)
class BinaryFocalCrossentropy(FormulaLoss):
    """Binary cross-entropy that turns to the hard samples."""

    logits_of = "sigmoid"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        check_smoothing(label_smoothing)
        super().__init__(
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@loss_for(categorical_focal_crossentropy)
class CategoricalFocalCrossentropy(FormulaLoss):
    """Categorical cross-entropy that turns to the hard samples."""

    logits_of = "softmax"

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        check_smoothing(label_smoothing)
        super().__init__(
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@loss_for(categorical_generalized_cross_entropy)
class CategoricalGeneralizedCrossEntropy(FormulaLoss):
    """(1 - p^q) / q, for class numbers some of which are wrong."""

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: str | None = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"q must lie between 0 and 1, got {q!r}.")
        super().__init__(reduction, name, dtype, q=q)
