"""From the loss of each sample to one cost: sample weights, masks, and the one division by the batch.

cost = Σ weight · value / divisor          dcost/dvalue = weight / divisor

reduction                                  divisor
"sum_over_batch_size", "mean"              how many values there are
"mean_with_sample_weight"                  the sum of the weights
"sum"                                      1
None, "none"                               no sum either: the weighted values as they are
"""

from typing import Any

from ..arrays import Array
from ..errors import ShapeError, one_of

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def check_reduction(reduction: str | None) -> str | None:
    """reduction, if it is one of the six."""
    return one_of(reduction, REDUCTIONS, "reduction")


def reduce(
    values: Array, xp: Any, reduction: str | None, sample_weight: Any = None, mask: Any = None
) -> tuple[Array, Array]:
    """The cost, and how it changes with each value.

    values         (...)        losses; a single number stands for the whole batch and is never divided
    sample_weight  broadcast to values from its first axes: one weight a sample counts for all the sample's places
    mask           likewise; where it is false the value does not count, and a mean is over the others only
    returns        cost, dcost/dvalues shaped like values (for None: of the sum of all)

    Raises ShapeError when weights or mask fit no axis of values.
    """
    weights = _weights(values, xp, reduction, sample_weight, mask)
    averages = reduction not in (None, "none", "sum")
    if weights is None:
        count = max(values.size, 1) if averages else 1
        cost = values if reduction in (None, "none") else values.sum() / count
        return cost, xp.full(values.shape, 1.0 / count, dtype=values.dtype)

    weighted = values * weights
    if not weighted.shape or not averages:
        cost = weighted if reduction in (None, "none") else weighted.sum()
        slope = weights
    elif reduction == "mean_with_sample_weight":
        total = weights.sum()
        divisor = xp.where(total == 0, 1.0, total)
        cost = xp.where(total == 0, 0.0, weighted.sum() / divisor)
        slope = weights * xp.where(total == 0, 0.0, 1.0 / divisor)
    else:
        count = max(weighted.size, 1)
        cost, slope = weighted.sum() / count, weights / count
    return cost, (xp.broadcast_to(slope, values.shape) if values.shape else slope.sum())


def _weights(values: Array, xp: Any, reduction: str | None, sample_weight: Any, mask: Any) -> Array | None:
    """Sample weights times mask, or None when there are neither."""
    weights = None
    if sample_weight is not None:
        weights = _beside(xp.asarray(sample_weight, dtype=values.dtype), values, "sample_weight")
    if mask is not None:
        counts = _beside(xp.asarray(mask, dtype=values.dtype), values, "mask")
        if reduction in ("sum_over_batch_size", "mean"):
            valid = counts.sum()
            counts = counts * xp.where(valid == 0, 0.0, counts.size / xp.where(valid == 0, 1.0, valid))
        weights = counts if weights is None else _beside(weights, counts, "sample_weight") * counts
    return None if weights is None else xp.asarray(weights, dtype=values.dtype)


def _beside(weights: Array, values: Array, name: str) -> Array:
    """weights with as many axes as values: axes of one leave or join at the end."""
    shape = tuple(weights.shape)
    if not shape or not values.shape:
        return weights
    while len(shape) > values.ndim and shape[-1] == 1:
        shape = shape[:-1]
    fitted = shape + (1,) * (values.ndim - len(shape))
    if len(fitted) != values.ndim or any(w not in (1, v) for w, v in zip(fitted, values.shape, strict=True)):
        raise ShapeError(
            f"{name}: shape {tuple(weights.shape)} does not fit the losses, shaped {tuple(values.shape)}. "
            f"Give one number for each sample, or one for each loss."
        )
    return weights if fitted == weights.shape else weights.reshape(fitted)
