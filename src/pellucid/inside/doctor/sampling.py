"""Samples to check on: some of the arrays that `fit` was given, or the first batches of a stream, copied."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...arrays import Array
from ...data import ArraySource
from ...engine.batch import Batch
from ...engine.graph import Graph, Tree

PROBE, SAMPLES = 64, 256  # samples of a check; of what is looked at more rarely
FEW, SOME = 8, 32  # the same, where a sample is much work beside the whole training
CHEAP, CHEAP_PLAIN = 6_400_000, 1_600_000  # multiplications of about a millisecond: in the core, as plain formulas
NUMBERS = 1 << 17  # in the inputs whose data are looked at
STREAMED, BATCHES = 256, 8  # samples that are taken from a stream, from so many batches at most
MOST_TARGETS = 1_000_000  # numbers in targets that are looked at as a whole
MOST_INPUTS = 4_000_000  # numbers in inputs that are converted to be looked at as a whole


def some(batch: Batch, rows: Any) -> Batch:
    """These samples of a batch: row numbers, or a slice."""
    weights = batch.weights and tuple(None if w is None else w[rows] for w in batch.weights)
    return Batch(tuple(x[rows] for x in batch.x), tuple(y[rows] for y in batch.y), weights)


def portions(batch: Batch, size: int | None) -> Iterator[Batch]:
    """The samples, so many at a time: a network has the memory for few already; None: all at once."""
    count = len(batch.x[0])
    for first in range(0, count, size or count):
        yield some(batch, slice(first, first + (size or count)))


def affordable(work: float, learned_from: float, cheap: float = CHEAP) -> tuple[int, int]:
    """How many samples for a check, and how many for what is looked at more rarely, so that looking stays cheap.

    work           multiplications that a sample takes on its way through the network
    learned_from   samples in all epochs of the training together
    cheap          multiplications that a look may always take

    >>> affordable(50_000, 12_000), affordable(700_000, 12_000), affordable(700_000, 1e6)
    ((64, 256), (9, 36), (64, 256))
    """

    def size(share: float, least: int, most: int) -> int:
        return int(np.clip(max(share * learned_from, most / PROBE * cheap / max(work, 1.0)), least, most))

    return size(1 / 6400, FEW, PROBE), size(1 / 1024, SOME, SAMPLES)


def fewer(samples: Batch, count: int) -> Batch:
    """So many of these samples, from all over them; all, if there are no more."""
    size = len(samples.x[0])
    return samples if size <= count else some(samples, np.random.default_rng(1).permutation(size)[:count])


def multiplications(graph: Graph, params: Tree) -> float:
    """About how many multiplications a sample takes: each weight once for each place that its kernel comes to.

    Time steps of unknown number count as 32. A row of an embedding is looked up, not multiplied.
    """
    total = 0.0
    for node in graph.nodes:
        weights = sum(a.size for name, a in node.own(params).items() if a.ndim > 1 and not name.endswith("embeddings"))
        shapes = [graph.shapes[value][1:-1] for value in (*node.reads[:1], *node.makes[:1])]
        total += weights * max(math.prod(32 if n is None else n for n in shape) for shape in shapes)
    return total


def of_arrays(source: ArraySource) -> Batch:
    """Samples from all over the arrays: all of them, where there is little to a sample."""
    each = max(sum(column.rows(slice(0, 1)).size for column in source.x), 1)
    count = max(NUMBERS // each, SOME)
    if count >= source.samples:
        return source._batch(slice(0, source.samples))
    return source._batch(np.sort(np.random.default_rng(0).permutation(source.samples)[:count]))


def all_targets(source: Any, samples: Batch) -> tuple[Array, ...]:
    """All targets, where they are arrays of a moderate size; else those of the samples."""
    if not isinstance(source, ArraySource) or sum(y[0].size for y in samples.y) * source.samples > MOST_TARGETS:
        return samples.y
    return tuple(column.everything() for column in source.y)


def all_samples(source: Any) -> Batch | None:
    """All samples, where that takes no copy or a small one; else None."""
    if not isinstance(source, ArraySource):
        return None
    size = sum(column.rows(slice(0, 1)).size for column in source.x) * source.samples
    if size > MOST_INPUTS and not all(column.in_memory for column in source.x):
        return None
    return source._batch(slice(0, source.samples))


class Gathered:
    """Batches that came by, until there are enough."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []

    def add(self, batch: Batch) -> None:
        """Keep a copy: who makes batches may use the same array again."""
        self._batches.append(Batch(
            tuple(np.array(x) for x in batch.x), tuple(np.array(y) for y in batch.y),
            batch.weights and tuple(None if w is None else np.array(w) for w in batch.weights),
        ))  # fmt: skip

    @property
    def batch(self) -> int:
        """How many samples a batch has; 0 where none came by."""
        return len(self._batches[0].x[0]) if self._batches else 0

    @property
    def enough(self) -> bool:
        """Whether there are samples to check on."""
        return len(self._batches) >= BATCHES or sum(len(batch.x[0]) for batch in self._batches) >= STREAMED

    def __bool__(self) -> bool:
        return bool(self._batches)

    def samples(self) -> Batch:
        """All of them as one batch; those alone that have the first one's shape."""
        first = self._batches[0]
        alike = [batch for batch in self._batches if _forms(batch) == _forms(first)]
        joined = Batch(
            tuple(np.concatenate(column) for column in zip(*(batch.x for batch in alike), strict=True)),
            tuple(np.concatenate(column) for column in zip(*(batch.y for batch in alike), strict=True)),
            first.weights and tuple(
                None if column[0] is None else np.concatenate(column)
                for column in zip(*(batch.weights or () for batch in alike), strict=True)
            ),
        )  # fmt: skip
        return some(joined, slice(0, SAMPLES))


def _forms(batch: Batch) -> tuple[Any, ...]:
    weights = batch.weights or ()
    return (*(part.shape[1:] for part in (*batch.x, *batch.y)), *(w is None for w in weights))
