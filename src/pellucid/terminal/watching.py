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
_MARGIN = 8  # columns for the numbers of an axis
_SPARK = 16  # characters of a curve in one line
_LEAST_NAME = 18  # characters for a layer's name at least, before columns are left out
HEALTHY = (1e-5, 3e-2)  # update/weights: beyond it, the number is orange

Series = list[tuple[float, float]]  # (step, value)


def watched(reader: LiveReader, console: Console, seconds_ago: float) -> RenderableType:
    """Everything at this moment.

    seconds_ago   since the latest line came
    """
    if reader.header is None:
        return Text(f"Waiting for {reader.path} …")
    names, half = _quantities(reader), (console.width - 6) // 2
    side_by_side = half >= _NARROWEST
    panels = [_panel(name, reader, half if side_by_side else console.width - 4) for name in names]
    grid = Table.grid(padding=(0, 2))
    for row in [panels] if side_by_side else [[panel] for panel in panels]:
        grid.add_row(*row)
    rows = (
        console.height - 9 - (_HEIGHT + 1) * (1 if side_by_side else len(panels))
    )  # all else in a terminal of few lines
    most = max(rows, 3) if console.is_terminal and not reader.over else 1000
    layers = _layers(reader, console.width, most)
    return Group(_progress(reader, console.width), "", grid, "", layers, _state(reader, seconds_ago))


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


def _layers(reader: LiveReader, width: int, most: int) -> RenderableType:
    """Learning speed and saturation, layer by layer; of many the first and the last."""
    latest = reader.frames[-1] if reader.frames else {}
    gradient, flat = latest.get("gradient", {}), latest.get("saturated", {})
    ratio: dict[str, float] = next(
        (frame["ratio"] for frame in reversed(reader.frames) if _known(frame.get("ratio"))), {}
    )
    names = list(dict.fromkeys((*gradient, *flat)))
    rows = []
    for name in names:
        cells = [name, _number(gradient.get(name)), "", _ratio(ratio.get(name)), _share(flat.get(name))]
        rows.append([*cells, _share(latest.get("dead", {}).get(name))])
    headings = ["layer", "gradient", "over time", "update/weights", "saturated", "dead"]
    widths = [max(len(row[i]) for row in [headings, *rows]) + 2 for i in range(len(headings))]
    shown, beside = [0, 1, 3, 4, 5], sum(widths[i] for i in (1, 3, 4, 5))
    while len(shown) > 2 and width - beside < min(widths[0], _LEAST_NAME):
        beside -= widths[shown.pop()]
    longest = min(widths[0] - 2, width - 2 - beside)
    spark = min(width - longest - beside - 4, _SPARK)
    shown = sorted([*shown, *([2] if len(shown) == 5 and spark >= len("over time") else [])])
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=QUIET)
    for i in shown:
        table.add_column(headings[i], justify="left" if i in (0, 2) else "right", no_wrap=True)
    for row in _ends(rows, most):
        if not row:
            table.add_row(Text(f"… {len(rows) - most + 1} more", style=QUIET))
            continue
        history = [frame.get("gradient", {}).get(row[0], math.nan) for frame in reader.frames]
        row[0], row[2] = _shortened(row[0], longest), Text(_spark(history, spark), style=BLUE)
        table.add_row(*(row[i] for i in shown))
    sizes = list(gradient.values())
    lost = sizes[-1] / sizes[0] if len(sizes) > 1 and sizes[0] else math.nan
    bad = next((word for least, word in FADING if lost > least), "")
    note = Text(f"The gradient fades {lost:.3g}-fold from the last layer to the first: {bad}.", style=ORANGE)
    return Group(table, note) if bad else table


def _shortened(name: str, most: int) -> str:
    """A name of so many characters at most, without its middle.

    >>> _shortened("batch_normalization_12", 12)
    'batch_…on_12'
    """
    return name if len(name) <= most else f"{name[: most // 2]}…{name[len(name) - (most - 1 - most // 2) :]}"


def _ends(rows: list[list[Any]], most: int) -> list[list[Any]]:
    """So many rows: of too many the first and the last, and [] between them.

    >>> _ends([["a"], ["b"], ["c"], ["d"], ["e"]], 4)
    [['a'], [], ['d'], ['e']]
    """
    if len(rows) <= most:
        return rows
    first = (most - 1) // 2
    return [*rows[:first], [], *rows[len(rows) - (most - 1 - first) :]]


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
