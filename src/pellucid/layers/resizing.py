"""Resizing: images with other numbers of rows and columns. CenterCrop: their middle.

    resized    y  = A x, along rows and columns in turn       dx = Aᵀ dy
    nearest    y_i = x_⌊(i + ½) n / m⌋                         dx = Σ dy of those that took x
    cropped    y  = the part of x inside a frame              dx = dy, with zeros around

A row of A says what a place of y takes from the places of x (resampling.py). With
antialias, a smaller image takes from as many places as it leaves out.
"""

from typing import Any

import numpy as np

from ..arrays import Array, namespace, one_hot
from ..errors import one_of, positive_int
from .axis_order import axis_order, either_order
from .images import COLUMNS, ROWS, ImageLayer, as_float, check_images
from .layer import Params
from .resampling import CURVES, apply_along
from .symbolic import Shape
from .table import register_layer


def resize_matrix(n: int, m: int, interpolation: str, antialias: bool = False) -> np.ndarray:
    """What each of m places takes from each of n, (m, n); a place is at its middle.

    >>> resize_matrix(4, 2, "bilinear")
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    """
    if interpolation == "nearest":
        return np.asarray(one_hot(nearest_places(n, m), n, np.float64))
    middles = (np.arange(m) + 0.5) * n / m - 0.5
    wide = max(n / m, 1.0) if antialias else 1.0
    weights = CURVES[interpolation](np.abs(middles[:, None] - np.arange(n)) / wide)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def nearest_places(n: int, m: int) -> np.ndarray:
    """For each of m places, the one of n that its middle lies in."""
    return (2 * np.arange(m) + 1) * n // (2 * m)


def resized(x: Array, height: int, width: int, interpolation: str, antialias: bool = False) -> Array:
    """x (…, H, W, C) -> (…, height, width, C)"""
    for axis, size in ((ROWS, height), (COLUMNS, width)):
        n = x.shape[axis]
        if interpolation == "nearest":
            x = namespace(x).take(x, namespace(x).asarray(nearest_places(n, size)), axis=axis)
        elif n != size:
            x = apply_along(resize_matrix(n, size, interpolation, antialias), x, x.ndim + axis)
    return x


def resized_back(dy: Array, height: int, width: int, interpolation: str = "bilinear", antialias: bool = False) -> Array:
    """The adjoint of `resized`: dy (…, H', W', C) -> dx (…, height, width, C)"""
    for axis, size in ((ROWS, height), (COLUMNS, width)):
        if dy.shape[axis] != size:
            dy = apply_along(resize_matrix(size, dy.shape[axis], interpolation, antialias).T, dy, dy.ndim + axis)
    return dy


def cropped(x: Array, top: int, left: int, height: int, width: int) -> Array:
    """The part of x (…, H, W, C) inside a frame."""
    return x[..., top : top + height, left : left + width, :]


def framed(x: Array, top: int, left: int, height: int, width: int, fill: float = 0.0) -> Array:
    """x (…, H, W, C) inside a larger image (…, height, width, C) of one colour; the adjoint of `cropped`."""
    around = [(0, 0)] * x.ndim
    around[ROWS] = (top, height - top - x.shape[ROWS])
    around[COLUMNS] = (left, width - left - x.shape[COLUMNS])
    return namespace(x).pad(x, around, constant_values=fill)


def frame_like(shape: tuple[int, ...], height: int, width: int) -> tuple[int, int, int, int]:
    """The largest frame in the middle of an image with the proportions of (height, width): top, left and its sizes.

    >>> frame_like((10, 20, 3), 5, 5)
    (0, 5, 10, 10)
    """
    rows, columns = shape[ROWS], shape[COLUMNS]
    tall = max(min(rows, columns * height // width), 1)
    wide = max(min(columns, rows * width // height), 1)
    return (rows - tall) // 2, (columns - wide) // 2, tall, wide


class SizedImageLayer(ImageLayer):
    """Base of the layers whose images have so many rows and columns."""

    height: int
    width: int

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_images(self.name, shapes[0])
        return *shapes[0][:ROWS], self.height, self.width, shapes[0][-1]


@register_layer("Resizing")
@either_order
class Resizing(SizedImageLayer):
    """Images with so many rows and columns, in training and in use.

    Args:
        height, width: rows and columns of the output.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether to cut off what does not fit the output's proportions, not to distort.
        pad_to_aspect_ratio: whether to add borders of `fill_value` instead.
        fill_mode: "constant".
        fill_value: of the borders.
        antialias: whether to smooth an image before it is made smaller.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.

    Images of whole numbers stay such: what comes out is rounded.

    >>> Resizing(32, 48).compute_output_shape((None, None, None, 3))
    (None, 32, 48, 3)
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height, self.width = positive_int(height, "height"), positive_int(width, "width")
        self.interpolation = one_of(interpolation, ("nearest", *CURVES), "interpolation")
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Resizing: only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be True.")
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = bool(crop_to_aspect_ratio), bool(pad_to_aspect_ratio)
        self.fill_mode, self.fill_value = one_of(fill_mode, ("constant",), "fill_mode"), float(fill_value)
        self.antialias = bool(antialias)
        self.data_format = axis_order(data_format)

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, H, W, C) -> y (N, height, width, C); cache: x's shape."""
        whole = None if namespace(x).isdtype(x.dtype, "real floating") else x.dtype
        y = as_float(x, self.dtype)
        if self.crop_to_aspect_ratio:
            y = cropped(y, *frame_like(x.shape, self.height, self.width))
        if self.pad_to_aspect_ratio:
            y = framed(y, *self._borders(x.shape), self.fill_value)
        y = resized(y, self.height, self.width, self.interpolation, self.antialias)
        return (y if whole is None else _rounded(y, whole)), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, height, width, C) -> dx (N, H, W, C)"""
        rows, columns = shape[ROWS], shape[COLUMNS]
        if self.crop_to_aspect_ratio:
            top, left, tall, wide = frame_like(shape, self.height, self.width)
            return framed(self._back(dy, tall, wide), top, left, rows, columns), {}
        if self.pad_to_aspect_ratio:
            top, left, tall, wide = self._borders(shape)
            return cropped(self._back(dy, tall, wide), top, left, rows, columns), {}
        return self._back(dy, rows, columns), {}

    def _back(self, dy: Array, height: int, width: int) -> Array:
        return resized_back(dy, height, width, self.interpolation, self.antialias)

    def _borders(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Where x stands in a frame of the output's proportions: top and left borders, and the frame's sizes."""
        rows, columns = shape[ROWS], shape[COLUMNS]
        top = (max(rows, columns * self.height // self.width) - rows) // 2
        left = 0 if top else (max(columns, rows * self.width // self.height) - columns) // 2
        return top, left, rows + 2 * top, columns + 2 * left


def _rounded(y: Array, dtype: Any) -> Array:
    """The nearest whole numbers that the type holds."""
    xp = namespace(y)
    if xp.isdtype(dtype, "bool"):
        return xp.asarray(y, dtype=dtype)
    limits = xp.iinfo(dtype)
    return xp.asarray(xp.clip(xp.round(y), limits.min, limits.max), dtype=dtype)


@register_layer("CenterCrop")
@either_order
class CenterCrop(SizedImageLayer):
    """The middle of each image, in training and in use.

    An image with fewer rows or columns than asked for is enlarged, less what does not fit the output's proportions.

    Args:
        height, width: rows and columns of the output.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.

    >>> CenterCrop(2, 2)(np.arange(16.0).reshape(4, 4, 1))[..., 0]
    array([[ 5.,  6.],
           [ 9., 10.]])
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height, self.width = positive_int(height, "height"), positive_int(width, "width")
        self.data_format = axis_order(data_format)

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, H, W, C) -> y (N, height, width, C); cache: x's shape."""
        x = as_float(x, self.dtype)
        y = cropped(x, *self._frame(x.shape))
        return resized(y, self.height, self.width, "bilinear"), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, height, width, C) -> dx (N, H, W, C)"""
        top, left, tall, wide = self._frame(shape)
        return framed(resized_back(dy, tall, wide), top, left, shape[ROWS], shape[COLUMNS]), {}

    def _frame(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        down, right = shape[ROWS] - self.height, shape[COLUMNS] - self.width
        if down >= 0 and right >= 0:
            return down // 2, right // 2, self.height, self.width
        return frame_like(shape, self.height, self.width)
