"""Small moves of an image and the way back: shifted, turned, scaled; and a slope smoothed.

view    out = A · canvas     each pixel of the view is a mean of the four canvas pixels around it
back    dcanvas = Aᵀ · dout  each pixel hands its slope to the four
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, add_rows


@dataclass(frozen=True)
class Move:
    """One view of a larger canvas.

    canvas, view   (rows, columns) of each
    index          (4, pixels of the view) which canvas pixels a pixel of the view is made of
    weight         (4, pixels of the view) and by what shares
    """

    canvas: tuple[int, int]
    view_size: tuple[int, int]
    index: Array
    weight: Array

    @classmethod
    def of(
        cls, canvas: tuple[int, int], view: tuple[int, int], down: float, right: float, turn: float, scale: float
    ) -> "Move":
        """A view of the canvas's middle, moved by pixels, turned by degrees and enlarged.

        Where the view looks beyond the canvas it sees the canvas's edge.
        """
        rows, columns = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in view), indexing="ij")
        angle = np.deg2rad(turn)
        y = (np.cos(angle) * rows - np.sin(angle) * columns) / scale + down + (canvas[0] - 1) / 2
        x = (np.sin(angle) * rows + np.cos(angle) * columns) / scale + right + (canvas[1] - 1) / 2
        y, x = (np.clip(axis.ravel(), 0, n - 1) for axis, n in zip((y, x), canvas, strict=True))
        top, left = (
            np.minimum(np.floor(axis).astype(int), max(n - 2, 0)) for axis, n in zip((y, x), canvas, strict=True)
        )
        below, beyond = (np.minimum(first + 1, n - 1) for first, n in zip((top, left), canvas, strict=True))
        dy, dx = y - top, x - left
        index = np.stack([top * canvas[1] + left, top * canvas[1] + beyond,
                          below * canvas[1] + left, below * canvas[1] + beyond])  # fmt: skip
        weight = np.stack([(1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx])
        return cls(canvas, view, index, weight)

    @classmethod
    def still(cls, canvas: tuple[int, int], view: tuple[int, int]) -> "Move":
        """The canvas's middle as it is."""
        return cls.of(canvas, view, 0.5 * ((canvas[0] - view[0]) % 2), 0.5 * ((canvas[1] - view[1]) % 2), 0, 1)

    def view(self, canvas: Array) -> Array:
        """(K, rows, columns, C) of the canvas -> (K, …) of the view."""
        flat = canvas.reshape(len(canvas), -1, canvas.shape[-1])
        seen = sum(w[:, None].astype(canvas.dtype) * flat[:, i] for i, w in zip(self.index, self.weight, strict=True))
        return np.asarray(seen).reshape(len(canvas), *self.view_size, canvas.shape[-1])

    def back(self, dview: Array) -> Array:
        """The adjoint of `view`: the slope for the canvas."""
        count, channels = len(dview), dview.shape[-1]
        flat = np.swapaxes(dview.reshape(count, -1, channels), 0, 1).reshape(-1, count * channels)
        rows = np.concatenate([w[:, None].astype(dview.dtype) * flat for w in self.weight])
        found = add_rows(rows, self.index.ravel(), self.canvas[0] * self.canvas[1])
        return np.swapaxes(found.reshape(-1, count, channels), 0, 1).reshape(count, *self.canvas, channels)


def whiten(slope: Array, power: float) -> Array:
    """A slope (K, H, W, C) with each wave in it divided by its frequency to this power: slow changes are preferred.

    Source: Olah, Mordvintsev & Schubert, "Feature visualization", Distill (2017), "preconditioning".
    """
    if not power:
        return slope
    height, width = slope.shape[1:3]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    least = 1 / max(height, width)
    waves = np.fft.rfft2(slope, axes=(1, 2)) / np.maximum(frequency, least)[None, :, :, None] ** power
    return np.fft.irfft2(waves, s=(height, width), axes=(1, 2)).astype(slope.dtype)
