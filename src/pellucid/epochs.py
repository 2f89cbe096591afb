"""What every call of `fit` does around its steps, whoever makes them: one epoch after another, and a way to end.

    from where a backup left it, for each epoch: on_epoch_begin, the epoch, on_epoch_end

until the epochs are over, the data are, a callback sets `stop_training`, or SIGTERM comes.
"""

from collections.abc import Callable
from typing import Any

from .callbacks import CallbackList
from .data import Source
from .ending import EXIT_STATUS, sigterm_noted
from .random import next_key


class Epochs:
    """One call of `fit`: where it is, and the key that all its randomness comes from."""

    def __init__(self, model: Any, batches: Source, told: CallbackList) -> None:
        self.model, self.batches, self.told = model, batches, told
        self.key = next_key()
        self.start = (0, 0)  # epoch, batch
        self.initial_epoch = 0  # in which the data begin
        self.logs: dict[str, Any] = {}  # the latest
        self.savers: list[Any] = []
        self.must_end: Callable[[], bool] = lambda: False

    def run(self, initial_epoch: int, epochs: int) -> None:
        model, told = self.model, self.told
        self.start, self.initial_epoch = (initial_epoch, 0), initial_epoch
        model.stop_training = False
        with told.training():
            told.on_train_begin()  # BackupAndRestore may move the start from here
            self.savers = [callback for callback in told.callbacks if getattr(callback, "saves_at_end", False)]
            with sigterm_noted(bool(self.savers)) as self.must_end:
                for epoch in range(self.start[0], epochs):
                    first = self.start[1] if epoch == self.start[0] else 0
                    if not first:
                        told.on_epoch_begin(epoch)
                    found = self.epoch(epoch, first)
                    if found is not None:
                        self.logs = found
                        told.on_epoch_end(epoch, found)
                    if self.must_end():
                        self.end(epoch + 1, 0)
                    if found is None or model.stop_training:
                        break
            self.finish()
            told.on_train_end(self.logs)

    def epoch(self, epoch: int, first: int) -> dict[str, Any] | None:
        """One epoch, from batch number `first` on, and its logs; None when the data were over before it."""
        raise NotImplementedError

    def finish(self) -> None:
        """What is left to do once the epochs are over."""

    def end(self, epoch: int, number: int) -> None:
        """SIGTERM: keep all that the rest of the training depends on, from this batch on, and leave the program."""
        for callback in self.savers:
            callback.save(epoch, number)
        raise SystemExit(EXIT_STATUS)
