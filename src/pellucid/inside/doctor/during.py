"""Doctor: a callback that looks after a training and says what is wrong with it.

It checks the training at most a hundred times, as pace.py says, and speaks about what lasts. The model learns exactly
what it would have learned unwatched.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ... import data
from ...callbacks import Callback
from ...data import ArraySource
from ...engine import passes as plain
from ...engine import step as steps
from ...engine.batch import Batch
from ...engine.step import Numbers, Program
from ...engine.stretches import runner_for
from ...errors import positive_int
from ...layers.bundle import on_host
from ...own_steps import overrides
from ...training import ready
from ...utils.progbar import write
from ..trace import unfused
from . import epoch_checks, layer_checks, loss_checks
from .before import examine_data, examine_network
from .chart import Chart
from .design_checks import batch_of_one
from .finding import Finding, Fix
from .pace import Pace
from .patience import Patience
from .roots import explains, folded
from .sampling import (
    CHEAP,
    CHEAP_PLAIN,
    SOME,
    Gathered,
    affordable,
    all_samples,
    all_targets,
    fewer,
    multiplications,
    of_arrays,
)
from .thresholds import limits
from .vitals import Vitals, hidden_activations, loss_of, measure, same_numbers
from .yardstick import constant_loss

AT_A_GLANCE = (loss_checks.runaway, loss_checks.not_falling)
AT_A_LOOK = (
    loss_checks.loss_sign, loss_checks.oscillating, loss_checks.too_fast,
    layer_checks.vanishing, layer_checks.exploding, layer_checks.dead_units, layer_checks.saturated_units,
    layer_checks.activation_scale, layer_checks.standing_still, layer_checks.duplicate_units,
)  # fmt: skip


class Doctor(Callback):
    """Looks after a training: `doctor.findings`, said as they are found.

    Args:
        x, y: the samples that checks are made on; by default some of the training data, of a generator the first.
        every: a look after every so many batches; None: a hundredth of the training, as far as `budget` allows.
        budget: share of the training's time that looking may take; 8 milliseconds it may take in any.
        thresholds: changes to the table in `thresholds.TABLE`, by name.
        verbose: 1 prints each finding above a hint; 0 only collects them.
        stop: end the training when the loss runs away.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer={"class_name": "SGD", "config": {"learning_rate": 1e-6}})
    >>> x = np.linspace(-1, 1, 32).reshape(-1, 1)
    >>> doctor = Doctor(every=1, verbose=0)
    >>> _ = model.fit(x, -x, epochs=40, verbose=0, callbacks=[doctor])
    >>> doctor.findings[0].cause
    'The learning rate is too low: the steps are too small to get anywhere.'
    """

    may_skip_batches = True

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        *,
        every: int | None = None,
        budget: float = 0.02,
        thresholds: Mapping[str, float] | None = None,
        verbose: int = 1,
        stop: bool = True,
    ) -> None:
        super().__init__()
        if x is not None and y is None:
            raise ValueError("Doctor: got x without y; checks need both.")
        if not 0 < budget <= 1:
            raise ValueError(f"budget must be above 0 and at most 1, got {budget!r}.")
        self.every = None if every is None else positive_int(every, "every")
        self.may_wait = every is None
        self.budget, self.verbose, self.stop = budget, verbose, stop
        self.limits = limits(thresholds)
        self.findings: list[Finding] = []
        self.clock: Callable[[], float] = time.perf_counter
        self._given = x, y
        self._pace = Pace(self.clock, self.every, budget)
        self._chart: Chart | None = None

    @property
    def chart(self) -> Chart:
        """What has been measured in the latest training."""
        if self._chart is None:
            raise ValueError("Doctor: there has been no training yet. Give it to fit: callbacks=[doctor].")
        return self._chart

    @property
    def spent(self) -> float:
        """The seconds that looking has taken in the latest training."""
        return self._pace.spent

    @property
    def diagnosis(self) -> list[Finding]:
        """The findings, the gravest first, with what one of them explains folded into it."""
        return folded(self.findings)

    def on_train_begin(self, logs: Any = None) -> None:
        self._pace, self._chart = Pace(self.clock, self.every, self.budget), None
        self._pace.plan(self.params.get("steps"), self.params.get("epochs", 1))
        self._epoch = self._before = 0
        self._goes_on = False
        if overrides(self.model, "train_step"):
            raise ValueError("Doctor: the model has a train_step of its own, so nobody knows how it learns.")
        self._tally, self._gathered = (0.0, 0), Gathered()
        self._first_numbers = self.model.numbers
        self._first_step = int(self._first_numbers.step)
        source, (x, y) = self.model.loop.batches, self._given
        self.waits_for = 1
        if x is not None:
            self._begin(data.batch(x, y, inputs=self.model.input_slots(), targets=self.model.target_slots()))
        elif isinstance(source, ArraySource):
            self._begin(of_arrays(source))

    def _begin(self, samples: Batch) -> None:
        """The examination before the first step, on these samples."""
        start, model = self.clock(), self.model
        program = model.program([y.shape for y in samples.y])
        numbers = ready(program, self._first_numbers)
        hidden = hidden_activations(program.graph)
        looked_at = frozenset(one.reads for one in hidden)
        runner = runner_for(program.graph, program, model.engine, numbers.params, samples.x, looked_at)
        work, cheap = multiplications(program.graph, numbers.params), CHEAP_PLAIN if runner is plain else CHEAP
        few, some = affordable(work, self._learned_from(samples), cheap)
        at_a_time = max(few, SOME) if runner is plain else few
        self._probe, wide = fewer(samples, few), samples
        if self._given[0] is None:
            samples = fewer(samples, some)
        widths = [program.graph.shapes[name][-1] for name in program.graph.outputs]
        targets = all_targets(model.loop.batches, samples)
        objectives, unweighted = unfused(program, model), Batch((), targets)
        weighted = samples.weights and (all_samples(model.loop.batches) or samples)
        constant = constant_loss(objectives, weighted or unweighted, widths)
        with np.errstate(all="ignore"):
            first = loss_of(program, numbers, samples, runner, at_a_time)
            self._chart = chart = Chart(
                self.limits,
                program,
                hidden,
                samples,
                numbers,
                numbers,
                constant,
                first,
                runner=runner,
                at_a_time=at_a_time,
            )
            chart.begin(self._measured(numbers))
            if (held := all_samples(model.loop.validation)) is not None:
                chart.held = constant_loss(objectives, weighted or unweighted, widths, held)
        self._patience = Patience(self.limits)
        self._look_patience, self._epoch_patience = (Patience({**self.limits, "warm_up": 0}) for _ in range(2))
        self._pace.go_on()
        self.waits_for = self._pace.waits_for
        found = [
            *examine_data(model, program, wide, targets, model.loop, self.limits),
            *examine_network(model, program, samples, self.limits, numbers, None if samples.weights else first, wide),
            *batch_of_one(program, self._batch_size), *loss_checks.penalty(chart), *loss_checks.first_step(chart),
        ]  # fmt: skip
        self._say([replace(finding, numbers=numbers) for finding in found])
        self._count_cost(start)

    def _learned_from(self, samples: Batch) -> float:
        """How many samples all steps of the training take together; without end where that is unknown."""
        batch = self._batch_size or len(samples.x[0])
        return math.inf if self._pace.planned is None else float(batch * self._pace.planned)

    @property
    def _batch_size(self) -> int:
        """How many samples a batch has; 0 where that is unknown."""
        return getattr(self.model.loop.batches, "batch_size", None) or self._gathered.batch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        steps = self.params.get("steps")
        self._epoch, self._before = epoch, epoch * steps if steps else self._pace.done
        if not self._goes_on:
            self._goes_on = True
            self._pace.start(self._before)
        self._tally = (0.0, 0)

    def due(self, batch: int) -> bool:
        """Whether it is time for a check after this batch."""
        self._pace.done = self._before + batch + 1
        if self._model.stop_training:
            return not _finite_loss(self.model.loop)
        if self._chart is None:
            return True
        due = self._pace.due()
        self.waits_for = self._pace.waits_for
        return due

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        start = self.clock()
        if self._chart is None and self._gather():
            return
        if _finite_loss(self.model.loop):
            self._check()
        else:
            self._say([self._not_finite(batch)])
        self._count_cost(start)
        self._pace.checked()
        self.waits_for = self._pace.waits_for

    def _gather(self) -> bool:
        """Keep a batch of a stream; whether the examination has to wait for more of them."""
        loop = self.model.loop
        if not self._gathered and loop.before is not None:
            self._first_numbers = on_host(loop.before())
        self._gathered.add(loop.latest())
        if self._gathered.enough or not _finite_loss(loop):
            self._begin(self._gathered.samples())
        return self._chart is None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._chart is None:
            self._begin(self._gathered.samples())
        start = self.clock()
        chart = self.chart
        numbers = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}
        chart.end_epoch({**numbers, "epoch": epoch})
        if "val_loss" not in numbers:
            return
        self._say(epoch_checks.too_good(chart))
        found = [*epoch_checks.overfitting(chart), *epoch_checks.not_generalising(chart)]
        self._say(self._epoch_patience.hear(found))
        self._count_cost(start)

    def on_train_end(self, logs: Any = None) -> None:
        source, made = self.model.loop.batches, int(self.model.numbers.step) - self._first_step
        if self._chart is None:
            return
        if isinstance(source, ArraySource):
            self._say(loss_checks.few_steps(self._chart, made, source.batch_size, source.samples))
        if not any(finding.check == "not_falling" for finding in self.findings):
            self._say(loss_checks.nowhere(self._chart, made))

    def _check(self) -> None:
        chart, model = self.chart, self.model
        warms_up, looks = self._patience.warms_up, self._pace.looks_now(self.limits["warm_up"])
        with np.errstate(all="ignore"):  # a network that runs away is looked at, too
            if looks:
                self._look(model.numbers, counts=not warms_up)
            else:
                chart.add(self._loss_since(chart.now))
            chart.progress = self._pace.progress
            said = self._patience.hear([] if warms_up else _found(AT_A_GLANCE, chart))
            if looks and not warms_up:
                said += self._look_patience.hear(_found(AT_A_LOOK, chart))
        self._say(said)
        if self.stop and any(finding.check == "runaway" for finding in said):
            model.stop_training = True

    def _look(self, numbers: Numbers, counts: bool) -> None:
        start, chart, before = self.clock(), self.chart, self.chart.numbers
        now = self._measured(numbers)
        chart.add(self._loss_since(now), now, numbers)
        chart.moved = frozenset(
            owner for owner, part in numbers.params.items()
            if not same_numbers(part, before.params.get(owner, {}))
        )  # fmt: skip
        self._pace.looked(self.clock() - start, counts)

    def _measured(self, numbers: Numbers) -> Vitals:
        chart = self.chart
        flat = self.limits["saturation_flat"]
        return measure(chart.program, numbers, self._probe, chart.hidden, flat, chart.runner)

    def _loss_since(self, now: Vitals) -> float:
        """The mean loss of the batches since the last check of this epoch, without what regularizers add."""
        tally = self.model.loop.tallies["losses"]["loss"]
        total, count = float(tally["total"]), int(tally["count"])
        before, self._tally = self._tally, (total, count)
        fresh = count - before[1]
        return (total - before[0]) / fresh - now.penalty if fresh > 0 else now.loss

    def _not_finite(self, batch: int) -> Finding:
        chart, numbers = self.chart, self.model.numbers
        layer = _first_to_go(chart.program, numbers, self._probe)
        where = f"; {layer!r} is the first layer to go" if layer else ""
        fast = chart.ratio(3) > self.limits["ratio_high"] or len(chart.losses) < 5
        return Finding(
            "not_finite", "error",
            f"The loss is no number any more, in epoch {self._epoch + 1}, batch {batch + 1}{where}.",
            "The learning rate is too high: each step overshoots further." if fast
            else "A gradient grew without bounds: very large inputs, or a loss that has a pole.",
            Fix("Lower the learning rate to a tenth, or set clipnorm=1.0; scale the inputs.", "rate", {"factor": 0.1}),
            layer=layer, step=int(numbers.step), value=math.nan, view="learning_speed", numbers=chart.beginning,
        )  # fmt: skip

    def _say(self, found: Any) -> None:
        for finding in found:
            known = any(explains(root, finding) for root in self.findings)
            self.findings.append(finding)
            if self.verbose and finding.grade != "hint" and not known:
                write(f"\n{finding}\n")

    def _count_cost(self, start: float) -> None:
        self._pace.spent += self.clock() - start


def _found(checks: Iterable[Callable[[Chart], Iterable[Finding]]], chart: Chart) -> list[Finding]:
    return [finding for check in checks for finding in check(chart)]


def _finite_loss(loop: Any) -> bool:
    return math.isfinite(loop.tallies["losses"]["loss"]["total"])


def _first_to_go(program: Program, numbers: Numbers, probe: Batch) -> str | None:
    """The first layer with a value that is no number, now or after some more steps on the probe."""
    optimizer = program.optimizer
    assert optimizer is not None  # compile sees to it
    with np.errstate(all="ignore"):
        for _ in range(20):
            ran = plain.run(
                program.graph, numbers.params, numbers.state, probe.x, training=True, keep=lambda name: True
            )
            for node in program.graph.nodes:
                if not all(np.isfinite(ran.values[name]).all() for name in node.makes):
                    return node.owner if node.owner in program.graph.owners else node.reads[0]
            numbers, _ = steps.train_step(
                program, numbers, steps.start_tallies(program), probe, None, optimizer.rate_at(numbers.step)
            )
    return None
