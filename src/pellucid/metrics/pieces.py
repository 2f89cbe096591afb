"""Small formulas that several metrics share."""

from typing import Any

from ..arrays import Array, namespace
from ..errors import ShapeError


def wide(xp: Any) -> Any:
    """The widest float type of a library: float64 on NumPy, float32 on JAX unless its x64 mode is on."""
    return xp.result_type(float)


def ratio(a: Array, b: Array) -> Array:
    """a / b, and 0 where b is 0.

    >>> import numpy as np
    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
    array([0.5, 0. ])
    """
    xp = namespace(a + b)
    empty = b == 0
    return xp.where(empty, 0.0, a / xp.where(empty, 1.0, b))


def same_shape(name: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Both in y_pred's float type and one shape; an axis of one at the end may be missing from either.

    Raises ShapeError when the shapes do not fit.
    """
    xp = namespace(y_pred)
    if y_pred.dtype.kind in "biu":
        y_pred = y_pred.astype(xp.result_type("float32"))
    y_true = xp.asarray(y_true, dtype=y_pred.dtype)
    if y_true.shape == y_pred.shape:
        return y_true, y_pred
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    elif y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        y_pred = y_pred[..., 0]
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{name}: y_true and y_pred must have the same shape, got {y_true.shape} and {y_pred.shape}. "
            "Targets that are class numbers need a metric whose name starts with 'sparse'."
        )
    return y_true, y_pred


def labels_for(name: str, y_true: Any, scores: Array) -> Array:
    """Class numbers, one for each row of scores: labels (N, 1) lose the axis of one.

    scores   (N, ..., C)
    returns  (N, ...)

    Raises ShapeError when there is not one label for each row.
    """
    y_true = namespace(scores).asarray(y_true)
    if y_true.ndim == scores.ndim and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    if y_true.shape != scores.shape[:-1]:
        raise ShapeError(
            f"{name}: needs one class number for each row of scores, y_true shaped {scores.shape[:-1]} for y_pred "
            f"shaped {scores.shape}, got {y_true.shape}. One-hot targets need the metric without 'sparse' in its name."
        )
    return y_true


def beside(sample_weight: Any, values: Array) -> Array:
    """Weights with as many axes as values, from the first axis on: (N,) fits (N, C) as (N, 1).

    Raises ShapeError when they do not fit.
    """
    xp = namespace(values)
    weights = xp.asarray(sample_weight, dtype=wide(xp))
    shape = tuple(weights.shape)
    while len(shape) > values.ndim and shape[-1] == 1:
        shape = shape[:-1]
    shape += (1,) * (values.ndim - len(shape))
    if len(shape) != values.ndim or any(w not in (1, v) for w, v in zip(shape, values.shape, strict=True)):
        raise ShapeError(
            f"sample_weight: shape {tuple(weights.shape)} does not fit values shaped {tuple(values.shape)}. "
            "Give one number for each sample, or one for each value."
        )
    return weights.reshape(shape)
