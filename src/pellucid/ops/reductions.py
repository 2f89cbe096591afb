"""Functions that draw axes together: one, several, or all."""

from collections.abc import Callable
from typing import Any

from ..arrays import Array, namespace
from ..backend.functions import all, any, logsumexp, max, min, prod
from ..backend.symbols import array, on_symbols
from .by_name import by_name, floating

amax, amin = max, min


def _mean_like(name: str) -> Callable[..., Array]:
    """A function whose result has fractions, also for whole numbers."""

    def compute(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        x = floating(x)
        return getattr(namespace(x), name)(x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"The {name} over an axis, several, or all."
    return on_symbols(compute)


mean, std, var = _mean_like("mean"), _mean_like("std"), _mean_like("var")


@on_symbols
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
    """The sum over an axis, several, or all."""
    x = array(x)
    dtype = x.dtype if x.dtype.kind == "f" else None
    return namespace(x).sum(x, axis=tuple(axis) if isinstance(axis, list) else axis, dtype=dtype, keepdims=keepdims)


@on_symbols
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The place of the largest along an axis, or among all."""
    return namespace(array(x)).argmax(array(x), axis=axis, keepdims=keepdims).astype("int32")


@on_symbols
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The place of the smallest along an axis, or among all."""
    return namespace(array(x)).argmin(array(x), axis=axis, keepdims=keepdims).astype("int32")


@on_symbols
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """The length of vectors along an axis, or of all numbers as one."""
    x = floating(x)
    xp = namespace(x)
    if ord in (None, 2, "euclidean", "fro"):
        return xp.sqrt((x * x).sum(axis=axis, keepdims=keepdims))
    if ord == 1:
        return xp.abs(x).sum(axis=axis, keepdims=keepdims)
    return xp.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)


@on_symbols
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Array, Array]:
    """The mean and the variance over some axes."""
    x, axes = floating(x), tuple(axes) if isinstance(axes, list) else axes
    xp = namespace(x)
    return xp.mean(x, axis=axes, keepdims=keepdims), xp.var(x, axis=axes, keepdims=keepdims)


@on_symbols
def average(x: Any, axis: Any = None, weights: Any = None) -> Array:
    """The mean, weighted where weights are given."""
    x = floating(x)
    if weights is None:
        return x.mean(axis=axis)
    weights = namespace(x).broadcast_to(namespace(x).asarray(array(weights), dtype=x.dtype), x.shape)
    return (x * weights).sum(axis=axis) / weights.sum(axis=axis)


@on_symbols
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Array, Array]:
    """The k largest along the last axis, the largest first, and their places."""
    x = array(x)
    xp = namespace(x)
    places = xp.flip(xp.argsort(x, axis=-1), axis=-1)[..., :k]
    return xp.take_along_axis(x, places, axis=-1), places.astype("int32")


@on_symbols
def in_top_k(targets: Any, predictions: Any, k: int) -> Array:
    """Whether each target is among the k largest predictions of its row."""
    predictions, targets = array(predictions), array(targets)
    xp = namespace(predictions)
    own = xp.take_along_axis(predictions, targets.astype("int32")[:, None], axis=-1)
    return (predictions > own).sum(axis=-1) < k


cumsum, cumprod, median, count_nonzero = map(by_name, ("cumsum", "cumprod", "median", "count_nonzero"))
nanmean, nansum, nanmax, nanmin = map(by_name, ("nanmean", "nansum", "nanmax", "nanmin"))
percentile, histogram, unique = map(by_name, ("percentile", "histogram", "unique"))
quantile, bincount = by_name("quantile"), by_name("bincount")

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "average", "bincount", "count_nonzero", "cumprod", "cumsum",
    "histogram", "in_top_k", "logsumexp", "max", "mean", "median", "min", "moments", "nanmax", "nanmean",
    "nanmin", "nansum", "norm", "percentile", "prod", "quantile", "std", "sum",
    "top_k", "unique", "var",
]  # fmt: skip
