"""Flatten, Reshape, Permute, RepeatVector: the same numbers in another arrangement.

forward    y  = rearrange(x)
backward   dx = the way back      (RepeatVector: Σ over the repeats)
"""

import math
from typing import Any

from ..arrays import Array, namespace
from ..errors import ShapeError, positive_int
from .axis_order import FIRST, axis_order
from .layer import Layer, Params
from .symbolic import Shape
from .table import register_layer


@register_layer("Flatten")
class Flatten(Layer):
    """All axes but the batch in one.

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default. Channels that come
            first are moved to the end before, so that the numbers stand in the same order either way.

    >>> Flatten().compute_output_shape((None, 28, 28))
    (None, 784)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = axis_order(data_format)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        inner = shapes[0][1:]
        return shapes[0][0], None if None in inner else math.prod(inner)  # type: ignore[arg-type]  # no None in it

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, ...) -> y (N, the product of the rest); cache: the shape of what was laid out."""
        if self.data_format == FIRST and x.ndim > 2:
            x = namespace(x).moveaxis(x, 1, -1)
        return x.reshape(x.shape[0], math.prod(x.shape[1:])), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        dx = dy.reshape(shape)
        return namespace(dx).moveaxis(dx, -1, 1) if self.data_format == FIRST and dx.ndim > 2 else dx, {}


@register_layer("Reshape")
class Reshape(Layer):
    """The same numbers in another shape.

    Args:
        target_shape: shape of one sample; one axis may be -1, "what is left".

    >>> Reshape((7, -1)).compute_output_shape((None, 28))
    (None, 7, 4)
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape) if not isinstance(target_shape, int) else (target_shape,)
        if self.target_shape.count(-1) > 1 or any(n < 1 and n != -1 for n in self.target_shape):
            raise ValueError(f"target_shape must hold positive whole numbers and at most one -1, got {target_shape!r}.")

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        batch, *inner = shapes[0]
        if None in inner:
            return batch, *(None if n == -1 else n for n in self.target_shape)
        have, known = math.prod(inner), math.prod(n for n in self.target_shape if n != -1)  # type: ignore[arg-type]
        if have != known if -1 not in self.target_shape else have % known:
            raise ShapeError(
                f"{self.name}: cannot arrange {have} numbers a sample, shaped {tuple(inner)}, as {self.target_shape}."
            )
        return batch, *(have // known if n == -1 else n for n in self.target_shape)

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x (N, ...) -> y (N, *target_shape); cache: x's shape."""
        return x.reshape(x.shape[0], *self.target_shape), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        return dy.reshape(shape), {}


@register_layer("Permute")
class Permute(Layer):
    """The axes of a sample in another order.

    Args:
        dims: the old axes in their new order, counted from 1 (the batch axis stays first).

    >>> Permute((2, 1)).compute_output_shape((None, 10, 64))
    (None, 64, 10)
    """

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"dims must name each axis from 1 to {len(self.dims)} once, got {dims!r}.")

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != len(self.dims) + 1:
            raise ShapeError(f"{self.name}: dims {self.dims} are for {len(self.dims)} axes, got {shapes[0]}.")
        return shapes[0][0], *(shapes[0][axis] for axis in self.dims)

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        return namespace(x).permute_dims(x, (0, *self.dims)), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        back = sorted(range(len(self.dims)), key=self.dims.__getitem__)
        return namespace(dy).permute_dims(dy, (0, *(axis + 1 for axis in back))), {}


@register_layer("RepeatVector")
class RepeatVector(Layer):
    """The same vector at each of n time steps.

    Args:
        n: how often.

    >>> RepeatVector(3).compute_output_shape((None, 8))
    (None, 3, 8)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = positive_int(n, "n")

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 2:
            raise ShapeError(f"{self.name}: needs vectors shaped (batch, features), got {shapes[0]}.")
        return shapes[0][0], self.n, shapes[0][1]

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        """x (N, C) -> y (N, n, C)"""
        return namespace(x).repeat(x[:, None, :], self.n, axis=1), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        return dy.sum(axis=1), {}


def channels_last(data_format: Any, owner: str) -> str:
    """The only order of axes there is here."""
    if data_format not in (None, "channels_last", "tf"):
        raise ValueError(
            f"{owner}: data_format must be 'channels_last', got {data_format!r}. "
            "Move the channels to the end: np.moveaxis(x, 1, -1)."
        )
    return "channels_last"
