"""What `pellucid watch` shows: the curves of a running training, its layers, and how long it will still take."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..inside.learning_speed import GRADES as FADING
from ..inside.live_file import LiveReader
from ..inside.saturation import grade
from .colours import BLUE, ORANGE, QUIET
from .curves import curves

_HEIGHT = 8  # lines of a panel's curves
_NARROWEST = 36  # columns of a panel, when two stand side by side
_ROOMY = 80  # columns, from which the table of layers has all its columns
_MARGIN = 8  # columns for the numbers of an axis
HEALTHY = (1e-5, 3e-2)  # update/weights: beyond it, the number is orange

Series = list[tuple[float, float]]  # (step, value)


def watched(reader: LiveReader, console: Console, seconds_ago: float) -> RenderableType:
    """Everything at this moment.

    seconds_ago   since the latest line came
    """
    if reader.header is None:
        return Text(f"Waiting for {reader.path} …")
    panels = [_panel(name, reader, (console.width - 6) // 2) for name in _quantities(reader)]
    grid = Table.grid(padding=(0, 2))
    if (console.width - 6) // 2 >= _NARROWEST:
        grid.add_row(*panels)
    else:
        for name in _quantities(reader):
            grid.add_row(_panel(name, reader, console.width - 4))
    return Group(
        _progress(reader, console.width), "", grid, "", _layers(reader, console.width), _state(reader, seconds_ago)
    )


def line_of(reader: LiveReader, epoch: dict[str, Any]) -> str:
    """An epoch in one line, for what is no terminal.

    >>> from pathlib import Path
    >>> reader = LiveReader(Path("run.jsonl"), header={"epochs": 5})
    >>> line_of(reader, {"epoch": 0, "step": 45, "logs": {"loss": 0.5, "accuracy": 0.75}})
    'epoch 1/5  step 45  loss 0.5  accuracy 0.75'
    """
    of = (reader.header or {}).get("epochs")
    logs = "  ".join(f"{name} {value:.4g}" for name, value in epoch.get("logs", {}).items())
    return f"epoch {epoch['epoch'] + 1}{f'/{of}' if of else ''}  step {epoch['step']}  {logs}"


def share_done(reader: LiveReader) -> float | None:
    """How much of the training is done, 0 to 1; None where that cannot be told.

    >>> from pathlib import Path
    >>> frame = {"epoch": 1, "batch": 4, "seconds": 3.0}
    >>> share_done(LiveReader(Path("run.jsonl"), header={"epochs": 4, "steps": 10}, frames=[frame]))
    0.375
    """
    header, frames = reader.header or {}, reader.frames
    epochs, steps = header.get("epochs"), header.get("steps")
    if reader.over and not reader.why:
        return 1.0
    if not epochs or not frames:
        return None
    latest = frames[-1]
    within = (latest["batch"] + 1) / steps if steps and latest["batch"] >= 0 else 0.0
    whole = max(latest["epoch"], reader.epochs[-1]["epoch"] + 1 if reader.epochs else 0)
    within = within if whole == latest["epoch"] else 0.0
    return min(1.0, (max(whole, 0) + within) / epochs)


def time_left(reader: LiveReader) -> float | None:
    """Seconds that the training will still take, if it goes on as it went; None where that cannot be told.

    >>> from pathlib import Path
    >>> frame = {"epoch": 1, "batch": 4, "seconds": 3.0}
    >>> time_left(LiveReader(Path("run.jsonl"), header={"epochs": 4, "steps": 10}, frames=[frame]))
    5.0
    """
    done = share_done(reader)
    if not done or not reader.frames:
        return None
    return float(reader.frames[-1]["seconds"]) * (1 - done) / done


def clock(seconds: float) -> str:
    """A duration in words.

    >>> clock(9.04), clock(75), clock(7300)
    ('9.0 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _progress(reader: LiveReader, width: int) -> RenderableType:
    header = reader.header or {}
    epochs, latest = header.get("epochs"), reader.frames[-1] if reader.frames else {}
    epoch = max(latest.get("epoch", -1) + 1, len(reader.epochs), 1)
    words = Text(f"{header.get('model')}  ", style="bold")
    words.append(f"epoch {epoch}{f'/{epochs}' if epochs else ''}")
    gone = reader.seconds if reader.over else latest.get("seconds", 0.0)
    times = Text(clock(gone or 0.0))
    left = time_left(reader)
    if left is not None and not reader.over:
        times.append(f", {clock(left)} left", style=QUIET)
    bar = ProgressBar(
        1.0, share_done(reader) or 0.0, max(10, width - len(words) - len(times) - 6), complete_style=BLUE,
        finished_style=BLUE,
    )  # fmt: skip
    line = Table.grid(padding=(0, 1))
    line.add_row(words, bar, times)
    rate = f"step {latest.get('step', 0):,}   {header.get('optimizer')}, rate {latest.get('rate', math.nan):.3g}"
    return Group(line, Text(rate, style=QUIET))


def _quantities(reader: LiveReader) -> list[str]:
    """The loss, and the first metric, if there is one."""
    logs = reader.epochs[-1]["logs"] if reader.epochs else (reader.frames[-1]["logs"] if reader.frames else {})
    measured = [name for name in logs if name not in ("loss", "learning_rate") and not name.startswith("val_")]
    return ["loss", *measured[:1]]


def _panel(name: str, reader: LiveReader, width: int) -> RenderableType:
    """One quantity over the steps: as the progress line says it, and on the validation data."""
    known = [(name, name, BLUE), (f"val_{name}", "validation", ORANGE)]
    drawn = [(_series(reader, key), label, style) for key, label, style in known]
    values = [value for series, *_ in drawn for _, value in series if math.isfinite(value)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    legend = Text("  ", no_wrap=True, overflow="ellipsis")
    for series, label, style in drawn:
        if series:
            legend.append(f"{label} {series[-1][1]:.4f}  ", style=style)
    last = max((series[-1][0] for series, *_ in drawn if series), default=1.0)
    first = min((series[0][0] for series, *_ in drawn if series), default=0.0)
    dots = 2 * (width - _MARGIN)
    lines = curves(
        [(_spread(series, first, last, dots), style) for series, _, style in drawn], dots, low, high, width - _MARGIN,
        _HEIGHT,
    )  # fmt: skip
    marks = [f"{high:.3g}" if values else "", *[""] * (_HEIGHT - 2), f"{low:.3g}" if values else ""]
    rows = [Text.assemble((mark.rjust(_MARGIN - 1), QUIET), " ", line) for mark, line in zip(marks, lines, strict=True)]
    return Group(legend, *rows)


def _series(reader: LiveReader, name: str) -> Series:
    """A quantity by step: within epochs from the progress line, else after each epoch."""
    epochs = [(epoch["step"], epoch["logs"][name]) for epoch in reader.epochs if name in epoch["logs"]]
    if len(epochs) >= 2:
        return epochs
    frames = [(frame["step"], frame["logs"][name]) for frame in reader.frames if name in frame["logs"]]
    return frames if len(frames) > len(epochs) else epochs


def _spread(series: Series, first: float, last: float, dots: int) -> Sequence[float]:
    """Values at so many even steps, straight lines between those that are known; nan outside of them."""
    if not series:
        return []
    steps, values = zip(*series, strict=True)
    return np.interp(np.linspace(first, last, dots), steps, values, left=np.nan, right=np.nan).tolist()


def _layers(reader: LiveReader, width: int) -> RenderableType:
    """Learning speed and saturation, layer by layer."""
    latest = reader.frames[-1] if reader.frames else {}
    gradient, flat = latest.get("gradient", {}), latest.get("saturated", {})
    ratio: dict[str, float] = next(
        (frame["ratio"] for frame in reversed(reader.frames) if _known(frame.get("ratio"))), {}
    )
    roomy = width >= _ROOMY
    headings = ["layer", "gradient", *["over time"] * roomy, "update/weights", "saturated", *["dead"] * roomy]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=QUIET)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("layer", "over time") else "right", no_wrap=True)
    for name in dict.fromkeys((*gradient, *flat)):
        history = [frame.get("gradient", {}).get(name, math.nan) for frame in reader.frames]
        cells = {
            "layer": name,
            "gradient": _number(gradient.get(name)),
            "over time": Text(_spark(history), style=BLUE),
            "update/weights": _ratio(ratio.get(name)),
            "saturated": _share(flat.get(name)),
            "dead": _share(latest.get("dead", {}).get(name)),
        }
        table.add_row(*(cells[heading] for heading in headings))
    sizes = list(gradient.values())
    lost = sizes[-1] / sizes[0] if len(sizes) > 1 and sizes[0] else math.nan
    bad = next((word for least, word in FADING if lost > least), "")
    note = Text(f"The gradient fades {lost:.3g}-fold from the last layer to the first: {bad}.", style=ORANGE)
    return Group(table, note) if bad else table


def _state(reader: LiveReader, seconds_ago: float) -> Text:
    if reader.over and reader.why:
        return Text(f"Training was {reader.why} after {clock(reader.seconds or 0.0)}.", style=ORANGE)
    if reader.over:
        return Text(f"Training is over, after {clock(reader.seconds or 0.0)}.", style="bold")
    if reader.gone:
        return Text("The process that trained is gone; it did not say that it was done.", style=ORANGE)
    quiet = f" No news for {clock(seconds_ago)}." if seconds_ago > 10 else ""
    return Text(f"Ctrl-C ends watching; the training goes on.{quiet}", style=QUIET)


def _known(ratio: dict[str, float] | None) -> bool:
    return bool(ratio) and any(math.isfinite(value) for value in (ratio or {}).values())


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.3g}"


def _ratio(value: float | None) -> Text:
    healthy = value is None or not math.isfinite(value) or HEALTHY[0] <= value <= HEALTHY[1]
    return Text(_number(value), style="" if healthy else ORANGE)


def _share(value: float | None) -> Text:
    if value is None:
        return Text("")
    word = grade(value)
    return Text(f"{value:.0%}{f' {word}' if word else ''}", style=ORANGE if word in ("warning", "severe") else "")


def _spark(values: Sequence[float], width: int = 16) -> str:
    """The latest part of a curve in one line, on a logarithmic scale.

    >>> _spark([0.001, 0.01, 0.1, 1.0])
    '▁▃▆█'
    """
    known = [value for value in values if math.isfinite(value) and value > 0]
    if len(known) > 4 * width:
        known = known[:: len(known) // (2 * width)]
    known = known[-width:]
    if not known:
        return ""
    low, high = math.log(min(known)), math.log(max(known))
    return "".join("▁▂▃▄▅▆▇█"[round(7 * (math.log(value) - low) / ((high - low) or 1.0))] for value in known)
