"""One hidden layer follows a function: the neurons, their sum, and the error as neurons are added."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.approximation import Approximation, Line
from .style import BLUE, DASHES, GREY, ORANGE, SERIES, heading, name_axes, new_figure, plain, title

_HOW = {"train": "trained", "interpolate": "placed"}


def line_picture(line: Line, x: Array, target: Array, formula: str = "the function") -> Any:
    """A matplotlib Figure of a small network: what each neuron adds, and the sum beside the function.

    x, target   (P,) places in order, and the function there
    """
    figure = new_figure(11, 4.5)
    left, right = figure.subplots(1, 2)
    for i, piece in enumerate(line.pieces(x).T):
        colour, dashes = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
        speaks = np.where(piece == 0, np.nan, piece)
        left.plot(x, speaks, color=colour, linestyle=dashes, lw=2, label=f"{'+' if line.v[i] > 0 else '-'} n{i + 1}")
    left.axhline(0, color="#999999", lw=1)
    left.legend(frameon=False, fontsize=9, ncols=2, loc="upper left")
    title(left, f"What each of {len(line.w)} neurons adds")
    right.plot(x, target, color=ORANGE, linestyle="--", lw=2.2, label=formula)
    right.plot(x, line(x), color=BLUE, lw=2.2, label="Z(x), their sum")
    bends = line.bends[(line.bends > x[0]) & (line.bends < x[-1])]
    right.plot(bends, line(bends), "o", color=BLUE, ms=5, markeredgecolor="white", label="a neuron bends it")
    right.legend(frameon=False, fontsize=9.5, loc="upper left")
    title(right, "The sum follows the function")
    for axes in (left, right):
        plain(axes, "both")
        name_axes(axes, "x")
    heading(figure, "Six ReLU neurons, placed by hand" if len(line.w) == 6 else f"{len(line.w)} ReLU neurons")
    return figure


def approximation_picture(found: Sequence[Approximation], errors: Mapping[str, Mapping[int, float]]) -> Any:
    """A matplotlib Figure: how several sizes of network follow a function, and the largest error over the neurons.

    found    of one function
    errors   by name of a line: {neurons: largest error}
    """
    figure = new_figure(12, 4.6)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    left.plot(found[0].x, found[0].target, color="0.15", lw=3.5, alpha=0.35, label="the function")
    for one, colour, dashes in zip(found, SERIES, DASHES, strict=False):
        left.plot(
            one.x,
            one.found,
            color=colour,
            linestyle=dashes,
            lw=1.9,
            label=f"{len(one.line.w)} neurons, {_HOW[one.how]}",
        )
    left.legend(frameon=False, fontsize=9.5)
    plain(left)
    title(left, "One hidden layer follows it")
    name_axes(left, "x")
    for (name, points), colour, dashes in zip(errors.items(), SERIES, DASHES, strict=False):
        right.loglog(list(points), list(points.values()), color=colour, linestyle=dashes, marker="o", ms=5, label=name)
    sizes = np.array(sorted(next(iter(errors.values()))), dtype=float)
    first = next(iter(errors.values()))
    last = first[int(sizes[-1])]
    right.loglog(sizes, last * (sizes[-1] / sizes) ** 2, ":", color=GREY, lw=1.2, label="∝ 1 / neurons²")
    right.set_xticks(sizes, [f"{size:g}" for size in sizes])
    right.minorticks_off()
    right.legend(frameon=False, fontsize=9.5)
    plain(right, "both")
    title(right, "Largest error")
    name_axes(right, "neurons")
    heading(figure, "Universal approximation: the more neurons, the closer")
    return figure
