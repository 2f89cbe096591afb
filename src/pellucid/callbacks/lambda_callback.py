"""LambdaCallback: a callback out of plain functions."""

from collections.abc import Callable
from typing import Any

from .callback import MOMENTS, Callback

Function = Callable[..., Any]


class LambdaCallback(Callback):
    """Calls your functions at their moments.

    They are called as on_epoch_end(epoch, logs), on_train_end(logs), on_train_batch_end(batch, logs=…).
    Any other moment of Callback can be given by its name, too.

    >>> callback = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    >>> callback.on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Function | None = None,
        on_epoch_end: Function | None = None,
        on_train_begin: Function | None = None,
        on_train_end: Function | None = None,
        on_train_batch_begin: Function | None = None,
        on_train_batch_end: Function | None = None,
        **kwargs: Function,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for moment, function in given.items():
            if moment not in MOMENTS:
                raise TypeError(f"LambdaCallback: no moment is called {moment!r}. There are: {', '.join(MOMENTS)}.")
            if function is not None:
                setattr(self, moment, function)
