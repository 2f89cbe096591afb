"""Inside a recurrent layer: gates, states and gradients over time, unit by unit; and how far the loss reaches back."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.recurrent import WORDS, Unrolled
from .style import DASHES, GREY, SERIES, heading, name_axes, new_figure, plain, signed_colours
from .tiles import some

_MOST_UNITS = 32


def recurrent_picture(inside: Unrolled, sample: int = 0, *, labels: Sequence[str] | None = None) -> Any:
    """A matplotlib Figure of one sample: the input, every gate and state, and dL/dh, over time; a row of pixels a unit.

    labels   of the time steps, such as words; by default their numbers
    """
    steps = inside.x.shape[1]
    shown = min(inside.cell.units, _MOST_UNITS)
    panels: list[tuple[str, Array, str]] = [("input x", inside.x[sample].T, "signed")]
    gates = {name: array for name, array in inside.gates.items() if name != "s"}
    for name, array in gates.items():
        kind = "signed" if name in ("g", "n") else "share"
        panels.append((f"{WORDS[name]} {name}", array[sample, :, :shown].T, kind))
    panels += [(f"{WORDS[name]} {name}", array[sample, :, :shown].T, "signed") for name, array in inside.states.items()]
    panels += [(f"dL/d{name}", array[sample, :, :shown].T, "slope") for name, array in inside.dstates.items()]
    columns = 1 if len(panels) <= 3 else 2
    rows = -(-len(panels) // columns)
    figure = new_figure(6.4 * columns + 0.4, 1.75 * rows + 1.1)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axes in grid.T.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (name, values, kind) in zip(grid.T.flat, panels, strict=False):
        _draw_heat(axes, name, values, kind)
        _grey_out(axes, inside, sample)
    for axes in grid[-1]:
        _name_steps(axes, steps, labels)
    if len(panels) % columns:
        grid[-2, -1].tick_params(labelbottom=True)
        _name_steps(grid[-2, -1], steps, labels)
    notes = ["across: time steps"]
    if inside.backwards:
        notes.append("it reads from the last step to the first")
    if inside.mask is not None:
        notes.append("hatched: steps that the mask leaves out")
    units = some(shown, inside.cell.units, "units")
    heading(figure, f"Inside {inside.name} ({inside.kind}), sample {sample}: {units}", "; ".join(notes))
    return figure


def gradient_through_time_picture(
    insides: Mapping[str, Unrolled] | Unrolled,
    *,
    state: str = "h",
    labels: Sequence[str] | None = None,
    when: str = "",
) -> Any:
    """A matplotlib Figure of ‖dL/d(state)‖ over time, the mean over the samples and their middle half, on a log scale.

    insides   one layer, or several by name, to compare
    when      of a training, for the heading: "untrained"
    """
    several = {insides.name: insides} if isinstance(insides, Unrolled) else dict(insides)
    figure = new_figure(8.2, 4.6)
    axes = figure.subplots()
    steps = 0
    for i, (name, inside) in enumerate(several.items()):
        colour, line = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
        reach = inside.reach(state)
        steps = max(steps, reach.shape[1])
        times = np.arange(reach.shape[1])
        sizes = np.where(reach > 0, reach, np.nan)
        middle = np.exp(np.nanmean(np.log(sizes), axis=0)) if len(sizes) > 1 else sizes[0]
        lost = f"{inside.kept(state):.2g} at the far end" if np.isfinite(inside.kept(state)) else ""
        axes.plot(times, middle, linestyle=line, color=colour, linewidth=2, label=f"{name}: {lost}")
        if len(sizes) > 2:
            low, high = np.nanquantile(sizes, (0.25, 0.75), axis=0)
            axes.fill_between(times, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_yscale("log")
    plain(axes)
    _name_steps(axes, steps, labels)
    name_axes(axes, "time step", f"‖dL/d{state}‖")
    axes.legend(frameon=False, fontsize=9, handlelength=3.5)
    note = "line: geometric mean over the samples; band: the middle half of them\n"
    note += "at the far end: the size at the step read first, as a share of the size at the last"
    words = "How strongly the loss reaches back to each time step"
    heading(figure, f"{words}, {when}" if when else words, note)
    return figure


def _draw_heat(axes: Any, name: str, values: Array, kind: str) -> None:
    from matplotlib.colors import SymLogNorm

    if kind == "share":
        limits: dict[str, Any] = {"cmap": "viridis", "vmin": 0, "vmax": 1}
    elif kind == "slope" and 0 < np.median(np.abs(values)) < 0.02 * np.abs(values).max():
        most = float(np.abs(values).max())
        least = max(float(np.quantile(np.abs(values[values != 0]), 0.05)), 1e-6 * most)
        limits = {"cmap": signed_colours(), "norm": SymLogNorm(least, vmin=-most, vmax=most)}
        name += " (colours by powers of ten)"
    else:
        most = float(np.abs(values).max()) or 1.0
        limits = {"cmap": signed_colours(), "vmin": -most, "vmax": most}
    drawn = axes.imshow(values, aspect="auto", interpolation="nearest", **limits)
    axes.set_title(name, fontsize=10, loc="left", pad=3)
    axes.set_yticks([])
    axes.set_ylabel("feature" if name == "input x" else "unit", fontsize=8, color=GREY)
    axes.tick_params(colors=GREY, length=2, labelsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)
    made = axes.figure.colorbar(drawn, ax=axes, shrink=0.95, aspect=9, pad=0.015)
    made.outline.set_visible(False)
    made.ax.tick_params(colors=GREY, labelsize=8, length=2)
    if "norm" in limits:
        strong, weak = np.log10(most), np.log10(least)
        sizes = [float(10.0 ** np.floor(strong)), float(10.0 ** np.floor((strong + weak) / 2))]
        made.set_ticks([-sizes[0], -sizes[1], 0, sizes[1], sizes[0]])
        made.ax.minorticks_off()
    made.ax.yaxis.get_offset_text().set_fontsize(7)
    made.ax.yaxis.get_offset_text().set_color(GREY)


def _grey_out(axes: Any, inside: Unrolled, sample: int) -> None:
    """Hatch the steps that do not count."""
    from matplotlib.patches import Rectangle

    if inside.mask is None:
        return
    low, high = sorted(axes.get_ylim())
    for time in np.flatnonzero(~inside.mask[sample]):
        look: dict[str, Any] = {"facecolor": "#eeeeeecc", "edgecolor": "#bbbbbb", "hatch": "///", "linewidth": 0}
        axes.add_patch(Rectangle((time - 0.5, low), 1, high - low, **look))


def _name_steps(axes: Any, steps: int, labels: Sequence[str] | None) -> None:
    if labels is not None:
        axes.set_xticks(range(len(labels)), labels, rotation=60 if max(map(len, labels)) > 2 else 0, fontsize=8)
    else:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    axes.set_xlim(-0.5, steps - 0.5)
