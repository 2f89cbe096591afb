"""Labels to one-hot rows, and vectors to unit length."""

from typing import Any

import numpy as np

from ..arrays import Array, namespace, one_hot
from ..errors import DataError


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """A row of zeros with a one at its class, for each label.

    x            (...) or (..., 1)           whole numbers in [0, num_classes)
    num_classes                              the highest label plus one, unless given
    returns      (..., num_classes) float64

    Raises DataError, naming the first bad label, when a label is negative, fractional or too high.

    >>> to_categorical([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = np.asarray(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if not (labels.size or num_classes):
        raise DataError("to_categorical: got no labels at all; say how many classes there are: num_classes=10.")
    if labels.dtype.kind not in "biuf":
        raise DataError(f"to_categorical: labels must be whole numbers, got dtype {labels.dtype}.")
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    bad = np.argwhere(~((labels >= 0) & (labels < classes) & (labels == np.floor(labels))))
    if len(bad):
        place = tuple(bad[0].tolist())
        raise DataError(
            f"to_categorical: labels must be whole numbers from 0 to {classes - 1}, "
            f"got {labels[place].item()!r} at index {place[0] if len(place) == 1 else place}."
        )
    return one_hot(labels, classes, "float64")


def normalize(x: Any, axis: int = -1, order: Any = 2) -> Array:
    """x divided by its lengths along one axis; what has no length (all zeros) stays as it is.

    x        array of any shape; a JAX array stays one
    order    which length: 2 is Euclid's, 1 the sum of sizes, float("inf") the largest size

    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    values = x if hasattr(x, "__array_namespace__") else np.asarray(x)
    xp = namespace(values)
    values = xp.atleast_1d(values)
    length = xp.linalg.norm(values, ord=order, axis=axis, keepdims=True)
    return values / xp.where(length == 0, xp.ones_like(length), length)
