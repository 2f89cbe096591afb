"""The gear: training that moves by operation, layer, sample, batch or epoch, forwards and back in time.

    operation   one node of the network does its part for one sample, forward or backward; one parameter moves
    layer       a layer with its activation; its parameters
    sample      one sample forward, its loss, and backward
    batch       all its samples, then the update: the model's numbers are replaced
    epoch       all batches

A batch is computed as `fit` computes it, whole; its samples are then walked through one after the other. So the model
moves exactly as it would have in `fit`, bit by bit, and stands after each batch where `fit` would have left it.
"""

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..callbacks import CallbackList
from ..data import Source, StreamSource, source
from ..engine import step as steps
from ..engine.batch import Batch
from ..engine.portions import AnyCompiled
from ..engine.step import Numbers, Program
from ..errors import one_of
from ..first_look import first_look
from ..layers.bundle import on_host
from ..own_steps import overrides
from ..random import fold_in
from ..training import Loop, logs_of, ready
from ..tree import leaves
from .blocks import Block, Shown
from .blocks import number as shown
from .narrate import Stop, sentence
from .past import Past, same
from .timeline import GEARS, Operation, ends, operations
from .trace import Trace, trace_batch


@dataclass
class _Now:
    """The batch that is being walked through. What it leads to is worked out when it is first needed.

    number   of batches before it, all epochs together
    """

    number: int
    batch: Batch
    program: Program
    compiled: AnyCompiled | None
    before: Numbers
    tallies: steps.Tallies
    seen: Trace | None = None
    after: tuple[Numbers, steps.Tallies] | None = None
    rate: float = math.nan  # that `after` was worked out with


class Stepper(Shown):
    """Trains a model step by step; at a prompt, or as the last line of a cell, it tells where it stands.

    Args:
        model: a compiled model.
        x, y, batch_size, sample_weight, class_weight, shuffle: as for `fit`.

    A weight or the learning rate may be changed by hand between two steps; going back to before that undoes a weight's
    change. No callbacks are called: units that `Controls` has frozen move with the others.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, name="sum", kernel_initializer="ones", input_shape=(1,))])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> gear = Stepper(model, np.array([[3.0]]), np.array([[1.0]]))
    >>> for _ in range(4):
    ...     print(gear.step("operation").formula)
    sum[0] = 3·1 = 3
    mean_squared_error(1, 3) = 4
    ∂J/∂W[0, 0] = x[0]·∂J/∂z[0] = 3·4 = 12
    W[0, 0] = 1 - 0.01·12 = 0.88
    >>> gear.step("batch").what, model.get_weights()[0]
    ('Epoch 1, batch 1 of 1 is learned, and with it the epoch: loss 4.', array([[0.88]], dtype=float32))
    >>> gear.back("batch").what, model.get_weights()[0]
    ('Nothing has happened yet.', array([[1.]], dtype=float32))
    """

    def __init__(
        self,
        model: Any,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        *,
        sample_weight: Any = None,
        class_weight: Any = None,
        shuffle: Any = True,
    ) -> None:
        model._require_compiled()
        if overrides(model, "train_step"):
            raise ValueError(f"Stepper: {model.name} learns by a train_step of its own: no walking through it.")
        if model.graph is None:
            x, shape = first_look(x)
            model.build(shape)
        self.model = model
        self.batches: Source = source(
            x, y, sample_weight, inputs=model.input_slots(), targets=model.target_slots(), batch_size=batch_size,
            class_weight=class_weight, shuffle=shuffle,
        )  # fmt: skip
        if isinstance(self.batches, StreamSource) or self.batches.steps is None:
            raise ValueError("Stepper: x must be arrays, or batches with numbers; a generator cannot go back in time.")
        self.steps: int = self.batches.steps
        told = CallbackList(None, model=model, verbose=0, epochs=1, steps=self.steps)
        self._loop = model.loop = Loop(model, self.batches, None, told, 1)
        self._past = Past()
        self._timelines: dict[tuple[Program, int, bool], tuple[Operation, ...]] = {}
        self._upcoming: tuple[int, Iterator[Batch]] = (-1, iter(()))  # the number of the next batch, and the batches
        self._expected: Numbers | None = None  # what the model holds, unless somebody changed it
        self._tallies: steps.Tallies = {}
        self._done = 0
        self.over = False  # something was not finite: as in fit, nothing is learned any more
        self._now = self._begin(0)
        self.here: Stop = self._stop()

    @property
    def trace(self) -> Trace:
        """Every number of this batch, before its update."""
        now = self._now
        if now.seen is None:
            key = fold_in(self._loop.key, now.before.step)
            now.seen = trace_batch(
                self.model._graph, now.before, now.batch, now.program, model=self.model, training=True, key=key
            )
        return now.seen

    def blocks(self) -> list[Block]:
        """Where it stands: what just happened, with the numbers."""
        return self.here.blocks()

    def step(self, gear: str = "operation") -> Stop:
        """Go on to the end of the next operation, layer, sample, batch or epoch."""
        one_of(gear, GEARS, "gear")
        while not self.over:
            if self._done == len(self._timeline):
                self._now, self._done = self._begin(self._now.number + 1), 0
            stops = ends(self._timeline, gear)
            place = bisect.bisect_right(stops, self._done)
            self._done = stops[place] if place < len(stops) else len(self._timeline)
            if self._done == len(self._timeline):
                self._learn()
            if stops:  # only the last batch of an epoch is the end of one
                break
        self.here = self._stop()
        return self.here

    def back(self, gear: str = "operation") -> Stop:
        """Go back to the end of the operation, layer, sample, batch or epoch before."""
        one_of(gear, GEARS, "gear")
        self.over = False
        now, timeline = self._now, self._timeline
        stops = ends(timeline, gear)
        place = bisect.bisect_left(stops, self._done)
        if place > 0:
            self._go(now.number, stops[place - 1])
        else:
            whole = now.number // self.steps * self.steps if gear == "epoch" else now.number
            self._go(max(whole - 1, 0), -1 if whole else 0)
        self.here = self._stop()
        return self.here

    def finish(self) -> None:
        """What `fit` does at its end: an optimizer that averages the weights (use_ema) leaves the averages."""
        self._loop.finish()

    @property
    def _timeline(self) -> tuple[Operation, ...]:
        now = self._now
        which = now.program, len(now.batch.x[0]), (now.number + 1) % self.steps == 0
        if which not in self._timelines:
            self._timelines[which] = operations(self.model._graph, *which)
        return self._timelines[which]

    def _begin(self, number: int) -> _Now:
        """The batch of that number, with the model's numbers as they are."""
        epoch, place = divmod(number, self.steps)
        if self._upcoming[0] != number or place == 0:
            self._upcoming = number, self.batches.batches(self._loop.key, epoch, place)
        batch = next(self._upcoming[1])
        self._upcoming = number + 1, self._upcoming[1]
        program, compiled = self.model.program_for([y.shape for y in batch.y])
        held = self.model.numbers
        numbers = ready(program, held)
        if numbers is not held:
            self.model.numbers = numbers
        if place == 0:
            self._tallies = steps.start_tallies(program)
        changed = self._expected is None or not same(self._expected, numbers)
        self._past.note(number, numbers, self._tallies, pinned=changed)
        self._expected = numbers
        return _Now(number, batch, program, compiled, numbers, self._tallies)

    def _rate(self) -> float:
        return float(self._now.program.optimizer.rate_at(self._now.before.step))  # type: ignore[union-attr]

    def _after(self, rate: float) -> tuple[Numbers, steps.Tallies]:
        """The numbers and tallies that this batch leads to."""
        now = self._now
        if now.after is None or now.rate != rate:
            now.rate, batch, size = rate, now.batch, len(now.batch.x[0])
            if now.compiled is not None and now.compiled.takes(now.before, batch):
                key = self._loop.key
                after = now.compiled.train(now.before, now.tallies, batch, None, (0, size), size, [rate], key, math.inf)
                now.after = on_host(after[0]), after[1]
            else:
                now.after = steps.train_step(now.program, now.before, now.tallies, batch, self._loop.key, rate)
        return now.after

    def _learn(self) -> None:
        """Replace the model's numbers by what this batch has taught."""
        now, held, rate = self._now, self.model.numbers, self._rate()
        if not same(held, now.before):  # changed by hand while its batch was walked through
            now.before, now.seen, now.after = held, None, None
            self._past.note(now.number, held, now.tallies, pinned=True)
        self._past.set_rate(now.number, rate)
        numbers, tallies = self._after(rate)
        weights = (array for _, array in leaves(numbers.params))
        if math.isfinite(tallies["losses"]["loss"]["total"]) and all(np.isfinite(array).all() for array in weights):
            self._leave(numbers, tallies)
        else:
            self.over = True

    def _leave(self, numbers: Numbers, tallies: steps.Tallies) -> None:
        self._expected = self.model.numbers = numbers
        self._tallies = self._loop.tallies = tallies

    def _go(self, number: int, done: int) -> None:
        """Be where so many operations (-1: all) of that batch are done."""
        if number == self._now.number and self._done < len(self._timeline):
            self._done = done
            return
        at, numbers, tallies = self._past.nearest(number)
        while True:
            self._leave(numbers, tallies)
            self._now = self._begin(at)
            if at == number and done >= 0:
                self._done = done
                return
            numbers, tallies = self._after(self._past.rate(at, self._rate()))
            if at == number:
                self._leave(numbers, tallies)
                self._done = len(self._timeline)
                return
            at += 1

    def _stop(self) -> Stop:
        """The record of where training stands."""
        now = self._now
        epoch, batch = divmod(now.number, self.steps)
        if self._done == 0:
            return Stop(epoch, batch, 0, "start", "", None, "Nothing has happened yet.", "", {})
        operation = self._timeline[self._done - 1]
        after, tallies = self._after(self._rate())
        if operation.kind in ("batch", "epoch"):
            what, formula, numbers = self._summary(epoch, batch, tallies)
        else:
            what, formula, numbers = sentence(operation, self.model, self.trace, self._rate(), after)
        return Stop(epoch, batch, self._done, operation.kind, operation.layer, operation.sample, what, formula, numbers)

    def _summary(self, epoch: int, batch: int, tallies: steps.Tallies) -> tuple[str, str, dict[str, Array]]:
        """What to say where the model's numbers have just been replaced."""
        place = f"Epoch {epoch + 1}, batch {batch + 1} of {self.steps}"
        if self.over:
            return f"{place}: not all numbers are finite, so nothing is learned from it; training is over.", "", {}
        logs = logs_of(self._now.program, tallies)
        ending = ", and with it the epoch" if batch + 1 == self.steps else ""
        log = ", ".join(f"{name} {shown(value)}" for name, value in logs.items() if np.ndim(value) == 0)
        return f"{place} is learned{ending}: {log}.", "", {name: np.asarray(value) for name, value in logs.items()}
