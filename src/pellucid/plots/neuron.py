"""A network small enough to be drawn with all its numbers: units with what they say, weights along the lines."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.blocks import number
from .style import BLUE, GREY, ORANGE, heading, new_figure


def small_network_picture(values: Sequence[Array], kernels: Sequence[Array], labels: Sequence[str], words: str) -> Any:
    """A matplotlib Figure of a network of dense layers with all its numbers; for up to 5 units a layer.

    values    what the units of each layer say, the inputs first
    kernels   (I, O) between each layer and the next
    labels    of the layers
    """
    most = max(len(column) for column in values)
    if most > 5:
        raise ValueError(f"small_network_picture: needs layers of 5 units at most, got {most}.")
    figure = new_figure(2.9 * len(values), 1.25 * most + 1.5)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(-0.35, len(values) - 0.65)
    axes.set_ylim(-most / 2 - 0.1, most / 2 + 0.35)
    heights = [(len(column) - 1) / 2 - np.arange(len(column)) for column in values]
    strongest = max(float(np.abs(kernel).max()) for kernel in kernels)
    for place, kernel in enumerate(kernels):
        for i, row in enumerate(kernel):
            for o, weight in enumerate(row):
                ends = heights[place][i], heights[place + 1][o]
                along = 0.27 + 0.15 * (i % 3)  # the labels of lines that cross stand apart
                _wire(axes, place, ends, float(weight), strongest, along)
    for place, (column, label) in enumerate(zip(values, labels, strict=True)):
        axes.text(place, most / 2 + 0.2, label, ha="center", color=GREY, fontsize=10.5)
        for value, y in zip(column, heights[place], strict=True):
            style = {"boxstyle": "circle,pad=0.45", "facecolor": "white", "linewidth": 1.8}
            edge = ORANGE if value < 0 else BLUE
            axes.text(place, y, number(float(value)), ha="center", va="center", fontsize=11, zorder=4,
                      bbox={**style, "edgecolor": edge})  # fmt: skip
    heading(figure, words)
    return figure


def _wire(axes: Any, place: int, ends: tuple[float, float], weight: float, strongest: float, along: float) -> None:
    colour, dashes = (ORANGE, (0, (4, 2))) if weight < 0 else (BLUE, "-")
    axes.plot((place, place + 1), ends, color=colour, linestyle=dashes, linewidth=0.8 + 3 * abs(weight) / strongest)
    axes.text(
        place + along, ends[0] + along * (ends[1] - ends[0]), number(weight), fontsize=10, color=colour,
        ha="center", va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.8},
    )  # fmt: skip
