"""Callbacks of older Kerases."""

from typing import Any

from ...callbacks import Callback

__all__ = ["BaseLogger"]


class BaseLogger(Callback):
    """What Keras 1 and 2 averaged an epoch's logs with; here they come averaged. Programs write theirs on top of it."""

    def __init__(self, stateful_metrics: Any = None) -> None:
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
