"""Losses between distributions.

kl_divergence   Σ p log(p / q)            p and q clipped to [ε, 1]
poisson         mean (q - p log(q + ε))   q a rate of counts
"""

from ..arrays import Array, namespace
from ..config import epsilon
from .formula import loss_function
from .loss import FormulaLoss, loss_for
from .pieces import clip_slope


@loss_function("kld", "KLD", "kullback_leibler_divergence")
def kl_divergence(y_true: Array, y_pred: Array) -> Array:
    """How much the distribution y_true surprises somebody who expects y_pred, in nats.

    >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4)
    array([0.1438], dtype=float32)
    """
    xp = namespace(y_pred)
    p, q = xp.clip(y_true, epsilon(), 1.0), xp.clip(y_pred, epsilon(), 1.0)
    return (p * xp.log(p / q)).sum(axis=-1)


@kl_divergence.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    xp = namespace(y_pred)
    p, q = xp.clip(y_true, epsilon(), 1.0), xp.clip(y_pred, epsilon(), 1.0)
    return -p / q * clip_slope(y_pred, epsilon(), 1.0) * dl[..., None]


@loss_function()
def poisson(y_true: Array, y_pred: Array) -> Array:
    """Minus the log-likelihood of counts y_true at rates y_pred (its constant left out), averaged.

    >>> poisson([[0.0, 2.0]], [[1.0, 1.0]]).round(4)
    array([1.], dtype=float32)
    """
    return (y_pred - y_true * namespace(y_pred).log(y_pred + epsilon())).mean(axis=-1)


@poisson.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    return (1.0 - y_true / (y_pred + epsilon())) * (dl[..., None] / y_pred.shape[-1])


@loss_for(kl_divergence)
class KLDivergence(FormulaLoss):
    """Kullback-Leibler divergence from predicted to true distribution."""


@loss_for(poisson)
class Poisson(FormulaLoss):
    """Poisson loss, for targets that are counts."""
