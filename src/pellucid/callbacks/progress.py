"""ProgbarLogger: the progress line of fit, evaluate and predict."""

from typing import Any

from ..utils.progbar import Progbar, is_live, write
from .callback import Callback, Logs

_BATCH_MOMENTS = ("on_train_batch_end", "on_test_batch_end", "on_predict_batch_end")


class ProgbarLogger(Callback):
    """Prints "Epoch 1/10" and a progress line, as `verbose` says.

    verbose   0 nothing; 1 or "auto" a bar, redrawn in place; 2 one line an epoch

    >>> progress = ProgbarLogger()
    >>> progress.set_params({"verbose": 2, "epochs": 2, "steps": 3})
    >>> progress.on_epoch_begin(0)
    Epoch 1/2
    >>> progress.on_epoch_end(0, {"accuracy": 0.5, "loss": 0.25})
    3/3 - 0s - ...s/step - accuracy: 0.5000 - loss: 0.2500
    """

    may_skip_batches = may_wait = True

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        verbose = params.get("verbose", 1)
        if verbose not in (0, 1, 2, "auto"):
            raise ValueError(f"verbose must be 0, 1, 2 or 'auto', got {verbose!r}.")
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs") or 1
        self.target = params.get("steps")

    def watches(self, moment: str) -> bool:
        """Batches matter while the line is redrawn in place, or to count them when their number is unknown."""
        if moment == "on_test_batch_end" and self._in_fit:
            return False
        if moment in _BATCH_MOMENTS:
            return self.verbose > 0 and (self.target is None or (self.verbose == 1 and is_live()))
        return self.verbose > 0 and super().watches(moment)

    def due(self, batch: int) -> bool:
        """Count this batch, and say whether it is time to draw again."""
        self.seen = batch + 1
        return self.progbar is not None and self.progbar.due()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True
        self._begin()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begin()
        if self.verbose and self.epochs > 1:
            write(f"Epoch {epoch + 1}/{self.epochs}\n")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._show(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._show(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._show(batch, None)  # the logs of predict are the predictions

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(None)

    def _begin(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _show(self, batch: int, logs: Logs | None) -> None:
        if self.due(batch) and self.progbar is not None:
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)

    def _finish(self, logs: Logs | None) -> None:
        if self.progbar is None:
            return
        if self.target is None:
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, (logs or {}).items(), finalize=True)
