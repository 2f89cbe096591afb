"""Pace: when the doctor checks, and what that may cost.

A check is a look or a glance. A look takes a fixed few samples through the network and back, about a millisecond's
work. It is taken when the doctor's time so far and one look more are within `budget` of the training's time, by the
clock on the wall, or within FREE. A glance reads the loss of the batches since the last check, which costs next to
nothing. However little time there is, a planned training is checked LEAST times, LOOKS of them with a look: the other
checks see to the loss alone. A check between the ends of epochs also breaks a run of steps of the native engine, which
costs it BREAK; so checks wait for an end that is near.
"""

import math
from collections.abc import Callable

CHECKS = 100  # of a planned training, if its time allows
LEAST, LOOKS = 16, 3  # of a planned training, whatever they cost: those to warm up, and some that may speak
FREE = 0.008  # seconds that looking may take in any training, however short
BREAK = 0.0002  # seconds


class Pace:
    """One training's pace.

    every      a look after every so many steps; None: by the budget
    budget     the share of the training's time that looking may take
    epoch      the steps of an epoch; None where unknown
    total      the number of the last step of the plan; None where unknown
    first      that of the step before the training
    done       that of the latest step
    spent      seconds that looking has taken
    """

    def __init__(self, clock: Callable[[], float], every: int | None, budget: float) -> None:
        self.clock, self.every, self.budget = clock, every, budget
        self.began, self.spent, self.look_takes = clock(), 0.0, 0.0
        self.epoch: int | None = None
        self.total: int | None = None
        self.first = self.done = self.next = self.checks = self.looks = 0

    def plan(self, epoch: int | None, epochs: int) -> None:
        """So many steps are an epoch, and so many epochs the training."""
        self.epoch, self.total = epoch, epoch and epoch * epochs

    def start(self, first: int) -> None:
        """The training goes on after this step."""
        self.first = self.done = first
        self.go_on()

    def go_on(self) -> None:
        """The next check comes in its time, whatever was due."""
        self.next = self._end_of_epoch(self.done + self.gap)

    @property
    def planned(self) -> int | None:
        """The steps of this training; None where unknown."""
        return self.total - self.first if self.total else None

    @property
    def gap(self) -> int:
        """The least steps between two checks."""
        return self.every or max(1, (self.planned or 0) // CHECKS)

    @property
    def progress(self) -> float | None:
        """The share of the planned steps that has been made; None where unknown."""
        return min(1.0, (self.done - self.first) / self.planned) if self.planned else None

    @property
    def waits_for(self) -> int:
        """How many steps may pass until the doctor wants to hear of one."""
        return max(1, self.next - self.done)

    def due(self) -> bool:
        """Whether it is time for a check now."""
        if self.done >= self.next and (wait := self._steps_to_wait()):
            self.next = self._end_of_epoch(self.done + wait)
        return self.done >= self.next

    def checked(self) -> None:
        """A check is over; when the next one is."""
        self.checks += 1
        if self.epoch is not None and self.done % self.epoch:
            self.spent += BREAK
        self.next = self._end_of_epoch(self.done + max(self.gap, self._steps_to_wait()))

    def looked(self, seconds: float, counts: bool) -> None:
        """A look took so long; it counts among LOOKS once checks may speak."""
        self.look_takes = seconds
        self.looks += counts

    def looks_now(self, warm_up: float) -> bool:
        """Whether this check is a look: it can be paid for, or the plan demands it, after the checks to warm up."""
        if self.every is not None or self.progress is None or self._seconds_to_wait() <= 0:
            return True
        warm = warm_up / LEAST
        return self.looks < math.ceil(LOOKS * (self.progress - warm) / (1 - warm))

    def _steps_to_wait(self) -> int:
        """How many steps from now the next check is due: once a look can be paid for, or the plan demands a check."""
        if self.every is not None:
            return 0
        made, seconds = self.done - self.first, self._seconds_to_wait()
        wait = math.ceil(seconds * made / max(self.clock() - self.began, 1e-9)) if seconds > 0 else 0
        if self.planned:
            wait = min(wait, math.ceil((self.checks + 1) * self.planned / LEAST) - made)
        return max(0, wait)

    def _end_of_epoch(self, step: int) -> int:
        """The end of an epoch in place of a step near it: within half of what lies between two checks."""
        if self.every is not None or not self.epoch:
            return step
        end = round(step / self.epoch) * self.epoch
        return end if end > self.done and 2 * abs(end - step) <= step - self.done else step

    def _seconds_to_wait(self) -> float:
        """How long the training has to go on until one look more is within what looking may take."""
        cost, progress = self.spent + self.look_takes, self.progress
        if cost <= FREE * (1.0 if progress is None else progress):
            return 0.0
        return cost / self.budget - (self.clock() - self.began)
