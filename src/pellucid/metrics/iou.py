"""Intersection over union: how well predicted regions cover the true ones.

    IoU = true positives / (true positives + false positives + false negatives)       for each class

read off one confusion matrix, whose row is the true class and whose column the predicted one.
"""

from collections.abc import Sequence
from typing import Any

from ..arrays import Array, namespace, one_hot
from ..errors import positive_int
from .metric import Metric, Sums, registry
from .pieces import beside, ratio, wide


@registry.add("IoU", "io_u", "iou")
class IoU(Metric):
    """Mean IoU of some of the classes.

    num_classes        how many classes there are; labels beyond are not counted
    target_class_ids   the classes to average; those that never occur are left out
    ignore_class       places whose true class is this one do not count
    sparse_y_true      whether targets are class numbers (else scores, along `axis`); sparse_y_pred likewise

    Fractional sample weights count as what they are, also where Keras's integer
    default type cuts them to whole numbers.

    >>> print(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]).round(4))
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.num_classes = positive_int(num_classes, "num_classes")
        self.target_class_ids = [int(i) for i in target_class_ids]
        for i in self.target_class_ids:
            if not 0 <= i < num_classes:
                raise ValueError(f"{self.name}: target class {i} is not one of {num_classes} classes, 0 to "
                                 f"{num_classes - 1}.")  # fmt: skip
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis

    def sums(self) -> dict[str, tuple[int, ...]]:
        return {"confusion": (self.num_classes, self.num_classes)}

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:
        """y_true, y_pred (N, ...) class numbers or (N, ..., C) scores; sample_weight one a sample or one a place."""
        xp = namespace(y_pred)
        y_true = xp.asarray(y_true)
        actual = y_true if self.sparse_y_true else y_true.argmax(axis=self.axis)
        chosen = y_pred if self.sparse_y_pred else y_pred.argmax(axis=self.axis)
        if actual.ndim == chosen.ndim + 1 and actual.shape[-1] == 1:
            actual = actual[..., 0]
        weights = xp.broadcast_to(beside(1.0 if sample_weight is None else sample_weight, actual), actual.shape)
        if self.ignore_class is not None:
            weights = xp.where(actual == self.ignore_class, 0.0, weights)
        rows, columns = (
            one_hot(classes.reshape(-1).astype("int32"), self.num_classes, wide(xp)) for classes in (actual, chosen)
        )
        return {"confusion": rows.T @ (columns * weights.reshape(-1, 1))}

    def conclude(self, sums: Sums) -> Array:
        matrix = sums["confusion"]
        right = matrix.diagonal()
        union = matrix.sum(axis=0) + matrix.sum(axis=1) - right
        wanted = namespace(matrix).asarray(self.target_class_ids)
        share, occurs = ratio(right, union)[wanted], (union > 0)[wanted]
        return ratio(share.sum(), occurs.sum())

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


def _config(metric: IoU, *left_out: str) -> dict[str, Any]:
    """IoU's config without the settings that a subclass fixes."""
    return {name: value for name, value in IoU.get_config(metric).items() if name not in left_out}


@registry.add("BinaryIoU", "binary_io_u", "binary_iou")
class BinaryIoU(IoU):
    """Mean IoU of yes and no; scores from the threshold up say yes.

    >>> print(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]).round(4))
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:
        return super().measure(y_true, y_pred >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        fixed = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**_config(self, *fixed), "threshold": self.threshold}


@registry.add("MeanIoU", "mean_io_u", "mean_iou")
class MeanIoU(IoU):
    """Mean IoU of all classes that occur.

    >>> print(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]).round(4))
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        classes = range(positive_int(num_classes, "num_classes"))
        super().__init__(num_classes, classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return _config(self, "target_class_ids")


@registry.add("OneHotIoU", "one_hot_io_u", "one_hot_iou")
class OneHotIoU(IoU):
    """IoU for one-hot targets, and scores or class numbers as predictions."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return _config(self, "sparse_y_true")


@registry.add("OneHotMeanIoU", "one_hot_mean_io_u", "one_hot_mean_iou")
class OneHotMeanIoU(MeanIoU):
    """MeanIoU for one-hot targets, and scores or class numbers as predictions."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return _config(self, "target_class_ids", "sparse_y_true")
