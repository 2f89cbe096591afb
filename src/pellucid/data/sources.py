"""Sources: where batches come from, epoch after epoch, whatever they are made of."""

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.batch import Batch
from ..errors import DataError, ShapeError
from ..random import Key, fold_in, generator
from .checks import check_lengths
from .columns import Column
from .sequence import fetched
from .weights import ClassWeights, weighed

Reader = Callable[[Any, str], Batch]  # (what a stream gave, where) -> a checked batch


class DataWarning(UserWarning):
    """There were fewer data than were asked for."""


class Source:
    """Something that gives batches.

    samples  how many there are in all; None when nobody knows
    steps    batches of an epoch; None when nobody knows
    """

    samples: int | None = None
    steps: int | None = None

    def batches(self, key: Key | None, epoch: int = 0, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from number `skip` on.

        key      where the order comes from: the same key and epoch, the same order; None: as they lie
        epoch    counted from 0

        No batch at all means that the data are over.
        """
        raise NotImplementedError

    def whole(self) -> Batch | None:
        """All samples at once, nothing copied, if they are in memory as the model takes them; else None."""
        return None


class ArraySource(Source):
    """Batches of arrays: the columns are checked already, and a batch takes some rows of each."""

    def __init__(
        self,
        x: Sequence[Column],
        y: Sequence[Column],
        weights: Sequence[Column | None],
        *,
        batch_size: int,
        class_weights: Sequence[ClassWeights | None] = (),
        shuffle: bool | str = False,
        steps: int | None = None,
    ) -> None:
        self.x, self.y, self.weights = tuple(x), tuple(y), tuple(weights)
        columns = [*self.x, *self.y, *(w for w in self.weights if w is not None)]
        self.samples: int = check_lengths({column.name: column.samples for column in columns})
        self.batch_size, self.shuffle, self.class_weights = batch_size, shuffle, class_weights
        for column in (*self.x, *self.y):
            _check_fixed_batch(column, batch_size)
        self._count = -(-self.samples // batch_size)
        self._asked = steps
        self.steps: int = min(steps or self._count, self._count)

    def order(self, key: Key, lap: int) -> Array | None:
        """The order of the samples (N,) the lap-th time through, or None when they come as they lie."""
        if self.shuffle is not True:
            return None
        return generator(fold_in(key, lap)).permutation(self.samples)

    def whole(self) -> Batch | None:
        """All samples at once, if they are in memory; inputs are not copied, so they must need no conversion either."""
        others = [*self.y, *(w for w in self.weights if w is not None)]
        if not all(column.in_memory for column in self.x) or any(column.on_disk for column in others):
            return None
        return self._batch(slice(0, self.samples))

    def rows(self, key: Key | None, epoch: int = 0, skip: int = 0) -> tuple[Array | None, int, int]:
        """The same batches as `batches` gives, as slices of one order of the samples.

        Returns the order (None: as they lie), and where in it the first batch begins and the last one ends.
        """
        lap, start, stop = part(self._count, self._asked, epoch)
        size = self.batch_size
        order = None if key is None else self.order(key, lap)
        if key is not None and self.shuffle == "batch":
            starts = self._starts(key, lap)
            order = np.concatenate([np.arange(first, min(first + size, self.samples)) for first in starts])
        _warn_when_short(stop - start, self._asked if stop == self._count else None, epoch)
        return order, (start + skip) * size, min(stop * size, self.samples)

    def batches(self, key: Key | None, epoch: int = 0, skip: int = 0) -> Iterator[Batch]:
        lap, start, stop = part(self._count, self._asked, epoch)
        size = self.batch_size
        order = None if key is None else self.order(key, lap)
        for first in self._starts(key, lap)[start + skip : stop].tolist():
            some = slice(first, min(first + size, self.samples))
            yield self._batch(some if order is None else order[some])
        _warn_when_short(stop - start, self._asked if stop == self._count else None, epoch)

    def first(self, count: int) -> Batch:
        """At most so many samples, the first ones, whatever the size of a batch."""
        return self._batch(slice(0, min(count, self.samples)))

    def _starts(self, key: Key | None, lap: int) -> Array:
        """The row at which each batch begins."""
        starts = np.arange(self._count) * self.batch_size
        if key is not None and self.shuffle == "batch":  # whole batches change places; the short one stays last
            full = self.samples // self.batch_size
            starts[:full] = generator(fold_in(key, lap)).permutation(full) * self.batch_size
        return starts

    def _batch(self, pick: Any) -> Batch:
        y = tuple([column.rows(pick) for column in self.y])
        weights = [None if column is None else column.rows(pick) for column in self.weights]
        weights = weighed(weights, self.class_weights, y)
        return Batch(
            tuple([column.rows(pick) for column in self.x]),
            y,
            tuple(weights) if any(w is not None for w in weights) else None,
        )


class SequenceSource(Source):
    """Batches by number: a PyDataset, or anything with a length and items that are batches.

    One that is also an iterator, as those of ImageDataGenerator are, has no end: with `steps`, every epoch has so many
    batches and begins where the one before stopped, going through the data again and again.
    """

    def __init__(self, dataset: Any, read: Reader, *, shuffle: bool | str = False, steps: int | None = None) -> None:
        self.dataset, self.shuffle = dataset, bool(shuffle)
        self._read, self._asked = read, steps
        count = self._count()
        if count == 0:
            raise DataError(f"x, a {type(dataset).__name__}, is empty: it has 0 batches.")
        self._endless = steps is not None and count is not None and hasattr(dataset, "__next__")
        self.steps = steps if count is None or self._endless else min(steps or count, count)

    def _count(self) -> int | None:
        return getattr(self.dataset, "num_batches", len(self.dataset)) if hasattr(self.dataset, "__len__") else None

    def batches(self, key: Key | None, epoch: int = 0, skip: int = 0) -> Iterator[Batch]:
        count = self._count()
        if count is None:
            first = epoch * (self._asked or 0)
            numbers: Sequence[int] = range(first, first + self._asked if self._asked else sys.maxsize)
            start, stop = 0, len(numbers)
        elif self._endless:
            asked = self._asked or count
            laps = range(epoch * asked // count, ((epoch + 1) * asked - 1) // count + 1)
            numbers = [number for lap in laps for number in self._order(count, key, lap)]
            start = epoch * asked - laps[0] * count
            stop = start + asked
        else:
            lap, start, stop = part(count, self._asked, epoch)
            numbers = self._order(count, key, lap)
        getattr(self.dataset, "on_epoch_begin", _nothing)()
        wanted = numbers[start + skip : stop]
        for number, item in zip(wanted, fetched(self.dataset, wanted), strict=True):
            yield self._read(item, f"batch {number}: ")
        getattr(self.dataset, "on_epoch_end", _nothing)()
        if count is not None and not self._endless:
            _warn_when_short(stop - start, self._asked if stop == count else None, epoch)

    def _order(self, count: int, key: Key | None, lap: int) -> Sequence[int]:
        """The order of the batches in one pass through the data."""
        if not self.shuffle or key is None:
            return range(count)
        return generator(fold_in(key, lap)).permutation(count).tolist()


class StreamSource(Source):
    """Batches one after another: a generator, which goes on from epoch to epoch, or anything that can be walked anew.

    A generator cannot go back: its order is its own, and `skip` draws batches and drops them. What can be walked anew
    goes on from epoch to epoch too where `steps` ends an epoch early; epoch 0 begins at its beginning every time, so
    that each validation sees the same batches.
    """

    def __init__(self, stream: Iterable[Any], read: Reader, *, steps: int | None = None) -> None:
        self._stream, self._read = stream, read
        self._iterator: Iterator[Any] | None = None
        self._once = isinstance(stream, Iterator)
        self._known = _length(stream)
        self.steps = steps if self._known is None else min(steps or self._known, self._known)
        self._asked = steps
        self._any = False
        self.exhausted = False

    def batches(self, key: Key | None, epoch: int = 0, skip: int = 0) -> Iterator[Batch]:
        count = 0
        while self._asked is None or count < self._asked:
            item = self._next(first=count == 0, anew=epoch == 0)
            if item is _END:
                break
            count += 1
            if count > skip:
                yield self._read(item, f"batch {count - 1}: ")
        if count == 0 and not self._any:
            raise DataError("x gave no batch at all: the generator, or whatever it is, is empty.")
        if self._once and count == 0:
            warnings.warn(
                f"x has no batches left for epoch {epoch + 1}. A generator that serves several epochs must go on for "
                "ever (while True: ...), with steps_per_epoch saying where an epoch ends.",
                DataWarning,
                stacklevel=2,
            )
        elif self._asked is not None:
            _warn_when_short(count, self._asked, epoch)

    def _next(self, first: bool, anew: bool) -> Any:
        """The next item; at the first of an epoch, from the beginning again if the end was reached before it."""
        if self._iterator is None or (first and (anew or self._asked is None) and not self._once):
            self._iterator = iter(self._stream)
        item = next(self._iterator, _END)
        if item is _END and first and not self._once:
            self._iterator = iter(self._stream)
            item = next(self._iterator, _END)
        self._any = self._any or item is not _END
        self.exhausted = item is _END and self._once
        return item


_END: Any = object()


def _nothing() -> None:
    """In place of a method that a dataset does not have."""


def _length(stream: Any) -> int | None:
    try:
        return len(stream)
    except TypeError:  # no length, or one that is unknown or infinite
        return None


def part(count: int, steps: int | None, epoch: int) -> tuple[int, int, int]:
    """Which time through the data an epoch belongs to, and its first and last batch there.

    Fewer steps than batches: the next epoch goes on where this one stopped, up to the end of the data.

    >>> [part(3, 2, epoch) for epoch in range(3)]
    [(0, 0, 2), (0, 2, 3), (1, 0, 2)]
    """
    if steps is None or steps >= count:
        return epoch, 0, count
    parts = -(-count // steps)
    lap, place = divmod(epoch, parts)
    return lap, place * steps, min((place + 1) * steps, count)


def _warn_when_short(got: int, asked: int | None, epoch: int) -> None:
    if asked is not None and got < asked:
        warnings.warn(
            f"the data ran out: epoch {epoch + 1} asked for {asked} batches and there were {got}. "
            "Leave the number of steps out, or ask for fewer.",
            DataWarning,
            stacklevel=3,
        )


def _check_fixed_batch(column: Column, batch_size: int) -> None:
    fixed = column.slot.shape[0]
    if fixed is not None and (batch_size != fixed or column.samples % fixed):
        raise ShapeError(
            f"{column.name}: the model was made for batches of exactly {fixed}, got {column.samples} samples with "
            f"batch_size={batch_size}. Use batch_size={fixed} and a multiple of {fixed} samples."
        )
