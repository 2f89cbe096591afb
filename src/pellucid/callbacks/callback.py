"""Callback: something that is told what happens while a model trains, is evaluated or predicts.

on_train_begin
    on_epoch_begin
        on_train_batch_begin → on_train_batch_end      for every batch
        on_test_begin … on_test_end                    when there are validation data
    on_epoch_end
on_train_end
"""

import math
from typing import Any

Logs = dict[str, Any]
"""Values by metric name: {"loss": 0.09, "accuracy": 0.2, "val_loss": …}. Numbers are Python floats."""


class Callback:
    """Base of all callbacks: override the moments you want to be told about.

    `self.model` is the model; `self.params` is a dict with "epochs", "steps" (None when unknown) and "verbose";
    `self.validation_data`, as until Keras 2.2, the list [x, y, weights] that `fit` validates with, if they are arrays.

    A callback with a memory that exact resuming needs gives it away with `get_state` and takes it back with
    `set_state`: a dict of numbers, texts, lists, dicts and arrays.

    >>> class PrintLoss(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    >>> PrintLoss().on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    runs_first = False
    """Whether this callback is told before all the others, who then see what it has made of the model."""

    runs_last = False
    """Whether this callback is told only after all the others."""

    may_skip_batches = False
    """Whether it is content with being told about some of the training batches, in order (a progress line is)."""

    may_wait = False
    """With that, whether it is content with being asked ten times a second or so, rather than after every batch."""

    waits_for: float = math.inf
    """With that, after how many batches it must be asked at the latest."""

    validation_data: Any = None

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    @property
    def model(self) -> Any:
        return self._model

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def watches(self, moment: str) -> bool:
        """Whether this callback does anything at that moment, such as "on_train_batch_end"."""
        return any(overrides(self, name) for name in (moment, _OLD_NAMES.get(moment, moment)))

    def get_state(self) -> dict[str, Any]:
        """What this callback remembers of the training so far; {} for nothing."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Remember what `get_state` gave, in a training that goes on. Called after on_train_begin."""

    def broken_off(self) -> None:
        """Training ends by an error or by Ctrl-C: no on_train_end will come. For what must be given back or told."""

    def on_train_begin(self, logs: Logs | None = None) -> None: ...

    def on_train_end(self, logs: Logs | None = None) -> None: ...

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """The old name of on_train_batch_begin."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """The old name of on_train_batch_end."""

    def on_test_begin(self, logs: Logs | None = None) -> None: ...

    def on_test_end(self, logs: Logs | None = None) -> None: ...

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_predict_begin(self, logs: Logs | None = None) -> None: ...

    def on_predict_end(self, logs: Logs | None = None) -> None: ...

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...


MOMENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))
"""The names of all the moments a callback can be told about."""

_OLD_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def overrides(callback: Callback, name: str) -> bool:
    """Whether the callback has a method of its own under that name, from its class or set on the object."""
    return name in vars(callback) or getattr(type(callback), name) is not getattr(Callback, name)
