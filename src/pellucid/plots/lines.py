"""Lines over epochs, a panel a quantity: for what several runs are compared by."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .style import DASHES, SERIES, heading, name_axes, new_figure, plain, title


def lines_picture(panels: Mapping[str, Mapping[str, Sequence[float]]], words: str, first: int = 1) -> Any:
    """A matplotlib Figure with a panel for each quantity, and in it a line for each run.

    panels   {quantity: {run: values by epoch}}
    first    number of the first epoch
    """
    figure = new_figure(max(7.4, 5.2 * len(panels) + 0.6), 4.5)
    for axes, (quantity, runs) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        share = "accuracy" in quantity.lower()
        for (name, values), colour, dashes in zip(runs.items(), SERIES, DASHES, strict=False):
            epochs = np.arange(first, first + len(values))
            end = f"{values[-1]:.1%}" if share else f"{values[-1]:.4g}"
            axes.plot(epochs, values, color=colour, linestyle=dashes, lw=2.1, label=f"{name}: {end}")
        if share:
            axes.set_ylim(0, 1.02)
            axes.yaxis.set_major_formatter(lambda value, place: f"{value:.0%}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        plain(axes)
        title(axes, quantity)
        name_axes(axes, "epoch")
        axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.14))
    heading(figure, words)
    return figure
