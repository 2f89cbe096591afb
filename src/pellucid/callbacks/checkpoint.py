"""ModelCheckpoint: save the model or its weights, every epoch, every so many batches, or whenever it got better."""

import os
import warnings
from typing import Any

from .. import config
from ..errors import positive_int
from ..utils.progbar import write
from . import trial
from .callback import Logs
from .monitor import Monitor
from .values import Values

_MODEL_FILES = (".keras", ".h5", ".hdf5")
_WEIGHT_FILES = (".h5", ".hdf5", ".safetensors")


class ModelCheckpoint(Monitor):
    """Saves the model.

    Args:
        filepath: the file; "{epoch:02d}-{val_loss:.2f}.keras" is filled with the epoch (from 1), with batch (from 1)
            where save_freq is a number, and with the logs. Whole models: .keras, .h5, .hdf5. Weights: .weights.h5,
            .h5, .hdf5, .safetensors.
        monitor: the metric that says which model is best.
        verbose: 1 prints when it acts.
        save_best_only: save only when the metric has improved.
        save_weights_only: save the weights, not the whole model.
        mode: "min", "max" or "auto".
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value to beat at first.
        period: the old way to say every how many epochs.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        *,
        period: int = 1,
    ) -> None:
        super().__init__(monitor, mode, best=initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq if save_freq == "epoch" else positive_int(save_freq, "save_freq")
        self.period = positive_int(period, "period")
        endings = _WEIGHT_FILES if save_weights_only else _MODEL_FILES
        if not self.filepath.endswith(endings) and not config.any_file_name():
            what = "the weights" if save_weights_only else "the whole model"
            raise ValueError(
                f"ModelCheckpoint: a file for {what} must end in {', '.join(endings)}, got {self.filepath!r}."
            )
        self._epoch = 0
        self._counter = BatchCounter()

    def watches(self, moment: str) -> bool:
        if moment == "on_train_batch_end" and self.save_freq == "epoch":
            return False
        return super().watches(moment)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if isinstance(self.save_freq, int) and self._counter.reached(batch, self.save_freq):
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch" and (epoch + 1) % self.period == 0:
            self._save(epoch, None, logs or {})

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "epoch": self._epoch, **vars(self._counter)}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best, self._epoch = state["best"], state["epoch"]
        self._counter = BatchCounter(state["since"], state["last"])

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self._path(epoch, batch, logs)
        if not self._is_due(epoch, path, logs):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(f"ModelCheckpoint: filepath is a folder: {path}. Give the name of a file.")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        trial.written(self.filepath, path)
        self._say(epoch, f"finished saving model to {path}")

    def _is_due(self, epoch: int, path: str, logs: Logs) -> bool:
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = self.watched(logs)
        if current is None:
            warnings.warn(
                f"Can save best model only with {self.monitor} available. Available metrics are: {','.join(logs)}. "
                f"Saved all the same: {path}.",
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        names: Logs = Values({"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs})
        try:
            return self.filepath.format_map(names)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint: filepath {self.filepath!r} needs {error}, but there are only {', '.join(names)}."
            ) from None

    def _say(self, epoch: int, text: str) -> None:
        if self.verbose > 0:
            write(f"\nEpoch {epoch + 1}: {text}\n")


class BatchCounter:
    """Counts training batches across epochs, also when only some of them are told of.

    >>> counter = BatchCounter()
    >>> [counter.reached(batch, 4) for batch in (0, 1, 2, 3, 4, 0, 1, 2)]
    [False, False, False, True, False, False, False, True]
    """

    def __init__(self, since: int = 0, last: int = -1) -> None:
        self.since = since
        self.last = last

    def reached(self, batch: int, frequency: int) -> bool:
        """Whether `frequency` batches went by since the last True."""
        self.since += batch - self.last if batch > self.last else batch + 1
        self.last = batch
        if self.since < frequency:
            return False
        self.since = 0
        return True
