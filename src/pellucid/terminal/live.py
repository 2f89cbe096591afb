"""LiveCurves: the curves of loss and accuracy, growing in the terminal while `fit` runs."""

import math
import time
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..callbacks import Callback
from .colours import BLUE, ORANGE, QUIET
from .curves import curves

_INTERVAL = 0.1  # seconds between two drawings
_HEIGHT = 8  # lines of a panel's curves
_NARROWEST = 36  # columns of a panel, when two stand side by side
_MARGIN = 5  # columns for the numbers of an axis


class LiveCurves(Callback):
    """Draws the loss and the first metric of every epoch, training in blue and validation in orange.

    console   where to draw; by default the standard output

    Use it with verbose=0: `model.fit(x, y, epochs=20, verbose=0, callbacks=[LiveCurves()])`.
    """

    may_skip_batches = True

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self.console = console or Console()
        self.history: dict[str, list[float]] = {}
        self._live: Live | None = None
        self._batch = 0
        self._began = self._drawn = 0.0

    def due(self, batch: int) -> bool:
        """Whether the last drawing is old enough for a new one."""
        return time.monotonic() - self._drawn >= _INTERVAL

    def on_train_begin(self, logs: Any = None) -> None:
        self.history, self._batch, self._began = {}, 0, time.monotonic()
        self._live = Live(console=self.console, auto_refresh=False)
        self._live.start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batch = batch + 1
        self._draw()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self._batch = 0
        if self.due(0):
            self._draw()

    def on_train_end(self, logs: Any = None) -> None:
        if self._live is not None:
            self._draw()
            self._live.stop()

    def broken_off(self) -> None:
        """Give the terminal back: its cursor, and what is printed from now on."""
        if self._live is not None:
            self._live.stop()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._live is not None:
            self._live.update(self.picture(), refresh=True)

    def picture(self) -> RenderableType:
        """The progress, and a panel each for the loss and the first metric."""
        measured = [name for name in self.history if name != "loss" and not name.startswith("val_")]
        names = ["loss", *measured[:1]]
        half = (self.console.width - 8) // 2  # the last columns stay free: Ctrl-C writes there
        table = Table.grid(padding=(0, 2))
        if half >= _NARROWEST:
            table.add_row(*(self._panel(name, half) for name in names))
        else:
            for name in names:
                table.add_row(self._panel(name, self.console.width - 4))
        return Group(self._progress(), "", table)

    def _progress(self) -> RenderableType:
        epochs, steps = self.params.get("epochs") or 1, self.params.get("steps")
        whole = len(self.history.get("loss", ()))
        done = whole + (self._batch / steps if steps else 0)
        words = Text(f"epoch {min(whole + (self._batch > 0), epochs)}/{epochs}", style="bold")
        clock = Text(f"{time.monotonic() - self._began:.1f} s")
        room = max(10, self.console.width - len(words) - len(clock) - 4)
        bar = ProgressBar(epochs, done, room, complete_style=BLUE, finished_style=BLUE)
        line = Table.grid(padding=(0, 1))
        line.add_row(words, bar, clock)
        return line

    def _panel(self, name: str, width: int) -> RenderableType:
        """One quantity: where it is now, and its curves."""
        drawn = [
            (self.history.get(key, []), label, style)
            for key, label, style in ((name, name, BLUE), (f"val_{name}", "validation", ORANGE))
        ]
        seen = [value for values, _, _ in drawn for value in values]
        low, high = _axis(seen, is_share="acc" in name)
        legend = Text("  ", no_wrap=True, overflow="ellipsis")
        for values, label, style in drawn:
            if values:
                legend.append(f"{'  ' * (label != name)}{label} {values[-1]:.4f}", style=style)
        points = max(self.params.get("epochs") or 1, 2)
        lines = curves([(values, style) for values, _, style in drawn], points, low, high, width - _MARGIN, _HEIGHT)
        marks = [f"{high:.3g}" if seen else "", *[""] * (_HEIGHT - 2), f"{low:.3g}"]
        rows = [
            Text.assemble((mark.rjust(_MARGIN - 1), QUIET), " ", line) for mark, line in zip(marks, lines, strict=True)
        ]
        return Group(legend, *rows)


def _axis(values: list[float], is_share: bool) -> tuple[float, float]:
    """The ends of the axis: up to 1 from the tenth below the least for shares, otherwise from 0 to the greatest.

    >>> _axis([0.62, 0.9], is_share=True), _axis([2.3, 0.1], is_share=False)
    ((0.6, 1.0), (0.0, 2.3))
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    if is_share:
        return math.floor(min(finite) * 10) / 10, 1.0
    return min(*finite, 0.0), max(finite)
