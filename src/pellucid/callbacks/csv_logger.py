"""CSVLogger: a table of all epochs as a file."""

import csv
import os
from collections.abc import Iterable
from typing import Any

from .callback import Callback, Logs


class CSVLogger(Callback):
    """Writes one row an epoch: its number (from 0) and the metrics, in the order of their names.

    Args:
        filename: the file.
        separator: between two columns.
        append: add to a file that exists, instead of starting it afresh.

    A metric that an epoch does not have is NA. A metric that only appears later has no column; but there is one for
    each val_ metric from the start.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._size: int | None = None  # bytes of the file up to the last row of this training; None before the first

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.keys = None
        self._size = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        goes_on = self.append or self._size is not None
        with open(self.filename, "a" if goes_on else "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if file.tell() == 0:
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self._size = os.path.getsize(self.filename)

    def get_state(self) -> dict[str, Any]:
        return {"keys": self.keys, "size": self._size}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on after the last row that this state knows of; rows that a lost training wrote after it are cut off."""
        self.keys, self._size = state["keys"], state["size"]
        if self._size is not None and os.path.exists(self.filename):
            os.truncate(self.filename, min(self._size, os.path.getsize(self.filename)))


def _cell(value: Any) -> Any:
    """Several values in one cell become "[1, 2]", in quotes as Keras writes them."""
    if isinstance(value, str) or not isinstance(value, Iterable) or getattr(value, "ndim", None) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
