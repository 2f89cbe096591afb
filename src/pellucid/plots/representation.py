"""The hidden representation: where each layer puts the samples, and what a linear probe makes of it."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.probing import FeatureComparison
from ..inside.representation import Representation, RepresentationHistory
from .style import BLUE, GREY, ORANGE, class_colours, heading, name_axes, new_figure, plain, title
from .tiles import spread

_MARKS = "os^Dv<>Pp*"
_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
_MOST = 6  # moments of a history
_MOST_LAYERS = 16
_KINDS = {"raw": (GREY, "s"), "engineered": (ORANGE, "D"), "learned": (BLUE, "o")}


def representation_picture(seen: Representation, when: str = "") -> Any:
    """A matplotlib Figure with a panel a layer; each class has a colour and a mark.

    when   of a training, for the heading: "untrained"
    """
    shown = spread(seen.layers, _MOST_LAYERS)
    count = len(shown)
    columns = min(count, 4)
    rows = -(-count // columns)
    figure = new_figure(3.3 * columns + 0.4, 3.6 * rows + 1.0)
    grid = figure.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= count:
            axes.set_axis_off()
            continue
        one = shown[place]
        _scatter(axes, one.points, seen.labels)
        words = f"{one.units:,} units" if one.layer != "inputs" else f"{one.units:,} inputs"
        facts = [words] + ([] if one.explained is None else [f"plane holds {one.explained:.0%}"])
        if one.nearest is not None:
            facts.append(f"nearest neighbour right: {one.nearest:.0%}")
        title(axes, one.layer)
        axes.set_xlabel(", ".join(facts[:2]) + "".join("\n" + fact for fact in facts[2:]), fontsize=8.5, color=GREY)
    how = "principal components" if seen.method == "pca" else "t-SNE"
    note = "" if seen.method == "pca" else "t-SNE keeps neighbours together; distances between groups mean nothing."
    which = "each layer" if count == len(seen.layers) else f"{count} of {len(seen.layers)} layers"
    heading(figure, f"The samples in {which}{f', {when}' if when else ''}, by {how}", note)
    _class_legend(figure, seen.labels)
    return figure


def representation_history_picture(history: RepresentationHistory) -> Any:
    """A matplotlib Figure of one layer at up to six moments of a training, on the same axes."""
    chosen = np.unique(np.linspace(0, len(history.steps) - 1, min(_MOST, len(history.steps))).astype(int))
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = new_figure(3.4 * columns + 0.4, 3.4 * rows + 1.0)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(chosen) :]:
        axes.set_axis_off()
    for axes, i in zip(grid.flat, chosen, strict=False):
        _scatter(axes, history.points[i], history.labels)
        step, epoch = history.steps[i], history.epochs[i] + 1
        when = "before training" if step == 0 else f"step {step:,}, epoch {epoch}"
        title(axes, when)
        axes.set_xlabel(f"axes hold {history.explained[i]:.0%} of this moment's variance", fontsize=8.5, color=GREY)
    words = f"{history.layer}: how the samples part while it learns"
    heading(figure, words, "The axes are the last moment's principal ones.")
    _class_legend(figure, history.labels)
    return figure


def features_picture(found: FeatureComparison) -> Any:
    """A matplotlib Figure of a linear probe's test accuracy on raw, engineered and learned features."""
    figure = new_figure(8.6, 0.55 * len(found.rows) + 1.9)
    axes = figure.subplots()
    places = np.arange(len(found.rows))
    for i, row in enumerate(found.rows):
        colour, mark = _KINDS[row.kind]
        axes.plot([row.test, row.train], [i, i], color=colour, linewidth=1.5, alpha=0.6)
        axes.plot([row.train], [i], "|", color=colour, markersize=14, markeredgewidth=2)
        axes.plot([row.test], [i], mark, color=colour, markersize=11)
        axes.annotate(f"{row.test:.1%}", (row.test, i), xytext=(0, 12), textcoords="offset points", ha="center",
                      fontsize=9.5, fontweight="bold", color=colour, bbox=_WHITE, zorder=1)  # fmt: skip
    axes.set_yticks(places, [f"{row.name}\n{row.size:,} {row.kind} features" for row in found.rows])
    axes.set_ylim(len(places) - 0.45, -0.55)
    least = min(min(row.test, row.train) for row in found.rows)
    room = max(0.02, 0.12 * (1 - least))
    axes.set_xlim(max(0.0, least - room), 1 + room / 2)
    axes.set_xticks([tick for tick in axes.get_xticks() if max(0.0, least - room) <= tick <= 1 + 1e-9])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}" if value <= 1 else "")
    if found.model is not None:
        axes.axvline(found.model, color=GREY, linestyle="--", linewidth=1.2, zorder=0.5)
        axes.annotate(
            f"the network itself {found.model:.1%}", (found.model, 1.0), xycoords=("data", "axes fraction"),
            ha="center", va="bottom", xytext=(0, 2), textcoords="offset points", fontsize=8.5, color=GREY,
        )  # fmt: skip
    plain(axes, "x")
    name_axes(axes, "accuracy of a linear classifier on the test samples   ( | : on the training samples)")
    heading(figure, "Engineered against learned features")
    return figure


def _scatter(axes: Any, points: Array, labels: Array | None) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#cccccc")
    axes.axhline(0, color="#eeeeee", linewidth=0.8, zorder=0)
    axes.axvline(0, color="#eeeeee", linewidth=0.8, zorder=0)
    axes.margins(0.08)
    size = 26 if len(points) <= 120 else 12
    if labels is None:
        axes.scatter(*points.T, s=size, color=BLUE, alpha=0.6, linewidths=0)
        return
    classes = np.unique(labels)
    for colour, mark, label in zip(class_colours(len(classes)), _marks(len(classes)), classes, strict=True):
        mine = points[labels == label]
        axes.scatter(*mine.T, s=size, color=[colour], marker=mark, alpha=0.75, linewidths=0)


def _class_legend(figure: Any, labels: Array | None) -> None:
    from matplotlib.lines import Line2D

    if labels is None:
        return
    classes = np.unique(labels)
    known = [
        Line2D([], [], marker=mark, color=colour, linestyle="", markersize=7, label=str(label))
        for colour, mark, label in zip(class_colours(len(classes)), _marks(len(classes)), classes, strict=True)
    ]
    figure.legend(
        handles=known[:20], loc="outside right upper", frameon=False, fontsize=9, title="class", title_fontsize=9
    )


def _marks(count: int) -> list[str]:
    return [_MARKS[i % len(_MARKS)] for i in range(count)]
