"""CallbackList: several callbacks told as one, and no more often than they want to be."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .callback import MOMENTS, Callback, Logs
from .history import History
from .progress import ProgbarLogger
from .values import Values

LogsOrMaker = Logs | Callable[[], Logs] | None
"""A dict of logs, or a function that makes one: it is called only when a callback is going to read it."""


class CallbackList(Callback):
    """Tells each of its callbacks, in their order, what happens.

    Who trains asks first how much anybody wants to know: `wants_batches`, `wants_progress`, `wants(moment)`. A callback
    that does not override a moment is not called at that moment.

    Args:
        callbacks: a callback, or lists of them.
        add_history: add a History unless there is one.
        add_progbar: add a ProgbarLogger unless there is one.
        model: the model they belong to.
        **params: what `set_params` gives to each of them (epochs, steps, verbose).

    >>> from pellucid.callbacks import LambdaCallback
    >>> callbacks = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))])
    >>> callbacks.wants_batches
    False
    >>> callbacks.on_epoch_end(0, {"loss": 1, "accuracy": 0.5})
    0 {'accuracy': 0.5, 'loss': 1.0}
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        members = list(_flat(callbacks))
        for kind, wanted in ((History, add_history), (ProgbarLogger, add_progbar)):
            if wanted and not any(isinstance(callback, kind) for callback in members):
                members.append(kind())
        self.callbacks: list[Any] = sorted(members, key=_place)
        self._listeners: dict[str, list[Callable[..., None]]] = {}
        self._skippers: list[Any] = []
        for callback in self.callbacks:
            if hasattr(callback, "set_callbacks"):
                callback.set_callbacks(self)
        self.set_model(model)
        self.set_params(params)

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        if params:
            for callback in self.callbacks:
                callback.set_params(params)
        self._ask()

    def set_validation_data(self, data: list[Any]) -> None:
        """Give the arrays that the model is validated with to those that have none of their own."""
        for callback in self.callbacks:
            if getattr(callback, "validation_data", None) is None:
                callback.validation_data = data

    def set_model(self, model: Any) -> None:
        if model is None:
            return
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)
            if isinstance(callback, History):
                model.history = callback
        self._ask()

    def wants(self, moment: str) -> bool:
        """Whether some callback must be told whenever this moment comes."""
        return bool(self._listeners[moment])

    @property
    def wants_batches(self) -> bool:
        """Whether some callback must be told about every training batch."""
        return self.wants("on_train_batch_begin") or self.wants("on_train_batch_end")

    @property
    def wants_progress(self) -> bool:
        """Whether some callback follows the training batches, and is content with every few of them."""
        return bool(self._skippers)

    @property
    def most_batches(self) -> float:
        """How many batches may pass before a callback hears of them: 1 where some callback hears of each."""
        if self.wants_batches:
            return 1
        patience = (callback.waits_for if getattr(callback, "may_wait", False) else 1 for callback in self._skippers)
        return min(patience, default=math.inf)

    def get_state(self) -> dict[str, Any]:
        """What the callbacks remember: by class name, the second of a class as "Name_1" and so on."""
        found = {name: callback.get_state() for name, callback in self._named() if hasattr(callback, "get_state")}
        return {name: state for name, state in found.items() if state}

    def set_state(self, state: dict[str, Any]) -> None:
        """Give each callback its memory back; one without an entry starts afresh."""
        for name, callback in self._named():
            if name in state:
                callback.set_state(state[name])

    def _named(self) -> Iterable[tuple[str, Any]]:
        counts: dict[str, int] = {}
        for callback in self.callbacks:
            name = type(callback).__name__
            counts[name] = counts.get(name, -1) + 1
            yield f"{name}_{counts[name]}" if counts[name] else name, callback

    def _ask(self) -> None:
        """Ask all callbacks again which moments they watch: settings may have changed that."""
        self._skippers = [
            callback
            for callback in self.callbacks
            if getattr(callback, "may_skip_batches", False) and callback.watches("on_train_batch_end")
        ]
        self._listeners = {
            moment: [
                getattr(callback, moment)
                for callback in self.callbacks
                if hasattr(callback, moment) and (not hasattr(callback, "watches") or callback.watches(moment))
            ]
            for moment in MOMENTS
        }
        own = [callback.on_train_batch_end for callback in self._skippers]
        self._listeners["on_train_batch_end"] = [
            told for told in self._listeners["on_train_batch_end"] if told not in own
        ]

    def broken_off(self) -> None:
        for callback in self.callbacks:
            if hasattr(callback, "broken_off"):
                callback.broken_off()

    @contextmanager
    def training(self) -> Iterator[None]:
        """Around a whole training, whoever runs it: its members are told when it is broken off."""
        try:
            yield
        except BaseException:
            self.broken_off()
            raise

    def on_train_begin(self, logs: LogsOrMaker = None) -> None:
        self._ask()
        self._tell("on_train_begin", logs)
        self._ask()

    def on_train_end(self, logs: LogsOrMaker = None) -> None:
        self._tell("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: LogsOrMaker = None) -> None:
        told = self._listeners["on_train_batch_end"]
        for callback in self._skippers:
            if callback.due(batch):
                ahead = _place(callback) < 0
                told = [callback.on_train_batch_end, *told] if ahead else [*told, callback.on_train_batch_end]
        if told:
            made = plain(logs)
            for tell in told:
                tell(batch, made)

    def on_batch_begin(self, batch: int, logs: LogsOrMaker = None) -> None:
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs: LogsOrMaker = None) -> None:
        self.on_train_batch_end(batch, logs)

    def on_test_begin(self, logs: LogsOrMaker = None) -> None:
        self._ask()
        self._tell("on_test_begin", logs)

    def on_test_end(self, logs: LogsOrMaker = None) -> None:
        self._tell("on_test_end", logs)

    def on_test_batch_begin(self, batch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_test_batch_end", batch, logs)

    def on_predict_begin(self, logs: LogsOrMaker = None) -> None:
        self._ask()
        self._tell("on_predict_begin", logs)

    def on_predict_end(self, logs: LogsOrMaker = None) -> None:
        self._tell("on_predict_end", logs)

    def on_predict_batch_begin(self, batch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: LogsOrMaker = None) -> None:
        self._tell_numbered("on_predict_batch_end", batch, logs)

    def _tell(self, moment: str, logs: LogsOrMaker) -> None:
        if told := self._listeners[moment]:
            made = plain(logs)
            for tell in told:
                tell(made)

    def _tell_numbered(self, moment: str, index: int, logs: LogsOrMaker) -> None:
        if told := self._listeners[moment]:
            made = plain(logs)
            for tell in told:
                tell(index, made)


def _place(callback: Any) -> int:
    """Where it stands among the others: -1 before them, 1 after them."""
    return int(getattr(callback, "runs_last", False)) - int(getattr(callback, "runs_first", False))


def plain(logs: LogsOrMaker) -> Logs:
    """A new dict of the logs by name, numbers as Python floats; what is no number stays as it is.

    >>> plain(lambda: {"val_loss": 2, "loss": 1})
    {'loss': 1.0, 'val_loss': 2.0}
    """
    made = logs() if callable(logs) else logs
    return Values({name: _plain_value(value) for name, value in sorted((made or {}).items())})


def _plain_value(value: Any) -> Any:
    if type(value) is float or isinstance(value, str) or getattr(value, "ndim", 0) > 0:
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _flat(callbacks: Any) -> Iterable[Any]:
    if callbacks is None:
        return
    if isinstance(callbacks, list | tuple):
        for inner in callbacks:
            yield from _flat(inner)
    elif isinstance(callbacks, type):
        raise TypeError(f"callbacks: got the class {callbacks.__name__}; give an object of it, {callbacks.__name__}().")
    elif not hasattr(callbacks, "set_model"):
        raise TypeError(f"callbacks: each must be a Callback, got {callbacks!r}. A function? See LambdaCallback.")
    else:
        yield callbacks
