"""Kernels, their gradients, the feature maps that they make of an image, and an image followed through a network.

kernels        what each filter of a convolution looks for, and how the loss would have it changed
feature_maps   where in an image each filter of every convolution found it
follow         the image, then what every layer made of it, to the answer
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..layers.conv import Conv
from ..layers.depthwise import DepthwiseConv
from .blocks import Block, Shown, Table, number
from .trace import Trace, trace
from .unit import channels_last


@dataclass(frozen=True, repr=False)
class Kernels(Shown):
    """The kernels of one convolution.

    kernel      (KH, KW, C, F); for other axes as the layer has it, (…window, C, F)
    gradient    dL/dkernel, in the same shape; None without y
    bias        (F,), or None
    """

    layer: str
    kernel: Array
    gradient: Array | None
    bias: Array | None

    @property
    def filters(self) -> int:
        return self.kernel.shape[-1]

    def blocks(self) -> list[Block]:
        """One row a filter: its size, its sum, and the size of its gradient."""
        flat = self.kernel.reshape(-1, self.filters)
        columns: list[Array] = [np.linalg.norm(flat, axis=0), flat.sum(axis=0)]
        heads = ["filter", "‖kernel‖", "Σ kernel"]
        if self.bias is not None:
            columns.append(self.bias)
            heads.append("bias")
        if self.gradient is not None:
            columns.append(np.linalg.norm(self.gradient.reshape(-1, self.filters), axis=0))
            heads.append("‖dL/dkernel‖")
        shown = min(self.filters, 16)
        rows = tuple((str(i), *(float(column[i]) for column in columns)) for i in range(shown))
        left_out = f"{shown} of {self.filters} kernels" if shown < self.filters else ""
        return [Table(f"{self.layer}: kernels {self.kernel.shape}", tuple(heads), rows, left_out)]


@dataclass(frozen=True)
class FeatureMap:
    """What one layer made of an image.

    kind, activation   the layer's class, and the function after it
    maps               (H, W, F), after the activation
    """

    layer: str
    kind: str
    activation: str | None
    maps: Array


@dataclass(frozen=True, repr=False)
class FeatureMaps(Shown):
    """The feature maps of every convolution for one image (H, W, C)."""

    image: Array
    layers: tuple[FeatureMap, ...]

    def __getitem__(self, layer: str) -> FeatureMap:
        for one in self.layers:
            if one.layer == layer:
                return one
        names = ", ".join(one.layer for one in self.layers)
        raise ValueError(f"feature_maps: no convolution is called {layer!r}. There are: {names}.")

    def blocks(self) -> list[Block]:
        """One row a layer: size, how much of it is silent, and its loudest map."""
        rows = []
        for one in self.layers:
            loud = one.maps.max(axis=(0, 1))
            silent = int((loud <= 0).sum())
            rows.append((one.layer, one.activation or "", str(one.maps.shape), f"{silent} of {len(loud)}",
                         f"{int(loud.argmax())} ({number(loud.max())})"))  # fmt: skip
        heads = ("layer", "activation", "rows, columns, maps", "nowhere above 0", "loudest map")
        return [Table(f"Feature maps of an image {self.image.shape}", heads, tuple(rows))]


@dataclass(frozen=True)
class Stage:
    """What stands after one layer: its value for one sample, after its activation.

    kind, activation   the layer's class, and the function after it
    value              (H, W, C) for images, (U,) for rows of numbers
    weights            how many numbers the layer has learned
    """

    layer: str
    kind: str
    activation: str | None
    value: Array
    weights: int


@dataclass(frozen=True, repr=False)
class Journey(Shown):
    """One sample on its way through a network.

    image    what went in, (H, W), (H, W, C) or (I,)
    stages   one a layer, in order
    names    of the classes, or their numbers
    label    the true class, where it is known
    """

    image: Array
    stages: tuple[Stage, ...]
    names: tuple[str, ...]
    label: int | None

    @property
    def answer(self) -> int:
        """The class that the last layer is surest about (where it has one number only: whether that is above ½)."""
        last = self.stages[-1].value.reshape(-1)
        return int(last.argmax()) if last.size > 1 else int(last[0] > 0.5)

    def blocks(self) -> list[Block]:
        rows = [("input", "", str(self.image.shape), "", float(self.image.mean()), float(self.image.max()))]
        rows += [
            (s.layer, s.activation or s.kind, str(s.value.shape), f"{s.weights:,}", float(s.value.mean()),
             float(s.value.max()))
            for s in self.stages
        ]  # fmt: skip
        heads = ("layer", "function", "shape", "weights", "mean", "largest")
        found: list[Block] = [Table("From the input to the answer", heads, tuple(rows))]
        last = self.stages[-1].value.reshape(-1)
        if len(self.names) == last.size > 1:
            best = np.argsort(-last, kind="stable")[:3]
            said = ", ".join(f"{self.names[i]}: {number(last[i])}" for i in best)
            truth = "" if self.label is None else f" (it is {self.names[self.label]})"
            found.append(f"the answer: {said}{truth}")
        return found


def kernels(model: Any, layer: str | None = None, x: Any = None, y: Any = None) -> Kernels:
    """The kernels of a convolution, and with x and y the gradient of the loss for them.

    layer    its name; by default the first convolution

    Raises ValueError for a layer that is no convolution.
    """
    return kernels_of(model, layer, None if x is None else trace(model, x, y))


def kernels_of(model: Any, layer: str | None, seen: Trace | None) -> Kernels:
    """The same, with the gradients of a trace that is there already; None for no gradients."""
    node = conv_node(model, layer)
    params = (model.numbers if seen is None else seen).params[node.owner]
    gradient = None if seen is None else seen.grads.get(node.owner, {}).get("kernel")
    bias = params.get("bias")
    return Kernels(node.name, np.asarray(params["kernel"]), gradient, None if bias is None else np.asarray(bias))


def feature_maps(model: Any, x: Any, *, sample: int = 0) -> FeatureMaps:
    """What every convolution over images makes of one image.

    x   a batch of images, of which `sample` is taken

    Raises ValueError for a model without convolutions over images.
    """
    seen = trace(model, _one(x, sample))
    found: list[FeatureMap] = []
    image = np.asarray(seen.values[seen.inputs[0]][0])
    for node in model._graph.nodes:
        if is_conv(node.layer) and node.layer.axes == 2:
            look = seen[node.name]
            if not found and node.layer.data_format == "channels_first":
                image = np.moveaxis(image, 0, -1)
            found.append(FeatureMap(node.name, look.kind, look.activation, channels_last(node.layer, look.a)[0]))
    if not found:
        raise ValueError(f"feature_maps: {model.name} has no convolution over images.")
    return FeatureMaps(image, tuple(found))


def follow(model: Any, x: Any, y: Any = None, *, sample: int = 0, names: Sequence[str] | None = None) -> Journey:
    """One sample, followed through every layer to the answer.

    x        a batch, of which `sample` is taken
    y        (N,) the true classes, whole numbers, if they are to be shown
    names    of the classes; by default their numbers
    """
    seen = trace(model, _one(x, sample))
    nodes = {node.name: node.layer for node in model._graph.nodes}
    stages = tuple(_stage(seen, name, nodes[name]) for name in seen.layers)
    count = stages[-1].value.size
    label = None if y is None else int(np.asarray(y).reshape(len(y), -1)[sample, 0])
    known = tuple(map(str, range(count))) if names is None else tuple(names)
    return Journey(np.asarray(seen.values[seen.inputs[0]][0]), stages, known, label)


def _stage(seen: Trace, name: str, layer: Any) -> Stage:
    look = seen[name]
    weights = sum(math.prod(array.shape) for array in look.params.values())
    return Stage(name, look.kind, look.activation, channels_last(layer, look.a)[0], weights)


def _one(x: Any, sample: int) -> Any:
    """That sample alone, as a batch."""
    several = isinstance(x, list | tuple) and len(x) > 0 and isinstance(x[0], np.ndarray) and x[0].ndim > 2
    return [alone(one, sample) for one in x] if several else alone(x, sample)


def alone(x: Any, sample: int) -> Any:
    """One sample of a batch, as a batch of one. Raises DataError for a sample that there is not."""
    batch = np.asarray(x)
    count = len(batch) if batch.ndim else 0
    if not -count <= sample < count:
        raise DataError(f"sample must be one of {count} samples, counted from 0, got {sample!r}.")
    return batch[sample][None]


def is_conv(layer: Any) -> bool:
    """Whether a layer has kernels that slide."""
    return isinstance(layer, Conv | DepthwiseConv)


def conv_node(model: Any, layer: str | None) -> Any:
    """The node of a convolution, by name; None: the first.

    Raises ValueError, with the convolutions there are, when there is none of that name.
    """
    there = [node for node in model._graph.nodes if isinstance(node.layer, Conv)]
    for node in there:
        if layer in (None, node.name):
            return node
    names = ", ".join(node.name for node in there) or "none"
    raise ValueError(f"{model.name} has no convolution called {layer!r}. There are: {names}.")
