"""ReduceLROnPlateau: smaller steps once a metric no longer improves."""

import warnings
from typing import Any

from ..utils.progbar import write
from .callback import Logs
from .monitor import Monitor


class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by `factor` after `patience` epochs without an improvement.

    Args:
        monitor: the metric to watch.
        factor: new rate = rate · factor; below 1.
        patience: how many epochs without improvement are endured.
        verbose: 1 prints when it acts.
        mode: "min", "max" or "auto".
        min_delta: a smaller change is no improvement; `epsilon` is its old name.
        cooldown: epochs to wait after a reduction before counting again.
        min_lr: the rate does not go below this.

    The rate of each epoch goes into the logs as "learning_rate".

    >>> from types import SimpleNamespace
    >>> reduce = ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1)
    >>> reduce.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1)))
    >>> reduce.on_train_begin()
    >>> for epoch, loss in enumerate([0.5, 0.5]):
    ...     reduce.on_epoch_end(epoch, {"loss": loss})
    >>> reduce.model.optimizer.learning_rate
    0.05
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        *,
        epsilon: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, min_delta if epsilon is None else epsilon)
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be above 0 and below 1, got {factor!r}.")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._start()

    def _start(self) -> None:
        self.best: float | None = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = self.watched(logs)
        if current is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and logs["learning_rate"] > self.min_lr:
                self._reduce(epoch, logs["learning_rate"])

    def _reduce(self, epoch: int, rate: float) -> None:
        rate = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = rate
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            write(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.\n")

    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "cooldown_counter": self.cooldown_counter, "wait": self.wait}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best, self.cooldown_counter, self.wait = state["best"], state["cooldown_counter"], state["wait"]
