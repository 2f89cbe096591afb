"""TerminateOnNaN: no further step once the loss is no number any more."""

import math

from ..utils.progbar import write
from .callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Ends the training at the first batch whose loss is NaN or infinite.

    Args:
        raise_error: raise RuntimeError instead of ending the training in order; no on_train_end is called then.

    >>> from types import SimpleNamespace
    >>> stop = TerminateOnNaN()
    >>> stop.set_model(SimpleNamespace(stop_training=False))
    >>> stop.on_train_batch_end(7, {"loss": float("nan")})
    Batch 7: Invalid loss, terminating training
    >>> stop.model.stop_training
    True
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        write(f"Batch {batch}: Invalid loss, terminating training\n")
        self.model.stop_training = True
