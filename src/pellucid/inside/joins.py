"""Which weights join which units: from each layer back to the layers, or inputs, that it reads.

    weights_into   (P, I, U)   a layer's weights between each of its inputs and each of its units, P of them for a pair
    joins          the same from layer to layer, through whatever lies between: flattening, pooling, concatenating

A pair has several weights where a window slides (its places), where gates share a unit, where a feature map is
flattened (its rows and columns). What a layer multiplies is known for dense layers, convolutions of every kind,
recurrent layers and those around them; attention and its like are units without weights that could be drawn.
"""

from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph, Node
from ..layers.bidirectional import Bidirectional
from ..layers.conv import Conv
from ..layers.conv_transpose import ConvTranspose
from ..layers.depthwise import DepthwiseConv, SeparableConv
from ..layers.einsum_dense import EinsumDense
from ..layers.layer import Params, unprefixed
from ..layers.merge import Add, Concatenate
from ..layers.rnn import RNN
from ..layers.time_distributed import TimeDistributed


class Join(NamedTuple):
    """The weights between two layers, by name: (P, units before, units after); nan where two units are not joined."""

    before: str
    after: str
    weights: Array


def weights_into(layer: Any, params: Params) -> Array | None:
    """(P, I, U): a layer's weights from its inputs to its units; None where they are none, or joined otherwise.

    >>> from pellucid.layers import LSTM, Dense
    >>> weights_into(Dense(4), {"kernel": np.zeros((3, 4))}).shape
    (1, 3, 4)
    >>> weights_into(LSTM(5), {"kernel": np.zeros((2, 20)), "recurrent_kernel": np.zeros((5, 20))}).shape
    (4, 2, 5)
    """
    if isinstance(layer, TimeDistributed):
        return weights_into(layer.layer, unprefixed(params, "layer/"))
    if isinstance(layer, Bidirectional):
        sides = [
            weights_into(getattr(layer, s), unprefixed(params, f"{s}/")) for s in ("forward_layer", "backward_layer")
        ]
        if any(side is None for side in sides) or layer.merge_mode is None:
            return None
        return np.concatenate(sides, axis=2 if layer.merge_mode == "concat" else 0)  # type: ignore[arg-type]  # no None
    if isinstance(layer, SeparableConv):
        own = _each_channel(params["depthwise_kernel"])
        return np.einsum("pim,mu->piu", np.nan_to_num(own), params["pointwise_kernel"].reshape(own.shape[-1], -1))
    kernel = params.get("kernel")
    if kernel is None:
        flat = [array for array in params.values() if np.ndim(array) == 2]
        return flat[0][None] if len(params) <= 2 and len(flat) == 1 and layer.class_name != "Embedding" else None
    if isinstance(layer, DepthwiseConv):
        return _each_channel(kernel)
    if isinstance(layer, ConvTranspose):
        kernel = np.swapaxes(kernel, -1, -2)
    if isinstance(layer, EinsumDense) and kernel.ndim != 2:
        return None
    several = kernel.reshape(-1, *kernel.shape[-2:])
    if isinstance(layer, RNN):
        units = params["recurrent_kernel"].shape[-2]
        gates = several.reshape(*several.shape[:2], -1, units)
        return np.moveaxis(gates, 2, 1).reshape(-1, several.shape[1], units)
    if isinstance(layer, Conv) and layer.groups > 1:
        return _grouped(several, layer.groups)
    return several


def _each_channel(kernel: Array) -> Array:
    """(…, I, D) of a convolution channel by channel -> (P, I, I·D), nan between a channel and the others' units."""
    inputs, each = kernel.shape[-2:]
    found = np.full((prod(kernel.shape[:-2]), inputs, inputs, each), np.nan, kernel.dtype)
    found[:, np.arange(inputs), np.arange(inputs)] = kernel.reshape(-1, inputs, each)
    return found.reshape(-1, inputs, inputs * each)


def _grouped(several: Array, groups: int) -> Array:
    """(P, I / G, U) -> (P, I, U), nan between a group's channels and the others' units."""
    places, own, units = several.shape
    found = np.full((places, groups, own, groups, units // groups), np.nan, several.dtype)
    each = np.arange(groups)
    found[:, each, :, each] = np.moveaxis(several.reshape(places, own, groups, -1), 2, 0)
    return found.reshape(places, groups * own, units)


def joins(graph: Graph, params: Any, widths: dict[str, int]) -> list[Join]:
    """Every layer's weights, by the layers (or inputs) among `widths` that they come from; as far as that is known."""
    makers = {value: node for node in graph.nodes for value in node.makes}
    found = []
    for node in graph.nodes:
        weights = weights_into(node.layer, params.get(node.owner, {})) if node.name in widths else None
        if weights is not None and weights.shape[-1] == widths[node.name] and node.reads:
            found += [Join(name, node.name, own) for name, own in _back(graph, makers, widths, node.reads[0], weights)]
    return found


def _back(
    graph: Graph, makers: dict[str, Node], widths: dict[str, int], value: str, weights: Array
) -> Iterable[tuple[str, Array]]:
    """Weights (P, I, U) that read this value, by what it comes from."""
    node = makers.get(value)
    name = value if node is None else node.name
    if name in widths:
        if weights.shape[1] % widths[name] == 0:
            yield name, weights.reshape(-1, widths[name], weights.shape[2])
    elif node is not None and isinstance(node.layer, Concatenate):
        sizes = [int(graph.shapes[read][-1] or 0) for read in node.reads]
        last = node.layer.axis in (-1, len(graph.shapes[value]) - 1)
        if last and all(sizes) and weights.shape[1] % sum(sizes) == 0:
            rows = weights.reshape(-1, sum(sizes), weights.shape[2])
            for read, own in zip(node.reads, np.split(rows, np.cumsum(sizes)[:-1], axis=1), strict=True):
                yield from _back(graph, makers, widths, read, own)
    elif node is not None and (len(node.reads) == 1 or isinstance(node.layer, Add)):
        for read in node.reads:
            yield from _back(graph, makers, widths, read, weights)
