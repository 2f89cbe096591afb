"""Callbacks of older Kerases."""

import warnings
from typing import Any

from ...callbacks import Callback

__all__ = ["BaseLogger", "RemoteMonitor"]


class BaseLogger(Callback):
    """What Keras 1 and 2 averaged an epoch's logs with; here they come averaged. Programs write theirs on top of it."""

    def __init__(self, stateful_metrics: Any = None) -> None:
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())


class RemoteMonitor(Callback):
    """Sent the numbers of each epoch to a server; here it sends nothing, and says so."""

    def __init__(self, root: str = "http://localhost:9000", *_: Any, **__: Any) -> None:
        super().__init__()
        self.root = root

    def on_train_begin(self, logs: Any = None) -> None:
        warnings.warn(
            f"RemoteMonitor: nothing is sent to {self.root}. Send it yourself in a LambdaCallback.", stacklevel=2
        )
