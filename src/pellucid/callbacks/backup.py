"""BackupAndRestore: a training that was interrupted goes on where it was, to the bit.

What it asks of the model is small:

    model.training_state()                              a nested dict of arrays, numbers, texts, lists and None: all
                                                        that the rest of the training depends on, except where it is
                                                        and what callbacks remember
    model.restore_training_state(state, epoch, batch)   called in on_train_begin: go on with this batch of this epoch;
                                                        in mid-epoch without another on_epoch_begin

Where the training is, and the callbacks' memories (`get_state`), are added here.
"""

import os
from typing import Any

from ..errors import FormatError, positive_int
from ..formats.safe_write import replacing
from .callback import Callback, Logs
from .checkpoint import BatchCounter
from .state_file import read_state, write_state


class BackupAndRestore(Callback):
    """Saves the whole state of a training as it goes, and restores it when the same program is started again.

    Args:
        backup_dir: a folder for the backup alone.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: keep the backup before the last one, too, and use it when the last one is damaged.
        delete_checkpoint: remove the backup when the training is complete (its last epoch ended, or stop_training).

    A crash while saving leaves the backup before. SIGTERM ends the program after the batch at hand, with a backup from
    which the training goes on. The callback always acts after all others, so that what they did in the same moment is
    in the backup. A model with a `train_step` of its own is backed up with the models among its attributes, their
    optimizers included; other attributes, and optimizers used by hand, start afresh.
    """

    runs_last = True
    saves_at_end = True  # when SIGTERM ends the program, `save` is called for the batch that would be next

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError("BackupAndRestore: backup_dir is empty; give the name of a folder.")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq if save_freq == "epoch" else positive_int(save_freq, "save_freq")
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.path = os.path.join(self.backup_dir, "latest.npz")
        self._previous = os.path.join(self.backup_dir, "previous.npz")
        self._callbacks: Any = None
        self._epoch = 0
        self._next_epoch = 0
        self._counter = BatchCounter()

    def set_callbacks(self, callbacks: Any) -> None:
        """The list this callback belongs to: its members' memories are saved, too."""
        self._callbacks = callbacks

    def watches(self, moment: str) -> bool:
        if moment == "on_train_batch_end" and self.save_freq == "epoch":
            return False
        return super().watches(moment)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._counter = BatchCounter()
        self._next_epoch = 0
        if os.path.exists(self.backup_dir) and not os.path.isdir(self.backup_dir):
            raise NotADirectoryError(f"BackupAndRestore: backup_dir must be a folder; {self.backup_dir} is a file.")
        saved = self._load()
        if saved is None:
            return
        if self._callbacks is not None:
            self._callbacks.set_state(saved["callbacks"])
        self._epoch = self._next_epoch = saved["epoch"]
        self.model.restore_training_state(saved["model"], saved["epoch"], saved["batch"])

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if isinstance(self.save_freq, int) and self._counter.reached(batch, self.save_freq):
            self.save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._next_epoch = epoch + 1
        if self.save_freq == "epoch":
            self.save(epoch + 1, 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        complete = self._next_epoch >= self.params.get("epochs", 0) or self.model.stop_training
        if self.delete_checkpoint and complete:  # what was interrupted is to go on
            for path in (self.path, self._previous):
                if os.path.exists(path):
                    os.remove(path)
            if os.path.isdir(self.backup_dir) and not os.listdir(self.backup_dir):
                os.rmdir(self.backup_dir)

    def get_state(self) -> dict[str, Any]:
        return vars(self._counter).copy()

    def set_state(self, state: dict[str, Any]) -> None:
        self._counter = BatchCounter(**state)

    def save(self, epoch: int, batch: int) -> None:
        """Save everything; the training will go on with this batch of this epoch."""
        state = {
            "epoch": epoch,
            "batch": batch,
            "model": self.model.training_state(),
            "callbacks": {} if self._callbacks is None else self._callbacks.get_state(),
        }
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and os.path.exists(self.path):
            os.replace(self.path, self._previous)
        with replacing(self.path) as file:
            write_state(file, state)

    def _load(self) -> Any:
        """The last backup that is whole; None when there is none yet."""
        problem: FormatError | None = None
        for path in (self.path, self._previous):
            if os.path.exists(path):
                try:
                    return read_state(path)
                except FormatError as error:
                    problem = problem or error
        if problem is not None:
            raise problem
        return None
