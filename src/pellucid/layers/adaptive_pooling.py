"""AdaptivePooling: as many windows as are asked for, spread over the input, whatever its size.

    window i of m on n places    from ⌊i n / m⌋ up to ⌈(i + 1) n / m⌉
    average    y_i = mean of the window                  dx = dy_i / places, for each place of the window
    max        y_i = the largest number of the window    dx = dy_i, in equal shares for all that are as large

A window over several axes is taken one axis at a time, the last axis first.

Source: He, Zhang, Ren & Sun, "Spatial pyramid pooling in deep convolutional networks for visual recognition",
ECCV (2014), section 2.3 (training with a single size).
"""

from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, namespace
from ..errors import several
from .axis_order import axis_order, either_order
from .layer import Layer, Params
from .resampling import apply_along
from .spatial import check_rank
from .symbolic import Shape
from .table import register_layer


def windows(n: int, m: int) -> list[tuple[int, int]]:
    """Where each of m windows on n places begins and ends.

    >>> windows(5, 3)
    [(0, 2), (1, 4), (3, 5)]
    """
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


class AdaptivePooling(Layer):
    """Base of the adaptive poolings over `axes` axes.

    Args:
        output_size: windows along each axis, or one number for all.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    axes: ClassVar[int]

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = several(output_size, self.axes, "output_size")
        self.data_format = axis_order(data_format, self.axes)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        return shapes[0][0], *self.output_size, shapes[0][-1]


@either_order
class AdaptiveAveragePooling(AdaptivePooling):
    """Base of the adaptive average poolings; arguments as in `AdaptivePooling`."""

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, H, W, C) -> y (N, OH, OW, C); cache: x's shape."""
        y = x
        for axis, m in reversed(list(enumerate(self.output_size, start=1))):
            y = apply_along(_shares(x.shape[axis], m), y, axis)
        return y, x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, OH, OW, C) -> dx (N, H, W, C)"""
        for axis, m in enumerate(self.output_size, start=1):
            dy = apply_along(_shares(shape[axis], m).T, dy, axis)
        return dy, {}


def _shares(n: int, m: int) -> np.ndarray:
    """What each of m windows takes from each of n places, (m, n)."""
    matrix = np.zeros((m, n))
    for row, (first, last) in zip(matrix, windows(n, m), strict=True):
        row[first:last] = 1 / (last - first)
    return matrix


@either_order
class AdaptiveMaxPooling(AdaptivePooling):
    """Base of the adaptive max poolings; arguments as in `AdaptivePooling`."""

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[Array, ...]]:
        """x (N, H, W, C) -> y (N, OH, OW, C); cache: x, the largest along its last axis, …, y."""
        xp, stages = namespace(x), [x]
        for axis, m in reversed(list(enumerate(self.output_size, start=1))):
            x = stages[-1]
            seen = [x[_part(axis, a, b)] for a, b in windows(x.shape[axis], m)]
            stages.append(xp.concat([xp.max(part, axis=axis, keepdims=True) for part in seen], axis=axis))
        return stages[-1], tuple(stages)

    def backward(self, params: Params, stages: tuple[Array, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, OH, OW, C) -> dx (N, H, W, C)"""
        xp = namespace(dy)
        for axis, x, y in zip(range(1, self.axes + 1), stages[-2::-1], stages[:0:-1], strict=True):
            n, dx = x.shape[axis], xp.zeros_like(x)
            for i, (a, b) in enumerate(windows(n, self.output_size[axis - 1])):
                one = _part(axis, i, i + 1)
                here = xp.asarray(x[_part(axis, a, b)] == y[one], dtype=dy.dtype)
                around = [(a, n - b) if other == axis else (0, 0) for other in range(x.ndim)]
                dx = dx + xp.pad(here * (dy[one] / here.sum(axis=axis, keepdims=True)), around)
            dy = dx
        return dy, {}


def _part(axis: int, first: int, last: int) -> tuple[slice, ...]:
    """From first up to last along this axis, and everything along those before it."""
    return *(slice(None),) * axis, slice(first, last)


@register_layer("AdaptiveAveragePooling1D")
class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """So many means along the steps of sequences; arguments as in `AdaptivePooling`.

    >>> AdaptiveAveragePooling1D(3).compute_output_shape((None, 100, 4))
    (None, 3, 4)
    """

    axes = 1


@register_layer("AdaptiveAveragePooling2D")
class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """So many means along the rows and columns of images; arguments as in `AdaptivePooling`.

    >>> AdaptiveAveragePooling2D((2, 3)).compute_output_shape((None, None, None, 4))
    (None, 2, 3, 4)
    """

    axes = 2


@register_layer("AdaptiveAveragePooling3D")
class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """So many means along the axes of volumes; arguments as in `AdaptivePooling`."""

    axes = 3


@register_layer("AdaptiveMaxPooling1D")
class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """So many largest numbers along the steps of sequences; arguments as in `AdaptivePooling`."""

    axes = 1


@register_layer("AdaptiveMaxPooling2D")
class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """So many largest numbers along the rows and columns of images; arguments as in `AdaptivePooling`.

    >>> AdaptiveMaxPooling2D(4).compute_output_shape((None, 28, 28, 4))
    (None, 4, 4, 4)
    """

    axes = 2


@register_layer("AdaptiveMaxPooling3D")
class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """So many largest numbers along the axes of volumes; arguments as in `AdaptivePooling`."""

    axes = 3
