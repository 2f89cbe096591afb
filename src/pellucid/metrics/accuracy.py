"""Accuracies: the share of predictions that are right.

binary         (y_pred > threshold) = y_true
categorical    argmax y_pred = argmax y_true         the first of equals wins
sparse         argmax y_pred = label
top k          fewer than k classes score higher than the right one
"""

import math
from typing import Any

from ..arrays import Array, namespace
from ..errors import positive_int
from .metric import registry
from .pieces import labels_for, same_shape
from .reduction import MeanMetricWrapper


def accuracy(y_true: Array, y_pred: Array) -> Array:
    """1 where the two are equal, else 0; shaped like them.

    >>> import numpy as np
    >>> accuracy(np.array([1, 2]), np.array([1, 3]))
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = same_shape("accuracy", y_true, y_pred)
    return (y_true == y_pred).astype(y_pred.dtype)


def binary_accuracy(y_true: Array, y_pred: Array, threshold: float = 0.5) -> Array:
    """1 where the prediction is on the target's side of the threshold, else 0; shaped like them.

    >>> import numpy as np
    >>> binary_accuracy(np.array([1, 1]), np.array([0.6, 0.5]))
    array([1., 0.])
    """
    y_true, y_pred = same_shape("binary_accuracy", y_true, y_pred)
    return ((y_pred > threshold) == y_true).astype(y_pred.dtype)


def categorical_accuracy(y_true: Array, y_pred: Array) -> Array:
    """1 for each sample whose highest score is at the target's class.

    y_true   (N, ..., C)    one-hot, or probabilities
    y_pred   (N, ..., C)
    returns  (N, ...)

    >>> import numpy as np
    >>> categorical_accuracy(np.array([[0, 1], [1, 0]]), np.array([[0.2, 0.8], [0.3, 0.7]]))
    array([1., 0.])
    """
    y_true, y_pred = same_shape("categorical_accuracy", y_true, y_pred)
    return (y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)).astype(y_pred.dtype)


def sparse_categorical_accuracy(y_true: Array, y_pred: Array) -> Array:
    """1 for each sample whose highest score is at its label.

    y_true   (N, ...) or (N, ..., 1)    class numbers
    y_pred   (N, ..., C)
    returns  (N, ...)

    >>> import numpy as np
    >>> sparse_categorical_accuracy(np.array([1, 0]), np.array([[0.2, 0.8], [0.3, 0.7]]))
    array([1., 0.])
    """
    labels = labels_for("sparse_categorical_accuracy", y_true, y_pred)
    return (y_pred.argmax(axis=-1) == labels).astype(y_pred.dtype)


def top_k_categorical_accuracy(y_true: Array, y_pred: Array, k: int = 5) -> Array:
    """1 for each sample whose class is among the k highest scores; shapes as for `categorical_accuracy`.

    >>> import numpy as np
    >>> top_k_categorical_accuracy(np.array([[0, 0, 1], [1, 0, 0]]), np.array([[0.5, 0.3, 0.2], [0.4, 0.5, 0.1]]), k=2)
    array([0., 1.])
    """
    y_true, y_pred = same_shape("top_k_categorical_accuracy", y_true, y_pred)
    return _among_top(y_true.argmax(axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Array, y_pred: Array, k: int = 5, from_sorted_ids: bool = False) -> Array:
    """1 for each sample whose label is among the k highest scores; shapes as for `sparse_categorical_accuracy`.

    from_sorted_ids    y_pred holds class numbers, best first, instead of scores

    >>> import numpy as np
    >>> sparse_top_k_categorical_accuracy(np.array([2, 0]), np.array([[0.5, 0.3, 0.2], [0.4, 0.5, 0.1]]), k=2)
    array([0., 1.])
    """
    labels = labels_for("sparse_top_k_categorical_accuracy", y_true, y_pred)
    if from_sorted_ids:
        return (y_pred[..., :k] == labels[..., None]).any(axis=-1).astype("float32")
    return _among_top(labels.astype("int32"), y_pred, k)


def _among_top(labels: Array, y_pred: Array, k: int) -> Array:
    score = namespace(y_pred).take_along_axis(y_pred, labels[..., None], axis=-1)
    higher = (y_pred > score).sum(axis=-1)
    return ((higher < k) & (score == score)[..., 0]).astype(y_pred.dtype)  # a score of NaN is among no top


@registry.add("Accuracy", "accuracy")
class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets.

    >>> print(Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


@registry.add("BinaryAccuracy", "binary_accuracy")
class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions are on the target's side of the threshold."""

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        if threshold is None or not -math.inf < threshold < math.inf:  # 0 for a model that gives out logits
            raise ValueError(f"BinaryAccuracy: threshold must be a finite number, got {threshold!r}.")
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


@registry.add("CategoricalAccuracy", "categorical_accuracy")
class CategoricalAccuracy(MeanMetricWrapper):
    """How often the highest score is at the target's class; targets one-hot."""

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


@registry.add("SparseCategoricalAccuracy", "sparse_categorical_accuracy")
class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the highest score is at the label; targets are class numbers."""

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


@registry.add("TopKCategoricalAccuracy", "top_k_categorical_accuracy")
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the target's class is among the k highest scores; targets one-hot."""

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=positive_int(k, "k"))
        self.k = k


@registry.add("SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy")
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the label is among the k highest scores; targets are class numbers."""

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        k = positive_int(k, "k")
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.k, self.from_sorted_ids = k, from_sorted_ids
