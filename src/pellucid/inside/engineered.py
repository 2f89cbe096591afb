"""Engineered features: what people wrote by hand before networks learned features. Histograms of oriented gradients.

    g = (∂I/∂x, ∂I/∂y)            at each pixel, by central differences
    each cell's histogram         of g's direction (without sign), weighted with its length
    each block's histograms       scaled to length 1

Source: Dalal & Triggs, "Histograms of oriented gradients for human detection", CVPR (2005), section 6.
"""

import numpy as np

from ..arrays import Array
from ..errors import ShapeError, positive_int

BINS = 9  # directions from 0 to 180 degrees


def oriented_gradients(images: Array, cell: int | None = None) -> Array:
    """Histograms of oriented gradients, (N, blocks · 4 · 9).

    images   (N, H, W) or (N, H, W, C), whose channels are averaged
    cell     pixels a side of a cell; by default a seventh of the image's shorter side, at least 2. Blocks are 2×2 cells

    Raises ShapeError for images smaller than a block.

    >>> edge = np.zeros((1, 4, 4)); edge[:, :, 2:] = 1.0
    >>> oriented_gradients(edge, cell=2).reshape(4, 9)[0, :2].round(2)
    array([0.5, 0. ])
    """
    images = np.asarray(images, dtype=np.float64)
    images = images.mean(axis=3) if images.ndim == 4 else images
    if images.ndim != 3:
        raise ShapeError(f"oriented_gradients: needs images (N, H, W) or (N, H, W, C), got {images.shape}.")
    count, height, width = images.shape
    cell = max(2, min(height, width) // 7) if cell is None else positive_int(cell, "oriented_gradients: cell")
    rows, columns = height // cell, width // cell
    if rows < 2 or columns < 2:
        raise ShapeError(f"oriented_gradients: a block of 2×2 cells of {cell} pixels needs more than {height}×{width}.")
    down, across = np.gradient(images, axis=(1, 2))
    size = np.hypot(down, across)
    direction = np.mod(np.arctan2(down, across), np.pi) * (BINS / np.pi)  # 0 to 9, with 9 the same as 0
    lower = np.floor(direction).astype(int)
    share = direction - lower
    votes = np.zeros((count, height, width, BINS))
    where = tuple(np.indices(size.shape))
    np.add.at(votes, (*where, lower % BINS), size * (1 - share))
    np.add.at(votes, (*where, (lower + 1) % BINS), size * share)
    votes = votes[:, : rows * cell, : columns * cell].reshape(count, rows, cell, columns, cell, BINS).sum(axis=(2, 4))
    corners = [votes[:, i : rows - 1 + i, j : columns - 1 + j] for i in (0, 1) for j in (0, 1)]
    blocks = np.concatenate(corners, axis=-1)
    lengths = np.sqrt(np.square(blocks).sum(axis=-1, keepdims=True) + 1e-12)
    return (blocks / lengths).reshape(count, -1)
