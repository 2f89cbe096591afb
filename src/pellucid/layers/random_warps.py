"""Images turned, stretched, moved or slanted at random while training; each image of a batch in its own way.

The matrix of a warp (warp.py) says, for each pixel of y, where on x it comes from, in
pixels from the middle of the image (RandomShear: from its upper left corner):

    RandomRotation       column' = cos θ · column - sin θ · row        row' = sin θ · column + cos θ · row
    RandomZoom           column' = zoom_x · column                     row' = zoom_y · row
    RandomTranslation    column' = column - shift_x · W                row' = row - shift_y · H
    RandomShear          column' = column + slant_x · row              row' = row + slant_y · column

Source: Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to visual document
analysis", ICDAR (2003), section 2.
"""

import math
from typing import Any

from .. import random
from ..arrays import Array, namespace
from ..errors import one_of
from .axis_order import axis_order, either_order
from .images import RandomImageLayer, between, bounds
from .table import register_layer
from .warp import FILLS, INTERPOLATIONS, warp, warp_back


class RandomWarp(RandomImageLayer):
    """Base of the layers that move pixels about: they say by which matrix."""

    fill_mode: str
    interpolation: str
    fill_value: float

    def take(self, fill_mode: str, interpolation: str, seed: int | None, fill_value: float, data_format: Any) -> None:
        """The settings that all of them have."""
        self.fill_mode = one_of(fill_mode, FILLS, "fill_mode")
        self.interpolation = one_of(interpolation, INTERPOLATIONS, "interpolation")
        self.seed, self.fill_value = seed, float(fill_value)
        self.data_format = axis_order(data_format)

    def matrix(self, key: Array, x: Array) -> Array:
        """Where the pixels of each image come from, (N, 6) as `warp` takes it."""
        raise NotImplementedError(f"{type(self).__name__} defines no matrix.")

    def change(self, x: Array, key: Array) -> tuple[Array, Any]:
        return warp(x, self.matrix(key, x), self.interpolation, self.fill_mode, self.fill_value)

    def change_back(self, cache: Any, dy: Array) -> Array:
        return warp_back(cache, dy)


def about_the_middle(x: Array, a0: Array, a1: Array, b0: Array, b1: Array) -> Array:
    """The matrices (N, 6) of a warp of x (N, H, W, C) that leaves its middle where it is; each part (N,)."""
    down, right = (x.shape[1] - 1) / 2, (x.shape[2] - 1) / 2
    a2 = right - a0 * right - a1 * down
    b2 = down - b0 * right - b1 * down
    return namespace(x).stack([a0, a1, a2, b0, b1, b2], axis=1)


@register_layer("RandomRotation")
@either_order
class RandomRotation(RandomWarp):
    """Turns each image about its middle by a random angle while training.

    Args:
        factor: the largest angle, in whole turns (0.1 is 36°), either way; or the least and the largest.
        fill_mode: what stands beyond the border: "reflect", "wrap", "constant" or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: kept for Keras; the angles come from the key of the training (`set_random_seed`).
        fill_value: the colour beyond the border, with fill_mode="constant".
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor = bounds(factor, "factor", -1, 1)
        self.take(fill_mode, interpolation, seed, fill_value, data_format)

    def matrix(self, key: Array, x: Array) -> Array:
        xp = namespace(x)
        angle = between(key, *self.factor, x.shape[:1], x.dtype) * (2 * math.pi)
        return about_the_middle(x, xp.cos(angle), -xp.sin(angle), xp.sin(angle), xp.cos(angle))


@register_layer("RandomZoom")
@either_order
class RandomZoom(RandomWarp):
    """Takes each image from further away or from nearer while training.

    Args:
        height_factor: the largest change of height, either way; or the least and the largest. Above 0 the image
            shrinks, below 0 it grows: 0.2 shows a fifth more rows, -0.2 a fifth less.
        width_factor: the same for the width; None keeps the proportions.
        fill_mode, interpolation, seed, fill_value, data_format: as in `RandomRotation`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor, self.width_factor = _as_given(height_factor), _as_given(width_factor)
        self.heights = _above(bounds(height_factor, "height_factor", -1, 1), "height_factor")
        self.widths = None
        if width_factor is not None:
            self.widths = _above(bounds(width_factor, "width_factor", -1, 1), "width_factor")
        self.take(fill_mode, interpolation, seed, fill_value, data_format)

    def matrix(self, key: Array, x: Array) -> Array:
        keys = random.split(key)
        tall = 1 + between(keys[0], *self.heights, x.shape[:1], x.dtype)
        wide = tall if self.widths is None else 1 + between(keys[1], *self.widths, x.shape[:1], x.dtype)
        return about_the_middle(x, wide, 0 * wide, 0 * tall, tall)


@register_layer("RandomTranslation")
@either_order
class RandomTranslation(RandomWarp):
    """Moves each image up or down and to the left or right while training.

    Args:
        height_factor: the largest shift as a share of the height, either way; or the least and the largest.
            Above 0 is downwards.
        width_factor: the same for the width; above 0 is to the right.
        fill_mode, interpolation, seed, fill_value, data_format: as in `RandomRotation`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor, self.width_factor = _as_given(height_factor), _as_given(width_factor)
        self.heights = bounds(height_factor, "height_factor", -1, 1)
        self.widths = bounds(width_factor, "width_factor", -1, 1)
        self.take(fill_mode, interpolation, seed, fill_value, data_format)

    def matrix(self, key: Array, x: Array) -> Array:
        keys = random.split(key)
        down = between(keys[0], *self.heights, x.shape[:1], x.dtype) * x.shape[1]
        right = between(keys[1], *self.widths, x.shape[:1], x.dtype) * x.shape[2]
        one, none = 1 + 0 * down, 0 * down
        return namespace(x).stack([one, none, -right, none, one, -down], axis=1)


@register_layer("RandomShear")
@either_order
class RandomShear(RandomWarp):
    """Slants each image while training.

    Args:
        x_factor: how far each row is moved along, as a share of its distance from the first; the least and the
            largest, or one number for both ways.
        y_factor: the same for columns.
        interpolation, fill_mode, fill_value, data_format, seed: as in `RandomRotation`.
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.x_factor, self.y_factor = _as_given(x_factor), _as_given(y_factor)
        self.slants = bounds(x_factor, "x_factor", -1, 1), bounds(y_factor, "y_factor", -1, 1)
        self.take(fill_mode, interpolation, seed, fill_value, data_format)

    def matrix(self, key: Array, x: Array) -> Array:
        xp, keys = namespace(x), random.split(key, 3)
        way = xp.where(random.uniform(keys[0], x.shape[:1], x.dtype) > 0.5, -1.0, 1.0)
        along, down = (between(keys[i + 1], *self.slants[i], x.shape[:1], x.dtype) * way for i in (0, 1))
        one, none = 1 + 0 * along, 0 * along
        return xp.asarray(xp.stack([one, along, none, down, one, none], axis=1), dtype=x.dtype)


def _as_given(factor: Any) -> Any:
    """A factor as a file holds it."""
    return list(factor) if isinstance(factor, tuple) else factor


def _above(factor: tuple[float, float], name: str) -> tuple[float, float]:
    """The factor, if an image is left."""
    if factor[0] <= -1:
        raise ValueError(f"{name} must be above -1, which leaves nothing of the image, got {factor}.")
    return factor
