"""Network graph: units as columns, layer by layer, and the strongest weights between them.

Between two units there may be several weights: the window of a convolution, the places of a feature map that was
flattened, the gates of a recurrent unit. What is shown is the one of them that is farthest from zero.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph
from ..errors import positive_int
from .trace import Place, Trace, places, trace


@dataclass(frozen=True)
class Column:
    """One layer's units.

    name         of the layer; "inputs" for what goes in
    kind         its class
    activation   the function's name, or ""
    units        how many it has
    noun         what they are: "input", "channel" (of images, of sequences) or "unit"
    shown        (K,) which of them are drawn, in order
    values       (K,) their activations for one sample (a channel's mean); None without a sample
    """

    name: str
    kind: str
    activation: str
    units: int
    noun: str
    shown: Array
    values: Array | None


@dataclass(frozen=True)
class Edges:
    """Weights between the units drawn of two columns, the strongest first.

    before, after   columns, counted from 0
    source, target  (E,) places in `shown` of these columns
    weights         (E,)
    strongest       the largest of all weights between these layers, drawn or not
    total           how many pairs of units there are
    """

    before: int
    after: int
    source: Array
    target: Array
    weights: Array
    strongest: float
    total: int


@dataclass(frozen=True)
class NetworkView:
    """Columns from the inputs to the output, and the weights between them."""

    name: str
    columns: tuple[Column, ...]
    edges: tuple[Edges, ...]


def network_view(model: Any, x: Any = None, units: int = 16, edges: int = 120) -> NetworkView:
    """The layers with weights, as columns.

    x       one sample, with or without its axis of samples: the units then have activations
    units   drawn of each layer at most: those with the strongest weights
    edges   drawn between two layers at most: the strongest
    """
    positive_int(units, "network_view: units")
    positive_int(edges, "network_view: edges")
    graph, numbers = model._graph, model.numbers
    seen = None if x is None else trace(model, _one_sample(model, x))
    line = places(graph)
    by_value = {value: place for place in line for value in place.makes}
    tables = {place.name for place in line if place.kind == "Embedding"}  # they look up; they multiply nothing
    kernels = {place.name: _kernel(numbers.params.get(place.owner, {})) for place in line}
    kept = [place for place in line if kernels[place.name] is not None or place.name in tables]
    inputs = [place.name for place in line if place.kind == "InputLayer"] or list(graph.inputs)
    widths = {name: _units(graph.shapes[name], kernels[kept[0].name] if kept else None) for name in inputs}
    widths |= {place.name: int(graph.shapes[place.makes[0]][-1] or 1) for place in kept}
    joins: list[tuple[str, str, Array]] = []
    for place in kept:
        sources = _sources(place, by_value, set(widths))  # of several, nobody knows which weights are whose
        made = _between(kernels[place.name], widths[sources[0]], widths[place.name]) if len(sources) == 1 else None
        if made is not None:
            joins.append((sources[0], place.name, made))
    joined = {name for a, b, _ in joins for name in (a, b)}
    names = [name for name in widths if name in joined or name not in inputs]
    shown = {name: _strongest_units(name, widths[name], joins, units) for name in names}
    columns = tuple(_column(name, graph, line, widths[name], shown[name], seen) for name in names)
    found = tuple(_edges(names.index(a), names.index(b), made, shown[a], shown[b], edges) for a, b, made in joins)
    return NetworkView(model.name, columns, found)


def _one_sample(model: Any, x: Any) -> Array:
    x = np.asarray(x)
    return x[None] if x.ndim == len(model.input_slots()[0].shape) - 1 else x[:1]


def _units(shape: tuple[int | None, ...], first: Array | None) -> int:
    """How many units an input has: each of its numbers, where the first layer's kernel reads them one by one; else its
    channels."""
    numbers = math.prod(side or 0 for side in shape[1:])
    alone = first is not None and first.ndim == 2 and first.shape[0] == numbers > 0
    return numbers if alone else int(shape[-1] or 1)


def _kernel(params: dict[str, Array]) -> Array | None:
    """(…, I, O): what a layer multiplies its inputs with; for recurrent layers the part for the inputs."""
    for name in ("kernel", "forward/kernel", "depthwise_kernel"):
        if name in params and np.ndim(params[name]) >= 2:
            return np.asarray(params[name])
    return None


def _sources(place: Place, by_value: dict[str, Place], ends: set[str]) -> list[str]:
    """The nearest layers with weights, or inputs, that a layer reads from, through all that lies between."""
    found: dict[str, None] = {}
    waiting = list(place.reads)
    while waiting:
        value = waiting.pop()
        before = by_value.get(value)
        name = value if before is None else before.name
        if name in ends:
            found[name] = None
        elif before is not None:
            waiting += before.reads
    return list(found)


def _between(kernel: Array | None, before: int, after: int) -> Array | None:
    """(units before, units after): of the weights between two units, the one farthest from zero; None where the kernel
    joins something else."""
    if kernel is None or kernel.shape[-1] % after or kernel[..., 0].size % before:
        return None
    several = kernel.reshape(-1, before, kernel.shape[-1] // after, after)  # places, units before, gates, units after
    several = several.swapaxes(1, 2).reshape(-1, before, after)
    farthest = np.abs(several).argmax(axis=0)[None]
    return np.take_along_axis(several, farthest, axis=0)[0]


def _strongest_units(name: str, width: int, joins: list[tuple[str, str, Array]], most: int) -> Array:
    if width <= most:
        return np.arange(width)
    size = np.zeros(width)
    for before, after, weights in joins:
        if before == name:
            size += np.sqrt(np.square(weights).sum(axis=1))
        elif after == name and not any(b == name for b, _, _ in joins):
            size += np.sqrt(np.square(weights).sum(axis=0))
    return np.sort(np.argsort(-size, kind="stable")[:most])


def _column(name: str, graph: Graph, line: tuple[Place, ...], width: int, shown: Array, seen: Trace | None) -> Column:
    place = next((place for place in line if place.name == name), None)
    kind = "InputLayer" if place is None else place.kind
    values, activation = None, ""
    if place is not None and kind != "InputLayer":
        after = next((p for p in line if p.reads == place.makes and p.activation is not None), None)
        activation = (after.activation if after else place.activation) or ""
    if seen is not None:
        array = seen.values[name] if kind == "InputLayer" else seen[name].a
        values = np.asarray(array)[0].reshape(-1, width).mean(axis=0)[shown]
    shape = graph.shapes[name] if place is None else place.shape
    whole = math.prod(side or 0 for side in shape[1:]) == width
    noun = ("input" if whole else "channel") if kind == "InputLayer" else "channel" if "Conv" in kind else "unit"
    return Column(name, kind, "" if activation == "linear" else activation, width, noun, shown, values)


def _edges(before: int, after: int, weights: Array, shown: Array, shown_after: Array, most: int) -> Edges:
    drawn = weights[np.ix_(shown, shown_after)]
    order = np.argsort(-np.abs(drawn), axis=None, kind="stable")[:most]
    source, target = np.unravel_index(order, drawn.shape)
    return Edges(before, after, source, target, drawn[source, target], float(np.abs(weights).max()), weights.size)
