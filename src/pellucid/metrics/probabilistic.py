"""Distances between distributions, and margins: the loss formulas, averaged over all batches."""

from typing import Any

from ..arrays import namespace
from ..losses import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    hinge,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from .metric import Sums, registry
from .pieces import beside
from .reduction import MeanMetricWrapper, mean_sums


@registry.add("BinaryCrossentropy", "binary_crossentropy", "bce", "BCE")
class BinaryCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of yes-or-no targets.

    >>> print(BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]]).round(4))
    0.6931
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        settings = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(binary_crossentropy, name, dtype, **settings)


@registry.add("CategoricalCrossentropy", "categorical_crossentropy")
class CategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of one-hot targets."""

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        settings = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, name, dtype, **settings)


@registry.add("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy")
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of class numbers.

    Samples of `ignore_class` add nothing. As in Keras, they leave the mean's divisor
    too when there are sample weights, and stay in it when there are none.
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        settings = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, name, dtype, **settings)
        self.ignore_class = ignore_class

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:  # type: ignore[override]
        """What a batch adds; among weighted samples those with ignored labels have weight 0."""
        if self.ignore_class is None or sample_weight is None:
            return super().measure(y_true, y_pred, sample_weight)
        values = self.fn(y_true, y_pred, **self.settings)
        counts = namespace(values).asarray(y_true).reshape(values.shape) != self.ignore_class
        return mean_sums(values, counts * beside(sample_weight, values))


@registry.add("KLDivergence", "kl_divergence", "kld", "KLD")
class KLDivergence(MeanMetricWrapper):
    """Mean Kullback-Leibler divergence of the predicted from the true distribution."""

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(kl_divergence, name, dtype)


@registry.add("Poisson", "poisson")
class Poisson(MeanMetricWrapper):
    """Mean Poisson loss: y_pred - y_true log y_pred."""

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(poisson, name, dtype)


@registry.add("Hinge", "hinge")
class Hinge(MeanMetricWrapper):
    """Mean of max(0, 1 - y_true y_pred); targets -1 or 1 (0 counts as -1)."""

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(hinge, name, dtype)


@registry.add("SquaredHinge", "squared_hinge")
class SquaredHinge(MeanMetricWrapper):
    """Mean of max(0, 1 - y_true y_pred)²; targets -1 or 1 (0 counts as -1)."""

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(squared_hinge, name, dtype)


@registry.add("CategoricalHinge", "categorical_hinge")
class CategoricalHinge(MeanMetricWrapper):
    """Mean of max(0, 1 + the best wrong score - the right score); targets one-hot."""

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(categorical_hinge, name, dtype)
