"""The plane of inputs as a grid, bent by layers of two units."""

from typing import Any

import numpy as np

from ..inside.grid_warp import GridWarp, Stage
from .style import GREY, class_colours, heading, name_axes, new_figure, signed_colours, title

_MARKS = "os^Dv<>Pp*"


def grid_warp_picture(warp: GridWarp) -> Any:
    """A matplotlib Figure with a panel a stage: the same grid, the same samples, coloured by what the network says."""
    count = len(warp.stages)
    figure = new_figure(3.9 * count, 4.7)
    panels = figure.subplots(1, count, squeeze=False)[0]
    for axes, stage in zip(panels, warp.stages, strict=True):
        _draw_stage(axes, stage, warp)
    names = ("first", "second")
    for axes, stage in zip(panels, warp.stages, strict=True):
        words = "input" if stage.name == "inputs" else "unit"
        name_axes(axes, *(f"{name} {words}" for name in names))
    heading(
        figure, "What two units make of the plane",
        "Each point of the first grid is carried along; the colour is what the whole network says there. "
        "Between the last grid and the output there is only a straight cut.",
    )  # fmt: skip
    return figure


def _draw_stage(axes: Any, stage: Stage, warp: GridWarp) -> None:
    from matplotlib.colors import ListedColormap

    x, y = stage.points[..., 0], stage.points[..., 1]
    middle = (warp.answer[1:, 1:] + warp.answer[:-1, :-1]) / 2 if warp.classes == 1 else warp.answer[:-1, :-1]
    if warp.classes == 1:
        low, high = float(warp.answer.min()), float(warp.answer.max())
        centre = 0.5 if low >= 0 and high <= 1 else 0.0
        reach = 2.8 * max(high - centre, centre - low) or 1.0  # pale: the samples stand out
        colours: Any = signed_colours()
        axes.pcolormesh(x, y, middle, cmap=colours, vmin=centre - reach, vmax=centre + reach, linewidth=0,
                        antialiased=False, rasterized=True)  # fmt: skip
    else:
        colours = ListedColormap(class_colours(warp.classes))
        axes.pcolormesh(x, y, middle, cmap=colours, vmin=-0.5, vmax=warp.classes - 0.5, alpha=0.3, linewidth=0,
                        antialiased=False, rasterized=True)  # fmt: skip
    for i in range(0, len(x), warp.lines):
        axes.plot(x[i], y[i], color="#555555", linewidth=0.6)
        axes.plot(x[:, i], y[:, i], color="#555555", linewidth=0.6)
    if len(stage.samples):
        labels = np.zeros(len(stage.samples), dtype=int) if warp.labels is None else warp.labels
        names = np.unique(labels)
        two = ("#d95f02", "#1769aa")
        for place, label in enumerate(names):
            mine = stage.samples[labels == label]
            colour = two[place] if len(names) <= 2 and warp.classes == 1 else class_colours(len(names))[place]
            axes.scatter(*mine.T, s=16, color=colour, marker=_MARKS[place % len(_MARKS)], edgecolors="white",
                         linewidths=0.4, zorder=3)  # fmt: skip
    title(axes, stage.name)
    axes.tick_params(colors=GREY, labelsize=8, length=2)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_aspect("equal", adjustable="datalim")
