"""Numbers with a sign in a terminal: blue above zero, orange below, each character two numbers, one above the other."""

import numpy as np
from rich.color import Color
from rich.style import Style
from rich.text import Text

from ..arrays import Array

_BLUE, _ORANGE, _GROUND = (64, 156, 255), (255, 140, 0), (24, 24, 24)
_ABOVE, _BELOW = " .+#", " ,-="  # without colours: the denser, the farther from zero


def signed_image(values: Array, colours: bool = True, limit: float | None = None, width: int = 64) -> Text:
    """A matrix as text.

    values    (H, W); wider ones are made smaller, keeping of each block the number farthest from zero
    colours   half-blocks from orange over black to blue; otherwise + and # above zero, - and = below
    limit     the size that gets the full colour; by default the largest

    >>> print(signed_image(np.array([[1.0, -1.0, 0.0], [1.0, -1.0, 0.0]]), colours=False).plain)
    #=
    """
    values = _smaller(np.asarray(values), width).astype(float)
    share = np.clip(values / (limit or float(np.abs(values).max()) or 1.0), -1, 1)
    share = np.pad(share, ((0, len(share) % 2), (0, 0)))
    lines = []
    for above, below in zip(share[::2], share[1::2], strict=True):
        if colours:
            pairs = zip(above, below, strict=True)
            lines.append(Text.assemble(*(("▀", Style(color=_colour(a), bgcolor=_colour(b))) for a, b in pairs)))
        else:
            both = (above + below) / 2
            marks = (_ABOVE[round(3 * part)] if part >= 0 else _BELOW[round(-3 * part)] for part in both)
            lines.append(Text("".join(marks)))
    return Text("\n").join(lines)


def _smaller(values: Array, width: int) -> Array:
    block = -(-max(values.shape[1], 1) // width)
    if block == 1:
        return values
    rows = []
    for start in range(0, len(values), block):  # row by row of blocks: the matrix may be large
        band = np.pad(values[start : start + block], [(0, 0), (0, -values.shape[1] % block)])
        blocks = band.reshape(len(band), -1, block)
        highest, lowest = blocks.max(axis=(0, 2)), blocks.min(axis=(0, 2))
        rows.append(np.where(highest >= -lowest, highest, lowest))
    return np.stack(rows)


def _colour(share: float) -> Color:
    end = _BLUE if share > 0 else _ORANGE
    return Color.from_rgb(
        *(round(ground + abs(share) * (full - ground)) for ground, full in zip(_GROUND, end, strict=True))
    )
