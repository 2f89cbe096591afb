"""Where one training lies among others that differ from it by chance alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays import Array
from .style import BLUE, ORANGE, heading, name_axes, new_figure, plain, title

_GROUND = "#cfe3f3"


@dataclass(frozen=True, eq=False)
class Band:
    """One quantity, epoch by epoch from 1.

    ranges   (epochs, 2) the least and the greatest
    words    what the ranges are of
    lines    by label: values of single trainings
    points   by label: {epoch: value}, of trainings of which no more is known
    """

    ranges: Array
    words: str
    lines: Mapping[str, Sequence[float]] = field(default_factory=dict)
    points: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


def bands_picture(bands: Mapping[str, Band], words: str) -> Any:
    """A matplotlib Figure with a panel for each quantity: the range as a band, single trainings as lines and dots."""
    figure = new_figure(5.2 * len(bands) + 0.6, 4.4)
    for axes, (quantity, band) in zip(figure.subplots(1, len(bands), squeeze=False)[0], bands.items(), strict=True):
        epochs = np.arange(1, len(band.ranges) + 1)
        axes.fill_between(epochs, *band.ranges.T, color=_GROUND, linewidth=0, label=f"{band.words}: least to greatest")
        for label, values in band.lines.items():
            axes.plot(np.arange(1, len(values) + 1), values, color=BLUE, linewidth=2, label=label)
        for label, known in band.points.items():
            axes.plot(list(known), list(known.values()), "D", color=ORANGE, markersize=7, markeredgecolor="white",
                      linestyle="", label=label, zorder=4)  # fmt: skip
            for epoch, value in known.items():
                beside, side = ((8, -14), "left") if epoch == 1 else ((-8, -14), "right")
                axes.annotate(f"{value:.4f}", (epoch, value), xytext=beside, textcoords="offset points", color=ORANGE,
                              fontsize=9, ha=side)  # fmt: skip
        if "accuracy" in quantity:
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        plain(axes)
        title(axes, quantity)
        name_axes(axes, "epoch")
        axes.legend(frameon=False, fontsize=9, loc="upper left" if "accuracy" in quantity else "upper right")
    heading(figure, words)
    return figure
