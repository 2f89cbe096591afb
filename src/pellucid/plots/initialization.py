"""First weights: the units that they lead to, and the signals in a deep network."""

from typing import Any

import numpy as np

from ..inside.initialization import Signals, Starts
from .style import DASHES, GREY, SERIES, heading, name_axes, new_figure, plain, title
from .tiles import draw_tiles


def starts_picture(starts: Starts, shape: tuple[int, int]) -> Any:
    """A matplotlib Figure: the hidden units' weights after training, drawn as images, and the losses.

    shape   (H, W) of the inputs
    """
    count = len(starts.runs)
    figure = new_figure(10.5, 1.25 * count + 1.0)
    left, right = figure.subfigures(1, 2, width_ratios=(1.45, 1))
    for axes, run in zip(left.subplots(count, 1, squeeze=False)[:, 0], starts.runs, strict=True):
        images = run.kernel.T.reshape(-1, *shape)
        draw_tiles(axes, images, len(images), signed=True)
        alike = f"all {run.units} units alike" if run.different == 1 else f"{run.different} different units"
        title(axes, f"{run.name}: {alike}" + (f", {run.dead} dead" if run.dead else ""))
    axes = right.subplots()
    for run, colour, dashes in zip(starts.runs, SERIES, DASHES, strict=False):
        axes.plot(np.arange(1, len(run.loss) + 1), run.loss, color=colour, linestyle=dashes, lw=2, label=run.name)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    plain(axes)
    title(axes, "Training loss")
    name_axes(axes, "epoch")
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    note = (
        "A row: the weights of every hidden unit in the end, as images of the pixels; blue: positive, orange: negative."
    )
    heading(figure, f"What {starts.activation} units learn from different first weights", note)
    return figure


def signals_picture(signals: Signals) -> Any:
    """A matplotlib Figure: the size of activations and of gradients by layer, and the training losses."""
    figure = new_figure(13, 4.8)
    panels = figure.subplots(1, 3)
    words = ("Forward: activations", "Backward: dL/dz", "Training loss")
    parts = ("activation", "gradient", "loss")
    for axes, text, part in zip(panels, words, parts, strict=True):
        for run, colour, dashes in zip(signals.runs, SERIES, DASHES, strict=False):
            values = getattr(run, part)
            axes.plot(np.arange(1, len(values) + 1), np.maximum(values, 1e-20), color=colour, linestyle=dashes, lw=1.9,
                      marker="o", ms=3, label=run.name)  # fmt: skip
        axes.set_yscale("log")
        axes.xaxis.get_major_locator().set_params(integer=True)
        plain(axes)
        title(axes, text)
        name_axes(axes, "epoch" if part == "loss" else "hidden layer", "" if part == "loss" else "standard deviation")
    lines, labels = panels[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9.5,
                  labelcolor=GREY)  # fmt: skip
    depth = len(signals.runs[0].activation)
    heading(figure, f"Signals in {depth} hidden layers of {signals.function} before training, and what came of it")
    return figure
