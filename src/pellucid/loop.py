"""The loop of fit: batches in, steps taken, callbacks told, and what must hold when it is interrupted.

    for each epoch, for each batch:
        numbers, tallies = train_step(program, numbers, tallies, batch, key, rate)
        model.numbers = numbers                                   one assignment
    then validation, then on_epoch_end

Nothing here changes an array: a step interrupted anywhere leaves the model as it
was after the step before.
"""

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .callbacks import CallbackList
from .data import Source
from .engine import step as steps
from .engine.batch import Batch
from .engine.devices import all_finite
from .engine.portions import portions
from .engine.step import Numbers, Program
from .epochs import Epochs
from .layers.bundle import on_host
from .own_steps import evaluate_own, no_batch, overrides
from .tree import leaves


class TrainingWarning(UserWarning):
    """Training went wrong in a way that the caller should know of, and stopped or went on as the message says."""


class Loop(Epochs):
    """One call of `fit` for a model that the engines train."""

    def __init__(
        self, model: Any, batches: Source, validation: Source | None, told: CallbackList, validation_freq: Any
    ) -> None:
        super().__init__(model, batches, told)
        self.validation, self.validation_freq = validation, validation_freq
        self.tallies: steps.Tallies | None = None
        self.targets: list[Any] = []  # the shapes of a batch's targets
        self.before: Callable[[], Numbers] | None = None  # the numbers before the last step
        self.latest: Callable[[], Batch] | None = None  # the batch that came last

    def epoch(self, epoch: int, first: int) -> dict[str, Any] | None:
        model, told = self.model, self.told
        program: Program | None = None
        tallies: steps.Tallies = {}
        number = first  # of the next batch
        for portion in portions(
            model.program_for, model.held, self.batches, self.key, epoch - self.initial_epoch, first
        ):
            if program is None:
                program = portion.program
                check_learns(program)
                model.numbers = ready(program, model.held)
                tallies = steps.start_tallies(program) if self.tallies is None or not first else self.tallies
            told.on_train_batch_begin(number)
            was = model.held
            numbers, tallies, count = portion.learn(was, tallies, most=1 if model.stop_training else told.most_batches)
            number += count
            self.tallies, self.latest = tallies, portion.last
            self.targets = self.targets or [y.shape for y in portion.last().y]
            if numbers is not was:
                self.before, model.numbers = portion.before, numbers
            if not math.isfinite(tallies["losses"]["loss"]["total"]):
                self.stop(program, portion.last(), epoch, number - 1)
            told.on_train_batch_end(number - 1, partial(logs_of, program, tallies))
            if self.must_end():
                self.end(epoch, number)
            if model.stop_training:
                break
        if program is None and first and self.tallies is not None:  # interrupted after the epoch's last batch
            program, tallies = model.program(self.targets), self.tallies
        elif program is None:
            if epoch == self.start[0]:
                raise no_batch("fit")
            model.stop_training = True  # the source has warned that its data are over
            return None
        elif not model.stop_training and not is_finite(model.held):
            self.stop(program, portion.last(), epoch, number - 1)
        logs = logs_of(program, tallies)
        hold(program, tallies)
        if self.validation is not None and is_due(self.validation_freq, epoch):
            found = evaluated(model, self.validation, self.told)
            logs |= {f"val_{name}": value for name, value in sorted(found.items())}
        return logs

    def stop(self, program: Program, batch: Batch, epoch: int, number: int) -> None:
        """The loss, or a weight, is no longer a number: keep the last numbers that are, and say where it began."""
        self.model.stop_training = True
        where = first_not_finite(program, self.model.numbers, batch, self.key)
        if self.before is not None and not is_finite(self.model.held):
            self.model.numbers = self.before()
        warnings.warn(
            f"fit: stopped at epoch {epoch + 1}, batch {number + 1}, because not all numbers are finite; {where}. "
            "The model keeps its last numbers that were. A lower learning rate, scaled inputs or "
            "clipnorm=1.0 in the optimizer are the usual remedies.",
            TrainingWarning,
            stacklevel=6,
        )

    def finish(self) -> None:
        """An optimizer that keeps averages of the weights (use_ema) leaves those in the model."""
        optimizer, numbers = self.model.optimizer, self.model.held
        if optimizer.use_ema and numbers.moments:
            trained = {owner: numbers.params[owner] for owner in numbers.moments["slots"]}
            params = {**numbers.params, **optimizer.finalize(trained, numbers.moments)}
            self.model.numbers = numbers._replace(params=params)


def first_not_finite(program: Program, numbers: Numbers, batch: Batch, key: Any) -> str:
    """Words for the first weight, or else the first value in the network, that holds NaN or infinity."""
    for (owner, name), weight in leaves(numbers.params | numbers.state):
        if not np.all(np.isfinite(weight)):
            return f"the step before made {name} of {owner!r} so large that it overflowed"
    step_key = None if key is None else steps.fold_in(key, numbers.step)
    values, _ = steps.forward(
        program.graph, numbers.params, numbers.state, batch.x, key=step_key, training=True, keep=lambda name: True
    )
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            return f"the first value that is not is {name!r}"
    return "every value in the network is, so it is the loss or its gradient"


def is_finite(numbers: Numbers) -> bool:
    """Whether all weights, and the optimizer's memory, are numbers still."""
    return all_finite([array for tree in numbers[:3] for _, array in leaves(tree)])


def ready(program: Program, numbers: Numbers) -> Numbers:
    """The numbers with the optimizer's memory in place for every trainable parameter."""
    if "slots" in numbers.moments and numbers.moments["slots"].keys() == program.trainable:
        return numbers
    numbers = on_host(numbers)
    params = {owner: numbers.params[owner] for owner in sorted(program.trainable)}
    slots = numbers.moments.get("slots", {})
    assert program.optimizer is not None  # compile sees to it
    fresh = program.optimizer.init(params)
    kept = {owner: slots[owner] for owner in params if owner in slots}
    return numbers._replace(moments={**fresh, **numbers.moments, "slots": {**fresh["slots"], **kept}})


def evaluated(model: Any, batches: Source, told: CallbackList) -> dict[str, Any]:
    """The loss and the metrics by name, or what a `test_step` of the model's own says."""
    if overrides(model, "test_step"):
        return evaluate_own(model, batches, told)
    told.on_test_begin()
    program: Program | None = None
    tallies: steps.Tallies = {}
    number = 0  # of the next batch
    one = told.wants("on_test_batch_begin") or told.wants("on_test_batch_end")
    for portion in portions(model.program_for, model.held, batches, None):
        if program is None:
            program = portion.program
            tallies = steps.start_tallies(program)
        told.on_test_batch_begin(number)
        tallies, count = portion.look(model.held, tallies, one=one or model._graph.carries)
        if model._graph.carries:
            model.outputs_for(portion.last().x)
        number += count
        told.on_test_batch_end(number - 1, partial(logs_of, program, tallies))
    if program is None:
        raise no_batch("evaluate")
    logs = steps.read_tallies(program, tallies)
    hold(program, tallies)
    told.on_test_end(logs)
    return logs


def logs_of(program: Program, tallies: steps.Tallies) -> dict[str, Any]:
    """The logs in Keras's order, by name."""
    return dict(sorted(steps.read_tallies(program, tallies).items()))


def hold(program: Program, tallies: steps.Tallies) -> None:
    """Let `metric.result()` tell of what has just been gone through."""
    for measure in program.measures:
        measure.metric.hold(tallies["measures"][measure.name])


def is_due(validation_freq: Any, epoch: int) -> bool:
    """Whether validation comes after this epoch, by the `validation_freq` of fit."""
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    return epoch + 1 in validation_freq


def check_learns(program: Program) -> None:
    """There must be something to make smaller."""
    adds = any(added.label is None for added in program.graph.added)
    if not adds and not program.activity and not program.penalties and all(o.loss is None for o in program.objectives):
        raise ValueError("there is no loss to learn from. Give compile one: compile(optimizer=…, loss=…).")
