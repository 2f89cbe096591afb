"""Activation functions with their derivatives, and the sums that a layer really gives them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import activations
from ..inside.saturation import FLAT, OFTEN, LayerSaturation, Saturation, steepest
from .style import BLUE, DASHES, GREY, ORANGE, SERIES, heading, name_axes, new_figure, plain, title
from .tiles import spread

_FLAT_GROUND = "#f4e3d7"
_MANY = 1_000_000  # sums of which a histogram is drawn; of more, those of every so many samples and places
_MOST_LAYERS = 16
_STEEP = 10.0  # a slope beyond which "flat" would mean little: exp's grows without end


def activations_picture(names: Sequence[str] = ("step", "sigmoid", "tanh", "relu", "leaky_relu", "gelu")) -> Any:
    """A matplotlib Figure of functions, each with its derivative (dashed) and the places where it is flat, shaded.

    names   of activations whose outputs depend on one input each
    """
    columns = min(3 if len(names) <= 9 else 4, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(3.7 * columns, 2.9 * rows + 0.7)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for place, axes in enumerate(grid.flat):
        if place >= len(names):
            axes.set_axis_off()
            continue
        draw_activation(axes, names[place])
        axes.tick_params(labelbottom=True)
        if place == 0:
            axes.legend(frameon=False, fontsize=9, loc="upper left")
    for axes in grid[:, 0]:
        name_axes(axes, y="f(z), f′(z)")
    for axes in grid[-1]:
        name_axes(axes, "z, the weighted sum", axes.get_ylabel())
    heading(figure, "Activation functions and their derivatives", _note())
    return figure


def draw_activation(axes: Any, name: str, reach: float = 5.0) -> None:
    """Draw a function from -reach to reach, its derivative dashed, and shade where it is flat."""
    z = np.linspace(-reach, reach, 1001)
    function = activations.get(name)
    value, slope = np.asarray(function(z)), np.asarray(function.derivative(z))
    if steepest(name) < _STEEP:
        _shade(axes, z, np.abs(slope) < FLAT * steepest(name))
    jumps = np.abs(np.diff(value)) > 0.5
    value[1:][jumps] = np.nan
    slope[1:][np.abs(np.diff(slope)) > 0.5] = np.nan
    axes.plot(z, value, color=BLUE, linewidth=2.2, label="f(z)")
    axes.plot(z, slope, "--", color=ORANGE, linewidth=1.8, label="f′(z)")
    axes.axhline(0, color="#999999", linewidth=0.7)
    axes.axvline(0, color="#999999", linewidth=0.7)
    axes.set_xlim(-reach, reach)
    low, high = float(np.nanmin([value, slope])), float(np.nanmax([value, slope]))
    axes.set_ylim(max(low - 0.12, -2.1), min(high + 0.25, 2.6))
    plain(axes)
    title(axes, name.replace("_", " "))


def softmax_picture(sums: Sequence[float] = (2.0, 1.0, 0.1), reach: float = 5.0) -> Any:
    """A matplotlib Figure of softmax while its first sum moves: the shares, and what the first sum does to each.

    sums   where the others stay, and the dot on the first
    """
    z = np.repeat(np.asarray(sums, dtype=float)[None], 201, axis=0)
    z[:, 0] = np.linspace(-reach, reach, len(z))
    function = activations.get("softmax")
    shares = np.asarray(function(z))
    slopes = np.stack(
        [np.asarray(function.backward(z, shares, np.broadcast_to(one, z.shape)))[:, 0] for one in np.eye(len(sums))], 1
    )
    figure = new_figure(9.5, 4.2)
    words = ("Shares: softmax(z)", "Derivatives: ∂share/∂z₁")
    for axes, lines, text in zip(figure.subplots(1, 2), (shares, slopes), words, strict=True):
        for i, (colour, dashes) in enumerate(zip(SERIES, DASHES, strict=False)):
            if i < len(sums):
                axes.plot(z[:, 0], lines[:, i], color=colour, linestyle=dashes, linewidth=2, label=f"unit {i + 1}")
        axes.axvline(sums[0], color=GREY, linewidth=0.8, linestyle=":")
        axes.axhline(0, color="#999999", linewidth=0.7)
        plain(axes)
        title(axes, text)
        name_axes(axes, "z₁, the first unit's sum")
    figure.axes[0].legend(frameon=False, fontsize=9, loc="center left")
    stay = f"The other sums stay at {', '.join(f'{one:g}' for one in sums[1:])}; dotted: z₁ = {sums[0]:g}."
    note = f"{stay} The shares add up to 1, the derivatives to 0."
    heading(figure, "softmax: one unit's gain is the others' loss", note)
    return figure


def sums_picture(seen: Saturation) -> Any:
    """A matplotlib Figure of each layer's activation function over a histogram of the sums that it was given."""
    if not seen.layers:
        raise ValueError("sums_picture: the model has no layer with an activation that can be flat.")
    shown = spread(seen.layers, _MOST_LAYERS)
    count = len(shown)
    columns = min(count, 4)
    bands = -(-count // columns)
    figure = new_figure(max(6.4, 3.5 * columns), 4.6 * bands + 0.5)
    grid = figure.subplots(2 * bands, columns, squeeze=False, height_ratios=(1, 1.25) * bands)
    for axes in grid.flat:
        axes.set_visible(False)
    for place, layer in enumerate(shown):
        band, column = divmod(place, columns)
        above, below = grid[2 * band, column], grid[2 * band + 1, column]
        _draw_sums(above, below, layer, place == 0)
    often = f"Saturated: a unit that is there for more than {OFTEN:.0%} of the samples. Dead: one that says 0 to all."
    which = "each layer gives its" if count == len(seen.layers) else f"{count} of {len(seen.layers)} layers give their"
    heading(figure, f"What {which} activation function", f"{_note()}\n{often}")
    return figure


def _draw_sums(above: Any, below: Any, layer: LayerSaturation, first: bool) -> None:
    z = layer.z[:: max(1, layer.z.size // _MANY)].ravel()
    reach = float(np.clip(np.quantile(np.abs(z), 0.999) * 1.2, 1.5, 60.0))
    above.set_visible(True)
    below.set_visible(True)
    draw_activation(above, layer.activation, reach)
    title(above, f"{layer.layer}: {layer.activation}")
    if first:
        above.legend(frameon=False, fontsize=8.5, loc="upper left")
    counts, edges = np.histogram(z, bins=61, range=(-reach, reach))
    middles = (edges[1:] + edges[:-1]) / 2
    slope = np.abs(np.asarray(activations.get(layer.activation).derivative(middles)))
    flat = slope < FLAT * steepest(layer.activation)
    width = edges[1] - edges[0]
    share = counts / max(z.size, 1)
    below.bar(middles[~flat], share[~flat], width, color=BLUE)
    below.bar(middles[flat], share[flat], width, color=ORANGE, hatch="////", edgecolor="white", linewidth=0)
    below.set_xlim(-reach, reach)
    units = layer.saturated.size
    words = f"{layer.flat:.0%} of the sums lie on the flat\n{int(layer.saturated.sum())} of {units} units saturated, "
    words += f"{int(layer.dead.sum())} dead"
    below.set_ylim(0, float(share.max()) * 1.45)
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    below.text(0.02, 0.99, words, transform=below.transAxes, va="top", fontsize=8.5, color=GREY, bbox=ground)
    below.yaxis.set_major_formatter(_percent)
    plain(below)
    name_axes(below, "z", "share of the sums" if first else "")


def _shade(axes: Any, z: Any, flat: Any) -> None:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat.astype(int), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        axes.axvspan(z[start], z[min(stop, len(z) - 1)], color=_FLAT_GROUND, linewidth=0, zorder=0)


def _percent(value: float, place: Any = None) -> str:
    if value > 1:
        return ""
    return f"{value:.0%}" if value == 0 or value >= 0.01 else f"{value:.1%}"


def _note() -> str:
    return f"Shaded: f′(z) is under {FLAT:.0%} of its largest value, so hardly anything can be learned there."
