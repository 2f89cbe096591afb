"""A loss surface from above and as a landscape, with the paths of trainings on it."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.loss_surface import LossSurface, Path
from .style import DASHES, GREY, colour_bar, heading, name_axes, new_figure, title

LINES = ("#ffffff", "#ff9a3c", "#ff6fb1", "#8fe3ff", "#ffe14d", "#c9a7ff")  # of paths, on viridis
_DARK = "#1d2733"
_LEVELS = 24
_FEW = 120  # points of a path that are drawn one by one
_PLANE = 3  # points that have a plane of their own, wherever they lie
_ENDS = "Dark dot: start; light dot: end."
_AS_IT_LIES, _IN_THE_WAY = -60.0, 0.03  # degrees; mean of height × nearness, heights from 0 to 1
_STEEP = 3.0  # how far heights are bent at most, so that the low ground can be seen


def surface_picture(surface: LossSurface) -> Any:
    """A matplotlib Figure: contours at the left, the landscape at the right."""
    figure = new_figure(13, 5.9)
    left, right = figure.subfigures(1, 2, width_ratios=(1.12, 1))
    axes = left.subplots()
    draw_contours(axes, surface)
    draw_landscape(right.add_subplot(projection="3d"), surface)
    if surface.paths:
        lines, labels = axes.get_legend_handles_labels()
        columns = max(1, min(len(labels), 66 // (max(map(len, labels)) + 6)))
        left.legend(
            lines, labels, loc="outside lower center", ncols=columns, fontsize=9, facecolor="#3b5a78",
            edgecolor="none", labelcolor="white", handlelength=2.6, framealpha=1, columnspacing=1.4,
        )  # fmt: skip
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
    if surface.kind == "random":
        axes.plot(0, 0, "o", color="white", markeredgecolor=_DARK, markeredgewidth=1.8, markersize=8.5, zorder=6)
    for x, y in surface.minima:
        axes.plot(x, y, marker="*", markersize=13, color="#ffe14d", markeredgecolor="black", linestyle="", zorder=6)
    for place, path in enumerate(surface.paths):
        _draw_path(axes, path, place, surface)
    axes.set_xlim(surface.xs[0], surface.xs[-1])
    axes.set_ylim(surface.ys[0], surface.ys[-1])
    bar = colour_bar(drawn, axes, "loss" if surface.kind != "function" else "height", ticks=levels[::4])
    bar.ax.set_yticklabels(_short(levels[::4]))
    name_axes(axes, *_axis_names(surface))
    axes.tick_params(colors=GREY, labelsize=9, length=3)


def draw_landscape(axes: Any, surface: LossSurface) -> None:
    """Draw the surface as a landscape; axes must be three-dimensional."""
    from matplotlib.ticker import MaxNLocator

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
        inside, larger = _inside(path, surface), len(surface.paths) - 1 - place
        heights = bent(_heights_at(surface, path)) + 0.015
        x, y, z = (np.where(inside, part, np.nan) for part in (path.x, path.y, heights))
        colour, dashes = LINES[place % len(LINES)], DASHES[place % len(DASHES)]
        axes.plot(x, y, z, color=_DARK, linewidth=3.2, zorder=4)
        axes.plot(x, y, z, color=colour, linewidth=1.8, linestyle=dashes, zorder=5)
        for ends, fill in ((np.flatnonzero(inside)[:1], _DARK), (np.flatnonzero(inside)[-1:], colour)):
            axes.plot(x[ends], y[ends], z[ends], "o", color=fill, markeredgecolor=colour if fill == _DARK else _DARK,
                      markersize=6.5 + 1.4 * larger, markeredgewidth=1.6, zorder=6)  # fmt: skip
    axes.set_xlim(xs[0], xs[-1])
    axes.set_ylim(ys[0], ys[-1])
    ticks = np.linspace(0, 1, 5)
    axes.set_zticks(ticks, _short(low + (high - low) * ticks**power))
    x_name, y_name = (name.split(" (")[0] for name in _axis_names(surface))
    axes.set_xlabel(x_name, color=GREY, fontsize=9)
    axes.set_ylabel(y_name, color=GREY, fontsize=9)
    axes.set_zlabel("loss" if surface.kind != "function" else "height", color=GREY, fontsize=9)
    axes.tick_params(colors=GREY, labelsize=8, pad=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, prune="both"))
    axes.view_init(elev=42, azim=_seen_from(bent(loss)))
    axes.set_box_aspect((1, 1, 0.7), zoom=1.08)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_facecolor("#f7f7f7")
        axis.pane.set_edgecolor("#dddddd")
        axis._axinfo["grid"]["color"] = "#e3e3e3"
    title(axes, "The same as a landscape")


def _seen_from(heights: Array) -> float:
    """Degrees from which to look: as the picture beside it lies, unless high ground would stand in the way."""
    rows, columns = (np.linspace(-1, 1, n) for n in heights.shape)

    def in_front(degrees: float) -> float:
        angle = np.deg2rad(degrees)
        return float((heights * (np.cos(angle) * columns[None] + np.sin(angle) * rows[:, None])).mean())

    return _AS_IT_LIES if in_front(_AS_IT_LIES) < _IN_THE_WAY else min((30.0, 120.0, -150.0), key=in_front)


def surface_note(surface: LossSurface) -> str:
    """What a reader must know before believing the picture."""
    if surface.kind == "function":
        known = "★ lowest points. " if surface.minima else ""
        return (
            f"{known}Dark dots: starts; light dots: ends. Heights are drawn bent, so that the low ground can be seen."
        )
    if surface.explained is None:
        return (
            "The model itself lies at (0, 0); 1 on an axis is as far as the weights are long, filter by filter. Two "
            "random directions of very many: others look different."
        )
    farthest = max((float(path.off.max()) for path in surface.paths), default=0.0)
    if max((len(path.x) for path in surface.paths), default=0) <= _PLANE and len(surface.paths) == 1:
        return f"The path was recorded at {_PLANE} moments or fewer, and such a few always lie in one plane. {_ENDS}"
    across = float(np.hypot(surface.xs[-1] - surface.xs[0], surface.ys[-1] - surface.ys[0]))
    return (
        f"The plane holds {surface.explained.sum():.1%} of the movement's variance; the real weights lie up to "
        f"{farthest:.2g} off it, and the picture is {across:.2g} across. {_ENDS}"
    )


def _draw_path(axes: Any, path: Path, place: int, surface: LossSurface) -> None:
    colour = LINES[place % len(LINES)]
    x, y = _while_inside(path, surface)
    axes.plot(x, y, color=_DARK, linewidth=3.4, zorder=4)
    steps = {"marker": "o", "markersize": 2.6} if len(x) <= _FEW else {}
    axes.plot(
        x, y, linestyle=DASHES[place % len(DASHES)], color=colour, linewidth=1.8, zorder=5,
        label=path.label + _end(path, surface), **steps,
    )  # fmt: skip
    size = 8.5 + 1.8 * (len(surface.paths) - 1 - place)  # so that all can be seen where paths end at one place
    ends: tuple[tuple[Any, str, str], ...] = ((slice(1), _DARK, colour), (slice(-1, None), colour, _DARK))
    for which, fill, edge in ends:
        axes.plot(
            x[which], y[which], "o", color=fill, markeredgecolor=edge, markeredgewidth=1.8, markersize=size,
            zorder=7,
        )  # fmt: skip


def _while_inside(path: Path, surface: LossSurface) -> tuple[Array, Array]:
    """A path up to the first step that leaves the picture for good, that step with it."""
    gone = np.flatnonzero(_inside(path, surface))
    stop = gone[-1] + 2 if len(gone) else 1
    return path.x[:stop], path.y[:stop]


def _short(heights: Array) -> list[str]:
    """Heights with three digits that count; 0 for what is nothing beside the highest."""
    most = float(np.abs(heights).max())
    return ["0" if abs(height) < 1e-4 * most else f"{height:.3g}" for height in heights]


def _end(path: Path, surface: LossSurface) -> str:
    """Where a path ends, in words."""
    if not _inside(path, surface)[-1]:
        return ", leaves the picture"
    return f", ends at {path.loss[-1]:.2g}" if np.isfinite(path.loss[-1]) else ""


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
