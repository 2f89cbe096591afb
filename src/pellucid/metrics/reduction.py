"""Sums and means of values, and the metric made from a function.

mean = Σ weight · value / Σ weight

Values with more axes than one are first averaged to one value a sample, as in Keras.
"""

from collections.abc import Callable
from typing import Any

from ..arrays import Array, namespace
from ..automatic import untouched
from .metric import Metric, Sums, registry, snake_case
from .pieces import beside, ratio, wide


@registry.add("Sum", "sum")
class Sum(Metric):
    """Sum of all values, each times its weight.

    >>> print(Sum()([1.0, 2.0], sample_weight=[1.0, 10.0]))
    21.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def sums(self) -> dict[str, tuple[int, ...]]:
        return {"total": ()}

    def measure(self, values: Any, sample_weight: Any = None) -> Sums:
        """values (N, ...); sample_weight one a sample or one a value."""
        xp = namespace(values)
        if sample_weight is not None:
            values = values * beside(sample_weight, values)
        return {"total": values.sum(dtype=wide(xp))}

    def conclude(self, sums: Sums) -> Array:
        return sums["total"]


@registry.add("Mean", "mean")
class Mean(Metric):
    """Weighted mean of all values.

    >>> print(Mean()([1.0, 3.0], sample_weight=[3.0, 1.0]))
    1.5
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def sums(self) -> dict[str, tuple[int, ...]]:
        return {"total": (), "count": ()}

    def measure(self, values: Any, sample_weight: Any = None) -> Sums:
        """values (N, ...); sample_weight one a sample or one a value."""
        return mean_sums(values, sample_weight)

    def conclude(self, sums: Sums) -> Array:
        return ratio(sums["total"], sums["count"])


def mean_sums(values: Any, sample_weight: Any = None) -> Sums:
    """The weighted total of the samples' mean values, and the sum of the samples' weights."""
    xp = namespace(values)
    samples = values.shape[0] if values.ndim else 1
    places = max(values.size // max(samples, 1), 1)  # values in each sample
    if sample_weight is None:
        total = values.sum(dtype=wide(xp))
        return {"total": total if places == 1 else total / places, "count": samples}
    weights = beside(sample_weight, values)
    total = (values * weights).sum(dtype=wide(xp)) / places
    if getattr(sample_weight, "ndim", 0) == 0:  # one weight for the whole batch, which counts as one sample
        return {"total": total / max(samples, 1), "count": weights.sum()}
    return {"total": total, "count": xp.broadcast_to(weights, values.shape).sum() / places}


@registry.add("MeanMetricWrapper", "mean_metric_wrapper")
class MeanMetricWrapper(Mean):
    """The mean of a function's values; named after the function.

    fn       f(y_true, y_pred, **kwargs) -> values (N,) or (N, ...)

    >>> def worst(y_true, y_pred): return abs(y_true - y_pred).max(axis=-1)
    >>> metric = MeanMetricWrapper(worst)
    >>> print(metric.name, metric([[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [4.0, 3.0]]))
    worst 3.0
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        if not callable(fn):
            raise ValueError(f"MeanMetricWrapper: fn must be a function of (y_true, y_pred), got {fn!r}.")
        super().__init__(name or function_name(fn), dtype)
        self.fn = fn
        self.settings = kwargs

    def measure(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Sums:  # type: ignore[override]
        """What a batch adds: the function's values in place of Mean's."""
        values = self.fn(untouched(y_true), untouched(y_pred), **self.settings)
        return mean_sums(namespace(y_pred).asarray(values), sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if type(self) is MeanMetricWrapper:
            config["fn"] = self.fn
        return {**config, **self.settings}


def function_name(fn: Any) -> str:
    """What the log calls a function: its own name, without a lambda's brackets."""
    name = getattr(fn, "__name__", None) or getattr(fn, "name", None) or snake_case(type(fn).__name__)
    return "lambda" if name == "<lambda>" else name
