"""Learning curves: one quantity over the epochs, for training and for validation."""

from collections.abc import Mapping, Sequence
from typing import Any

from .style import BLUE, GREY, ORANGE, title


def draw_curves(axes: Any, history: Mapping[str, Sequence[float]], name: str) -> None:
    """Draw what `history.history` holds under `name` and `val_` + name.

    axes      matplotlib Axes
    name      "loss", "accuracy" or any other metric
    """
    title(axes, name.replace("_", " ").capitalize())
    known = ((name, "training", BLUE, "-"), (f"val_{name}", "validation", ORANGE, "--"))
    epochs = max(len(history.get(key, ())) for key, *_ in known)
    marker = "o" if epochs == 1 else ""
    for key, label, colour, line in known:
        if values := history.get(key):
            label = f"{label} {values[-1]:.4f}"
            axes.plot(range(1, len(values) + 1), values, line, color=colour, marker=marker, linewidth=2, label=label)
    axes.set_xlim(*((1, epochs) if epochs > 1 else (0, 2)))
    axes.set_xlabel("epoch", color=GREY)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=GREY, length=3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#999999")
    if lines := axes.get_lines():
        values = lines[0].get_ydata()
        rises = values[-1] > values[0]
        axes.legend(frameon=False, loc="lower right" if rises else "upper right", handlelength=2.4)
