"""Many small images in one array, row by row."""

import math

import numpy as np

from ..arrays import Array


def mosaic(images: Array, columns: int) -> Array:
    """Images side by side, with lines of NaN between them; where the last row is not full, zeros.

    images    (N, H, W)
    returns   (rows·(H + 1) - 1, columns·(W + 1) - 1)

    >>> mosaic(np.ones((3, 1, 2)), columns=2)
    array([[ 1.,  1., nan,  1.,  1.],
           [nan, nan, nan, nan, nan],
           [ 1.,  1., nan,  0.,  0.]])
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 1), columns * (width + 1)), np.nan)
    for place in range(rows * columns):
        y, x = place // columns * (height + 1), place % columns * (width + 1)
        if place < count:
            sheet[y : y + height, x : x + width] = images[place]
        else:
            sheet[y : y + height, x:] = 0
    return sheet[:-1, :-1]


def columns_for(count: int) -> int:
    """How many columns make a sheet of `count` images nearly square, without gaps in the last row if that can be.

    >>> [columns_for(count) for count in (64, 32, 50, 7)]
    [8, 8, 10, 3]
    """
    least = math.ceil(math.sqrt(count))
    return next((columns for columns in range(least, 2 * least) if count % columns == 0), least)
