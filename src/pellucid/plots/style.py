"""What all pictures share: colours, letters, and the first figure."""

import textwrap
from typing import Any

BLUE = "#1769aa"  # positive; training; right
ORANGE = "#d95f02"  # negative; validation; wrong
GREY = "#666666"

_BOLD, _SMALL = 8.4, 14.5  # letters that fit in an inch of a heading, of a note
_GAP = "#d0d0d0"  # between images
_SIGNED = ("#7f3300", ORANGE, "#fbe0c8", "#ffffff", "#cfe3f3", BLUE, "#08335c")


def new_figure(width: float, height: float) -> Any:
    """An empty matplotlib Figure, width × height in inches, that no window belongs to.

    Raises ImportError, with the command that installs matplotlib, when it is missing.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ImportError("matplotlib, which draws it, is missing. Install it: pip install matplotlib") from error
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    return Figure(figsize=(width, height), layout=layout, facecolor="white")


def signed_colours() -> Any:
    """The colour map of numbers with a sign: orange below zero, white at zero, blue above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("orange_blue", _SIGNED, bad=_GAP)


def title(axes: Any, text: str) -> None:
    """A heading at the left of axes, which keep to the top when they have room to spare."""
    axes.set_anchor("NW")
    axes.set_title(text, loc="left", fontsize=11, fontweight="bold", pad=8)


SERIES = (BLUE, ORANGE, "#2a9d4e", "#8e44ad", "#b8860b", "#00838f", "#c2185b", "#555555")
"""Colours of several lines in one picture; give each line its own dashes, too."""

DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (7, 2, 2, 2)))


def plain(axes: Any, grid: str = "y") -> None:
    """Axes without a box: the lower edge, quiet ticks, and light lines across ("y", "x", "both" or "")."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#999999")
    axes.tick_params(which="both", colors=GREY, length=3, labelsize=9)
    if grid:
        axes.grid(axis=grid, color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)


def name_axes(axes: Any, x: str = "", y: str = "") -> None:
    """What the axes measure, in grey."""
    axes.set_xlabel(x, color=GREY, fontsize=9.5)
    axes.set_ylabel(y, color=GREY, fontsize=9.5)


def heading(figure: Any, text: str, note: str = "") -> None:
    """A heading over a whole figure, at the left, and a smaller line under it; broken where the figure is narrow."""
    width = figure.get_figwidth()
    figure.suptitle(_broken(text, width * _BOLD), fontsize=13.5, fontweight="bold", x=0.012, ha="left")
    if note:
        figure.supxlabel(_broken(note, width * _SMALL), fontsize=9, color=GREY, x=0.012, ha="left")


def _broken(text: str, letters: float) -> str:
    """Lines of at most so many letters; lines that are broken already stay so."""
    return "\n".join(textwrap.fill(line, max(20, int(letters))) for line in text.split("\n"))


def log_axis(axes: Any) -> None:
    """A logarithmic axis upwards with numbers that can be read: 1, 2 and 5 of each power where there are few powers."""
    from matplotlib.ticker import LogLocator

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    few = high < 100 * low
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")


def colour_bar(drawn: Any, axes: Any, words: str, **more: Any) -> Any:
    """A quiet colour bar beside axes."""
    bar = axes.figure.colorbar(drawn, ax=axes, aspect=30, pad=0.02, **more)
    bar.set_label(words, color=GREY, fontsize=9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=GREY, labelsize=8, length=2)
    return bar


def class_colours(count: int) -> list[Any]:
    """A colour for each class: ten that differ, and shades of one map beyond."""
    ten = ("#1769aa", "#d95f02", "#2a9d4e", "#c2185b", "#8e44ad", "#8c6d31", "#00a0b0", "#7f7f7f", "#b5bd00", "#1b1b1b")
    if count <= len(ten):
        return list(ten[:count])
    from matplotlib import colormaps

    return [colormaps["viridis"](i / (count - 1)) for i in range(count)]
