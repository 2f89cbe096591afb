"""Principal components: the few directions in which a cloud of points varies most.

    rows - mean = U S Vᵀ          the right singular vectors are the directions,
    shareᵢ = sᵢ² / Σ s²           their singular values say how much of the variance each one holds

Of few rows with many numbers each, the products of the rows with one another say the same at a fraction of the work:

    (rows - mean)(rows - mean)ᵀ = U S² Uᵀ,    V = (rows - mean)ᵀ U / S

Source: Pearson, "On lines and planes of closest fit to systems of points in space", Philosophical Magazine 2 (1901).
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array


class Principal(NamedTuple):
    """The directions of most variance.

    mean         (D,)
    directions   (K, D) of length 1, at right angles; each one's largest entry is positive
    shares       (K,) of the whole variance; 0 where nothing varies
    """

    mean: Array
    directions: Array
    shares: Array

    def project(self, rows: Array) -> Array:
        """The rows' places along the directions, (N, K)."""
        return (np.asarray(rows, dtype=np.float64) - self.mean) @ self.directions.T


def principal(rows: Array, components: int = 2) -> Principal:
    """The first principal components of rows (N, D). Where there are fewer, the rest are directions of length 0.

    >>> found = principal(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]))
    >>> found.directions[0].round(3), found.shares.round(3)
    (array([0.6, 0.8]), array([1., 0.]))
    """
    rows = np.asarray(rows, dtype=np.float64)
    mean = rows.mean(axis=0)
    apart = rows - mean
    if apart.shape[1] > len(apart):
        sizes, directions = _of_products(apart, components)
    else:
        _, sizes, directions = np.linalg.svd(apart, full_matrices=False)
    kept = min(components, len(directions))
    directions, sizes = directions[:kept], sizes**2
    largest = np.abs(directions).argmax(axis=1)
    directions = directions * np.where(directions[np.arange(kept), largest] < 0, -1.0, 1.0)[:, None]
    shares = sizes[:kept] / (sizes.sum() or 1.0)
    spare = components - kept
    return Principal(mean, np.pad(directions, ((0, spare), (0, 0))), np.pad(shares, (0, spare)))


def _of_products(apart: Array, components: int) -> tuple[Array, Array]:
    """All singular values, the largest first, and the first right singular vectors, from the rows' products."""
    squares, vectors = np.linalg.eigh(apart @ apart.T)
    sizes = np.sqrt(np.maximum(squares[::-1], 0))
    kept = int((sizes[:components] > 1e-7 * sizes[0]).sum())  # below, the products know no direction
    directions = (vectors[:, ::-1][:, :kept] / sizes[:kept]).T @ apart
    return sizes, directions
