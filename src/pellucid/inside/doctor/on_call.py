"""The doctor on call: every training of a program is looked after, and none is disturbed.

with on_call() as visits:
    …                                # any calls of fit
for visit in visits: print(visit.diagnosis)
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...callbacks.by_argument import in_every_fit
from ...own_steps import overrides
from .during import Doctor
from .prescriptions import Trial, try_it
from .sampling import all_samples


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
        self.name, loop = self.model.name, self.model.loop
        own = overrides(self.model, "train_step")
        self._sources = None if own else (loop.batches, loop.validation)
        self._as_far_as_can_be(super().on_train_begin, logs)

    def due(self, batch: int) -> bool:
        return not self.excuse and super().due(batch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._as_far_as_can_be(super().on_train_batch_end, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._as_far_as_can_be(super().on_epoch_end, epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._as_far_as_can_be(super().on_train_end, logs)

    def remedy(self, epochs: int = 10) -> Trial | None:
        """The fix of the gravest finding that a copy of the model can try, tried on the data of this training.

        epochs    at most

        None where there is no such finding. Raises ValueError where the copy or the data cannot be had.
        """
        finding = next((one for one in self.diagnosis if one.alarm and one.fix.kind), None)
        if finding is None or self._sources is None:
            return None
        batches, validation = self._sources
        whole, held = all_samples(batches), None if validation is None else all_samples(validation)
        if whole is None or len(whole.x) != 1 or len(whole.y) != 1:
            raise ValueError("a copy needs one input and one target, as arrays.")
        given = None if held is None else (held.x[0], held.y[0])
        epochs = min(epochs, self.params.get("epochs", epochs))
        return try_it(finding, self.model, whole.x[0], whole.y[0], given, epochs=epochs, batch_size=batches.batch_size)

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
