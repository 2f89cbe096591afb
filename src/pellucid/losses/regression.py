"""Losses for numbers: how far each prediction is from its target, averaged over the last axis.

    mean_squared_error              mean (y_pred - y_true)²
    mean_absolute_error             mean |y_pred - y_true|
    mean_absolute_percentage_error  100 mean |y_true - y_pred| / max(|y_true|, ε)
    mean_squared_logarithmic_error  mean (log(1 + max(y_pred, ε)) - log(1 + max(y_true, ε)))²
    huber                           mean of e²/2 up to δ, then δ|e| - δ²/2      (Huber 1964)
    log_cosh                        mean log cosh(y_pred - y_true)
    cosine_similarity               -Σ unit(y_true) · unit(y_pred)

In every rule D is the length of the averaged axis.
Source: P. J. Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964).
"""

import math

from ..arrays import Array, namespace
from ..config import epsilon
from .formula import loss_function
from .loss import FormulaLoss, loss_for
from .pieces import softplus, spread, step


@loss_function("mse", "MSE")
def mean_squared_error(y_true: Array, y_pred: Array) -> Array:
    """Mean of the squared differences over the last axis.

    >>> mean_squared_error([[1.0, 2.0]], [[1.0, 4.0]])
    array([2.], dtype=float32)
    """
    error = y_pred - y_true
    return (error * error).sum(axis=-1) / y_pred.shape[-1]


@mean_squared_error.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    return (y_pred - y_true) * (dl[..., None] * (2.0 / y_pred.shape[-1]))


@loss_function("mae", "MAE")
def mean_absolute_error(y_true: Array, y_pred: Array) -> Array:
    """Mean of the absolute differences over the last axis.

    >>> mean_absolute_error([[1.0, 2.0]], [[1.0, 4.0]])
    array([1.], dtype=float32)
    """
    return abs(y_pred - y_true).mean(axis=-1)


@mean_absolute_error.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    return namespace(y_pred).sign(y_pred - y_true) * (dl[..., None] / y_pred.shape[-1])


@loss_function("mape", "MAPE")
def mean_absolute_percentage_error(y_true: Array, y_pred: Array) -> Array:
    """Mean of the absolute differences in percent of the targets; targets near 0 count as `epsilon()`.

    >>> mean_absolute_percentage_error([[1.0, 2.0]], [[1.0, 4.0]])
    array([50.], dtype=float32)
    """
    scale = namespace(y_pred).maximum(abs(y_true), epsilon())
    return 100.0 * abs((y_true - y_pred) / scale).mean(axis=-1)


@mean_absolute_percentage_error.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    xp = namespace(y_pred)
    scale = xp.maximum(abs(y_true), epsilon())
    return xp.sign(y_pred - y_true) / scale * (dl[..., None] * (100.0 / y_pred.shape[-1]))


@loss_function("msle", "MSLE")
def mean_squared_logarithmic_error(y_true: Array, y_pred: Array) -> Array:
    """Mean of the squared differences of log(1 + y); anything below `epsilon()` counts as `epsilon()`.

    >>> mean_squared_logarithmic_error([[0.0, 1.0]], [[0.0, 3.0]]).round(4)
    array([0.2402], dtype=float32)
    """
    error = _log_gap(y_true, y_pred)
    return (error * error).mean(axis=-1)


@mean_squared_logarithmic_error.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    low = epsilon()
    slope = step(y_pred - low) / (1.0 + namespace(y_pred).maximum(y_pred, low))
    return _log_gap(y_true, y_pred) * slope * (dl[..., None] * (2.0 / y_pred.shape[-1]))


def _log_gap(y_true: Array, y_pred: Array) -> Array:
    xp, low = namespace(y_pred), epsilon()
    return xp.log(xp.maximum(y_pred, low) + 1.0) - xp.log(xp.maximum(y_true, low) + 1.0)


@loss_function("huber_loss")
def huber(y_true: Array, y_pred: Array, delta: float = 1.0) -> Array:
    """Half the squared error up to delta, linear beyond it, averaged over the last axis.

    >>> huber([[0.0, 0.0]], [[0.5, 3.0]])
    array([1.3125], dtype=float32)
    """
    error = y_pred - y_true
    size = abs(error)
    values = namespace(y_pred).where(size <= delta, 0.5 * error * error, delta * size - 0.5 * delta**2)
    return values.mean(axis=-1)


@huber.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array, delta: float = 1.0) -> Array:
    return namespace(y_pred).clip(y_pred - y_true, -delta, delta) * (dl[..., None] / y_pred.shape[-1])


@loss_function("logcosh")
def log_cosh(y_true: Array, y_pred: Array) -> Array:
    """Mean of log cosh(error): half the square near 0, the absolute error less log 2 far away.

    >>> log_cosh([[0.0, 0.0]], [[0.0, 1.0]]).round(4)
    array([0.2169], dtype=float32)
    """
    error = y_pred - y_true
    return (error + softplus(-2.0 * error) - math.log(2.0)).mean(axis=-1)


@log_cosh.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    return namespace(y_pred).tanh(y_pred - y_true) * (dl[..., None] / y_pred.shape[-1])


@loss_function("cosine_proximity")
def cosine_similarity(y_true: Array, y_pred: Array, axis: int = -1) -> Array:
    """Minus the cosine of the angle between target and prediction: -1 when they point the same way.

    >>> cosine_similarity([[3.0, 4.0]], [[6.0, 8.0]])
    array([-1.], dtype=float32)
    """
    return -(_unit(y_true, axis)[0] * _unit(y_pred, axis)[0]).sum(axis=axis)


@cosine_similarity.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array, axis: int = -1) -> Array:
    xp = namespace(y_pred)
    dunit = -_unit(y_true, axis)[0] * spread(dl, axis)
    unit, square = _unit(y_pred, axis)
    along = (dunit * unit).sum(axis=axis, keepdims=True) * step(square - epsilon() ** 2)  # a tiny vector may grow
    return (dunit - unit * along) / xp.sqrt(xp.maximum(square, epsilon() ** 2))


def _unit(x: Array, axis: int) -> tuple[Array, Array]:
    """x divided by its length (at least ε), and the squared length."""
    xp = namespace(x)
    square = (x * x).sum(axis=axis, keepdims=True)
    return x / xp.sqrt(xp.maximum(square, epsilon() ** 2)), square


@loss_for(mean_squared_error)
class MeanSquaredError(FormulaLoss):
    """Mean of squared differences.

    >>> float(MeanSquaredError()([[1.0], [2.0]], [[1.0], [4.0]]))
    2.0
    """


@loss_for(mean_absolute_error)
class MeanAbsoluteError(FormulaLoss):
    """Mean of absolute differences."""


@loss_for(mean_absolute_percentage_error)
class MeanAbsolutePercentageError(FormulaLoss):
    """Mean of absolute differences, in percent of the targets."""


@loss_for(mean_squared_logarithmic_error)
class MeanSquaredLogarithmicError(FormulaLoss):
    """Mean of squared differences of log(1 + y), for positive targets that span several sizes."""


@loss_for(huber)
class Huber(FormulaLoss):
    """Squared error up to delta, absolute beyond: outliers pull with a force of at most delta."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype, delta=delta)


@loss_for(log_cosh)
class LogCosh(FormulaLoss):
    """Mean of log cosh(error), a smooth absolute error."""


@loss_for(cosine_similarity)
class CosineSimilarity(FormulaLoss):
    """Minus the cosine between target and prediction along an axis."""

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype, axis=axis)
