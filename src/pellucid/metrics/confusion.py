"""Right and wrong answers counted at thresholds: predictions above a threshold say yes.

                    says yes            says no
    is yes          true positive       false negative
    is no           false positive      true negative

One sort serves all thresholds: the scores above a threshold are the end of the
sorted row, so a running sum of the weights holds every count.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, namespace
from ..errors import positive_int
from .metric import Metric, Sums, registry
from .pieces import beside, ratio, same_shape, wide

OUT = -1e10  # the score of what is not among the top k


def counts(y_true: Array, y_pred: Array, weights: Array, thresholds: Array) -> Sums:
    """The four counts at each threshold.

    y_true, y_pred, weights   (N,)
    thresholds                (T,)
    returns                   true_positives, false_positives, true_negatives, false_negatives, each (T,)
    """
    xp = namespace(y_pred)
    order = y_pred.argsort()
    is_yes = y_true[order] != 0
    weights = weights[order]
    below = xp.searchsorted(y_pred[order], xp.asarray(thresholds, dtype=y_pred.dtype), side="right")
    zero = xp.zeros((1,), dtype=weights.dtype)
    found = {}
    for kind, chosen in (("positives", is_yes), ("negatives", ~is_yes)):
        row = xp.where(chosen, weights, 0.0)
        rising, falling = (xp.concatenate([zero, xp.cumsum(part)]) for part in (row, row[::-1]))
        found[kind] = falling[y_pred.shape[0] - below], rising[below]
    return {
        "true_positives": found["positives"][0],
        "false_positives": found["negatives"][0],
        "true_negatives": found["negatives"][1],
        "false_negatives": found["positives"][1],
    }


class Counting(Metric):
    """Base of the metrics that count answers at thresholds; a subclass names the counts it `keeps`."""

    keeps: ClassVar[tuple[str, ...]] = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    def __init__(
        self,
        thresholds: Sequence[float],
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, dtype)
        self.thresholds = list(thresholds)
        self.top_k = None if top_k is None else positive_int(top_k, "top_k")
        self.class_id = class_id
        self._levels = np.asarray(self.thresholds, dtype=float)

    def sums(self) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.keeps, (len(self.thresholds),))

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:
        """y_true (N, ...) of 0 and 1; y_pred (N, ...) from 0 to 1; sample_weight one a sample or one an answer."""
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        xp = namespace(y_pred)
        if self.top_k is not None:
            rank = xp.argsort(xp.argsort(-y_pred, axis=-1, stable=True), axis=-1)
            y_pred = xp.where(rank < self.top_k, y_pred, xp.asarray(OUT, dtype=y_pred.dtype))
        weights = self.weights(y_pred, sample_weight)
        if self.class_id is not None:
            y_true, y_pred, weights = (array[..., self.class_id] for array in (y_true, y_pred, weights))
        found = self.count(y_true, y_pred, weights)
        return {name: found[name] for name in self.keeps}

    def weights(self, y_pred: Array, sample_weight: Any) -> Array:
        """One weight for each answer, shaped like y_pred."""
        xp = namespace(y_pred)
        if sample_weight is None:
            return xp.ones(y_pred.shape, dtype=wide(xp))
        return xp.broadcast_to(beside(sample_weight, y_pred), y_pred.shape)

    def count(self, y_true: Array, y_pred: Array, weights: Array) -> Sums:
        return counts(y_true.reshape(-1), y_pred.reshape(-1), weights.reshape(-1), self._levels)


def checked_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """Thresholds as a list; one number is a list of one, None the default.

    Raises ValueError for one outside [0, 1].
    """
    if thresholds is None:
        return [default]
    found = list(thresholds) if isinstance(thresholds, Iterable) else [thresholds]
    for threshold in found:
        if threshold is None or not 0 <= threshold <= 1:
            raise ValueError(f"thresholds must lie in [0, 1], got {thresholds!r}.")
    return found


class Count(Counting):
    """Base of the four single counts: one number, or one for each of several thresholds."""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(checked_thresholds(thresholds), name=name, dtype=dtype)
        self.given = thresholds

    def conclude(self, sums: Sums) -> Array:
        found = sums[self.keeps[0]]
        return found if len(self.thresholds) > 1 else found[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.given}


@registry.add("TruePositives", "true_positives")
class TruePositives(Count):
    """How many targets of 1 are predicted as 1.

    >>> print(TruePositives()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0]))
    2.0
    """

    keeps = ("true_positives",)


@registry.add("FalsePositives", "false_positives")
class FalsePositives(Count):
    """How many targets of 0 are predicted as 1."""

    keeps = ("false_positives",)


@registry.add("TrueNegatives", "true_negatives")
class TrueNegatives(Count):
    """How many targets of 0 are predicted as 0."""

    keeps = ("true_negatives",)


@registry.add("FalseNegatives", "false_negatives")
class FalseNegatives(Count):
    """How many targets of 1 are predicted as 0."""

    keeps = ("false_negatives",)


class Share(Counting):
    """Base of precision and recall: true positives as a share of themselves and one other count.

    thresholds   where "yes" begins: a number, several, or None for 0.5 (with top_k: whatever is among the top k)
    top_k        only the k highest scores of a sample may say yes
    class_id     only this entry of the last axis is looked at
    """

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(checked_thresholds(thresholds, 0.5 if top_k is None else OUT), top_k, class_id, name, dtype)
        self.given = thresholds

    def conclude(self, sums: Sums) -> Array:
        right, wrong = (sums[name] for name in self.keeps)
        share = ratio(right, right + wrong)
        return share if len(self.thresholds) > 1 else share[0]

    def get_config(self) -> dict[str, Any]:
        more = {"thresholds": self.given, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **more}


@registry.add("Precision", "precision")
class Precision(Share):
    """The share of the yes answers that are right; 0 when there are none.

    >>> print(Precision()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0]).round(4))
    0.6667
    """

    keeps = ("true_positives", "false_positives")


@registry.add("Recall", "recall")
class Recall(Share):
    """The share of the targets of 1 that are found; 0 when there are none.

    >>> print(Recall()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0]).round(4))
    0.6667
    """

    keeps = ("true_positives", "false_negatives")
