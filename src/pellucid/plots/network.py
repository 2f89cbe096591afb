"""The network as a graph: units in columns, the strongest weights between them."""

from typing import Any, NamedTuple

import numpy as np

from ..inside.network_view import Column, Edges, NetworkView
from .style import BLUE, GREY, ORANGE, heading, new_figure, signed_colours

_HEIGHT = 10.0  # of all columns


class _Spot(NamedTuple):
    """Where a column stands: how far along, the height of each unit, the height of its name, and whether it has the
    whole height."""

    x: int
    units: Any
    name: float
    alone: bool


def network_picture(view: NetworkView) -> Any:
    """A matplotlib Figure of units and weights; blue solid lines are positive, orange dashed ones negative.

    Layers that are as far from the inputs stand above one another.
    """
    spots = _spots(view)
    count = 1 + max(spot.x for spot in spots)
    figure = new_figure(max(6.0, 2.6 * count + 1.2), 6.6)
    axes = figure.subplots()
    for edges in view.edges:
        _draw_edges(axes, edges, spots)
    for column, spot in zip(view.columns, spots, strict=True):
        _draw_column(axes, column, spot, last=spot.x == count - 1)
    for gap in range(count - 1):
        here = [e for e in view.edges if (spots[e.before].x, spots[e.after].x) == (gap, gap + 1)]
        if here:
            drawn, total = sum(len(edges.weights) for edges in here), sum(edges.total for edges in here)
            words = f"{drawn:,} of {total:,} weights" if drawn < total else f"{total:,} weights"
            words += f"\nstrongest {max(edges.strongest for edges in here):.2g}"
            axes.text(gap + 0.5, -1.15, words, ha="center", va="top", fontsize=8, color=GREY)
    axes.set_xlim(-0.55, count - 0.45)
    axes.set_ylim(-1.9, _HEIGHT + 1.9)
    axes.set_axis_off()
    _legend(axes, any(column.values is not None for column in view.columns))
    heading(figure, f"{view.name}: units and their strongest weights")
    return figure


def _spots(view: NetworkView) -> list[_Spot]:
    """Where each column stands: one step behind the farthest that it hears of; at the front where it is an input."""
    along: list[int] = []
    for i, column in enumerate(view.columns):
        heard = [along[edges.before] for edges in view.edges if edges.after == i]
        before = -1 if column.kind == "InputLayer" or not along else along[-1]  # where no weight says what it hears
        along.append(1 + max(heard, default=before))
    spots = []
    for i, column in enumerate(view.columns):
        beside = [j for j, x in enumerate(along) if x == along[i]]
        band = (_HEIGHT + 2.0) / len(beside)  # names stand above the units
        top = _HEIGHT + 1.0 - band * beside.index(i)
        room, shown = band - 2.0 if len(beside) > 1 else _HEIGHT, len(column.shown)
        gap = min(1.0, room / max(shown, 1))
        middle = top - 1.0 - room / 2
        spots.append(_Spot(along[i], middle + gap * ((shown - 1) / 2 - np.arange(shown)), top, len(beside) == 1))
    return spots


def _draw_edges(axes: Any, edges: Edges, spots: list[_Spot]) -> None:
    from matplotlib.collections import LineCollection

    if not len(edges.weights):
        return
    size = np.abs(edges.weights) / (edges.strongest or 1.0)
    before, after = spots[edges.before], spots[edges.after]
    ends = [
        [(before.x, before.units[i]), (after.x, after.units[j])]
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


def _draw_column(axes: Any, column: Column, spot: _Spot, last: bool) -> None:
    shown, x = len(column.shown), spot.x
    gap = abs(float(spot.units[0] - spot.units[1])) if shown > 1 else 1.0
    dots = min(190 if shown <= 10 else 120, (22 * gap) ** 2)
    fills: dict[str, Any] = {"color": "white"}
    if column.values is not None:
        largest = float(np.abs(column.values).max()) or 1.0
        fills = {"c": column.values, "cmap": signed_colours(), "vmin": -largest, "vmax": largest}
    axes.scatter(np.full(shown, x), spot.units, s=dots, edgecolors="#444444", linewidths=0.9, zorder=3, **fills)
    ends = x == 0 or last
    if ends and column.units > 1:
        values = [None] * shown if column.values is None or x == 0 else column.values
        for unit, y, value in zip(column.shown, spot.units, values, strict=True):
            side = -0.09 if x == 0 else 0.09
            text = f"{unit}" if value is None else f"{unit}   {value:.2f}"
            axes.text(x + side, y, text, ha="right" if x == 0 else "left", va="center", fontsize=7.5, color=GREY)
    units = f"{column.units:,} {column.noun}{'' if column.units == 1 else 's'}"
    count = units if shown == column.units else f"{shown} of {units}"
    lines = [count] + ([column.activation] if column.activation else [])
    axes.text(x, spot.name, _name(column, spot), ha="center", va="bottom", fontsize=10, fontweight="bold")
    below = "\n".join(lines) if spot.alone else ", ".join(lines)
    axes.text(x, spot.name - 0.1, below, ha="center", va="top", fontsize=8.5, color=GREY)


def _name(column: Column, spot: _Spot) -> str:
    return "inputs" if column.kind == "InputLayer" and spot.alone else column.name


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
