"""The batches of an epoch, handed out in portions: one batch at a time, or many to a compiled program.

A portion is learned from (or looked at) in one go. Where all samples are in memory and the
program is compiled, one portion follows another within the same arrays, each as long as
nobody wants to hear of single batches and no longer than SECONDS: so that Ctrl-C, a
progress line and a lab in another thread are served in between.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from ..arrays import Array
from . import jax
from .batch import Batch
from .native import Compiled
from .step import Numbers, Program, Tallies, eval_step, train_step
from .stretches import Stretches

SECONDS = 0.1
RATES = 64  # updates whose rates a schedule is asked for at a time

AnyCompiled = Compiled | Stretches | jax.Compiled


class Portion(Protocol):
    """Some batches, one after another."""

    program: Program
    before: Callable[[], Numbers]
    """The numbers before the last update that it made."""

    def learn(self, numbers: Numbers, tallies: Tallies, *, most: float) -> tuple[Numbers, Tallies, int]:
        """The next numbers and tallies, and how many batches it was.

        most    batches at most: 1 for a single one, infinity for as many as there is time for

        Where the loss stops being a number, the tallies show it and the numbers are those before that batch.
        """

    def look(self, numbers: Numbers, tallies: Tallies, *, one: bool) -> tuple[Tallies, int]:
        """The tallies after evaluating, and how many batches it was."""

    def last(self) -> Batch:
        """The batch that came last."""


def portions(
    program_for: Callable[[list[Any]], tuple[Program, AnyCompiled | None]],
    numbers: Numbers,
    source: Any,
    key: Array | None,
    epoch: int = 0,
    skip: int = 0,
) -> Iterator[Portion]:
    """The batches of an epoch from number `skip` on.

    program_for    the program for targets of these shapes, and the same compiled if that can be
    source         a data.Source
    """
    whole = source.whole()
    if whole is not None:
        program, compiled = program_for([y.shape for y in whole.y])
        placed = compiled.placed(source, whole) if isinstance(compiled, jax.Compiled) else None
        if placed is not None:
            yield from _OnDevice(placed, program, compiled, whole, source, key, epoch, skip).until_the_end()
            return
        if isinstance(compiled, Compiled) and compiled.takes(numbers, whole):
            yield from _ManyBatches(program, compiled, whole, source, key, epoch, skip).until_the_end()
            return
    found = None
    for batch in source.batches(key, epoch, skip):
        found = found or program_for([y.shape for y in batch.y])
        yield OneBatch(*found, batch, key)


def taker(compiled: AnyCompiled | None, numbers: Numbers, batch: Batch) -> AnyCompiled | None:
    """What runs this batch: the compiled program, in stretches if it does not take such arrays; None: nothing does."""
    if compiled is None or compiled.takes(numbers, batch):
        return compiled
    return compiled.stretches if isinstance(compiled, Compiled) else None


class OneBatch:
    """A portion of one batch."""

    def __init__(self, program: Program, compiled: AnyCompiled | None, batch: Batch, key: Array | None) -> None:
        self.program, self._batch, self._key = program, batch, key
        self._compiled = compiled

    def learn(self, numbers: Numbers, tallies: Tallies, *, most: float) -> tuple[Numbers, Tallies, int]:
        assert self.program.optimizer is not None  # compile sees to it
        rate = self.program.optimizer.rate_at(numbers.step)
        compiled, batch = taker(self._compiled, numbers, self._batch), self._batch
        self.before = lambda: numbers
        if compiled is not None:
            size = len(batch.x[0])
            return compiled.train(numbers, tallies, batch, None, (0, size), size, [float(rate)], self._key, math.inf)
        new, tallies = train_step(self.program, numbers, tallies, batch, self._key, rate)
        return (new if math.isfinite(tallies["losses"]["loss"]["total"]) else numbers), tallies, 1

    def look(self, numbers: Numbers, tallies: Tallies, *, one: bool) -> tuple[Tallies, int]:
        compiled, batch = taker(self._compiled, numbers, self._batch), self._batch
        if compiled is not None:
            return compiled.evaluate(numbers, tallies, batch, len(batch.x[0])), 1
        return eval_step(self.program, numbers, tallies, batch), 1

    def last(self) -> Batch:
        return self._batch


class _ManyBatches:
    """Samples in memory, of which a portion takes as many as there is time for."""

    seconds = SECONDS
    _compiled: Any

    def __init__(
        self,
        program: Program,
        compiled: AnyCompiled,
        whole: Batch,
        source: Any,
        key: Array | None,
        epoch: int,
        skip: int,
    ) -> None:
        self.program, self._compiled, self._whole, self._key = program, compiled, whole, key
        (self._order, self._at, self._end), self._size = source.rows(key, epoch, skip), source.batch_size
        self._given: tuple[Batch, Array | None] = whole, self._order  # what the compiled program is given

    def until_the_end(self) -> Iterator[Portion]:
        """The same portion, again and again, until all samples have been taken."""
        while self._at < self._end:
            yield self

    def learn(self, numbers: Numbers, tallies: Tallies, *, most: float) -> tuple[Numbers, Tallies, int]:
        rates = self._rates(numbers.step)
        most = most if len(rates) == 1 else min(most, len(rates))
        end = min(self._end, self._at + most * self._size)
        train = self._trainer(numbers, tallies, rates)
        now, tallies, count = train(int(end), self.seconds)
        if updates := int(now.step - numbers.step):  # the same steps but the last give the same bits again
            last_but_one = self._at + (updates - 1) * self._size
            self.before = lambda: train(last_but_one, math.inf)[0] if updates > 1 else numbers
        self._at += count * self._size
        return now, tallies, count

    def _trainer(self, numbers: Numbers, tallies: Tallies, rates: list[float]) -> Any:
        """train(end, seconds) from here on. It does not hold this portion, which holds what is made of it."""
        compiled, (data, order), first, size, key = self._compiled, self._given, self._at, self._size, self._key

        def train(end: int, seconds: float) -> tuple[Numbers, Tallies, int]:
            return compiled.train(numbers, tallies, data, order, (first, end), size, rates, key, seconds)

        return train

    def look(self, numbers: Numbers, tallies: Tallies, *, one: bool) -> tuple[Tallies, int]:
        count = 1 if one else -(-(self._end - self._at) // self._size)
        end = min(self._end, self._at + count * self._size)
        tallies = self._compiled.evaluate(numbers, tallies, self._slice(self._at, end), self._size)
        self._at = end
        return tallies, count

    def last(self) -> Batch:
        return self._slice(self._at - self._size, self._at)

    def _rates(self, step: int) -> list[float]:
        optimizer = self.program.optimizer
        assert optimizer is not None  # compile sees to it
        count = 1 if optimizer.rate_is_a_number and not optimizer.decay else RATES
        return [float(optimizer.rate_at(step + i)) for i in range(count)]

    def _slice(self, first: int, last: int) -> Batch:
        pick: Any = slice(first, last) if self._order is None else self._order[first:last]
        weights = self._whole.weights
        return Batch(
            tuple(x[pick] for x in self._whole.x),
            tuple(y[pick] for y in self._whole.y),
            None if weights is None else tuple(None if w is None else w[pick] for w in weights),
        )


class _OnDevice(_ManyBatches):
    """Samples in memory that lie on JAX's device, too."""

    seconds = 0.5  # XLA asks for its working memory anew in each call, which takes some time

    def __init__(self, placed: Batch, *given: Any) -> None:
        super().__init__(*given)
        self._given = placed, None if self._order is None else self._order.astype(np.int32)

    def look(self, numbers: Numbers, tallies: Tallies, *, one: bool) -> tuple[Tallies, int]:
        end = min(self._end, self._at + self._size) if one else self._end
        tallies, count = self._compiled.look(
            numbers, tallies, self._given[0], (self._at, end), self._size, self.seconds
        )
        self._at += count * self._size
        return tallies, count
