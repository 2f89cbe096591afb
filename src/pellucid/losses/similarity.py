"""Circle loss: embeddings of one label should point the same way, those of different labels apart.

    d           = max(1 - e·e', 0)                                  cosine distance of every pair
    positive    = -γ max(m + d, 0) (m - d)                          pairs of one label
    negative    =  γ max(1 + m - d, 0) (1 - m - d)                  pairs of two labels
    loss        = softplus(logsumexp positive + logsumexp negative) one for each embedding

A pair far from where it should be weighs more. Embeddings are taken to have length 1.
Source: Sun, Cheng, Zhang, Zhang, Zheng, Wang & Wei, "Circle loss", CVPR 2020, equation 8.
"""

from typing import Any

from ..arrays import Array, namespace
from ..errors import ShapeError
from .formula import loss_function
from .loss import FormulaLoss, loss_for
from .pieces import sigmoid, softplus, step


def _fit_embeddings(name: str, y_true: Any, y_pred: Array, axis: Any = -1) -> tuple[Array, Array]:
    """One label (N,) or (N, 1) for each embedding (N, D); labels come back as (N,)."""
    y_true = namespace(y_pred).asarray(y_true)
    if y_pred.ndim != 2 or y_true.shape not in ((y_pred.shape[0],), (y_pred.shape[0], 1)):
        raise ShapeError(
            f"{name}: needs labels (N,) and embeddings (N, D), got {y_true.shape} and {y_pred.shape}. "
            f"Flatten the embeddings first."
        )
    return y_true.reshape(-1).astype("int32"), y_pred


@loss_function(fit=_fit_embeddings)
def circle(
    y_true: Array,
    y_pred: Array,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
) -> Array:
    """How far each embedding is from its label's others, and how near to those of other labels.

    y_true           (N,)        labels
    y_pred           (N, D)      embeddings of length 1
    ref_labels, ref_embeddings   (M,), (M, D)    what to compare with; the batch itself by default
    remove_diagonal  do not compare embedding i with reference i
    values           (N,)        0 where there is no partner of one of the two kinds

    >>> circle([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).round(3)
    array([0., 0., 0.], dtype=float32)
    """
    pairs = _Pairs(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)
    return softplus(_logsumexp(pairs.positive, pairs.same) + _logsumexp(pairs.negative, pairs.other))


@circle.backward_rule
def _(
    y_true: Array,
    y_pred: Array,
    dl: Array,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
) -> Array:
    pairs = _Pairs(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)
    d = pairs.distance
    total = _logsumexp(pairs.positive, pairs.same) + _logsumexp(pairs.negative, pairs.other)
    dtotal = (dl * sigmoid(total))[:, None]
    slope = _shares(pairs.positive, pairs.same) * -(step(margin + d) * (margin - d) - pairs.pull)
    slope = slope + _shares(pairs.negative, pairs.other) * -(step(1.0 + margin - d) * (1.0 - margin - d) + pairs.push)
    dcosine = -step(1.0 - pairs.cosine) * (gamma * slope * dtotal)  # (N, M)
    dy_pred = dcosine @ pairs.reference
    return dy_pred + dcosine.T @ y_pred if ref_embeddings is None else dy_pred


class _Pairs:
    """Every embedding against every reference, all (N, M)."""

    def __init__(
        self,
        labels: Array,
        embeddings: Array,
        ref_labels: Any,
        ref_embeddings: Any,
        apart: bool,
        gamma: float,
        m: float,
    ) -> None:
        xp = namespace(embeddings)
        self.reference = embeddings if ref_embeddings is None else xp.asarray(ref_embeddings, dtype=embeddings.dtype)
        ref_labels = labels if ref_labels is None else xp.asarray(ref_labels).reshape(-1)
        self.cosine = embeddings @ self.reference.T
        self.distance = xp.maximum(1.0 - self.cosine, 0.0)
        equal = labels[:, None] == ref_labels
        self.same = equal & ~xp.eye(*equal.shape, dtype=bool) if apart else equal
        self.other = ~equal
        self.pull = xp.maximum(m + self.distance, 0.0)
        self.push = xp.maximum(1.0 + m - self.distance, 0.0)
        self.positive = -gamma * self.pull * (m - self.distance)
        self.negative = gamma * self.push * (1.0 - m - self.distance)


def _logsumexp(x: Array, among: Array) -> Array:
    """log Σ exp x over a row's chosen places; -inf where there is none."""
    xp = namespace(x)
    top, total, _ = _exponentials(x, among)
    return xp.where(total > 0, top + xp.log(xp.where(total > 0, total, 1.0)), -xp.inf)


def _shares(x: Array, among: Array) -> Array:
    """Softmax over a row's chosen places, 0 elsewhere: the slope of `_logsumexp`."""
    _, total, e = _exponentials(x, among)
    return e / namespace(x).where(total > 0, total, 1.0)[:, None]


def _exponentials(x: Array, among: Array) -> tuple[Array, Array, Array]:
    """The largest chosen x of each row, Σ exp(x - largest), and its terms."""
    xp = namespace(x)
    top = xp.where(among, x, -xp.inf).max(axis=1)
    top = xp.where(xp.isfinite(top), top, 0.0)
    e = xp.exp(xp.where(among, x - top[:, None], -xp.inf))
    return top, e.sum(axis=1), e


@loss_for(circle)
class Circle(FormulaLoss):
    """Circle loss over the pairs of a batch; embeddings whose loss is 0 have no say in the mean."""

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)

    def mask_of(self, y_true: Array, y_pred: Array, values: Array) -> Array:
        return values > 0
