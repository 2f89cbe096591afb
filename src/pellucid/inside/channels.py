"""Channels first or last: views look at images with the channels last, whichever way round a network has them."""

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph
from ..layers.borders import Cropping, ZeroPadding
from ..layers.conv import Conv
from ..layers.conv_transpose import ConvTranspose
from ..layers.depthwise import DepthwiseConv, SeparableConv
from ..layers.global_pooling import GlobalPooling
from ..layers.pooling import Pooling
from ..layers.resampling import UpSampling

LAST = "channels_last"
SPATIAL = (
    Conv, DepthwiseConv, SeparableConv, Pooling, ConvTranspose, ZeroPadding, Cropping, UpSampling, GlobalPooling,
)  # fmt: skip


def channels_order(graph: Graph) -> str:
    """Where a network has the channels of its images: "channels_last" or "channels_first".

    Raises ValueError for a network that has them here last and there first.
    """
    found = {node.layer.data_format for node in graph.nodes if isinstance(node.layer, SPATIAL)}
    if len(found) > 1:
        raise ValueError("This network has channels last in some layers and first in others.")
    return found.pop() if found else LAST


def last(shape: tuple[int, ...], order: str) -> tuple[int, ...]:
    """A value's shape (N, …) with its channels at the end."""
    return shape if order == LAST or len(shape) < 3 else (shape[0], *shape[2:], shape[1])


def to_last(array: Array, order: str) -> Array:
    """A value (N, …) of a network, with its channels at the end."""
    return array if order == LAST or array.ndim < 3 else np.moveaxis(array, 1, -1)


def back(array: Array, order: str) -> Array:
    """A value (N, …) with its channels at the end, as the network has it."""
    return array if order == LAST or array.ndim < 3 else np.moveaxis(array, -1, 1)
