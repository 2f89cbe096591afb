"""A loss surface from above and as a landscape, with the paths of trainings on it."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.loss_surface import LossSurface, Path
from .style import DASHES, GREY, colour_bar, heading, name_axes, new_figure, title

LINES = ("#ffffff", "#ff9a3c", "#111111", "#ff5fa2", "#7fe0ff", "#ffe14d")  # of paths, on viridis
_LEVELS = 24
_STEEP = 3.0  # how far heights are bent at most, so that the low ground can be seen


def surface_picture(surface: LossSurface) -> Any:
    """A matplotlib Figure: contours at the left, the landscape at the right."""
    figure = new_figure(13, 5.9)
    left, right = figure.subfigures(1, 2, width_ratios=(1.12, 1))
    axes = left.subplots()
    draw_contours(axes, surface)
    draw_landscape(right.add_subplot(projection="3d"), surface)
    heading(figure, surface.name, surface_note(surface))
    return figure


def draw_contours(axes: Any, surface: LossSurface) -> None:
    """Draw the surface from above: lines of equal loss, and the paths."""
    from matplotlib.colors import BoundaryNorm

    levels = _levels(surface.loss)
    heights = np.clip(np.nan_to_num(surface.loss, nan=levels[-1], posinf=levels[-1]), levels[0], levels[-1])
    norm = BoundaryNorm(levels, 256)
    drawn = axes.contourf(surface.xs, surface.ys, heights, levels=levels, cmap="viridis", norm=norm)
    axes.contour(surface.xs, surface.ys, heights, levels=levels[1:-1:2], colors="white", linewidths=0.4, alpha=0.5)
    for x, y in surface.minima:
        axes.plot(x, y, marker="*", markersize=13, color="#ffe14d", markeredgecolor="black", linestyle="", zorder=6)
    for place, path in enumerate(surface.paths):
        _draw_path(axes, path, place)
    axes.set_xlim(surface.xs[0], surface.xs[-1])
    axes.set_ylim(surface.ys[0], surface.ys[-1])
    bar = colour_bar(drawn, axes, "loss" if surface.kind != "function" else "height", ticks=levels[::4])
    bar.ax.set_yticklabels([f"{level:.3g}" for level in levels[::4]])
    name_axes(axes, *_axis_names(surface))
    axes.tick_params(colors=GREY, labelsize=9, length=3)
    if surface.paths:
        legend = axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=2 if len(surface.paths) != 3 else 3, fontsize=9,
            frameon=True, facecolor="#3b5a78", edgecolor="none", labelcolor="white", handlelength=3,
        )  # fmt: skip
        legend.set_in_layout(True)


def draw_landscape(axes: Any, surface: LossSurface) -> None:
    """Draw the surface as a landscape; axes must be three-dimensional."""
    levels = _levels(surface.loss)
    low, high, power = levels[0], levels[-1], _power(surface.loss)
    step = max(1, len(surface.xs) // 60)
    xs, ys = surface.xs[::step], surface.ys[::step]
    loss = np.nan_to_num(surface.loss[::step, ::step], nan=high, posinf=high)

    def bent(values: Any) -> Array:
        return ((np.clip(values, low, high) - low) / (high - low)) ** (1 / power)

    across, along = np.meshgrid(xs, ys)
    axes.computed_zorder = False
    axes.plot_surface(
        across, along, bent(loss), cmap="viridis", vmin=0, vmax=1, linewidth=0.15, edgecolor="#ffffff55",
        rcount=60, ccount=60, zorder=1,
    )  # fmt: skip
    for place, path in enumerate(surface.paths):
        inside = _inside(path, surface)
        heights = bent(_heights_at(surface, path)) + 0.015
        heights[~inside] = np.nan
        colour = LINES[place % len(LINES)]
        style: dict[str, Any] = {"zorder": 5, "linestyle": DASHES[place % len(DASHES)]}
        axes.plot(path.x, path.y, heights, color="#222222", linewidth=3.4, zorder=4)
        axes.plot(path.x, path.y, heights, color=colour, linewidth=2, **style)
        ends = np.flatnonzero(inside)
        if len(ends):
            axes.plot(*(part[ends[-1:]] for part in (path.x, path.y, heights)), "o", color=colour, markeredgecolor="black",
                      markersize=7, zorder=6)  # fmt: skip
    ticks = np.linspace(0, 1, 5)
    axes.set_zticks(ticks, [f"{low + (high - low) * tick**power:.3g}" for tick in ticks])
    x_name, y_name = (name.split(" (")[0] for name in _axis_names(surface))
    axes.set_xlabel(x_name, color=GREY, fontsize=9)
    axes.set_ylabel(y_name, color=GREY, fontsize=9)
    axes.set_zlabel("loss" if surface.kind != "function" else "height", color=GREY, fontsize=9)
    axes.tick_params(colors=GREY, labelsize=8, pad=1)
    axes.view_init(elev=38, azim=-60)
    axes.set_box_aspect((1, 1, 0.7), zoom=0.92)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_facecolor("#f7f7f7")
        axis.pane.set_edgecolor("#dddddd")
        axis._axinfo["grid"]["color"] = "#e3e3e3"
    title(axes, "The same as a landscape")


def surface_note(surface: LossSurface) -> str:
    """What a reader must know before believing the picture."""
    if surface.kind == "function":
        known = "★ lowest points. " if surface.minima else ""
        return f"{known}○ start, ● end of each path. Heights are drawn bent, so that the low ground can be seen."
    if surface.explained is None:
        return (
            "1 on an axis is as far as the weights are long, filter by filter. Two random directions of "
            "very many: other directions look different."
        )
    farthest = max((float(path.off.max()) for path in surface.paths), default=0.0)
    return (
        f"The plane holds {surface.explained.sum():.1%} of the movement's variance ({surface.explained[0]:.1%} along the "
        f"first axis); the real weights lie up to {farthest:.2g} off it. ○ start, ● end."
    )


def _draw_path(axes: Any, path: Path, place: int) -> None:
    from matplotlib.patheffects import Normal, Stroke

    colour = LINES[place % len(LINES)]
    halo = [Stroke(linewidth=3.6, foreground="#00000088"), Normal()]
    end = f", ends at {path.loss[-1]:.3g}" if np.isfinite(path.loss[-1]) else ""
    axes.plot(
        path.x, path.y, linestyle=DASHES[place % len(DASHES)], color=colour, linewidth=1.9, label=path.label + end,
        path_effects=halo, zorder=4,
    )  # fmt: skip
    axes.plot(
        path.x[:1], path.y[:1], "o", color="none", markeredgecolor=colour, markeredgewidth=2, markersize=9, zorder=5
    )
    axes.plot(path.x[-1:], path.y[-1:], "o", color=colour, markeredgecolor="black", markersize=8, zorder=5)


def _axis_names(surface: LossSurface) -> tuple[str, str]:
    if surface.kind == "function":
        return "x", "y"
    if surface.explained is None:
        return "first random direction", "second random direction"
    first, second = surface.explained
    return f"first principal direction ({first:.1%} of the variance)", f"second principal direction ({second:.1%})"


def _power(loss: Array) -> float:
    """How heights are bent: the middle height comes to lie half way up."""
    finite = loss[np.isfinite(loss)]
    low, high = float(finite.min()), float(np.quantile(finite, 0.99))
    middle = (float(np.median(finite)) - low) / ((high - low) or 1.0)
    return float(np.clip(np.log(max(middle, 1e-9)) / np.log(0.5), 1.0, _STEEP))


def _levels(loss: Array) -> Array:
    """Heights of contours, closer together where most of the surface lies."""
    finite = loss[np.isfinite(loss)]
    low, high = float(finite.min()), float(np.quantile(finite, 0.99))
    if high <= low:
        high = low + 1.0
    return low + (high - low) * np.linspace(0, 1, _LEVELS + 1) ** _power(loss)


def _inside(path: Path, surface: LossSurface) -> Array:
    (left, right), (low, high) = ((axis[0], axis[-1]) for axis in (surface.xs, surface.ys))
    return (path.x >= left) & (path.x <= right) & (path.y >= low) & (path.y <= high)


def _heights_at(surface: LossSurface, path: Path) -> Array:
    """The surface's height under a path, between the four nearest places."""
    x = np.clip(np.interp(path.x, surface.xs, np.arange(len(surface.xs))), 0, len(surface.xs) - 1.001)
    y = np.clip(np.interp(path.y, surface.ys, np.arange(len(surface.ys))), 0, len(surface.ys) - 1.001)
    i, j = y.astype(int), x.astype(int)
    v, u = y - i, x - j
    loss = surface.loss
    upper = loss[i + 1, j] * (1 - u) + loss[i + 1, j + 1] * u
    return (loss[i, j] * (1 - u) + loss[i, j + 1] * u) * (1 - v) + upper * v
