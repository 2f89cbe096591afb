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


def constant_loss(objectives: Iterable[Objective], batch: Batch, widths: Iterable[int | None]) -> float | None:
    """The loss of the best answer that is the same for all samples: means, medians, shares of the classes.

    objectives   the losses over the outputs themselves
    widths       last axis of each output

    None where that cannot be said, or where that answer is right.
    """
    return _total(objectives, batch, widths, _constant_answers)


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
    answers: Callable[[Any, Array, int], list[Array]],
) -> float | None:
    total, found = 0.0, False
    for objective, y, width in zip(objectives, batch.y, widths, strict=True):
        if objective.loss is None:
            continue
        y = np.asarray(y)[:MOST]
        answered = [] if width is None else answers(objective.loss, y, width)
        if not answered:
            return None
        total += objective.weight * min(_loss(objective.loss, y, one) for one in answered)
        found = True
    return total if found and np.isfinite(total) and total > NOTHING else None


def _loss(loss: Any, y: Array, answer: Array) -> float:
    places = y.shape if isinstance(loss, losses.SparseCategoricalCrossentropy) else y.shape[:-1]
    answer = np.broadcast_to(answer.astype(np.float32), (*places, answer.shape[-1]))
    return float(np.mean(loss.forward(y, np.ascontiguousarray(answer))[0]))


def _constant_answers(loss: Any, y: Array, width: int) -> list[Array]:
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        shares = np.bincount(y.reshape(-1).astype(int), minlength=width)[:width] / y.size
        return [_as_output(loss, shares)]
    if y.ndim < 2:
        return []
    rows = y.reshape(-1, y.shape[-1])
    if is_classification(loss):
        return [_as_output(loss, rows.mean(axis=0))]
    return [rows.mean(axis=0), np.median(rows, axis=0)]


def _undecided_answers(loss: Any, y: Array, width: int) -> list[Array]:
    if not is_classification(loss):
        return []
    return [_as_output(loss, np.full(width, 0.5 if isinstance(loss, losses.BinaryCrossentropy) else 1 / width))]


def _as_output(loss: Any, shares: Array) -> Array:
    """Shares of classes as the output that says so: themselves, or the sums before the softmax or sigmoid."""
    if not getattr(loss, "from_logits", False):
        return shares
    shares = np.clip(shares, 1e-7, 1 - 1e-7)
    return np.log(shares / (1 - shares)) if isinstance(loss, losses.BinaryCrossentropy) else np.log(shares)
