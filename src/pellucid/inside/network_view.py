"""Network graph: units as columns, layer by layer, and the strongest weights between them.

Which weights join which units, joins.py knows. Between two units there may be several: the window of a convolution,
the places of a feature map that was flattened, the gates of a recurrent unit. What is shown is the one of them that
is farthest from zero.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph, Node
from ..errors import positive_int
from ..layers.layer import Params
from .blocks import Block, Shown, Table
from .joins import joins, weights_into
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
    total           how many pairs of units are joined
    """

    before: int
    after: int
    source: Array
    target: Array
    weights: Array
    strongest: float
    total: int


@dataclass(frozen=True, repr=False)
class NetworkView(Shown):
    """Columns from the inputs to the output, and the weights between them."""

    name: str
    columns: tuple[Column, ...]
    edges: tuple[Edges, ...]

    def blocks(self) -> list[Block]:
        """The layers, and between which of them there are weights, each with its strongest."""
        units = tuple(
            (c.name, f"{c.units:,} {c.noun}{'' if c.units == 1 else 's'}", c.activation) for c in self.columns
        )
        rows = []
        for edges in self.edges:
            before, after = self.columns[edges.before], self.columns[edges.after]
            weight, ends = (
                ("", "")
                if not len(edges.weights)
                else (
                    float(edges.weights[0]),
                    f"{before.name}[{before.shown[edges.source[0]]}] → {after.name}[{after.shown[edges.target[0]]}]",
                )
            )
            rows.append((before.name, after.name, f"{edges.total:,}", weight, ends))
        joined = Table(
            "Weights, of a pair of units the one farthest from 0",
            ("from", "to", "pairs joined", "strongest drawn", "between"),
            tuple(rows),
        )
        return [Table(f"{self.name}: units", ("layer", "units", "activation"), units), *([joined] if rows else [])]


def network_view(model: Any, x: Any = None, units: int = 16, edges: int = 120) -> NetworkView:
    """The layers with weights, as columns.

    x       one sample, with or without its axis of samples (a list for several inputs: with): the units then have
            activations
    units   drawn of each layer at most: those with the strongest weights
    edges   drawn between two layers at most: the strongest
    """
    positive_int(units, "network_view: units")
    positive_int(edges, "network_view: edges")
    graph, numbers = model._graph, model.numbers
    seen = None if x is None else trace(model, x if isinstance(x, list) else _one_sample(model, x))
    line = places(graph)
    kept = [node for node in graph.nodes if any(np.ndim(a) >= 2 for a in numbers.params.get(node.owner, {}).values())]
    inputs = [place.name for place in line if place.kind == "InputLayer"] or list(graph.inputs)
    first = weights_into(kept[0].layer, numbers.params[kept[0].owner]) if kept else None
    widths = {name: _units(graph.shapes[name], first) for name in inputs}
    widths |= {node.name: _width(node, graph, numbers.params[node.owner]) for node in kept}
    found = [(before, after, _farthest(several)) for before, after, several in joins(graph, numbers.params, widths)]
    joined = {name for a, b, _ in found for name in (a, b)}
    names = [name for name in widths if name in joined or name not in inputs]
    shown = {name: _strongest_units(name, widths[name], found, units) for name in names}
    columns = tuple(_column(name, graph, line, widths[name], shown[name], seen) for name in names)
    drawn = tuple(_edges(names.index(a), names.index(b), made, shown[a], shown[b], edges) for a, b, made in found)
    return NetworkView(model.name, columns, drawn)


def _one_sample(model: Any, x: Any) -> Array:
    x = np.asarray(x)
    return x[None] if x.ndim == len(model.input_slots()[0].shape) - 1 else x[:1]


def _units(shape: tuple[int | None, ...], first: Array | None) -> int:
    """How many units an input has: each of its numbers, where the first layer's weights read them one by one; else its
    channels."""
    numbers = math.prod(side or 0 for side in shape[1:])
    return numbers if first is not None and first.shape[:2] == (1, numbers) else int(shape[-1] or 1)


def _width(node: Node, graph: Graph, params: Params) -> int:
    """How many units a layer has."""
    first = getattr(node.layer, "data_format", None) == "channels_first"
    return int(graph.shapes[node.makes[0]][1 if first else -1] or 1)


def _farthest(several: Array) -> Array:
    """(P, units before, units after) -> for each pair the weight farthest from zero; nan where there is none."""
    if len(several) == 1:
        return several[0]
    highest, lowest = several.max(axis=0), several.min(axis=0)
    return np.where(highest >= -lowest, highest, lowest)


def _strongest_units(name: str, width: int, joined: list[tuple[str, str, Array]], most: int) -> Array:
    if width <= most:
        return np.arange(width)
    size = np.zeros(width)
    for before, after, weights in joined:
        if before == name:
            size += np.sqrt(np.nansum(np.square(weights), axis=1))
        elif after == name and not any(b == name for b, _, _ in joined):
            size += np.sqrt(np.nansum(np.square(weights), axis=0))
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
    order = np.argsort(-np.abs(drawn), axis=None, kind="stable")  # nan comes last
    source, target = np.unravel_index(order[: min(most, np.isfinite(drawn).sum())], drawn.shape)
    strongest, total = float(np.nanmax(np.abs(weights))), int(np.isfinite(weights).sum())
    return Edges(before, after, source, target, drawn[source, target], strongest, total)
