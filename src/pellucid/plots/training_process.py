"""A training seen whole: the line that a neuron draws through points, epoch by epoch, and the loss."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.training_process import TrainingProcess
from .style import BLUE, ORANGE, heading, name_axes, new_figure, plain, title


def line_fit_picture(process: TrainingProcess, x: Array, y: Array) -> Any:
    """A matplotlib Figure of a neuron with one input: its line at several epochs over the points, and the loss.

    x, y   (N, 1)
    """
    figure = new_figure(10.5, 4.4)
    left, right = figure.subplots(1, 2)
    reach = np.array([x.min() - 0.3, x.max() + 0.3])
    moments = [epoch for epoch in (0, 1, 3, 10, 30, 100) if epoch < process.epochs]
    for place, epoch in enumerate(moments):
        weight, bias = process.weights[epoch]
        left.plot(reach, weight * reach + bias, color="0.45", lw=1.1, alpha=0.3 + 0.6 * place / len(moments))
        left.annotate(f"{epoch}", (reach[1], weight * reach[1] + bias), xytext=(3, 0), textcoords="offset points",
                      fontsize=8.5, color="0.35", va="center")  # fmt: skip
    weight, bias = process.weights[-1]
    left.plot(reach, weight * reach + bias, color=BLUE, lw=2.4, label=f"{weight:.2f}·x + {bias:.2f}")
    left.scatter(x.ravel(), y.ravel(), color=ORANGE, s=40, edgecolor="white", zorder=3, label="samples")
    left.legend(frameon=False, fontsize=9.5, loc="upper left")
    plain(left)
    title(left, "Its line after " + ", ".join(map(str, moments)) + (" epochs" if len(moments) > 1 else " epoch"))
    name_axes(left, "x", "y")
    right.plot(process.loss, color=BLUE, lw=2.2)
    right.set_yscale("log")
    plain(right)
    title(right, "Loss")
    name_axes(right, "epoch", "mean squared error")
    end = "converged" if process.converged else "stopped"
    heading(figure, f"A neuron learns a line: {end} after {process.epochs} epochs")
    return figure
