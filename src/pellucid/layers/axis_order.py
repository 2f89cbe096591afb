"""Where the channels of images are: last, (batch, rows, columns, channels), or first, (batch, channels, rows, columns).

The formulas of layers are written for channels last. `either_order` lets such a layer work on the other order, too:
its input's channels are moved to the end, and its output's back to the front.
"""

from typing import Any, TypeVar

from ..arrays import Array, namespace
from ..config import image_data_format
from ..errors import one_of
from .layer import Layer, Params
from .symbolic import Shape

LayerClass = TypeVar("LayerClass", bound=type[Layer])

LAST, FIRST = "channels_last", "channels_first"
_OF_OLD = {"tf": LAST, "th": FIRST, "default": None}


def axis_order(data_format: Any, axes: int = 2) -> str:
    """A layer's `data_format`: None stands for `image_data_format()`, and for channels last in sequences.

    >>> axis_order(None), axis_order("th")
    ('channels_last', 'channels_first')
    """
    found = _OF_OLD.get(data_format, data_format)
    if found is None:
        return LAST if axes == 1 else image_data_format()
    return one_of(found, (LAST, FIRST), "data_format")


def channels_to_end(shape: Shape, at: int = 1) -> Shape:
    """(N, C, H, W) -> (N, H, W, C)"""
    at %= len(shape)
    return (*shape[:at], *shape[at + 1 :], shape[at])


def channels_to_front(shape: Shape, at: int = 1) -> Shape:
    """(N, H, W, C) -> (N, C, H, W)"""
    at %= len(shape)
    return (*shape[:at], shape[-1], *shape[at:-1])


def _to_end(x: Array, at: int) -> Array:
    return namespace(x).moveaxis(x, at, -1)


def _to_front(x: Array, at: int) -> Array:
    return namespace(x).moveaxis(x, -1, at)


def either_order(cls: LayerClass) -> LayerClass:
    """Decorator: a layer written for channels last heeds its `data_format`.

    Channels that come first stand at axis 1, or at the axis that the class says as `channels_at`.
    """
    at = getattr(cls, "channels_at", 1)
    written = {name: getattr(cls, name) for name in ("init", "compute_output_shape", "forward", "backward")}

    def init(self: Any, key: Array, *shapes: Shape) -> Params:
        moved = [channels_to_end(shape, at) for shape in shapes] if self.data_format == FIRST else shapes
        return written["init"](self, key, *moved)

    def compute_output_shape(self: Any, *shapes: Shape) -> Shape:
        if self.data_format != FIRST:
            return written["compute_output_shape"](self, *shapes)
        moved = [channels_to_end(shape, at) for shape in shapes]
        return channels_to_front(written["compute_output_shape"](self, *moved), at)

    def forward(self: Any, params: Params, x: Array, **extras: Any) -> tuple[Array, Any]:
        if self.data_format != FIRST:
            return written["forward"](self, params, x, **extras)
        y, cache = written["forward"](self, params, _to_end(x, at), **extras)
        return _to_front(y, at), cache

    def backward(self: Any, params: Params, cache: Any, dy: Array, **extras: Any) -> tuple[Any, Params]:
        if self.data_format != FIRST:
            return written["backward"](self, params, cache, dy, **extras)
        dx, grads = written["backward"](self, params, cache, _to_end(dy, at), **extras)
        return None if dx is None else _to_front(dx, at), grads

    for method in (init, compute_output_shape, forward, backward):
        method.__doc__ = written[method.__name__].__doc__
        setattr(cls, method.__name__, method)
    return cls
