"""Several runs that learned from the same batches: their losses, and how far their weights have come apart."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.blocks import number
from ..inside.fork import Comparison, ending
from .style import DASHES, GREY, SERIES, heading, log_axis, name_axes, new_figure, plain, title


def comparison_picture(found: Comparison) -> Any:
    """A matplotlib Figure of the loss after each epoch, a line a run, and of each run's distance from the first.

    A cross ends the line of a run that had to stop; a ring is where the run that ends lowest ends.
    """
    alone = len(found.names) == 1
    figure = new_figure(6.4 if alone else 11.2, 4.1 + 0.2 * len(found.names))
    grid = figure.subplots(1, 1 if alone else 2, squeeze=False)[0]
    best = found.names.index(found.best)
    title(grid[0], f"Loss on the {found.measured} samples")
    for i, curve in enumerate(found.losses):
        _draw(grid[0], i, curve, f"{found.names[i]}: {_end(curve)}", ringed=i == best and np.isfinite(ending(curve)))
    finite = found.losses[np.isfinite(found.losses)]
    if finite.size and finite.min() > 0 and finite.max() > 10 * finite.min():
        log_axis(grid[0])
    if not alone:
        title(grid[1], f"Distance of the weights from those of {found.names[0]!r}")
        for i, curve in enumerate(found.apart[1:], start=1):
            _draw(grid[1], i, curve, f"{found.names[i]}: {_end(curve)}", ringed=False)
        grid[1].set_ylim(bottom=0)
    for axes in grid:
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlim(1 if found.losses.shape[1] > 1 else 0, max(found.losses.shape[1], 2))
        axes.margins(x=0)
        plain(axes)
        name_axes(axes, "epoch")
        axes.legend(
            frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.14), handlelength=2.8, labelcolor=GREY
        )
    words = (
        "" if alone else f": {found.best!r} ends lowest" if np.isfinite(ending(found.losses[best])) else ": all stopped"
    )
    note = "The same batches in the same order, the same random numbers. Distance: √Σ(w - w₀)² over all weights."
    heading(figure, found.names[0] if alone else f"{len(found.names)} runs compared{words}", "" if alone else note)
    return figure


def _draw(axes: Any, i: int, curve: Array, label: str, ringed: bool) -> None:
    colour, dashes = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
    epochs = np.arange(1, len(curve) + 1)
    known = np.flatnonzero(np.isfinite(curve))
    mark = "o" if len(known) == 1 else ""
    axes.plot(epochs, curve, color=colour, linestyle=dashes, linewidth=2.1, label=label, marker=mark, clip_on=False)
    if ringed:
        ring = {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 2}
        axes.plot(known[-1] + 1, curve[known[-1]], "o", markersize=8, zorder=4, clip_on=False, **ring)
    if len(known) and len(known) < len(curve):
        cross = {"markeredgecolor": colour, "markeredgewidth": 2.4}
        axes.plot(known[-1] + 1, curve[known[-1]], "x", markersize=9, zorder=4, clip_on=False, **cross)


def _end(curve: Array) -> str:
    """The last number, or after how many epochs the run stopped."""
    known = int(np.isfinite(curve).sum())
    if known == len(curve):
        return number(curve[-1])
    return f"stopped in epoch {known + 1}"
