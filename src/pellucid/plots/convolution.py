"""A convolution, one step of it: patch times kernel, added up, is one pixel of the feature map."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.blocks import factor, number
from ..inside.convolution import Convolution
from ..inside.unit import Pixel
from .style import GREY, heading, new_figure, signed_colours

_SMALLEST = 4.5  # points of a number that is written
_MOST_LINES = 14  # rows or columns with lines between them
_NOW = "#b3007d"  # the window, and the pixel that it makes


def convolution_picture(convolution: Convolution, row: int = 0, column: int = 0, *, so_far: bool = False) -> Any:
    """A matplotlib Figure of one step: the image with the window on it, the products, and the feature map.

    so_far   leave the pixels empty that come after this one, as in a step-by-step film
    """
    pixel = convolution.at(row, column)
    channel = pixel.channels[0] if convolution.image.shape[-1] > 1 else 0
    figure = new_figure(13, 4.3)
    channels = convolution.image.shape[-1]
    of = f", channel {convolution.source[1] + channel}" if channels > 1 else ""
    step, count = row * convolution.size[1] + column + 1, len(convolution)
    words = f"Step {step:,} of {count:,}: row {row}, column {column} of {convolution.layer}"
    heading(figure, words)
    figure.supxlabel(_formula(pixel, channel), fontsize=11, x=0.012, ha="left")
    image, patch, kernel, products, made = figure.subplots(1, 5, width_ratios=(1.7, 1, 1, 1, 1.5))
    high, width = convolution.image.shape[:2]
    seen = convolution.image[..., channel]
    grey = None if seen.min() < 0 else (0.0, float(seen.max()))  # numbers with a sign have the colours of one
    _draw_grid(image, seen, 2.9, f"image{of}\n{high} × {width}", grey=grey)
    _mark(image, pixel, convolution)
    _draw_grid(patch, pixel.patch[..., channel], 1.7, "patch", grey=grey, after="×")
    _draw_grid(kernel, pixel.kernel[..., channel], 1.7, "kernel", after="=")
    _draw_grid(products, (pixel.patch * pixel.kernel)[..., channel], 1.7, "patch · kernel", after="Σ")
    _draw_map(made, convolution, row, column, so_far)
    return figure


def convolution_steps(convolution: Convolution) -> Iterator[Any]:
    """The figures of every step, row by row, for `save_film`."""
    for row, column in np.ndindex(*convolution.size):
        yield convolution_picture(convolution, row, column, so_far=True)


def _formula(pixel: Pixel, channel: int) -> str:
    if pixel.patch.shape[-1] == 1:
        return f"{pixel.layer}{list(pixel.place[:2])} = {pixel.formula}"
    own = float((pixel.patch * pixel.kernel)[..., channel].sum())
    rest = float((pixel.patch * pixel.kernel).sum()) - own
    after = f" → {pixel.activation} → {number(pixel.a)}" if pixel.activation else ""
    return (
        f"channel shown {number(own)} + the other {pixel.patch.shape[-1] - 1} channels {factor(rest)}"
        f" + bias {factor(pixel.bias)} = {number(pixel.z)}{after}"
    )


def _draw_grid(
    axes: Any,
    values: Array,
    inches: float,
    name: str,
    *,
    grey: tuple[float, float] | None = None,
    after: str = "",
) -> None:
    """Numbers as a picture, written out where there is room; coloured by their signs, or grey between two limits."""
    most = 1.3 * float(np.nanmax(np.abs(values), initial=0.0)) or 1.0  # the numbers stay readable on the colours
    low, high = (-most, most) if grey is None else (grey[0], grey[0] + 1.8 * ((grey[1] - grey[0]) or 1))
    colours = signed_colours() if grey is None else "Greys"
    axes.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    _write(axes, values, inches, None if grey is not None else 0.55 * most)
    _lines(axes, values.shape)
    axes.set_title(name, fontsize=10, loc="center")
    if after:
        axes.text(1.14, 0.5, after, transform=axes.transAxes, ha="center", va="center", fontsize=18, color=GREY)


def _write(axes: Any, values: Array, inches: float, white_from: float | None, colour: str = "black") -> None:
    """Write each number in its place, in the largest letters that fit; none where they would be too small to read."""
    longest = max((len(_short(v)) for v in values.flat if not np.isnan(v)), default=1)
    cell = 72 * inches / max(values.shape)  # points
    size = min(13.0, 0.5 * cell, 0.85 * cell / (0.62 * longest))
    if size < _SMALLEST:
        return
    for (r, c), value in np.ndenumerate(values):
        if not np.isnan(value):
            light = white_from is not None and abs(value) > white_from
            axes.text(c, r, _short(value), ha="center", va="center", fontsize=size, color="white" if light else colour)


def _short(value: float) -> str:
    """A number in few letters; no minus before a zero."""
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
    return "0" if float(text) == 0 else text


def _lines(axes: Any, shape: tuple[int, ...]) -> None:
    """Thin lines between the numbers."""
    axes.set_xticks([])
    axes.set_yticks([])
    if max(shape) <= _MOST_LINES:
        axes.set_xticks(np.arange(shape[1] + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(shape[0] + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="#dddddd", linewidth=0.6)
        axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_color("#999999")


def _mark(axes: Any, pixel: Pixel, convolution: Convolution) -> None:
    """The window's frame on the image, its part in the padding as well."""
    from matplotlib.patches import Rectangle

    down, right = (slide.span for slide in convolution.slides.values())
    top, left = pixel.start
    axes.add_patch(
        Rectangle((left - 0.5, top - 0.5), right, down, fill=False, edgecolor=_NOW, linewidth=2.2, clip_on=False)
    )
    rows, columns = convolution.image.shape[:2]
    slides = list(convolution.slides.values())
    around = [(s.before, max(s.after, 0)) for s in slides]
    if any(map(any, around)):  # the zeros that stand around the image
        padded = np.pad(convolution.image[..., 0] * np.nan, around, constant_values=0.0)
        (above, below), (ahead, behind) = around
        axes.imshow(padded, cmap="Greys", vmin=0, vmax=1, interpolation="nearest", zorder=0, alpha=0.001,
                    extent=(-ahead - 0.5, columns + behind - 0.5, rows + below - 0.5, -above - 0.5))  # fmt: skip
        for r, c in np.argwhere(padded == 0):
            axes.text(c - ahead, r - above, "0", ha="center", va="center", fontsize=9, color="#aaaaaa")
        top, left, down, right = -above, -ahead, rows + above + below, columns + ahead + behind
    axes.set_xlim(min(-0.5, left - 0.5), max(columns - 0.5, left + right - 0.5))
    axes.set_ylim(max(rows - 0.5, top + down - 0.5), min(-0.5, top - 0.5))


def _draw_map(axes: Any, convolution: Convolution, row: int, column: int, so_far: bool) -> None:
    from matplotlib.patches import Rectangle

    values = convolution.a.astype(float).copy()
    most = float(np.abs(values).max()) or 1.0
    if so_far:
        values.reshape(-1)[row * values.shape[1] + column + 1 :] = np.nan
    colours = signed_colours().with_extremes(bad="#f4f4f4")
    axes.imshow(values, cmap=colours, vmin=-1.3 * most, vmax=1.3 * most, interpolation="nearest")
    _write(axes, values, 2.5, 0.72 * most)
    _lines(axes, values.shape)
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=_NOW, linewidth=2.2, clip_on=False))
    after = "" if convolution.function is None else f", after {convolution.function.name}"
    axes.set_title(f"feature map{after}\n{values.shape[0]} × {values.shape[1]}", fontsize=10)
