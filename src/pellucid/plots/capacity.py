"""Capacity: training and validation loss over the width and the depth of a network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..inside.capacity import Capacity, CapacityRun
from .style import BLUE, GREY, ORANGE, heading, log_axis, name_axes, new_figure, plain, title


def capacity_picture(found: Capacity) -> Any:
    """A matplotlib Figure: losses over width and over depth, and the curves of the smallest and the largest network."""
    figure = new_figure(12, 7.4)
    (width, depth), (small, large) = figure.subplots(2, 2, sharey="row")
    layers = "1 hidden layer" if found.depth == 1 else f"{found.depth} hidden layers"
    _draw_sizes(width, found.by_width, [run.width for run in found.by_width], f"By width: {layers}", "units in a layer")
    width.legend(frameon=False, fontsize=9)
    words = f"By depth: {found.width} units wide"
    _draw_sizes(depth, found.by_depth, [run.depth for run in found.by_depth], words, "hidden layers")
    ordered = sorted(found.runs, key=lambda run: run.parameters)
    for axes, run, word in ((small, ordered[0], "Smallest"), (large, ordered[-1], "Largest")):
        _draw_epochs(axes, run, word)
    _log(width, [np.array([run.loss[-1], run.val_loss[-1]]) for run in found.runs])
    _log(small, [curve for run in (ordered[0], ordered[-1]) for curve in (run.loss, run.val_loss)])
    for axes in (depth, large):
        axes.tick_params(labelleft=True)
    note = "" if found.complete else "Stopped before the last network."
    heading(figure, "Capacity: what networks of several sizes learn", note)
    return figure


def _draw_sizes(axes: Any, runs: Sequence[CapacityRun], sizes: list[int], words: str, unit: str) -> None:
    title(axes, words)
    if not runs:
        axes.set_axis_off()
        return
    train, last = np.array([run.loss[-1] for run in runs]), np.array([run.val_loss[-1] for run in runs])
    best = np.array([run.val_loss.min() for run in runs])
    worse = last >= train
    axes.fill_between(sizes, train, last, where=worse, color="#f3e2d3", linewidth=0, label="gap: learned by heart")
    axes.plot(sizes, train, "-o", color=BLUE, linewidth=2, label="training loss, at the end")
    axes.plot(sizes, last, "--s", color=ORANGE, linewidth=2, label="validation loss, at the end")
    axes.plot(sizes, best, ":^", color=GREY, linewidth=1.5, markersize=5, label="validation loss, at its best epoch")
    if max(sizes) > 8 * min(sizes):
        axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    plain(axes)
    name_axes(axes, unit, "loss")


def _draw_epochs(axes: Any, run: CapacityRun, word: str) -> None:
    layers = "layer" if run.depth == 1 else "layers"
    units = "1 unit" if run.width == 1 else f"{run.width} units"
    title(axes, f"{word}: {run.depth} hidden {layers} of {units}, {run.parameters:,} parameters")
    epochs = np.arange(1, len(run.loss) + 1)
    axes.plot(epochs, run.loss, color=BLUE, linewidth=2, label="training")
    axes.plot(epochs, run.val_loss, "--", color=ORANGE, linewidth=2, label="validation")
    axes.axvline(run.best_epoch, color=GREY, linewidth=0.9, linestyle=":")
    right = run.best_epoch > len(run.loss) * 0.6
    axes.annotate(
        f"best validation loss {run.val_loss.min():.3g}\nafter epoch {run.best_epoch}", (run.best_epoch, 0.78),
        xycoords=("data", "axes fraction"), xytext=(-5 if right else 5, 0), textcoords="offset points", va="top",
        ha="right" if right else "left", fontsize=8.5, color=GREY,
    )  # fmt: skip
    plain(axes)
    name_axes(axes, "epoch", "loss")


def _log(axes: Any, values: list[Any]) -> None:
    """A logarithmic axis where these losses reach over more than a factor of eight."""
    every = np.concatenate(values)
    if every.min() > 0 and every.max() > 8 * every.min():
        log_axis(axes)
