"""ZeroPadding and Cropping: a border of zeros around a sequence, an image or a volume; or no border.

padded     y  = zeros, x, zeros        dx = the middle of dy
cropped    y  = the middle of x        dx = zeros, dy, zeros
"""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, namespace
from ..errors import ShapeError
from .axis_order import axis_order, either_order
from .layer import Layer, Params
from .old_names import SIZING, takes_old_names
from .spatial import check_rank
from .symbolic import Shape
from .table import register_layer

Amounts = tuple[tuple[int, int], ...]


def amounts(value: Any, axes: int, name: str) -> Amounts:
    """How many places before and after each axis.

    value    one number for all; one for each axis; or a pair for each axis (for one axis: a pair)

    >>> amounts((1, (2, 3)), 2, "padding")
    ((1, 1), (2, 3))
    """
    pairs = list(value) if isinstance(value, Iterable) else [value] * axes
    if axes == 1 and len(pairs) == 2:
        pairs = [pairs]
    both = [tuple(pair) if isinstance(pair, Iterable) else (pair, pair) for pair in pairs]
    if len(both) != axes or any(len(pair) != 2 or not all(map(_is_count, pair)) for pair in both):
        raise ValueError(f"{name} must be one whole number, or one or a pair for each of {axes} axes, got {value!r}.")
    return tuple((int(a), int(b)) for a, b in both)


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= 0


def pad(x: Array, around: Amounts) -> Array:
    """Zeros before and after the axes between the batch and the channels."""
    return namespace(x).pad(x, ((0, 0), *around, (0, 0)))


def crop(x: Array, around: Amounts) -> Array:
    """Without the first and last places of the axes between the batch and the channels."""
    inside = (slice(a, n - b) for (a, b), n in zip(around, x.shape[1:-1], strict=True))
    return x[(slice(None), *inside)]


@either_order
class ZeroPadding(Layer):
    """Base of the zero paddings over `axes` axes.

    Args:
        padding: zeros around: one number; one for each axis; or (before, after) for each axis.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    axes: ClassVar[int]

    @takes_old_names(SIZING)
    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.around = amounts(padding, self.axes, "padding")
        self.padding = self.around if self.axes > 1 else self.around[0]
        self.data_format = axis_order(data_format, self.axes)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        batch, *inner, channels = shapes[0]
        return (
            batch,
            *(None if n is None else n + a + b for n, (a, b) in zip(inner, self.around, strict=True)),
            channels,
        )

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        return pad(x, self.around), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        return crop(dy, self.around), {}


@register_layer("ZeroPadding1D")
class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a sequence; arguments as in `ZeroPadding`.

    >>> ZeroPadding1D((2, 0)).compute_output_shape((None, 10, 4))
    (None, 12, 4)
    """

    axes = 1


@register_layer("ZeroPadding2D")
class ZeroPadding2D(ZeroPadding):
    """Zeros around an image; arguments as in `ZeroPadding`.

    >>> ZeroPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 10, 10, 4))
    (None, 11, 14, 4)
    """

    axes = 2


@register_layer("ZeroPadding3D")
class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume; arguments as in `ZeroPadding`.

    >>> ZeroPadding3D().compute_output_shape((None, 4, 4, 4, 1))
    (None, 6, 6, 6, 1)
    """

    axes = 3


@either_order
class Cropping(Layer):
    """Base of the croppings over `axes` axes.

    Args:
        cropping: places to leave out: one number; one for each axis; or (first, last) for each axis.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    axes: ClassVar[int]

    def __init__(self, cropping: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.around = amounts(cropping, self.axes, "cropping")
        self.cropping = self.around if self.axes > 1 else self.around[0]
        self.data_format = axis_order(data_format, self.axes)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        batch, *inner, channels = shapes[0]
        sizes = tuple(None if n is None else n - a - b for n, (a, b) in zip(inner, self.around, strict=True))
        if any(size is not None and size < 1 for size in sizes):
            raise ShapeError(
                f"{self.name}: cropping {self.cropping} leaves nothing of an input shaped {shapes[0]}. Crop less."
            )
        return batch, *sizes, channels

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        return crop(x, self.around), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        return pad(dy, self.around), {}


@register_layer("Cropping1D")
class Cropping1D(Cropping):
    """A sequence without its first and last steps.

    Args:
        cropping: steps to leave out: one number, or (first, last).

    >>> Cropping1D((2, 1)).compute_output_shape((None, 10, 4))
    (None, 7, 4)
    """

    axes = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, **kwargs)


@register_layer("Cropping2D")
class Cropping2D(Cropping):
    """An image without its outer rows and columns; arguments as in `Cropping`.

    >>> Cropping2D(((1, 0), (2, 2))).compute_output_shape((None, 10, 10, 4))
    (None, 9, 6, 4)
    """

    axes = 2

    @takes_old_names(SIZING)
    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


@register_layer("Cropping3D")
class Cropping3D(Cropping):
    """A volume without its outer planes; arguments as in `Cropping`.

    >>> Cropping3D().compute_output_shape((None, 4, 4, 4, 1))
    (None, 2, 2, 2, 1)
    """

    axes = 3

    @takes_old_names(SIZING)
    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)
