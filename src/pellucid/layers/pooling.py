"""MaxPooling and AveragePooling: one number for each window of each channel.

    max        y  = the largest number in the window
    backward   dx = dy, for the first of the largest; 0 for the others
    average    y  = Σ window / how many of its places are on x
    backward   dx = fold(dy / how many)                what stands around x counts for nothing

A window over several axes is taken one axis at a time, the last axis first: the largest
of the largest in each row is the largest of all, and the first row that has it, at the
first place there, is the first of all. So backward goes back axis by axis.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
recognition", Proc. IEEE 86 (1998), section II (sub-sampling); Ranzato, Huang, Boureau &
LeCun, "Unsupervised learning of invariant feature hierarchies", CVPR (2007) (maximum).
"""

from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, namespace
from ..errors import several
from ..windows import Slide, Slides, fold, views
from .axis_order import axis_order, either_order
from .layer import Layer, Params
from .old_names import POOLING, takes_old_names
from .spatial import padding_name, slides_over, window_counts
from .symbolic import Shape
from .table import register_layer

NOTHING = float("-inf")  # stands around x: never the largest


class Pooling(Layer):
    """Base of the poolings over `axes` axes.

    Args:
        pool_size: places in the window along each axis, or one number for all.
        strides: steps from one window to the next; None for windows side by side.
        padding: "valid" (only windows that lie on x) or "same" (⌈size / stride⌉ windows).
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    axes: ClassVar[int]

    @takes_old_names(POOLING)
    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = several(pool_size, self.axes, "pool_size")
        self.strides = self.pool_size if strides is None else several(strides, self.axes, "strides")
        self.padding = padding_name(padding)
        self.data_format = axis_order(data_format, self.axes)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        counts = window_counts(self.name, shapes[0], self.pool_size, self.strides, self.padding)
        return shapes[0][0], *counts, shapes[0][-1]

    def slides(self, shape: tuple[int, ...]) -> Slides:
        return slides_over(shape, self.pool_size, self.strides, self.padding)


@either_order
class MaxPooling(Pooling):
    """Base of the max poolings; arguments as in `Pooling`."""

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[Array, ...]]:
        """x (N, H, W, C) -> y (N, OH, OW, C); cache: x, the largest along its last axis, …, y."""
        stages = [x]
        for axis, slide in reversed(self.slides(x.shape).items()):
            stages.append(_largest(stages[-1], {axis: slide}))
        return stages[-1], tuple(stages)

    def backward(self, params: Params, stages: tuple[Array, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, OH, OW, C) -> dx (N, H, W, C)"""
        slides = self.slides(stages[0].shape)
        for (axis, slide), x, y in zip(slides.items(), stages[-2::-1], stages[:0:-1], strict=True):
            dy = fold(_to_first_largest(x, y, dy, {axis: slide}), {axis: slide})
        return dy, {}


def _largest(x: Array, slides: Slides) -> Array:
    return reduce(namespace(x).maximum, views(x, slides, NOTHING))


def _to_first_largest(x: Array, y: Array, dy: Array, slides: Slides) -> Iterator[Array]:
    """For each place of the window, dy where that place is the first to hold the window's largest number."""
    *views_before, _ = views(x, slides, NOTHING)
    left = None  # windows whose largest number has not come yet
    for view in views_before:
        here = view == y if left is None else (view == y) & left
        left = ~here if left is None else left & ~here
        yield dy * here
    yield dy if left is None else dy * left


@either_order
class AveragePooling(Pooling):
    """Base of the average poolings; arguments as in `Pooling`."""

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, H, W, C) -> y (N, OH, OW, C); cache: x's shape."""
        slides, y = self.slides(x.shape), x
        for axis, slide in reversed(slides.items()):
            y = reduce(add, views(y, {axis: slide}))
        return y / namespace(x).asarray(_places_on(slides), dtype=x.dtype), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        """dy (N, OH, OW, C) -> dx (N, H, W, C)"""
        slides = self.slides(shape)
        dx = dy / namespace(dy).asarray(_places_on(slides), dtype=dy.dtype)
        for axis, slide in slides.items():
            dx = fold([dx] * slide.window, {axis: slide})
        return dx, {}


def _places_on(slides: Slides) -> np.ndarray:
    """How many places of each window are on x, (OH, OW, 1)."""
    counts = np.ones(())
    for slide in slides.values():
        counts = counts[..., None] * _places_along(slide)
    return counts[..., None]


def _places_along(slide: Slide) -> np.ndarray:
    starts = np.arange(slide.fits) * slide.stride - slide.before
    places = starts[:, None] + np.arange(slide.window) * slide.dilation
    return ((places >= 0) & (places < slide.length)).sum(axis=1)


@register_layer("MaxPooling1D")
class MaxPooling1D(MaxPooling):
    """The largest number of each window of steps; arguments as in `Pooling`.

    >>> MaxPooling1D(5).compute_output_shape((None, 100, 4))
    (None, 20, 4)
    """

    axes = 1


@register_layer("MaxPooling2D")
class MaxPooling2D(MaxPooling):
    """The largest number of each window of an image; arguments as in `Pooling`.

    >>> MaxPooling2D().compute_output_shape((None, 27, 28, 4))
    (None, 13, 14, 4)
    """

    axes = 2


@register_layer("MaxPooling3D")
class MaxPooling3D(MaxPooling):
    """The largest number of each window of a volume; arguments as in `Pooling`.

    >>> MaxPooling3D().compute_output_shape((None, 8, 8, 8, 4))
    (None, 4, 4, 4, 4)
    """

    axes = 3


@register_layer("AveragePooling1D")
class AveragePooling1D(AveragePooling):
    """The mean of each window of steps; arguments as in `Pooling`.

    >>> AveragePooling1D(5).compute_output_shape((None, 100, 4))
    (None, 20, 4)
    """

    axes = 1


@register_layer("AveragePooling2D")
class AveragePooling2D(AveragePooling):
    """The mean of each window of an image; arguments as in `Pooling`.

    >>> AveragePooling2D(padding="same").compute_output_shape((None, 27, 28, 4))
    (None, 14, 14, 4)
    """

    axes = 2


@register_layer("AveragePooling3D")
class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume; arguments as in `Pooling`.

    >>> AveragePooling3D().compute_output_shape((None, 8, 8, 8, 4))
    (None, 4, 4, 4, 4)
    """

    axes = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
