"""The way from a network's image to one layer's sums, and back: what units say, and which pixels would raise it.

    forward    image ──► z          of every unit of the layer
    back       ∂z/∂image            of one unit for each image

z is the sum before the activation. Where every layer on the way has a kernel and computes alike while it learns, the
native core goes there and back; else the plain formulas do. Images and sums have their channels last, whichever way
round the network has them.
"""

from operator import index
from typing import Any

import numpy as np

from .. import native
from ..arrays import Array
from ..engine.choose import chosen
from ..engine.graph import Graph, Tree
from ..engine.kernels import Missing
from ..engine.passes import backward, run
from ..engine.wiring import heard_values, wire
from .channels import back, channels_order, last, to_last
from .receptive_field import Shapes, shapes_of
from .trace import every

Place = int | tuple[int, ...]


class Way:
    """The part of a network from its input to one layer's sums.

    size     of the image in the network's own order, where the network leaves it open or another is wanted
    params   of another moment of the training; None: the network's own

    Raises ValueError for a layer that there is not, and for a network of several inputs or of none that is an image.
    """

    def __init__(self, model: Any, layer: str, size: Any, params: Tree | None) -> None:
        graph, numbers = model._graph, model.numbers
        nodes = {node.name: node for node in graph.nodes}
        if layer not in nodes:
            raise ValueError(f"{model.name} has no layer called {layer!r}. There are: {', '.join(layer_names(model))}.")
        if len(graph.inputs) != 1:
            raise ValueError(f"{model.name} has {len(graph.inputs)} inputs; only networks of one image can be asked.")
        self.layer, self.value = layer, nodes[layer].makes[0]
        self.graph = part_of(graph, self.value)
        self.params = numbers.params if params is None else params
        self.state = numbers.state
        shapes, self.order = shapes_of(self.graph, size), channels_order(graph)
        self.size = shapes[graph.inputs[0]][1:]
        self.image = last(shapes[graph.inputs[0]], self.order)[1:]
        self.shape = last(shapes[self.value], self.order)[1:]
        if len(self.image) != 3:
            raise ValueError(f"{model.name} takes inputs of {self.image}, and no images (rows, columns, channels).")
        owned = [array for part in self.params.values() for array in part.values()]
        self.dtype = owned[0].dtype if owned else np.dtype("float32")
        quick = chosen(model.engine) == "native" and all(array.dtype == np.float32 for array in owned)
        self._core = _InCore.of(self.graph, self.value, shapes, self.params) if quick else None

    def values(self, x: Array) -> Array:
        """(N, …): the layer's sums for these images."""
        x = back(x.astype(self.dtype) if x.dtype.kind == "f" else x, self.order)
        if self._core is not None:
            return to_last(self._core.forward(x, back_follows=False), self.order)
        return to_last(run(self.graph, self.params, self.state, (x,), caching=False).values[self.value], self.order)

    def slope(self, x: Array, units: tuple[Place, ...]) -> tuple[Array, Array]:
        """(K,) the sum of each unit for its own image, and ∂z/∂image (K, H, W, C)."""
        self.check(units, self.shape)
        given = back(x.astype(self.dtype), self.order)
        if self._core is None:
            ran = run(self.graph, self.params, self.state, (given,))
            made = ran.values[self.value]
        else:
            made = self._core.forward(given, back_follows=True)
        z = to_last(made, self.order)
        dz = np.zeros_like(z)
        for k, unit in enumerate(units):
            dz[(k, *self.place(unit, z.shape[1:]))] = 1
        if self._core is None:
            slopes = {self.value: back(dz, self.order)}
            found, _ = backward(self.graph, self.params, ran.caches, slopes, trainable=frozenset(), keep=every)
            dx = found[self.graph.inputs[0]]
        else:
            dx = self._core.backward(back(dz, self.order))
        return (z.astype(np.float64) * dz).reshape(len(z), -1).sum(axis=1), to_last(dx, self.order)

    def place(self, unit: Place, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Where in the layer's output a unit stands: a filter, in the middle."""
        return unit if isinstance(unit, tuple) else (*(n // 2 for n in shape[:-1]), int(unit))

    def check(self, units: tuple[Place, ...], shape: tuple[int, ...]) -> None:
        """Raises ValueError for a unit that there is not."""
        for unit in units:
            place = self.place(unit, shape)
            if len(place) != len(shape) or any(not 0 <= i < n for i, n in zip(place, shape, strict=True)):
                raise ValueError(f"{self.layer} has units within {shape}, got {unit!r}.")


class _InCore:
    """The way as a network of the native core, for one pass at a time."""

    def __init__(self, core: Any, network: Any, numbers: list[Array], shape: tuple[int, ...]) -> None:
        self._network, self._shape = network, shape
        self._numbers = numbers  # whose memory the core reads
        self._given = core.Arrays(numbers)
        self._x = np.empty(0, np.float32)

    @classmethod
    def of(cls, graph: Graph, value: str, shapes: Shapes, params: Tree) -> "_InCore | None":
        """None where the core is not there, lacks a kernel, or computes otherwise while it learns (normalization)."""
        core = native.load()
        if core is None or any(set(node.layer.wants) - {"key"} for node in graph.nodes):
            return None
        open_shapes = {name: (None, *shape[1:]) for name, shape in shapes.items()}
        heard = heard_values(graph.nodes, [value])
        try:
            inputs = dict.fromkeys(graph.inputs, True)
            wired = wire(core, graph, graph.nodes, open_shapes, inputs, heard, [value])
        except Missing:
            return None
        wired.network.end_at([wired.values[value]], [True])
        numbers = [np.ascontiguousarray(params[place.owner][place.name]) for place in wired.places]
        return cls(core, wired.network, numbers, shapes[value][1:])

    def forward(self, x: Array, back_follows: bool) -> Array:
        self._x = np.ascontiguousarray(x, np.float32)
        z = np.empty((len(x), *self._shape), np.float32)
        kept = self._given if back_follows else None  # what learning would write to; nothing here learns
        self._network.forward(self._given, kept, [self._x], None, [z])
        return z

    def backward(self, dz: Array) -> Array:
        """∂z/∂image for the images that came forward last."""
        dx = np.empty_like(self._x)
        self._network.backward(len(dx), [np.ascontiguousarray(dz)], [dx])
        return dx


def several_units(units: Any) -> tuple[Place, ...]:
    """One unit or several, each a whole number or a place, as a tuple.

    >>> several_units(3), several_units((2, 2, 1)), several_units(range(2)), several_units([4, (0, 0, 1)])
    ((3,), ((2, 2, 1),), (0, 1), (4, (0, 0, 1)))

    Raises ValueError for none, and for what is neither.
    """
    listed = list(units) if isinstance(units, list | range | np.ndarray) else [units]
    try:
        found: list[Place] = [tuple(map(index, u)) if isinstance(u, tuple | list) else index(u) for u in listed]
    except TypeError:
        raise ValueError(f"units must be whole numbers or places (row, column, filter), got {units!r}.") from None
    if not found:
        raise ValueError("units must be one at least, got none.")
    return tuple(found)


def part_of(graph: Graph, value: str) -> Graph:
    """The nodes that a value needs, as a network of their own."""
    needed, nodes = {value}, []
    for node in reversed(graph.nodes):
        if needed.intersection(node.makes):
            nodes.append(node)
            needed.update(node.reads)
    owners = {node.owner: graph.owners[node.owner] for node in nodes if node.owner in graph.owners}
    inputs = tuple(name for name in graph.inputs if name in needed)
    return Graph(tuple(reversed(nodes)), inputs, (value,), graph.shapes, owners)


def layer_names(model: Any) -> list[str]:
    """The layers by name, in the order in which they run."""
    owned = model._graph.owners
    return [node.name for node in model._graph.nodes if node.owner in owned and node.reads]
