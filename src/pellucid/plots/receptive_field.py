"""Receptive fields on the image: the pixels that a unit can hear of, and where they reach beyond the edge."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.receptive_field import ReceptiveField
from .style import heading, new_figure
from .tiles import as_picture

_EDGE = "#b3007d"
_COLUMNS = 4


def receptive_field_picture(image: Array, fields: ReceptiveField | Sequence[ReceptiveField]) -> Any:
    """A matplotlib Figure: the image once for each unit, what it cannot see veiled, its field framed.

    image    (H, W) or (H, W, C)
    fields   of one unit, or of several of one network, from its lower layers to its higher ones
    """
    from matplotlib.patches import Rectangle

    fields = [fields] if isinstance(fields, ReceptiveField) else fields
    columns = min(len(fields), _COLUMNS)
    rows = -(-len(fields) // columns)
    figure = new_figure(3.1 * columns + 0.3, 3.5 * rows + 0.5)
    picture = as_picture(np.asarray(image))
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.flat[len(fields) :]:
        axes.set_axis_off()
    for axes, field in zip(panels.flat, fields, strict=False):
        height, width = picture.shape[:2]
        axes.imshow(picture, cmap="gray_r", interpolation="nearest")
        veil = np.ones((*field.mask.shape, 4)) * np.array([1, 1, 1, 0.78])
        veil[field.mask] = 0
        axes.imshow(veil, interpolation="nearest")
        (top, bottom), (left, right) = field.ranges
        frame = Rectangle((left - 0.5, top - 0.5), right - left + 1, bottom - top + 1, fill=False, edgecolor=_EDGE,
                          linewidth=2, linestyle="-", zorder=5)  # fmt: skip
        axes.add_patch(frame)
        axes.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor="#888888", linewidth=0.8))
        axes.set_xlim(min(-0.5, left - 0.5) - 0.4, max(width - 0.5, right + 0.5) + 0.4)
        axes.set_ylim(max(height - 0.5, bottom + 0.5) + 0.4, min(-0.5, top - 0.5) - 0.4)
        axes.set_axis_off()
        place = ", ".join(map(str, field.place[:2]))
        size = " × ".join(map(str, field.size))
        words = f"{field.layer}, place ({place})\n{size}: {field.mask.sum():,} pixels"
        axes.set_title(words, fontsize=10, loc="left")
    beyond = any(a < 0 or b >= n for f in fields for (a, b), n in zip(f.ranges, f.mask.shape, strict=True))
    note = "A frame beyond the image reaches into the padding: zeros." if beyond else ""
    heading(figure, "The pixels that a unit can hear of", note)
    return figure
