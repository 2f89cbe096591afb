"""A perceptron on two inputs: the points, the line that parts them, and how the rule turned that line."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.perceptron import Lesson
from .style import BLUE, GREY, ORANGE, heading, name_axes, new_figure, plain, title

_LINES = 8  # of the way, at most


def perceptron_picture(x: Array, y: Array, lesson: Lesson, words: str = "") -> Any:
    """A matplotlib Figure: the points with the lines that the rule tried, and its mistakes epoch by epoch.

    x, y   (N, 2) inputs and (N,) classes, 0 or 1, that the lesson was about
    """
    figure = new_figure(9.6, 4.6)
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.25 * (high - low) + 1e-9
    low, high = low - margin, high + margin
    left.set_xlim(low[0], high[0])
    left.set_ylim(low[1], high[1])
    _shade(left, lesson, low, high)
    steps = lesson.corrections[:-1]
    chosen = np.unique(np.linspace(0, len(steps) - 1, min(_LINES, len(steps))).astype(int)[: len(steps)])
    for place, i in enumerate(chosen):
        weights, threshold = steps[i].after
        _line(left, weights, threshold, low, high, color="0.55", linewidth=0.9, alpha=0.25 + 0.6 * place / len(chosen),
              label="earlier lines" if place == len(chosen) - 1 else None)  # fmt: skip
    if lesson.weights.any():
        _line(left, lesson.weights, lesson.threshold, low, high, color="black", linewidth=2)
    for label, colour, mark in ((0, ORANGE, "s"), (1, BLUE, "o")):
        rows = x[y == label]
        left.scatter(
            *rows.T, c=colour, marker=mark, s=46, edgecolor="white", linewidth=0.8, zorder=3, label=f"class {label}"
        )
    wrong = x[lesson(x) != y]
    if len(wrong):
        left.scatter(*wrong.T, s=150, facecolor="none", edgecolor="black", linewidth=1.2, label="wrong", zorder=4)
    plain(left, "")
    title(left, "The line that it found" if lesson.converged else "Where its line lay in the end")
    left.set_anchor("C")
    name_axes(left, "first input", "second input")
    left.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=3)
    epochs = np.arange(1, len(lesson.errors) + 1)
    right.bar(epochs, lesson.errors, color=[BLUE if errors == 0 else ORANGE for errors in lesson.errors], width=0.7)
    right.xaxis.get_major_locator().set_params(integer=True)
    right.yaxis.get_major_locator().set_params(integer=True)
    plain(right)
    title(right, "Wrong answers in each epoch")
    name_axes(right, "epoch", "wrong answers")
    heading(figure, f"Rosenblatt's rule: {words}" if words else "Rosenblatt's rule", lesson.verdict)
    return figure


def _line(axes: Any, weights: Array, threshold: float, low: Array, high: Array, **style: Any) -> None:
    """Where w·x is the threshold."""
    if not weights.any():
        return
    point = weights * threshold / (weights @ weights)
    along = np.array([-weights[1], weights[0]]) / np.sqrt(weights @ weights)
    reach = float(np.abs(high - low).sum() + np.abs(point).sum())
    ends = np.array([point - reach * along, point + reach * along])
    axes.plot(*ends.T, **style)


def _shade(axes: Any, lesson: Lesson, low: Array, high: Array) -> None:
    """A light ground on either side of the last line."""
    from matplotlib.colors import ListedColormap

    sides = [np.linspace(a, b, 200) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    answers = lesson(grid).reshape(200, 200)
    ground = ListedColormap(["#fdf0e6", "#e8f1f8"])
    axes.pcolormesh(*sides, answers, cmap=ground, vmin=0, vmax=1, zorder=0, rasterized=True)
    axes.tick_params(colors=GREY)
