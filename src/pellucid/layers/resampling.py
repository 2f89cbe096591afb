"""UpSampling: more places along each axis of a sequence, an image or a volume.

    nearest        y  = each number of x, size times over      dx = Σ of its copies' dy
    interpolated   y  = A x, along each axis in turn           dx = Aᵀ dy

A row of A says what a place of y takes from the places of x: the more, the nearer they
are, as a curve of the distance says; the shares of a row add up to 1.

Source: Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans.
ASSP 29 (1981), equation 15 (cubic); Duchon, "Lanczos filtering in one and two
dimensions", J. Appl. Meteorology 18 (1979) (Lanczos).
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, namespace
from ..errors import one_of, several
from .axis_order import LAST, axis_order, either_order
from .layer import Layer, Params
from .old_names import SIZING, takes_old_names
from .spatial import check_rank
from .symbolic import Shape
from .table import register_layer


def tent(d: np.ndarray) -> np.ndarray:
    return np.maximum(1 - d, 0)


def cubic(d: np.ndarray) -> np.ndarray:
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def lanczos(lobes: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda d: np.where(d < lobes, np.sinc(d) * np.sinc(d / lobes), 0)


CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bilinear": tent,
    "bicubic": cubic,
    "lanczos3": lanczos(3),
    "lanczos5": lanczos(5),
}


def interpolation_matrix(n: int, size: int, curve: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What each of n · size places takes from each of n, (n · size, n); a place is at its middle.

    >>> interpolation_matrix(2, 2, tent)
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    middles = (np.arange(n * size) + 0.5) / size - 0.5
    weights = curve(np.abs(middles[:, None] - np.arange(n)))
    return weights / weights.sum(axis=1, keepdims=True)


def apply_along(matrix: np.ndarray, x: Array, axis: int) -> Array:
    """matrix (m, n) times x (…, n, …) along one axis."""
    shape = x.shape
    rows = x.reshape(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
    y = namespace(x).asarray(matrix, dtype=x.dtype) @ rows
    return y.reshape(*shape[:axis], -1, *shape[axis + 1 :])


@either_order
class UpSampling(Layer):
    """Base of the upsamplings over `axes` axes."""

    axes: ClassVar[int]
    sizes: tuple[int, ...]
    interpolation = "nearest"
    data_format = LAST

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        batch, *inner, channels = shapes[0]
        return batch, *(None if n is None else n * size for n, size in zip(inner, self.sizes, strict=True)), channels

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, H, W, C) -> y (N, H·SH, W·SW, C); cache: x's shape."""
        y = x
        for axis, size in enumerate(self.sizes, start=1):
            if self.interpolation == "nearest":
                y = namespace(x).repeat(y, size, axis=axis)
            else:
                y = apply_along(self._matrix(x.shape[axis], size), y, axis)
        return y, x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, H·SH, W·SW, C) -> dx (N, H, W, C)"""
        dx = dy
        for axis, size in enumerate(self.sizes, start=1):
            if self.interpolation == "nearest":
                dx = dx.reshape(*dx.shape[:axis], -1, size, *dx.shape[axis + 1 :]).sum(axis=axis + 1)
            else:
                dx = apply_along(self._matrix(shape[axis], size).T, dx, axis)
        return dx, {}

    def _matrix(self, n: int, size: int) -> np.ndarray:
        return interpolation_matrix(n, size, CURVES[self.interpolation])


@register_layer("UpSampling1D")
class UpSampling1D(UpSampling):
    """Each step several times over.

    Args:
        size: how often.

    >>> UpSampling1D(3).compute_output_shape((None, 10, 4))
    (None, 30, 4)
    """

    axes = 1

    @takes_old_names(SIZING)
    def __init__(self, size: Any = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = several(size, 1, "size")
        self.size = self.sizes[0]


@register_layer("UpSampling2D")
class UpSampling2D(UpSampling):
    """An image with more rows and columns.

    Args:
        size: times as many rows and columns, or one number for both.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        interpolation: "nearest" (copies), "bilinear", "bicubic", "lanczos3" or "lanczos5".

    >>> UpSampling2D((2, 3)).compute_output_shape((None, 10, 10, 4))
    (None, 20, 30, 4)
    """

    axes = 2

    @takes_old_names(SIZING)
    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size = self.sizes = several(size, 2, "size")
        self.data_format = axis_order(data_format)
        self.interpolation = one_of(interpolation, ("nearest", *CURVES), "interpolation")


@register_layer("UpSampling3D")
class UpSampling3D(UpSampling):
    """A volume with each plane, row and column several times over.

    Args:
        size: how often along each axis, or one number for all.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.

    >>> UpSampling3D().compute_output_shape((None, 4, 4, 4, 1))
    (None, 8, 8, 8, 1)
    """

    axes = 3

    @takes_old_names(SIZING)
    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = self.sizes = several(size, 3, "size")
        self.data_format = axis_order(data_format)
