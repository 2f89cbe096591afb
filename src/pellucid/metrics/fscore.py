"""F-scores: precision and recall in one number, for each class.

    F_β = (1 + β²) precision · recall / (β² precision + recall)

Source: C. van Rijsbergen, "Information Retrieval" (1979), chapter 7.
"""

from typing import Any

from ..arrays import Array, namespace
from ..errors import NotBuiltError, ShapeError, one_of
from .metric import Metric, Sums, registry
from .pieces import beside, ratio, same_shape, wide

NOTHING = 1e-9  # a highest score this near to 0 chooses no class


@registry.add("FBetaScore", "f_beta_score", "fbeta_score")
class FBetaScore(Metric):
    """F-score whose recall counts β times as much as its precision.

    y_true, y_pred   (N, C)
    average          None (one number a class), "micro" (all classes as one), "macro" (their mean), "weighted"
                     (their mean, by how often each class occurs)
    threshold        scores above it say yes; None: each sample's highest score does

    >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
    >>> FBetaScore(beta=2.0, threshold=0.5)(y_true, y_pred)
    array([0.3846154 , 0.90909094, 0.8333333 ], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, dtype)
        self.average = one_of(average, (None, "micro", "macro", "weighted"), "average")
        if not beta > 0:
            raise ValueError(f"beta must be above 0, got {beta!r}.")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, or None, got {threshold!r}.")
        self.beta = beta
        self.threshold = threshold
        self.classes: int | None = None

    def build(self, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        if len(output_shape) > 2:
            raise ShapeError(f"{self.name}: needs y_pred shaped (batch, classes), got {output_shape}.")
        self.classes = output_shape[-1] if len(output_shape) == 2 else 1

    def sums(self) -> dict[str, tuple[int, ...]]:
        if self.average != "micro" and self.classes is None:
            raise NotBuiltError(f"{self.name}: the number of classes is not known yet; call build or update_state.")
        each = () if self.average == "micro" else (self.classes or 0,)
        return dict.fromkeys(("true_positives", "false_positives", "false_negatives", "support"), each)

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        xp = namespace(y_pred)
        y_true, y_pred = (y.reshape(y.shape[0], -1) for y in (y_true, y_pred))
        if self.threshold is None:
            says_yes = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (abs(y_pred) > NOTHING)
        else:
            says_yes = y_pred > self.threshold
        yes, y_true = says_yes.astype(wide(xp)), y_true.astype(wide(xp))
        weights = beside(1.0 if sample_weight is None else sample_weight, yes)
        axis = None if self.average == "micro" else 0
        return {
            "true_positives": (weights * yes * y_true).sum(axis=axis),
            "false_positives": (weights * yes * (1.0 - y_true)).sum(axis=axis),
            "false_negatives": (weights * (1.0 - yes) * y_true).sum(axis=axis),
            "support": (weights * y_true).sum(axis=axis),
        }

    def conclude(self, sums: Sums) -> Array:
        right = sums["true_positives"]
        precision = ratio(right, right + sums["false_positives"])
        recall = ratio(right, right + sums["false_negatives"])
        beta2 = self.beta**2
        score = ratio((1.0 + beta2) * precision * recall, beta2 * precision + recall)
        if self.average == "weighted":
            return ratio((score * sums["support"]).sum(), sums["support"].sum())
        return score.mean() if self.average == "macro" else score

    def get_config(self) -> dict[str, Any]:
        more = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **more}


@registry.add("F1Score", "f1_score")
class F1Score(FBetaScore):
    """F-score with precision and recall counting alike; settings as for FBetaScore.

    >>> F1Score(threshold=0.5)([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.6]]).round(4)
    array([0.6667, 0.6667], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
