"""Correlations between targets and predictions, sample by sample along an axis, averaged over all samples.

    Pearson       cov / (σ_true σ_pred)                                       do they rise and fall together?
    concordance   2 cov / (σ²_true + σ²_pred + (mean_true - mean_pred)²)      … and do they agree in value?

Source of the second: L. Lin, "A concordance correlation coefficient to evaluate
reproducibility", Biometrics 45 (1989), the coefficient ρ_c.
"""

from typing import Any

from ..arrays import Array, namespace
from ..config import epsilon
from .metric import registry
from .pieces import same_shape
from .reduction import MeanMetricWrapper


def pearson_correlation(y_true: Array, y_pred: Array, axis: int = -1) -> Array:
    """Pearson's correlation along an axis; 0 where one side does not vary.

    >>> import numpy as np
    >>> pearson_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]])).round(6)
    array([1.])
    """
    y_true, y_pred = same_shape("pearson_correlation", y_true, y_pred)
    xp = namespace(y_pred)
    dt, dp = (y - y.mean(axis=axis, keepdims=True) for y in (y_true, y_pred))
    square = (dt * dt).sum(axis=axis) * (dp * dp).sum(axis=axis)
    return (dt * dp).sum(axis=axis) / xp.sqrt(xp.maximum(square, epsilon() ** 2))


def concordance_correlation(y_true: Array, y_pred: Array, axis: int = -1) -> Array:
    """Lin's concordance along an axis: 1 only where both have the same values.

    >>> import numpy as np
    >>> concordance_correlation(np.array([[0.0, 2.0]]), np.array([[1.0, 3.0]])).round(4)
    array([0.6667])
    """
    y_true, y_pred = same_shape("concordance_correlation", y_true, y_pred)
    mt, mp = (y.mean(axis=axis, keepdims=True) for y in (y_true, y_pred))
    dt, dp = y_true - mt, y_pred - mp
    apart = (mt - mp).squeeze(axis)
    spread = (dt * dt).mean(axis=axis) + (dp * dp).mean(axis=axis) + apart * apart
    return 2.0 * (dt * dp).mean(axis=axis) / (spread + epsilon())


@registry.add("PearsonCorrelation", "pearson_correlation")
class PearsonCorrelation(MeanMetricWrapper):
    """Mean of the samples' Pearson correlations."""

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


@registry.add("ConcordanceCorrelation", "concordance_correlation")
class ConcordanceCorrelation(MeanMetricWrapper):
    """Mean of the samples' concordance correlations."""

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
