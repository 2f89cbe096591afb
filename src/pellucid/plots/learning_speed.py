"""Learning speed: how strongly each layer is told to change, and how much it does."""

from typing import Any

import numpy as np

from ..inside.learning_speed import LearningSpeed
from .style import BLUE, DASHES, GREY, ORANGE, SERIES, heading, name_axes, new_figure, plain, title

HEALTHY = (1e-4, 1e-2)  # update/weights
_GRADE_WORDS = {"": "healthy", "notice": "noticeable", "warning": "a warning", "severe": "severe"}


def learning_speed_picture(speed: LearningSpeed) -> Any:
    """A matplotlib Figure: gradients by layer now, and gradients and update ratios over time where there are several
    moments."""
    several = len(speed.steps) > 1
    figure = new_figure(12.5 if several else 8.5, 4.4)
    panels = figure.subplots(1, 3 if several else 2)
    _draw_now(panels[0], speed)
    if several:
        _draw_lines(panels[1], speed, speed.gradient, "‖gradient‖ over time", None)
        _draw_lines(panels[2], speed, speed.update_ratio, "Update / weights over time", HEALTHY)
        handles, labels = panels[1].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=min(6, len(labels)), frameon=False, fontsize=9,
            labelcolor=GREY,
        )  # fmt: skip
    else:
        _draw_ratio(panels[1], speed)
    heading(figure, "Learning speed by layer")
    return figure


def _draw_now(axes: Any, speed: LearningSpeed) -> None:
    """A bar a layer: the latest gradient, and what is lost from each layer to the one before it."""
    now = speed.gradient[-1]
    places = np.arange(len(now))
    axes.barh(places, now, color=BLUE, height=0.55)
    _log_if_possible(axes, now, "x")
    axes.set_yticks(places, speed.layers)
    axes.set_ylim(len(now) - 0.4, -0.6)  # the first layer on top
    for i, factor in enumerate(speed.per_layer[-1]):
        axes.annotate(
            f"×{factor:.2g}", (0.985, i + 0.5), xycoords=("axes fraction", "data"), fontsize=8.5, color=ORANGE,
            va="center", ha="right",
        )  # fmt: skip
    title(axes, f"‖gradient‖ at step {speed.steps[-1]:,}")
    plain(axes, "x")
    name_axes(axes, "‖dL/dW, dL/db‖")
    if len(now) > 1 and np.isfinite(speed.lost[-1]):
        words = f"last layer / first: {speed.lost[-1]:.3g}, {_GRADE_WORDS[speed.grade]}"
        words += f"; on the way back\neach layer keeps 1/{speed.factor[-1]:.2g} of it (orange: layer by layer)"
        axes.text(0, -0.2, words, transform=axes.transAxes, fontsize=8.5, color=GREY, va="top")


def _draw_ratio(axes: Any, speed: LearningSpeed) -> None:
    ratio = speed.update_ratio[-1]
    places = np.arange(len(ratio))
    axes.axvspan(*HEALTHY, color="#dcefe0", linewidth=0)
    axes.barh(places, np.nan_to_num(ratio), color=BLUE, height=0.55)
    axes.set_yticks(places, speed.layers)
    axes.set_ylim(len(ratio) - 0.4, -0.6)
    axes.set_xscale("log")
    finite = ratio[np.isfinite(ratio) & (ratio > 0)]
    axes.set_xlim(min(3e-6, *finite / 2), max(0.3, *finite * 2))
    title(axes, "Update / weights of one step")
    plain(axes, "x")
    name_axes(axes, "‖update‖ / ‖weights‖   (green: healthy, 1e-4 to 1e-2)")


def _draw_lines(axes: Any, speed: LearningSpeed, values: Any, words: str, band: tuple[float, float] | None) -> None:
    if band is not None:
        axes.axhspan(*band, color="#dcefe0", linewidth=0)
    for i, name in enumerate(speed.layers):
        known = np.isfinite(values[:, i])
        axes.plot(
            speed.steps[known], values[known, i], linestyle=DASHES[i % len(DASHES)], color=SERIES[i % len(SERIES)],
            linewidth=1.8, label=name,
        )  # fmt: skip
    _log_if_possible(axes, values, "y")
    title(axes, words)
    plain(axes)
    name_axes(axes, "step" + ("   (green: healthy, 1e-4 to 1e-2)" if band else ""))


def _log_if_possible(axes: Any, values: Any, axis: str) -> None:
    if np.any(values > 0):
        (axes.set_xscale if axis == "x" else axes.set_yscale)("log")
