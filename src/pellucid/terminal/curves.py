"""Curves drawn with braille characters: each character is two dots wide and four high."""

import math
from collections.abc import Sequence

from rich.text import Text

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of the character
_EMPTY = 0x2800


def curves(
    series: Sequence[tuple[Sequence[float], str]], points: int, low: float, high: float, width: int, height: int
) -> list[Text]:
    """Lines of text that show one or more curves over the same axes.

    series      (values, style) of each curve; where two meet, the later one is seen
    points      values in a whole curve: fewer leave room on the right for those to come
    low, high   the values at the bottom and the top
    width, height   in characters

    >>> for line in curves([([0, 1, 2, 3], "")], points=4, low=0, high=3, width=4, height=2):
    ...     print(line.plain)
    ⠀⠀⡠⠊
    ⡠⠊⠀⠀
    """
    cells = [[_EMPTY] * width for _ in range(height)]
    styles = [[""] * width for _ in range(height)]
    for values, style in series:
        rows = [_row(value, low, high, 4 * height) for value in _spread(values, points, 2 * width)]
        for x, (y, before) in enumerate(zip(rows, rows[:1] + rows, strict=False)):
            for dot in _from_to(before, y):
                cells[dot // 4][x // 2] |= _DOTS[dot % 4][x % 2]
                styles[dot // 4][x // 2] = style
    return [
        Text.assemble(*((chr(cell), style) for cell, style in zip(*line, strict=True)))
        for line in zip(cells, styles, strict=True)
    ]


def _spread(values: Sequence[float], points: int, dots: int) -> list[float]:
    """One value for each dot of the part of the axis that the values reach, straight lines between them.

    >>> _spread([0, 1, 2], points=5, dots=9)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    step = (points - 1) / max(dots - 1, 1)
    found, place = [], 0.0
    while place <= len(values) - 1:
        left = int(place)
        right = min(left + 1, len(values) - 1)
        found.append(values[left] + (place - left) * (values[right] - values[left]))
        if not step:
            break
        place = len(found) * step
    return found


def _from_to(before: int | None, y: int | None) -> range:
    """The rows of dots that lead from the row before, without it, to this one; none where there is no value."""
    if y is None:
        return range(0)
    if before is None or before == y:
        return range(y, y + 1)
    return range(before + 1, y + 1) if before < y else range(y, before)


def _row(value: float, low: float, high: float, rows: int) -> int | None:
    """The row of dots, from the top, where a value lies; values beyond the axis lie at its end, NaN nowhere."""
    if math.isnan(value):
        return None
    share = (value - low) / (high - low) if high > low else 0.5
    return round((rows - 1) * (1 - min(max(share, 0.0), 1.0)))
