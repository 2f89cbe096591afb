"""What all pictures share: colours, letters, and the first figure."""

from typing import Any

BLUE = "#1769aa"  # positive; training; right
ORANGE = "#d95f02"  # negative; validation; wrong
GREY = "#666666"

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
