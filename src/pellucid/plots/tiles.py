"""Small images side by side in one pair of axes, each with its caption if it has one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from .style import GREY, signed_colours

FRAME = "#bbbbbb"


def draw_tiles(
    axes: Any,
    images: Array,
    columns: int,
    *,
    signed: bool = False,
    limits: tuple[float, float] | None = None,
    colours: Any = "viridis",
    captions: Sequence[str] = (),
    gap: float = 0.08,
) -> Any:
    """Draw images (N, H, W) or (N, H, W, 3) row by row; returns the first drawn, for a colour bar.

    signed     orange below zero, white at zero, blue above; on one scale for all
    limits     of the scale; by default what the images hold
    colours    the colour map of unsigned images
    gap        between images, in shares of their width
    """
    from matplotlib.patches import Rectangle

    height, width = images.shape[1:3]
    gap, line = gap * width, 0.22 * height if len(captions) else 0.0
    colour_map = signed_colours() if signed else colours
    low, high = _limits(images, signed) if limits is None else limits
    first = None
    for place, image in enumerate(images):
        x, y = place % columns * (width + gap), place // columns * (height + gap + line)
        shown = np.clip((image - low) / ((high - low) or 1), 0, 1) if image.ndim == 3 else image
        drawn = axes.imshow(shown, cmap=colour_map, vmin=low, vmax=high, extent=(x, x + width, y + height, y),
                            interpolation="nearest")  # fmt: skip
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=FRAME, linewidth=0.5))
        first = drawn if first is None else first
        if len(captions):
            axes.text(x + width / 2, y + height + 0.04 * height, captions[place], ha="center", va="top", fontsize=7.5,
                      color=GREY)  # fmt: skip
    rows = -(-len(images) // columns)
    across = min(columns, len(images))
    axes.set_xlim(-gap / 2, across * (width + gap) - gap / 2)
    axes.set_ylim(rows * (height + gap + line) - gap / 2, -gap / 2)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return first


def _limits(images: Array, signed: bool) -> tuple[float, float]:
    if signed:
        most = float(np.nanmax(np.abs(images), initial=0.0)) or 1.0
        return -most, most
    low, high = float(images.min()), float(images.max())
    return low, high if high > low else low + 1


def as_picture(image: Array) -> Array:
    """(H, W, C) as matplotlib draws it: (H, W) for one channel, (H, W, 3) from 0 to 1 for colours, else the mean."""
    if image.ndim == 2:
        return image
    if image.shape[-1] == 1:
        return image[..., 0]
    if image.shape[-1] == 3:
        low, high = _limits(image, signed=False)
        return np.clip((image - low) / (high - low), 0, 1)
    return image.mean(axis=-1)


def spread(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many of the items, evenly spread, the first and the last among them.

    >>> spread("abcdefg", 3), spread("ab", 3)
    (['a', 'd', 'g'], ['a', 'b'])
    """
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]


def some(shown: int, count: int, noun: str) -> str:
    """ "8 kernels", or "8 of 64 kernels" where some are left out.

    >>> some(8, 8, "kernels"), some(8, 64, "kernels")
    ('8 kernels', '8 of 64 kernels')
    """
    return f"{count} {noun}" if shown == count else f"{shown} of {count} {noun}"
