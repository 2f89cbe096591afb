"""How far predicted numbers are from the true ones: the loss formulas averaged, their root, and R²."""

from typing import Any

from ..arrays import Array, namespace
from ..errors import NotBuiltError, one_of
from ..losses import cosine_similarity as cosine_loss
from ..losses import (
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from .metric import Metric, Sums, registry
from .pieces import beside, ratio, same_shape, wide
from .reduction import Mean, MeanMetricWrapper, mean_sums


@registry.add("MeanSquaredError", "mean_squared_error", "mse", "MSE")
class MeanSquaredError(MeanMetricWrapper):
    """Mean of the squared errors.

    >>> print(MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
    5.0
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


@registry.add("RootMeanSquaredError", "root_mean_squared_error")
class RootMeanSquaredError(Mean):
    """Square root of the mean squared error over all batches; in the targets' own unit.

    >>> print(RootMeanSquaredError()([[0.0], [0.0]], [[1.0], [7.0]]))
    5.0
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:  # type: ignore[override]
        """What a batch adds: the squared errors in place of Mean's values."""
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        error = y_pred - y_true
        return mean_sums(error * error, sample_weight)

    def conclude(self, sums: Sums) -> Array:
        mean = super().conclude(sums)
        return namespace(mean).sqrt(mean)


@registry.add("MeanAbsoluteError", "mean_absolute_error", "mae", "MAE")
class MeanAbsoluteError(MeanMetricWrapper):
    """Mean of the absolute errors; in the targets' own unit."""

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)


@registry.add("MeanAbsolutePercentageError", "mean_absolute_percentage_error", "mape", "MAPE")
class MeanAbsolutePercentageError(MeanMetricWrapper):
    """Mean of the absolute errors, in percent of the targets."""

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_percentage_error, name, dtype)


@registry.add("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "msle", "MSLE")
class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """Mean of the squared differences of log(1 + y)."""

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_logarithmic_error, name, dtype)


@registry.add("LogCoshError", "log_cosh_error", "logcosh", "log_cosh")
class LogCoshError(MeanMetricWrapper):
    """Mean of log cosh(error)."""

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(log_cosh, name, dtype)


def cosine_similarity(y_true: Array, y_pred: Array, axis: int = -1) -> Array:
    """Cosine of the angle between target and prediction: 1 when they point the same way (the loss is its negative)."""
    return -cosine_loss(y_true, y_pred, axis=axis)


@registry.add("CosineSimilarity", "cosine_similarity")
class CosineSimilarity(MeanMetricWrapper):
    """Mean cosine between targets and predictions.

    >>> print(CosineSimilarity()([[3.0, 4.0]], [[6.0, 8.0]]))
    1.0
    """

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)


@registry.add("R2Score", "r2_score")
class R2Score(Metric):
    """R²: the share of the targets' variance that the predictions explain.

        R² = 1 - Σ w (y_true - y_pred)² / Σ w (y_true - mean)²          for each output
        adjusted:  1 - (1 - R²)(n - 1) / (n - p - 1)                    n samples, p regressors

    y_true, y_pred       (N, outputs) or (N,)
    class_aggregation    "uniform_average", "variance_weighted_average" or None (one number an output)
    num_regressors       p of the adjusted score; 0: the plain score

    >>> print(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]).round(4))
    0.5714
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, dtype)
        choices = ("uniform_average", "variance_weighted_average", None)
        self.class_aggregation = one_of(class_aggregation, choices, "class_aggregation")
        if num_regressors < 0:
            raise ValueError(f"num_regressors must be at least 0, got {num_regressors!r}.")
        self.num_regressors = num_regressors
        self.outputs: int | None = None

    def build(self, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        self.outputs = output_shape[-1] if len(output_shape) > 1 else 1

    def sums(self) -> dict[str, tuple[int, ...]]:
        if self.outputs is None:
            raise NotBuiltError(f"{self.name}: the number of outputs is not known yet; call build or update_state.")
        each = (self.outputs,)
        return {"squared_sum": each, "sum": each, "residual": each, "count": each, "num_samples": ()}

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        xp = namespace(y_pred)
        y_true, y_pred = (y.astype(wide(xp)).reshape(y.shape[0], -1) for y in (y_true, y_pred))
        weights = beside(1.0 if sample_weight is None else sample_weight, y_pred)
        error = y_true - y_pred
        return {
            "squared_sum": (weights * y_true * y_true).sum(axis=0),
            "sum": (weights * y_true).sum(axis=0),
            "residual": (weights * error * error).sum(axis=0),
            "count": xp.broadcast_to(weights, y_pred.shape).sum(axis=0),
            "num_samples": y_true.size,
        }

    def conclude(self, sums: Sums) -> Array:
        xp = namespace(sums["sum"])
        spread = sums["squared_sum"] - sums["sum"] * ratio(sums["sum"], sums["count"])
        score = xp.where(spread == 0, 0.0, 1.0 - ratio(sums["residual"], spread))
        if self.class_aggregation == "uniform_average":
            score = score.mean()
        elif self.class_aggregation == "variance_weighted_average":
            score = ratio((score * spread).sum(), spread.sum())
        if self.num_regressors == 0:
            return score
        free = sums["num_samples"] - self.num_regressors - 1.0
        adjusted = 1.0 - ratio((1.0 - score) * (sums["num_samples"] - 1.0), free)
        return xp.where(free > 0, adjusted, score)  # too few samples to adjust

    def get_config(self) -> dict[str, Any]:
        more = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **more}
