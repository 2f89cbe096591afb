"""The network as a graph: units in columns, the strongest weights between them."""

from typing import Any

import numpy as np

from ..inside.network_view import Column, Edges, NetworkView
from .style import BLUE, GREY, ORANGE, heading, new_figure, signed_colours

_HEIGHT = 10.0  # of all columns


def network_picture(view: NetworkView) -> Any:
    """A matplotlib Figure of units and weights; blue solid lines are positive, orange dashed ones negative."""
    count = len(view.columns)
    figure = new_figure(max(6.0, 2.6 * count + 1.2), 6.6)
    axes = figure.subplots()
    places = [_places(column) for column in view.columns]
    for edges in view.edges:
        _draw_edges(axes, edges, places)
    for x, column in enumerate(view.columns):
        _draw_column(axes, x, column, places[x], last=x == count - 1)
    for edges in view.edges:
        if edges.after == edges.before + 1:
            left_out = len(edges.weights) < edges.total
            words = f"{len(edges.weights):,} of {edges.total:,} weights" if left_out else f"{edges.total:,} weights"
            words += f"\nstrongest {edges.strongest:.2g}"
            axes.text(edges.before + 0.5, -1.15, words, ha="center", va="top", fontsize=8, color=GREY)
    axes.set_xlim(-0.55, count - 0.45)
    axes.set_ylim(-1.9, _HEIGHT + 1.9)
    axes.set_axis_off()
    _legend(axes, any(column.values is not None for column in view.columns))
    heading(figure, f"{view.name}: units and their strongest weights")
    return figure


def _places(column: Column) -> Any:
    shown = len(column.shown)
    gap = min(1.0, _HEIGHT / max(shown, 1))
    return _HEIGHT / 2 + gap * ((shown - 1) / 2 - np.arange(shown))


def _draw_edges(axes: Any, edges: Edges, places: list[Any]) -> None:
    from matplotlib.collections import LineCollection

    if not len(edges.weights):
        return
    size = np.abs(edges.weights) / (edges.strongest or 1.0)
    ends = [
        [(edges.before, places[edges.before][i]), (edges.after, places[edges.after][j])]
        for i, j in zip(edges.source, edges.target, strict=True)
    ]
    for sign, colour, dashes in ((1, BLUE, "-"), (-1, ORANGE, (0, (4, 2)))):
        mine = np.flatnonzero(edges.weights > 0 if sign > 0 else edges.weights < 0)[::-1]  # the strongest on top
        if not len(mine):
            continue
        lines = LineCollection(
            [ends[i] for i in mine], colors=colour, linestyles=[dashes], linewidths=0.3 + 2.2 * size[mine] ** 1.5,
            alpha=0.15 + 0.75 * size[mine] ** 1.5, zorder=1,
        )  # fmt: skip
        axes.add_collection(lines)


def _draw_column(axes: Any, x: int, column: Column, places: Any, last: bool) -> None:
    shown = len(column.shown)
    dots = 190 if shown <= 10 else 120
    fills: dict[str, Any] = {"color": "white"}
    if column.values is not None:
        largest = float(np.abs(column.values).max()) or 1.0
        fills = {"c": column.values, "cmap": signed_colours(), "vmin": -largest, "vmax": largest}
    axes.scatter(np.full(shown, x), places, s=dots, edgecolors="#444444", linewidths=0.9, zorder=3, **fills)
    ends = x == 0 or last
    if ends and column.units > 1:
        values = [None] * shown if column.values is None or x == 0 else column.values
        for unit, y, value in zip(column.shown, places, values, strict=True):
            side = -0.09 if x == 0 else 0.09
            text = f"{unit}" if value is None else f"{unit}   {value:.2f}"
            axes.text(x + side, y, text, ha="right" if x == 0 else "left", va="center", fontsize=7.5, color=GREY)
    name = "inputs" if column.kind == "InputLayer" else column.name
    units = f"{column.units:,} {column.noun}{'' if column.units == 1 else 's'}"
    count = units if shown == column.units else f"{shown} of {units}"
    lines = [count] + ([column.activation] if column.activation else [])
    axes.text(x, _HEIGHT + 1.0, name, ha="center", va="bottom", fontsize=10, fontweight="bold")
    axes.text(x, _HEIGHT + 0.9, "\n".join(lines), ha="center", va="top", fontsize=8.5, color=GREY)


def _legend(axes: Any, with_values: bool) -> None:
    from matplotlib.lines import Line2D

    known = [
        Line2D([], [], color=BLUE, linewidth=2, label="positive weight"),
        Line2D([], [], color=ORANGE, linewidth=2, linestyle=(0, (4, 2)), label="negative weight"),
    ]
    if with_values:
        dot: dict[str, Any] = {"marker": "o", "linestyle": "", "markeredgecolor": "#444444", "markersize": 9}
        known += [
            Line2D([], [], markerfacecolor=BLUE, label="active unit", **dot),
            Line2D([], [], markerfacecolor="white", label="silent unit", **dot),
        ]
    axes.legend(
        handles=known, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(known), frameon=False, fontsize=9
    )
