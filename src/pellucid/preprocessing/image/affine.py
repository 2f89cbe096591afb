"""Turning, shifting, shearing and zooming a picture, in plain NumPy.

    source = A @ (x, y) + b          where each new pixel (column x, row y) comes from, between old pixels
    new    = Σ weight · neighbour    of the four old pixels around (or the nearest one)

A = rotation · shift · shear · zoom, about the picture's middle. What lies beyond the edge:

    nearest    a a | a b c | c c
    constant   k k | a b c | k k
    reflect    b a | a b c | c b
    wrap       b c | a b c | a b     the last pixel falls on the first, as in SciPy
"""

import math

import numpy as np

from ...arrays import Array
from ...errors import one_of

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


def apply_affine_transform(
    x: Array,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Array:
    """A picture turned, shifted, sheared and zoomed.

    x            three axes: rows, columns and channels, in the order that the axes say
    theta        degrees to turn
    tx, ty       columns to the right and rows down, from where the picture is taken
    shear        degrees
    zx, zy       how much of the columns and rows is seen: 0.5 enlarges, 2 shrinks
    fill_mode    what lies beyond the edge: "nearest", "constant" (cval), "reflect" or "wrap"
    order        1: between pixels, a weighted mean of the four around; 0: the nearest
    """
    one_of(fill_mode, FILL_MODES, "fill_mode")
    one_of(order, (0, 1), "interpolation_order")
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return x
    picture = np.moveaxis(x, (row_axis, col_axis, channel_axis), (0, 1, 2))
    matrix = _matrix(theta, tx, ty, shear, zx, zy, picture.shape[0], picture.shape[1])
    moved = _sample(picture, matrix, fill_mode, cval, order)
    return np.moveaxis(moved, (0, 1, 2), (row_axis, col_axis, channel_axis))


def _matrix(theta: float, tx: float, ty: float, shear: float, zx: float, zy: float, rows: int, columns: int) -> Array:
    """(2, 3): where each new pixel comes from, columns first."""
    turn, slant = math.radians(theta), math.radians(shear)
    rotation = np.array([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    shift = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1.0]])
    sheared = np.array([[1, -math.sin(slant), 0], [0, math.cos(slant), 0], [0, 0, 1]])
    zoom = np.diag([zx, zy, 1.0])
    to_middle = np.array([[1, 0, columns / 2 - 0.5], [0, 1, rows / 2 - 0.5], [0, 0, 1]])
    back = np.array([[1, 0, 0.5 - columns / 2], [0, 1, 0.5 - rows / 2], [0, 0, 1]])
    return (to_middle @ rotation @ shift @ sheared @ zoom @ back)[:2]


def _sample(picture: Array, matrix: Array, fill_mode: str, cval: float, order: int) -> Array:
    """The picture (H, W, C) at the places that the matrix names, as (H, W, C)."""
    rows, columns = picture.shape[:2]
    y, x = np.mgrid[:rows, :columns]
    where = [line[0] * x + line[1] * y + line[2] for line in matrix[::-1]]  # rows, then columns
    outside = np.zeros((rows, columns), dtype=bool)
    if fill_mode == "constant":
        outside = sum(((at < 0) | (at > size - 1)) for at, size in zip(where, (rows, columns), strict=True)) > 0
    at_row, at_column = (_inside(at, size, fill_mode) for at, size in zip(where, (rows, columns), strict=True))
    if order == 0:
        found = picture[_pixel(at_row + 0.5, rows), _pixel(at_column + 0.5, columns)]
    else:
        top, left = np.floor(at_row), np.floor(at_column)
        down, right = (at_row - top)[..., None], (at_column - left)[..., None]
        upper = _pixel(top, rows), _pixel(top + 1, rows)
        side = _pixel(left, columns), _pixel(left + 1, columns)
        found = (1 - down) * ((1 - right) * picture[upper[0], side[0]] + right * picture[upper[0], side[1]])
        found = found + down * ((1 - right) * picture[upper[1], side[0]] + right * picture[upper[1], side[1]])
    return np.where(outside[..., None], cval, found).astype(picture.dtype)


def _pixel(at: Array, size: int) -> Array:
    return np.clip(np.floor(at), 0, size - 1).astype(np.intp)


def _inside(at: Array, size: int, fill_mode: str) -> Array:
    """Places beyond the edge, brought to the place whose value they have."""
    if fill_mode == "reflect":
        folded = np.mod(at + 0.5, 2 * size)
        return np.where(folded > size, 2 * size - folded, folded) - 0.5
    if fill_mode == "wrap" and size > 1:
        lap = size - 1
        below = at + lap * (np.floor(-at / lap) + 1)
        above = at - lap * np.floor(at / lap)
        return np.where(at < 0, below, np.where(at > lap, above, at))
    return np.clip(at, 0, size - 1)
