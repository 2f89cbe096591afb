"""EarlyStopping: end the training when a metric no longer improves.

Source: Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade (1998).
"""

import warnings
from typing import Any

from ..utils.progbar import write
from .callback import Logs
from .monitor import Monitor


class EarlyStopping(Monitor):
    """Stops the training after `patience` epochs without an improvement.

    Args:
        monitor: the metric to watch.
        min_delta: a smaller change is no improvement.
        patience: how many epochs without improvement are endured.
        verbose: 1 prints when it acts.
        mode: "min", "max" or "auto".
        baseline: patience runs until this value is beaten, too.
        restore_best_weights: put the weights of the best epoch back when the training ends.
        start_from_epoch: epochs before this one do not count.

    >>> from types import SimpleNamespace
    >>> stop = EarlyStopping(monitor="loss", patience=2)
    >>> stop.set_model(SimpleNamespace(stop_training=False))
    >>> stop.on_train_begin()
    >>> for epoch, loss in enumerate([0.5, 0.4, 0.45, 0.41]):
    ...     stop.on_epoch_end(epoch, {"loss": loss})
    >>> stop.model.stop_training, stop.best, stop.best_epoch
    (True, 0.4, 1)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._start()

    def _start(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_weights: list[Any] | None = None
        self.best_epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self._value(logs or {})
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        improved = self.is_improvement(current, self.best)
        if self.restore_best_weights and (improved or self.best_weights is None):
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        if improved:
            self.best = current
            self.best_epoch = epoch
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            write(f"Epoch {self.stopped_epoch + 1}: early stopping\n")
        if self.best_weights is not None:
            if self.verbose > 0:
                write(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.\n")
            self.model.set_weights(self.best_weights)

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _MEMORY}

    def set_state(self, state: dict[str, Any]) -> None:
        for name in _MEMORY:
            setattr(self, name, state[name])

    def _value(self, logs: Logs) -> float | None:
        value = self.watched(logs)
        if value is None:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}",
                stacklevel=3,
            )
        return value


_MEMORY = ("wait", "stopped_epoch", "best", "best_weights", "best_epoch")
