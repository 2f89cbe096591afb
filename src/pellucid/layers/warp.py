"""Warp: an image whose pixels come from other places of it, by a matrix: turned, stretched, moved, slanted.

    place      column' = a₀·column + a₁·row + a₂,   row' = b₀·column + b₁·row + b₂
    forward    y[row, column] = Σ weight · x[the places around (row', column')]
    backward   dx = each dy, weighted the same way, put back on the places that it came from

"bilinear" weighs the four places around, "nearest" takes the one that is nearest. What
lies beyond the border is, for a line a b c d,

    reflect    d c b a | a b c d | d c b a          wrap       a b c d | a b c d | a b c d
    nearest    a a a a | a b c d | d d d d          constant   k k k k | a b c d | k k k k
"""

from typing import Any

from ..arrays import Array, add_rows, namespace

FILLS = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


def warp(
    x: Array, matrix: Array, interpolation: str = "bilinear", fill_mode: str = "reflect", fill_value: float = 0.0
) -> tuple[Array, Any]:
    """Each image, by its own matrix.

    x        (N, H, W, C)
    matrix   (N, 6), a₀ a₁ a₂ b₀ b₁ b₂ in pixels
    returns  y (N, H, W, C), and where each y came from, for `warp_back`
    """
    xp = namespace(x)
    count, height, width, channels = x.shape
    rows = xp.arange(height, dtype=x.dtype)[:, None]  # (H, 1)
    columns = xp.arange(width, dtype=x.dtype)  # (W,)
    a0, a1, a2, b0, b1, b2 = (matrix[:, i, None, None] for i in range(6))  # (N, 1, 1)
    from_rows = _around(b0 * columns + b1 * rows + b2, height, interpolation, fill_mode)
    from_columns = _around(a0 * columns + a1 * rows + a2, width, interpolation, fill_mode)
    pixels = x.reshape(-1, channels)
    first = xp.arange(count)[:, None, None] * (height * width)
    y, sources = 0.0, []
    for row, row_weight, row_inside in from_rows:
        for column, column_weight, column_inside in from_columns:
            index = first + row * width + column  # (N, H, W)
            weight = (row_weight * column_weight)[..., None]  # (N, H, W, 1)
            if fill_mode == "constant":
                inside = (row_inside & column_inside)[..., None]
                y = y + xp.where(inside, 0.0, fill_value * weight)
                weight = xp.where(inside, weight, 0.0)
            y = y + weight * pixels[index]
            sources.append((index, weight))
    return y, sources


def warp_back(sources: Any, dy: Array) -> Array:
    """dy (N, H, W, C) -> dx (N, H, W, C)"""
    rows = dy.size // dy.shape[-1]
    dx = 0.0
    for index, weight in sources:
        dx = dx + add_rows((weight * dy).reshape(rows, -1), index.reshape(-1), rows)
    return dx.reshape(dy.shape)  # type: ignore[attr-defined]  # there is at least one source


def _around(place: Array, n: int, interpolation: str, fill_mode: str) -> list[tuple[Array, Array, Array]]:
    """The places around one that may lie between them: which they are, how much each counts, whether it is on x."""
    xp = namespace(place)
    if interpolation == "nearest":
        nearest = xp.sign(place) * xp.floor(xp.abs(place) + 0.5)
        found = [(nearest, xp.ones_like(place))]
    else:
        below = xp.floor(place)
        found = [(below, 1 - (place - below)), (below + 1, place - below)]
    several = []
    for index, weight in found:
        whole = xp.asarray(index, dtype="int32")
        inside = (whole >= 0) & (whole < n)
        several.append((_on_x(whole, n, fill_mode), weight, inside))
    return several


def _on_x(index: Array, n: int, fill_mode: str) -> Array:
    """Which of n places stands for one that may lie beyond the border."""
    xp = namespace(index)
    if fill_mode == "wrap":
        return index % n
    if fill_mode == "reflect":
        turned = index % (2 * n)
        return xp.minimum(turned, 2 * n - 1 - turned)
    return xp.clip(index, 0, n - 1)
