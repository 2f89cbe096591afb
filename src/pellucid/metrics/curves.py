"""What a classifier can trade: areas under the curves that a moving threshold draws, and the best point on them.

    ROC      x = false positive rate    y = true positive rate
    PR       x = recall                 y = precision
    PRGAIN   x = recall gain            y = precision gain

Sources: J. Davis & M. Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006
(between two points of PR the true positives rise linearly in all positives, which is not a straight line);
P. Flach & M. Kull, "Precision-recall-gain curves: PR analysis done right", NIPS 2015.
"""

from typing import Any

from ..arrays import Array, namespace
from ..config import epsilon
from ..errors import NotBuiltError, one_of
from .confusion import Counting, checked_thresholds, counts
from .metric import Sums, registry
from .pieces import ratio, wide


def spaced(count: int) -> list[float]:
    """count - 2 thresholds evenly between 0 and 1, without the ends.

    >>> spaced(5)
    [0.25, 0.5, 0.75]
    """
    return [(i + 1) / (count - 1) for i in range(count - 2)]


@registry.add("AUC", "auc")
class AUC(Counting):
    """Area under a curve, from counts at thresholds.

    num_thresholds     how many, evenly spaced; or `thresholds`: your own, between 0 and 1
    curve              "ROC", "PR" or "PRGAIN"
    summation_method   between two points: "interpolation", or the lower ("minoring") or upper ("majoring") one
    multi_label        one curve for each of num_labels columns, and the (weighted) mean of their areas
    label_weights      a weight for each column
    from_logits        y_pred are logits: a sigmoid comes first

    >>> print(AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
    0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        if thresholds is None:
            if num_thresholds <= 1:
                raise ValueError(f"AUC: num_thresholds must be at least 2, got {num_thresholds!r}.")
            inner = spaced(num_thresholds)
        else:
            inner = sorted(float(threshold) for threshold in checked_thresholds(thresholds))
        if num_labels is not None and not multi_label:
            raise ValueError(f"AUC: num_labels={num_labels!r} needs multi_label=True.")
        super().__init__([-epsilon(), *inner, 1.0 + epsilon()], name=name, dtype=dtype)
        self.given = None if thresholds is None else inner
        self.curve = one_of(str(curve).upper(), ("ROC", "PR", "PRGAIN"), "curve")
        methods = ("interpolation", "minoring", "majoring")
        self.summation_method = one_of(str(summation_method).lower(), methods, "summation_method")
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(weight) for weight in label_weights]
        self.from_logits = from_logits

    @property
    def num_thresholds(self) -> int:
        return len(self.thresholds)

    def build(self, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        if self.multi_label and self.num_labels is None:
            if len(output_shape) != 2:
                raise ValueError(f"{self.name}: multi_label needs y_pred shaped (batch, labels), got {output_shape}.")
            self.num_labels = output_shape[1]
        columns = output_shape[-1] if output_shape else None
        if self.label_weights is not None and columns not in (None, len(self.label_weights)):
            raise ValueError(f"{self.name}: {len(self.label_weights)} label_weights for {columns} labels.")

    def sums(self) -> dict[str, tuple[int, ...]]:
        if not self.multi_label:
            return super().sums()
        if self.num_labels is None:
            raise NotBuiltError(f"{self.name}: give num_labels, or call build or update_state first.")
        return dict.fromkeys(self.keeps, (self.num_thresholds, self.num_labels))

    def weights(self, y_pred: Array, sample_weight: Any) -> Array:
        weights = super().weights(y_pred, sample_weight)
        if self.multi_label or self.label_weights is None:
            return weights
        xp = namespace(y_pred)
        return weights * xp.asarray(self.label_weights, dtype=wide(xp))

    def count(self, y_true: Array, y_pred: Array, weights: Array) -> Sums:
        xp = namespace(y_pred)
        if self.from_logits:
            e = xp.exp(-abs(y_pred))
            y_pred = xp.where(y_pred >= 0, 1.0, e) / (1.0 + e)
        if not self.multi_label:
            return super().count(y_true, y_pred, weights)
        labels = [counts(y_true[:, i], y_pred[:, i], weights[:, i], self._levels) for i in range(y_pred.shape[1])]
        return {name: xp.stack([label[name] for label in labels], axis=-1) for name in self.keeps}

    def conclude(self, sums: Sums) -> Array:
        xp = namespace(sums["true_positives"])
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = davis_goadrich(sums)
        else:
            x, y = self._points(sums)
            low, high = xp.minimum(y[:-1], y[1:]), xp.maximum(y[:-1], y[1:])
            heights = {"interpolation": (low + high) / 2.0, "minoring": low, "majoring": high}[self.summation_method]
            areas = ((x[:-1] - x[1:]) * heights).sum(axis=0)
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return areas.mean()
        weights = xp.asarray(self.label_weights, dtype=areas.dtype)
        return ratio((areas * weights).sum(), weights.sum())

    def _points(self, sums: Sums) -> tuple[Array, Array]:
        tp, fp, tn, fn = (sums[name] for name in self.keeps)
        if self.curve == "ROC":
            return ratio(fp, fp + tn), ratio(tp, tp + fn)
        if self.curve == "PR":
            return ratio(tp, tp + fn), ratio(tp, tp + fp)
        odds = ratio(tp + fn, fp + tn)
        xp = namespace(tp)
        recall_gain, precision_gain = (xp.where(tp == 0, 0.0, 1.0 - odds * ratio(wrong, tp)) for wrong in (fn, fp))
        return xp.maximum(recall_gain, 0.0), precision_gain

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        return config if self.given is None else {**config, "thresholds": self.given}


def davis_goadrich(sums: Sums) -> Array:
    """Area under precision over recall, with the true positives linear in all positives between two points.

    With p = true + false positives and true = slope · p + start between the points,
    the area is ∫ (true / p) dtrue = slope (Δtrue + start log(p_high / p_low)), over all that are yes.
    """
    tp, fp, fn = (sums[name] for name in ("true_positives", "false_positives", "false_negatives"))
    xp = namespace(tp)
    p = tp + fp
    rise = tp[:-1] - tp[1:]
    slope = ratio(rise, xp.maximum(p[:-1] - p[1:], 0.0))
    start = tp[1:] - slope * p[1:]
    both = (p[:-1] > 0) & (p[1:] > 0)
    span = xp.log(xp.where(both, ratio(p[:-1], p[1:]), 1.0))
    return ratio(slope * (rise + start * span), tp[1:] + fn[1:]).sum(axis=0)


class BestPoint(Counting):
    """Base of the four metrics "the best of one share while another is at least …"; evenly spaced thresholds."""

    held: str  # the share that must be at least `least`
    best: str  # the share reported

    def __init__(
        self,
        least: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if not 0 <= least <= 1:
            raise ValueError(f"{type(self).__name__}: {self.held} must lie in [0, 1], got {least!r}.")
        if num_thresholds < 1:
            raise ValueError(f"{type(self).__name__}: num_thresholds must be at least 1, got {num_thresholds!r}.")
        thresholds = [0.5] if num_thresholds == 1 else [0.0, *spaced(num_thresholds), 1.0]
        super().__init__(thresholds, class_id=class_id, name=name, dtype=dtype)
        self.least = least
        self.num_thresholds = num_thresholds

    def conclude(self, sums: Sums) -> Array:
        tp, fp, tn, fn = (sums[name] for name in self.keeps)
        xp = namespace(tp)
        others = {"precision": (tp, fp), "recall": (tp, fn), "sensitivity": (tp, fn), "specificity": (tn, fp)}
        shares = {name: ratio(right, right + wrong) for name, (right, wrong) in others.items()}
        return xp.where(shares[self.held] >= self.least, shares[self.best], 0.0).max()

    def get_config(self) -> dict[str, Any]:
        more = {"class_id": self.class_id, "num_thresholds": self.num_thresholds, self.held: self.least}
        return {**super().get_config(), **more}


@registry.add("SensitivityAtSpecificity", "sensitivity_at_specificity")
class SensitivityAtSpecificity(BestPoint):
    """The best sensitivity at a threshold whose specificity is at least the one given.

    >>> print(SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0.0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    held, best = "specificity", "sensitivity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


@registry.add("SpecificityAtSensitivity", "specificity_at_sensitivity")
class SpecificityAtSensitivity(BestPoint):
    """The best specificity at a threshold whose sensitivity is at least the one given."""

    held, best = "sensitivity", "specificity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


@registry.add("PrecisionAtRecall", "precision_at_recall")
class PrecisionAtRecall(BestPoint):
    """The best precision at a threshold whose recall is at least the one given."""

    held, best = "recall", "precision"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


@registry.add("RecallAtPrecision", "recall_at_precision")
class RecallAtPrecision(BestPoint):
    """The best recall at a threshold whose precision is at least the one given."""

    held, best = "precision", "recall"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
