"""What a loss is worth: how well the best constant answer does on the same targets, and how well an undecided one."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ... import losses
from ...arrays import Array
from ...engine.batch import Batch
from ...engine.step import Objective

MOST = 10_000  # targets that are looked at
NOTHING = 1e-6  # a loss below it is none: all targets are the same


def constant_loss(
    objectives: Iterable[Objective], batch: Batch, widths: Iterable[int | None], held: Batch | None = None
) -> float | None:
    """The loss of the best answer that is the same for all samples: means, medians, shares of the classes.

    objectives   the losses over the outputs themselves
    widths       last axis of each output
    held         other samples, on which that answer is judged; by default those that it was found on

    None where that cannot be said, or where that answer is right.
    """
    return _total(objectives, batch, widths, _constant_answers, held)


def undecided_loss(objectives: Iterable[Objective], batch: Batch, widths: Iterable[int | None]) -> float | None:
    """The loss of a classifier that thinks all classes equally likely: ln K for a cross-entropy. None for others."""
    return _total(objectives, batch, widths, _undecided_answers)


def is_classification(loss: Any) -> bool:
    """Whether a loss compares shares of classes."""
    return isinstance(
        loss, losses.BinaryCrossentropy | losses.CategoricalCrossentropy | losses.SparseCategoricalCrossentropy
    )


def _total(
    objectives: Iterable[Objective],
    batch: Batch,
    widths: Iterable[int | None],
    answers: Callable[[Any, Array, int, Array | None], list[Array]],
    held: Batch | None = None,
) -> float | None:
    total, found = 0.0, False
    weights = batch.weights or (None,) * len(batch.y)
    held_weights = (held.weights if held else None) or (None,) * len(batch.y)
    for place, (objective, y, width) in enumerate(zip(objectives, batch.y, widths, strict=True)):
        if objective.loss is None:
            continue
        y = np.asarray(y)[:MOST]
        own = _of_samples(weights[place], y)
        answered = [] if width is None else answers(objective.loss, y, width, own)
        if not answered:
            return None
        known = [_loss(objective.loss, y, weights[place], one) for one in answered]
        least = min(known)
        if held is not None:
            best = answered[known.index(least)]
            least = _loss(objective.loss, np.asarray(held.y[place])[:MOST], held_weights[place], best)
        total += objective.weight * least
        found = True
    return total if found and np.isfinite(total) and total > NOTHING else None


def _loss(loss: Any, y: Array, weights: Array | None, answer: Array) -> float:
    if _sparse(loss) and weights is None:  # each class once, for all its targets
        counts = np.bincount(y.reshape(-1).astype(int))
        y = np.flatnonzero(counts)
        weights = counts[y] * (len(y) / counts.sum())
    places = y.shape if _sparse(loss) else y.shape[:-1]
    answer = np.ascontiguousarray(np.broadcast_to(answer.astype(np.float32), (*places, answer.shape[-1])))
    return float(np.mean(loss.forward(y, answer, None if weights is None else weights[: len(y)])[0]))


def _of_samples(weights: Array | None, y: Array) -> Array | None:
    """What each sample counts, (N,); None where all count alike, or single places do not."""
    return weights[: len(y)] if weights is not None and weights.ndim == 1 and weights[: len(y)].any() else None


def _constant_answers(loss: Any, y: Array, width: int, weights: Array | None) -> list[Array]:
    each = None if weights is None else np.repeat(weights, max(y[0].size // (1 if _sparse(loss) else y.shape[-1]), 1))
    if _sparse(loss):
        counts = np.bincount(y.reshape(-1).astype(int), each, minlength=width)[:width]
        return [_as_output(loss, counts / counts.sum())]
    if y.ndim < 2:
        return []
    rows = y.reshape(-1, y.shape[-1])
    mean = np.average(rows, axis=0, weights=each)
    return [_as_output(loss, mean)] if is_classification(loss) else [mean, np.median(rows, axis=0)]


def _sparse(loss: Any) -> bool:
    return isinstance(loss, losses.SparseCategoricalCrossentropy)


def _undecided_answers(loss: Any, y: Array, width: int, weights: Array | None) -> list[Array]:
    if not is_classification(loss):
        return []
    return [_as_output(loss, np.full(width, 0.5 if isinstance(loss, losses.BinaryCrossentropy) else 1 / width))]


def _as_output(loss: Any, shares: Array) -> Array:
    """Shares of classes as the output that says so: themselves, or the sums before the softmax or sigmoid."""
    if not getattr(loss, "from_logits", False):
        return shares
    shares = np.clip(shares, 1e-7, 1 - 1e-7)
    return np.log(shares / (1 - shares)) if isinstance(loss, losses.BinaryCrossentropy) else np.log(shares)
