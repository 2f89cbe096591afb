"""What units see: images made to excite them, the images that excite them most, and the pixels that count."""

from typing import Any

import numpy as np

from ..inside.blocks import number
from ..inside.seeing import Maximised, Saliency, Strongest
from .style import GREY, colour_bar, heading, new_figure, signed_colours
from .tiles import as_picture, draw_tiles

_MOST = 36
_EDGE = "#b3007d"


def maximised_picture(found: Maximised, names: Any = None) -> Any:
    """A matplotlib Figure of images made to excite units, each with its z.

    names   of the units, such as the classes of a last layer
    """
    shown = min(len(found.units), _MOST)
    columns = min(shown, 5 if shown <= 10 else 6 if shown <= 18 else 8)
    rows = -(-shown // columns)
    figure = new_figure(1.75 * columns + 0.4, 2.15 * rows + 0.8)
    left_out = "" if shown == len(found.units) else f" ({shown} of {len(found.units)})"
    axes = figure.subplots()
    images = found.images[:shown]
    pictures = images[..., 0] if images.shape[-1] == 1 else images if images.shape[-1] == 3 else images.mean(axis=-1)
    labels = [str(unit) if names is None else str(names[unit]) for unit in found.units[:shown]]
    rises = zip(labels, found.start, found.final, strict=False)
    captions = [f"{label}: z {number(start)} → {number(final)}" for label, start, final in rises]
    draw_tiles(axes, pictures, columns, limits=(found.low, found.high), colours="gray_r", captions=captions)
    dark = "" if found.images.shape[-1] == 3 else "dark: high values;  "
    note = f"{dark}z: the unit's sum before its activation, for a grey image → for this one"
    heading(figure, f"Images made to excite units of {found.layer}{left_out}", note)
    return figure


def strongest_picture(found: Strongest) -> Any:
    """A matplotlib Figure: for each unit the images that excite it most, and what it sees of each, enlarged."""
    from matplotlib.patches import Rectangle

    units = found.units[:8]
    count = found.index.shape[1]
    with_places = bool(found.places[0][0])
    lines = 2 if with_places else 1
    figure = new_figure(1.15 * count + 1.3, (1.22 * lines + 0.25) * len(units) + 0.9)
    left_out = "" if len(units) == len(found.units) else f"; {len(units)} of {len(found.units)} units"
    heading(figure, f"{found.layer}: the {count} strongest of {found.count:,} images{left_out}")
    panels = figure.subplots(len(units) * lines, count, squeeze=False)
    for k, unit in enumerate(units):
        for rank in range(count):
            picture = as_picture(found.images[k, rank])
            axes = panels[k * lines, rank]
            axes.imshow(picture, cmap="gray_r", interpolation="nearest")
            axes.set_title(f"z {number(found.z[k, rank])}", fontsize=8, color=GREY, pad=2)
            if with_places:
                rows, columns = found.boxes[k][rank]
                corner = columns.start - 0.5, rows.start - 0.5
                size = columns.stop - columns.start, rows.stop - rows.start
                axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=_EDGE, linewidth=1.5))
                below, limits = panels[k * lines + 1, rank], {"vmin": picture.min(), "vmax": picture.max()}
                below.imshow(picture[rows, columns], cmap="gray_r", interpolation="nearest", **limits)
        panels[k * lines, 0].set_ylabel(f"unit {unit}", fontsize=10, fontweight="bold")
        if with_places:
            panels[k * lines + 1, 0].set_ylabel("what it sees", fontsize=8, color=GREY)
    for axes in panels.flat:
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color("#cccccc")
    return figure


def saliency_picture(found: Saliency, name: str = "") -> Any:
    """A matplotlib Figure: the image, how much z changes with each pixel, and what each pixel adds to z.

    name   of the unit, such as its class
    """
    figure = new_figure(11.5, 4.1)
    what = f"{found.layer}, {name or f'unit {found.unit}'}: z = {number(found.z)}"
    heading(figure, what)
    image, slope, share = figure.subplots(1, 3)
    image.imshow(as_picture(found.image), cmap="gray_r", interpolation="nearest")
    image.set_title("image", fontsize=10, loc="left")
    drawn = slope.imshow(found.map, cmap="viridis", interpolation="nearest")
    slope.set_title("how much z changes with each pixel", fontsize=10, loc="left")
    colour_bar(drawn, slope, "|∂z/∂pixel|", shrink=0.75)
    most = float(np.abs(found.product).max()) or 1.0
    drawn = share.imshow(found.product, cmap=signed_colours(), vmin=-most, vmax=most, interpolation="nearest")
    share.set_title("what each pixel adds", fontsize=10, loc="left")
    colour_bar(drawn, share, "pixel · ∂z/∂pixel:  orange: against    blue: for", shrink=0.75)
    for axes in (image, slope, share):
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color("#cccccc")
    return figure
