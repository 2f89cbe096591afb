"""The doctor on call: every training of a program is looked after, and none is disturbed.

with on_call() as visits:
    …                                # any calls of fit
for visit in visits: print(visit.findings)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...callbacks.by_argument import in_every_fit
from .during import Doctor


class Visit(Doctor):
    """One training of a program, looked after as far as that can be.

    Attributes:
        name: of the model.
        excuse: why nothing could be looked at; "" when it could.
    """

    def __init__(self, thresholds: Mapping[str, float] | None = None) -> None:
        super().__init__(thresholds=thresholds, verbose=0, stop=False)
        self.name = self.excuse = ""

    def on_train_begin(self, logs: Any = None) -> None:
        self.name = self.model.name
        try:
            super().on_train_begin(logs)
        except ValueError as error:  # data that no sample can be taken from: the program runs on without a doctor
            self.excuse = str(error)

    def due(self, batch: int) -> bool:
        return not self.excuse and super().due(batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.excuse:
            super().on_epoch_end(epoch, logs)


@contextmanager
def on_call(thresholds: Mapping[str, float] | None = None) -> Iterator[list[Visit]]:
    """Within the block, each training is looked after; the list grows by one visit for each."""
    visits: list[Visit] = []

    def visit() -> Visit:
        visits.append(Visit(thresholds))
        return visits[-1]

    with in_every_fit(visit):
        yield visits
