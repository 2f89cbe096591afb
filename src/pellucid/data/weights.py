"""How much each sample counts: sample_weight as it is given, class_weight looked up by each sample's class."""

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..config import floatx
from ..errors import ShapeError, check_dtype
from .batches import Slot
from .columns import as_array


def weight_slot(value: Any, target: Slot, name: str) -> tuple[Any, Slot]:
    """The weights as an array, and the slot they must fit: (N,), or one axis for each further place that has a loss.

    Raises ShapeError when they fit no axes of the target's losses.
    """
    raw = as_array(value, name)
    check_dtype(raw.dtype, name)
    places = target.places
    axes = min(max(1, len(raw.shape)), len(places))
    if len(raw.shape) not in (axes, axes + 1) or (len(raw.shape) > axes and raw.shape[-1] != 1):
        raise ShapeError(
            f"{name} must hold one number for each sample"
            f"{' or each place of it' if len(places) > 1 else ''}, shaped {places}, got {tuple(raw.shape)}."
        )
    shape = (None, *(1 if size == 1 else place for size, place in zip(raw.shape[1:axes], places[1:axes], strict=True)))
    return raw, Slot(name, shape, floatx())


def combine(first: Array | None, second: Array | None) -> Array | None:
    """Both weights multiplied; the one with fewer axes counts alike for all places of a sample."""
    if first is None or second is None:
        return first if second is None else second
    axes = max(first.ndim, second.ndim)
    return _widen(first, axes) * _widen(second, axes)


def _widen(weights: Array, axes: int) -> Array:
    return weights.reshape(*weights.shape, *[1] * (axes - weights.ndim))


class ClassWeights:
    """The weight of each sample from its class: the label, the place of the largest of several targets, or 0 and 1.

    >>> weigh = ClassWeights({0: 1.0, 1: 5.0}, Slot("y", (None, 1)))
    >>> weigh(np.array([[0.0], [1.0]]))
    array([1., 5.], dtype=float32)
    """

    def __init__(self, class_weight: Any, target: Slot) -> None:
        if not isinstance(class_weight, Mapping) or not class_weight:
            raise TypeError(
                f"class_weight must be a dict from class number to weight, or 'balanced', got {class_weight!r}."
            )
        classes = _classes(target)
        for number, weight in class_weight.items():
            if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 0:
                raise ValueError(f"class_weight: the keys are class numbers, whole and from 0, got {number!r}.")
            if classes is not None and number >= classes:
                raise ValueError(
                    f"class_weight has a weight for class {number}, but the classes run from 0 to {classes - 1}."
                )
            if isinstance(weight, bool) or not isinstance(weight, numbers.Real) or not 0 <= float(weight) < math.inf:
                raise ValueError(f"class_weight[{number}] must be a finite number of at least 0, got {weight!r}.")
        self.target = target
        self._table = np.ones(max(class_weight) + 2, floatx())  # the last place stands for all above it
        for number, weight in class_weight.items():
            self._table[number] = weight

    def __call__(self, y: Array) -> Array:
        """The weights of these targets, one for each place that has a loss; a class that is not named counts 1."""
        classes = class_numbers(y, self.target)
        ignored = classes == self.target.ignore
        weights = self._table[np.clip(classes, 0, len(self._table) - 1)]
        return np.where(ignored, 1, weights).astype(self._table.dtype, copy=False)


def weighed(
    weights: Sequence[Array | None], by_class: Sequence[ClassWeights | None], ys: Sequence[Array]
) -> list[Array | None]:
    """The weights of each output's samples, multiplied with those of their classes."""
    if not by_class:
        return list(weights)
    return [
        given if weigh is None else combine(given, weigh(y))
        for given, weigh, y in zip(weights, by_class, ys, strict=True)
    ]


def balanced(y: Any, target: Slot) -> dict[int, float]:
    """Weights under which all classes count alike: samples / (classes · samples of the class), as scikit-learn has it.

    >>> balanced(np.array([0, 0, 0, 1]), Slot("y", (None,), kind="labels", limit=2))
    {0: 0.6666666666666666, 1: 2.0}
    """
    numbers, counts = np.unique(class_numbers(np.asarray(y), target), return_counts=True)
    share = counts.sum() / len(counts)
    return {int(number): float(share / count) for number, count in zip(numbers, counts, strict=True)}


def class_numbers(y: Array, target: Slot) -> Array:
    """The class of each sample: the label, the place of the largest of several targets, or 0 and 1."""
    if target.kind == "labels":
        return y[..., 0] if y.ndim > 1 and y.shape[-1] == 1 else y
    if y.ndim > 1 and y.shape[-1] > 1:
        return y.argmax(axis=-1)
    return np.rint(y[..., 0] if y.ndim > 1 else y).astype(np.int64)


def _classes(target: Slot) -> int | None:
    if target.kind == "labels":
        return target.limit
    return target.shape[-1] if len(target.shape) > 1 and target.shape[-1] != 1 else None
