"""Receptive field: the inputs that a unit can hear of at all, through every window, stride and pool before it.

From the unit back to the input, each layer says which of its inputs it reads for the places asked for:

    window       rows r·stride - before … + (size - 1)·dilation, likewise for columns
    one by one   the same places (activations, dropout, batch normalization, sums of branches)
    moved        where the places came from (padding, cropping, flatten, reshape, upsampling, concatenation)
    all          everything (dense: its whole row; attention, recurrence)

A unit that two paths lead to hears through both. Exact but for layers that count as "all". Places are told with the
channels last, also of a network that has them first.

Source: Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks", Distill (2019), for the
arithmetic of ranges.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph, Node
from ..errors import ShapeError
from ..layers import activation_layers, merge
from ..layers.activation import Activation
from ..layers.batch_normalization import BatchNormalization
from ..layers.borders import Cropping, ZeroPadding
from ..layers.conv import Conv
from ..layers.conv_transpose import ConvTranspose
from ..layers.dense import Dense
from ..layers.depthwise import DepthwiseConv, SeparableConv
from ..layers.dropout import Dropout, GaussianDropout, GaussianNoise
from ..layers.global_pooling import GlobalPooling
from ..layers.masking import Masking
from ..layers.pooling import Pooling
from ..layers.resampling import UpSampling
from ..layers.rescaling import Rescaling
from ..layers.reshape import Flatten, Permute, RepeatVector, Reshape
from ..layers.spatial_dropout import AlphaDropout
from ..layers.symbolic import Shape
from ..windows import Slides, fold
from .blocks import Block, Shown, Table
from .channels import LAST, back, channels_order, last, to_last

Range = tuple[int, int]  # first and last place
Shapes = dict[str, tuple[int, ...]]

WINDOWED = (Conv, DepthwiseConv, SeparableConv, Pooling)
ONE_BY_ONE = (
    BatchNormalization, Dropout, GaussianDropout, GaussianNoise, AlphaDropout, Masking, Rescaling, merge.Merge,
    activation_layers.ReLU, activation_layers.LeakyReLU, activation_layers.ELU, activation_layers.PReLU,
)  # fmt: skip
MOVED = (ZeroPadding, Cropping, UpSampling, Flatten, Reshape, Permute, RepeatVector, merge.Concatenate)


@dataclass(frozen=True, repr=False)
class ReceptiveField(Shown):
    """What one unit can hear of.

    layer, place   the unit: row, column, filter; without the last number of a place: all feature maps there
    masks          by input, (H, W, C) without the batch: true where a change can reach the unit
    ranges         first and last row, column, … of the first input, as far as windows alone lead; beyond the edges
                   where they reach into the padding
    """

    layer: str
    place: tuple[int, ...]
    masks: dict[str, Array]
    ranges: tuple[Range, ...]

    @property
    def mask(self) -> Array:
        """(H, W): the places of the first input, whatever the channel."""
        first = next(iter(self.masks.values()))
        return first.any(axis=-1) if first.ndim > 1 else first

    @property
    def box(self) -> tuple[slice, ...]:
        """The smallest part of the first input that holds all of it."""
        mask = self.mask
        found = []
        for axis in range(mask.ndim):
            lines = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
            found.append(slice(int(lines[0]), int(lines[-1]) + 1) if len(lines) else slice(0, 0))
        return tuple(found)

    @property
    def size(self) -> tuple[int, ...]:
        """Rows and columns, those beyond the edges counted."""
        return tuple(end - first + 1 for first, end in self.ranges)

    def blocks(self) -> list[Block]:
        rows = []
        for axis, (first, end) in enumerate(self.ranges):
            part, edge = self.box[axis], self.mask.shape[axis]
            beyond = max(-first, 0) + max(end - edge + 1, 0)
            rows.append((_AXES[len(self.ranges)][axis], str(end - first + 1), f"{part.start} to {part.stop - 1}",
                         f"{beyond} beyond the edge" if beyond else ""))  # fmt: skip
        pixels = f"{int(self.mask.sum()):,} of {self.mask.size:,} places of the input"
        return [Table(f"{self.layer}{list(self.place)} sees", ("axis", "size", "places", ""), tuple(rows)), pixels]


_AXES = {1: ("steps",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


@dataclass(frozen=True)
class FieldOfLayer:
    """How much of the input any unit of a layer sees.

    size   rows, columns, padding counted
    step   how far apart, in the input, the fields of neighbours lie
    """

    layer: str
    kind: str
    size: tuple[int, ...]
    step: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class ReceptiveFields(Shown):
    """Every layer with places, from the input up."""

    layers: tuple[FieldOfLayer, ...]

    def blocks(self) -> list[Block]:
        rows = tuple((one.layer, one.kind, _by(one.size), _by(one.step)) for one in self.layers)
        return [Table("Receptive fields", ("layer", "kind", "field", "step to the neighbour's"), rows)]


def receptive_field(model: Any, layer: str, unit: Any = None, *, size: Any = None) -> ReceptiveField:
    """The inputs that a unit can hear of, exactly.

    layer   its name
    unit    its place: (row, column) or (row, column, filter), a number for a Dense layer; None: the middle
    size    of the first input without the batch, in the model's own order, where the model leaves it open

    Raises ValueError for a unit that there is not, ShapeError where a size is missing.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Conv2D, MaxPooling2D
    >>> model = Sequential([Conv2D(4, 3, input_shape=(28, 28, 1)), MaxPooling2D(), Conv2D(8, 3, name="two")])
    >>> field = receptive_field(model, "two", (0, 0))
    >>> field.ranges, int(field.mask.sum())
    (((0, 7), (0, 7)), 64)
    """
    graph = model._graph
    shapes = shapes_of(graph, size)
    value, order = _value(model, graph, layer), channels_order(graph)
    shape = last(shapes[value], order)[1:]
    place = _checked(layer, unit, shape)
    mask = np.zeros(shape, dtype=bool)
    mask[place] = True
    masks = _masks(graph, shapes, {value: back(mask[None], order)[0]})
    given = tuple((i, i) for i in place[: len(shape) - 1])
    reached = _ranges(graph, shapes, {value: given})
    first = graph.inputs[0]
    found = {name: masks.get(name, np.zeros(shapes[name][1:], dtype=bool)) for name in graph.inputs}
    found = {name: to_last(mask[None], order)[0] for name, mask in found.items()}
    return ReceptiveField(layer, place, found, reached.get(first, _whole(last(shapes[first], order))))


def receptive_fields(model: Any, *, size: Any = None) -> ReceptiveFields:
    """How much of the input a unit of each layer sees, for every layer that keeps rows and columns.

    >>> from pellucid.applications import VGG16
    >>> model = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    >>> last = receptive_fields(model).layers[-1]
    >>> last.layer, last.size, last.step
    ('block5_pool', (212, 212), (32, 32))
    """
    graph = model._graph
    shapes, order = shapes_of(graph, size), channels_order(graph)
    first = graph.inputs[0]
    found = []
    for node in graph.nodes:
        if not isinstance(node.layer, WINDOWED):
            continue
        value = node.makes[0]
        middle = tuple((n // 2, n // 2) for n in last(shapes[value], order)[1:-1])
        here = _ranges(graph, shapes, {value: middle}).get(first)
        next_one = tuple((a + 1, b + 1) for a, b in middle)
        beside = _ranges(graph, shapes, {value: next_one}).get(first)
        if here is None or beside is None:
            continue
        sizes = tuple(b - a + 1 for a, b in here)
        steps = tuple(a2 - a1 for (a1, _), (a2, _) in zip(here, beside, strict=True))
        found.append(FieldOfLayer(node.name, node.layer.class_name, sizes, steps))
    return ReceptiveFields(tuple(found))


def shapes_of(graph: Graph, size: Any = None) -> Shapes:
    """The shape of every value, for a batch of one.

    Raises ShapeError where the model leaves a size open and `size` does not say it.
    """
    shapes: dict[str, Shape] = {name: (1, *graph.shapes[name][1:]) for name in graph.inputs}
    if size is not None:
        shapes[graph.inputs[0]] = (1, *size)
    for name, shape in shapes.items():
        if None in shape:
            form = "size=(rows, columns, channels)"
            raise ShapeError(f"receptive_field: the size of the input {name} is open: {shape}. Give {form}.")
    for node in graph.nodes:
        if node.makes[0] not in shapes:
            made = node.layer.compute_output_shape(*(shapes[name] for name in node.inputs), **node.options)
            shapes.update(zip(node.makes, made if isinstance(made, list) else [made], strict=True))
    return shapes  # type: ignore[return-value]  # no size is open


def _value(model: Any, graph: Graph, layer: str) -> str:
    for node in graph.nodes:
        if node.name == layer:
            return node.makes[0]
    names = ", ".join(graph.owners)
    raise ValueError(f"receptive_field: {model.name} has no layer called {layer!r}. There are: {names}.")


def _checked(layer: str, unit: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    if unit is None:
        return tuple(n // 2 for n in shape[:-1]) or (0,)
    place = tuple(unit) if isinstance(unit, tuple | list) else (unit,)
    if len(place) not in (len(shape), max(len(shape) - 1, 1)) or any(
        not -n <= i < n for i, n in zip(place, shape, strict=False)
    ):
        raise ValueError(f"receptive_field: {layer} has places within {shape}, got {unit!r}.")
    return tuple(i % n for i, n in zip(place, shape, strict=False))


def _whole(shape: tuple[int, ...]) -> tuple[Range, ...]:
    return tuple((0, n - 1) for n in (shape[1:-1] or shape[1:]))


def _masks(graph: Graph, shapes: Shapes, masks: dict[str, Array]) -> dict[str, Array]:
    """The places of every value that reach the places given."""
    order = channels_order(graph)
    for node in reversed(graph.nodes):
        wanted = [masks.get(value) for value in node.makes]
        if not node.inputs or all(mask is None for mask in wanted):
            continue
        ins = [shapes[value] for value in node.inputs]
        for value, read in zip(node.inputs, _reads(node, ins, wanted[0], order), strict=True):
            masks[value] = masks[value] | read if value in masks else read
    return masks


def _reads(node: Node, shapes: list[tuple[int, ...]], mask: Array | None, order: str) -> Iterable[Array]:
    """For each input, the places that the layer reads for the places in `mask`."""
    layer = node.layer
    everything = [np.ones(shape[1:], dtype=bool) for shape in shapes]
    if mask is None or len(node.makes) > 1:
        return everything
    if isinstance(layer, WINDOWED):
        read = _through_window(layer, last(shapes[0], order), to_last(mask[None], order)[0])
        return [back(read[None], order)[0]]
    if isinstance(layer, ConvTranspose):
        return [_through_transpose(layer, shapes[0], mask, order)]
    if isinstance(layer, Activation) and not getattr(layer.activation, "elementwise", False):
        return [np.broadcast_to(mask.any(axis=-1, keepdims=True), mask.shape)]
    if isinstance(layer, (Activation, *ONE_BY_ONE)):
        return [_unbroadcast(mask, shape[1:]) for shape in shapes]
    if isinstance(layer, Dense):
        return [np.broadcast_to(mask.any(axis=-1, keepdims=True), shapes[0][1:])]
    if isinstance(layer, GlobalPooling):
        return [np.broadcast_to(layer.along(mask[None])[0], shapes[0][1:])]
    if isinstance(layer, MOVED):
        return _moved(layer, shapes, mask, node.options)
    return everything


def _through_window(layer: Any, shape: tuple[int, ...], mask: Array) -> Array:
    slides: Slides = layer.slides(shape)
    channels = shape[-1]
    if isinstance(layer, Pooling):
        heard = mask
    elif isinstance(layer, DepthwiseConv):
        heard = mask.reshape(*mask.shape[:-1], channels, -1).any(axis=-1)
    else:
        groups = layer.groups if isinstance(layer, Conv) else 1
        by_group = mask.reshape(*mask.shape[:-1], groups, -1).any(axis=-1)
        heard = by_group  # one number a group: all its channels are read alike
    piece = heard[None].astype(np.float32)
    windows = int(np.prod([slide.window for slide in slides.values()]))
    read = fold([piece] * windows, slides)[0] > 0
    return np.repeat(read, channels // read.shape[-1], axis=-1)


def _through_transpose(layer: ConvTranspose, shape: tuple[int, ...], mask: Array, order: str) -> Array:
    ones, channels = np.ones((*layer.kernel_size, 1, 1), dtype=np.float32), -1 if order == LAST else 0
    heard = mask.any(axis=channels, keepdims=True)[None].astype(np.float32)
    plain = {"kernel": ones}
    one = list(shape)
    one[-1 if order == LAST else 1] = 1
    _, cache = layer.forward({**plain, "bias": np.zeros(1, np.float32)}, np.zeros(one, np.float32))
    read, _ = layer.backward(plain, cache, heard, needs=("inputs",))
    return np.broadcast_to(read[0] > 0, shape[1:])


def _moved(layer: Any, shapes: list[tuple[int, ...]], mask: Array, options: Any) -> list[Array]:
    """Layers that only move numbers: a random number sent back from each place arrives where that place came from."""
    _, cache = layer.forward({}, *(np.zeros(shape, dtype=np.float32) for shape in shapes), **options)
    sent = mask * np.random.default_rng(0).uniform(1, 2, mask.shape).astype(np.float32)
    dx, _ = layer.backward({}, cache, sent[None])
    return [d[0] != 0 for d in (dx if isinstance(dx, tuple) else (dx,))]


def _unbroadcast(mask: Array, shape: tuple[int, ...]) -> Array:
    """The places of an input that was stretched to the mask's shape."""
    mask = mask.any(axis=tuple(range(mask.ndim - len(shape))))
    stretched = tuple(i for i, (m, n) in enumerate(zip(mask.shape, shape, strict=True)) if m != n)
    return mask.any(axis=stretched, keepdims=True) if stretched else mask


def _ranges(graph: Graph, shapes: Shapes, ranges: dict[str, tuple[Range, ...]]) -> dict[str, tuple[Range, ...]]:
    """First and last place along each axis of every value, padding counted; a value without places is left out."""
    order = channels_order(graph)
    shapes = {name: last(shape, order) for name, shape in shapes.items()}
    for node in reversed(graph.nodes):
        if not node.inputs or len(node.makes) > 1 or node.makes[0] not in ranges:
            continue
        for value in node.inputs:
            read = _range_read(node, shapes[value], shapes[node.makes[0]], ranges[node.makes[0]])
            if value in ranges:
                both = zip(ranges[value], read, strict=True)
                read = tuple((min(a, c), max(b, d)) for (a, b), (c, d) in both)
            ranges[value] = read
    return ranges


def _range_read(
    node: Node, shape: tuple[int, ...], made: tuple[int, ...], wanted: tuple[Range, ...]
) -> tuple[Range, ...]:
    layer = node.layer
    if isinstance(layer, WINDOWED):
        slides = layer.slides(shape).values()
        return tuple((a * s.stride - s.before, b * s.stride - s.before + s.span - 1)
                     for s, (a, b) in zip(slides, wanted, strict=True))  # fmt: skip
    if isinstance(layer, ZeroPadding | Cropping):
        sign = -1 if isinstance(layer, ZeroPadding) else 1
        return tuple((a + sign * before, b + sign * before)
                     for (before, _), (a, b) in zip(layer.around, wanted, strict=True))  # fmt: skip
    if isinstance(layer, UpSampling) and layer.interpolation == "nearest":
        return tuple((a // n, b // n) for n, (a, b) in zip(layer.sizes, wanted, strict=True))
    same = isinstance(layer, (Activation, Dense, merge.Concatenate, *ONE_BY_ONE))
    if same and len(shape) == len(made) and shape[1:-1] == made[1:-1]:
        return wanted
    return _whole(shape)


def _by(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes))
