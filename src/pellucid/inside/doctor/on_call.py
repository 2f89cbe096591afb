"""The doctor on call: every training of a program is looked after, and none is disturbed.

with on_call() as visits:
    …                                # any calls of fit
for visit in visits: print(visit.diagnosis)
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...callbacks.by_argument import in_every_fit
from .during import Doctor


class Visit(Doctor):
    """One training of a program, looked after as far as that can be.

    Attributes:
        name: of the model.
        excuse: why nothing more could be looked at; "" when it could.
    """

    def __init__(self, thresholds: Mapping[str, float] | None = None) -> None:
        super().__init__(thresholds=thresholds, verbose=0, stop=False)
        self.name = self.excuse = ""

    def on_train_begin(self, logs: Any = None) -> None:
        self.name = self.model.name
        self._as_far_as_can_be(super().on_train_begin, logs)

    def due(self, batch: int) -> bool:
        return not self.excuse and super().due(batch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._as_far_as_can_be(super().on_train_batch_end, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._as_far_as_can_be(super().on_epoch_end, epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._as_far_as_can_be(super().on_train_end, logs)

    def _as_far_as_can_be(self, look: Callable[..., None], *given: Any) -> None:
        """Whatever keeps the doctor from looking, the program runs on without one."""
        if self.excuse:
            return
        try:
            look(*given)
        except Exception as error:  # of a layer or a loss of the program's own, say
            self.excuse = str(error) or type(error).__name__


@contextmanager
def on_call(thresholds: Mapping[str, float] | None = None) -> Iterator[list[Visit]]:
    """Within the block, each training is looked after; the list grows by one visit for each."""
    visits: list[Visit] = []

    def visit() -> Visit:
        visits.append(Visit(thresholds))
        return visits[-1]

    with in_every_fit(visit):
        yield visits
