"""GlobalMaxPooling and GlobalAveragePooling: one number for each channel.

    max        y  = the largest number of the channel
    backward   dx = dy, in equal shares for all the places that hold it
    average    y  = Σ x / number of places
    backward   dx = dy / number of places, at each

Equal shares are what Keras gives here; within a window (MaxPooling) the first gets all.
A mean over the steps of a sequence with a mask counts only the steps that the mask lets in.

Source: Lin, Chen & Yan, "Network in network", ICLR (2014), section 3.2 (average).
"""

import math
from typing import Any, ClassVar

from ..arrays import Array, namespace
from .axis_order import FIRST, axis_order
from .layer import Layer, Params
from .old_names import POOLING, takes_old_names
from .spatial import check_rank
from .symbolic import Shape
from .table import register_layer


class GlobalPooling(Layer):
    """Base of the global poolings over `axes` axes.

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        keepdims: whether the axes stay, with size 1.
    """

    axes: ClassVar[int]

    @takes_old_names(POOLING)
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = axis_order(data_format, self.axes)
        self.keepdims = bool(keepdims)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        kept = (1,) * self.axes if self.keepdims else ()
        return (*shapes[0][:2], *kept) if self.data_format == FIRST else (shapes[0][0], *kept, shapes[0][-1])

    @property
    def over(self) -> tuple[int, ...]:
        """The axes of rows, columns and the like."""
        first = 2 if self.data_format == FIRST else 1
        return tuple(range(first, first + self.axes))

    def along(self, y: Array) -> Array:
        """y (N, C), or with the axes kept, shaped so that it lies along x."""
        channels, spread = y.shape[1 if self.data_format == FIRST else -1], (1,) * self.axes
        return y.reshape(y.shape[0], *((channels, *spread) if self.data_format == FIRST else (*spread, channels)))


class GlobalMaxPooling(GlobalPooling):
    """Base of the global max poolings; arguments as in `GlobalPooling`."""

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[Array, Array]]:
        """x (N, H, W, C) -> y (N, C); cache (x, y)."""
        y = namespace(x).max(x, axis=self.over, keepdims=self.keepdims)
        return y, (x, y)

    def backward(self, params: Params, cache: tuple[Array, Array], dy: Array) -> tuple[Array, Params]:
        x, y = cache
        here = namespace(x).asarray(x == self.along(y), dtype=x.dtype)
        return here * (self.along(dy) / here.sum(axis=self.over, keepdims=True)), {}


class GlobalAveragePooling(GlobalPooling):
    """Base of the global average poolings; arguments as in `GlobalPooling`."""

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, H, W, C) -> y (N, C); cache: x's shape."""
        return x.mean(axis=self.over, keepdims=self.keepdims), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        share = self.along(dy) / math.prod(shape[axis] for axis in self.over)
        return namespace(dy).broadcast_to(share, shape), {}


@register_layer("GlobalMaxPooling1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest number of each channel of a sequence; arguments as in `GlobalPooling`.

    >>> GlobalMaxPooling1D().compute_output_shape((None, 100, 4))
    (None, 4)
    """

    axes = 1


@register_layer("GlobalMaxPooling2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest number of each channel of an image; arguments as in `GlobalPooling`.

    >>> GlobalMaxPooling2D(keepdims=True).compute_output_shape((None, 28, 28, 4))
    (None, 1, 1, 4)
    """

    axes = 2


@register_layer("GlobalMaxPooling3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest number of each channel of a volume; arguments as in `GlobalPooling`.

    >>> GlobalMaxPooling3D().compute_output_shape((None, 8, 8, 8, 4))
    (None, 4)
    """

    axes = 3


@register_layer("GlobalAveragePooling1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel of a sequence; arguments as in `GlobalPooling`.

    With a mask, the mean of the steps that count (0 for a sequence where none does).

    >>> GlobalAveragePooling1D().compute_output_shape((None, 100, 4))
    (None, 4)
    """

    axes = 1
    wants = ("mask",)
    supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: the steps are gone."""

    def forward(self, params: Params, x: Array, *, mask: Array | None = None) -> tuple[Array, Any]:
        """x (N, T, C), mask (N, T) -> y (N, C); cache: each step's share, (N, T, 1), or x's shape."""
        if mask is None:
            return super().forward(params, x)
        xp = namespace(x)
        counts = xp.asarray(mask, dtype=x.dtype)[..., None]
        shares = counts / xp.maximum(counts.sum(axis=1, keepdims=True), 1.0)
        return (x * shares).sum(axis=1, keepdims=self.keepdims), shares

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        if isinstance(cache, tuple):
            return super().backward(params, cache, dy)
        return self.along(dy) * cache, {}


@register_layer("GlobalAveragePooling2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image; arguments as in `GlobalPooling`.

    >>> GlobalAveragePooling2D().compute_output_shape((None, 28, 28, 4))
    (None, 4)
    """

    axes = 2


@register_layer("GlobalAveragePooling3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume; arguments as in `GlobalPooling`.

    >>> GlobalAveragePooling3D().compute_output_shape((None, 8, 8, 8, 4))
    (None, 4)
    """

    axes = 3


GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
)
