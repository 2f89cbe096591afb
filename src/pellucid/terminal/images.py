"""Small grey images in a terminal: each character holds two pixels, one above the other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.color import Color
from rich.columns import Columns
from rich.console import Group
from rich.style import Style
from rich.text import Text

from ..arrays import Array

_SHADES = " .:-=+*%#@"  # without colours: the denser, the more ink


def image(pixels: Array, colours: bool = True, width: int = 14) -> Text:
    """One image as text.

    pixels    (H, W), the least is paper, the greatest ink; made smaller by averaging, to at most `width` a row
    colours   half-blocks in shades of grey; otherwise characters of different density

    >>> print(image(np.array([[0.0, 1.0], [1.0, 1.0]]), colours=False).plain)
    =@
    """
    pixels = _smaller(np.asarray(pixels, dtype=float), width)
    pixels = (pixels - pixels.min()) / (np.ptp(pixels) or 1.0)
    pixels = np.pad(pixels, ((0, len(pixels) % 2), (0, 0)))
    lines = []
    for above, below in zip(pixels[::2], pixels[1::2], strict=True):
        if colours:
            cells = [("▀", Style(color=_grey(a), bgcolor=_grey(b))) for a, b in zip(above, below, strict=True)]
            lines.append(Text.assemble(*cells))
        else:
            ink = ((above + below) / 2 * (len(_SHADES) - 1)).round().astype(int)
            lines.append(Text("".join(_SHADES[shade] for shade in ink)))
    return Text("\n").join(lines)


def image_row(pixels: Sequence[Array], captions: Sequence[Any], colours: bool = True) -> Columns:
    """Images side by side, each over its caption."""
    pairs = zip(pixels, captions, strict=True)
    return Columns([Group(image(one, colours), caption) for one, caption in pairs], padding=(0, 2))


def _smaller(pixels: Array, width: int) -> Array:
    """The image with blocks of pixels averaged; a rest at the right and bottom edge is left out."""
    block = -(-pixels.shape[1] // width)
    rows, columns = (side // block for side in pixels.shape)
    return pixels[: rows * block, : columns * block].reshape(rows, block, columns, block).mean(axis=(1, 3))


def _grey(ink: float) -> Color:
    shade = round(255 * ink)
    return Color.from_rgb(shade, shade, shade)
