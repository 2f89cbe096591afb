"""Learning speed: how strongly each layer is told to change, and how much it does."""

from typing import Any

import numpy as np

from ..inside.learning_speed import LearningSpeed
from .style import BLUE, DASHES, GREY, ORANGE, SERIES, heading, name_axes, new_figure, plain, title

HEALTHY = (1e-4, 1e-2)  # update/weights
_GROUND = "#dcefe0"
_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
_GRADE_WORDS = {"": "healthy", "notice": "noticeable", "warning": "a warning", "severe": "severe"}


def learning_speed_picture(speed: LearningSpeed) -> Any:
    """A matplotlib Figure: gradients by layer now, and gradients and update ratios over time where there are several
    moments."""
    several = len(speed.steps) > 1
    figure = new_figure(13 if several else 9.5, max(3.9, 0.45 * len(speed.layers) + 2.2))
    panels = figure.subplots(1, 3 if several else 2)
    _draw_now(panels[0], speed)
    if several:
        _draw_lines(panels[1], speed, speed.gradient, "Gradient over time", None)
        if np.isfinite(speed.update_ratio).any(axis=1).sum() > 1:
            _draw_lines(panels[2], speed, speed.update_ratio, "Update / weights over time", HEALTHY)
        else:
            _draw_ratio(panels[2], speed)
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
    """A point a layer: the latest gradient; between them, what is lost on the way back."""
    now = speed.gradient[-1]
    places = np.arange(len(now))
    axes.plot(now, places, "-o", color=BLUE, linewidth=1.4, markersize=9)
    for i, factor in enumerate(speed.per_layer[-1]):
        axes.annotate(
            f"×{1 / factor:.2g} on the way back" if factor > 0 else "", (np.sqrt(now[i] * now[i + 1]), i + 0.5),
            xytext=(9, 0), textcoords="offset points", fontsize=8.5, color=ORANGE, va="center", ha="left", bbox=_WHITE,
        )  # fmt: skip
    _widen(axes, now)
    axes.set_yticks(places, speed.layers)
    axes.set_ylim(len(now) - 0.4, -0.6)  # the first layer on top
    title(axes, f"Gradient at step {speed.steps[-1]:,}")
    plain(axes, "both")
    words = "length of dL/dW, dL/db"
    if len(now) > 1 and np.isfinite(speed.lost[-1]):
        lost, factor = speed.lost[-1], speed.factor[-1]
        if lost >= 1:
            words += (
                f"\nfades {lost:.3g}-fold from last to first, {factor:.2g}-fold a layer: {_GRADE_WORDS[speed.grade]}"
            )
        else:
            words += f"\ngrows {1 / lost:.3g}-fold from last to first, {1 / factor:.2g}-fold a layer"
    name_axes(axes, words)


def _widen(axes: Any, values: Any) -> None:
    """A logarithmic axis from under the least value to some way beyond the greatest, where there is room for words."""
    positive = values[values > 0]
    if len(positive):
        axes.set_xscale("log")
        low, high = np.log10(positive.min()), np.log10(positive.max())
        axes.set_xlim(10 ** np.floor(low - 0.1), 10 ** np.ceil(high + max(0.6, 0.6 * (high - low))))


def _draw_ratio(axes: Any, speed: LearningSpeed) -> None:
    known = np.flatnonzero(np.isfinite(speed.update_ratio).any(axis=1))
    ratio = speed.update_ratio[known[-1] if len(known) else -1]
    places = np.arange(len(ratio))
    axes.axvspan(*HEALTHY, color=_GROUND, linewidth=0)
    axes.plot(ratio, places, "o", color=BLUE, markersize=9)
    axes.set_yticks(places, speed.layers)
    axes.set_ylim(len(ratio) - 0.4, -0.6)
    axes.set_xscale("log")
    finite = ratio[np.isfinite(ratio) & (ratio > 0)]
    axes.set_xlim(min(3e-6, *finite / 2), max(0.3, *finite * 2))
    title(axes, "Update / weights of one step")
    plain(axes, "both")
    name_axes(axes, "length of the update / length of the weights\n(green: healthy, 1e-4 to 1e-2)")


def _draw_lines(axes: Any, speed: LearningSpeed, values: Any, words: str, band: tuple[float, float] | None) -> None:
    if band is not None:
        axes.axhspan(*band, color=_GROUND, linewidth=0)
    for i, name in enumerate(speed.layers):
        known = np.isfinite(values[:, i])
        axes.plot(
            speed.steps[known], values[known, i], linestyle=DASHES[i % len(DASHES)], color=SERIES[i % len(SERIES)],
            linewidth=1.8, label=name,
        )  # fmt: skip
    if np.any(values > 0):
        axes.set_yscale("log")
    if band is not None:
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, band[0] / 3), max(high, band[1] * 3))
    title(axes, words)
    plain(axes)
    name_axes(axes, "step" + ("   (green: healthy, 1e-4 to 1e-2)" if band else ""))
