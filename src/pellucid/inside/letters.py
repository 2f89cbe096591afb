"""The letters A to Z of several typefaces as the Mark I's photocells saw them: 20 rows of 20, light or dark.

The typefaces are those that come with matplotlib.
"""

import functools
from pathlib import Path

import numpy as np

from ..arrays import Array

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIDE = 20
FACES = {
    "sans": "DejaVuSans.ttf",
    "serif": "DejaVuSerif.ttf",
    "roman": "cmr10.ttf",
    "mono": "DejaVuSansMono.ttf",
    "italic": "STIXGeneralItalic.ttf",
}
_POINTS, _DARK = 13, 110  # W of the widest face just fits; how dark of 255 a cell must be to count


@functools.cache
def alphabet(face: str) -> tuple[Array, ...]:
    """The 26 letters of a typeface, each as small as it is: bool (rows, columns), True where there is ink.

    Raises ValueError for a typeface that there is not, and ImportError without matplotlib.
    """
    if face not in FACES:
        raise ValueError(f"letters: there is no typeface {face!r}. There are: {', '.join(FACES)}.")
    try:
        from matplotlib import get_data_path
        from matplotlib.ft2font import FT2Font
    except ImportError as error:
        raise ImportError("letters: the typefaces come with matplotlib: pip install 'pellucid[plots]'.") from error
    found = []
    for letter in LETTERS:
        font = FT2Font(str(Path(get_data_path(), "fonts", "ttf", FACES[face])))
        font.set_size(_POINTS, 96)
        font.set_text(letter, 0.0)
        font.draw_glyphs_to_bitmap(antialiased=True)
        ink = np.asarray(font.get_image()) > _DARK
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        found.append(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return tuple(found)


def retina(ink: Array, down: int = 0, right: int = 0) -> Array:
    """A letter in the middle of the field, or so many cells away from it but never over the edge: (20, 20) of 0 and 1.

    >>> retina(np.ones((2, 2), bool)).nonzero()
    (array([ 9,  9, 10, 10]), array([ 9, 10,  9, 10]))
    """
    field = np.zeros((SIDE, SIDE))
    top, left = (
        min(max((SIDE - size) // 2 + shift, 0), SIDE - size)
        for size, shift in zip(ink.shape, (down, right), strict=True)
    )
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return field
