"""Nodes of a graph as a network of the native core.

A value that several nodes read is forked there: each reader has a branch of its own, so that what they hear can be
added up. Parameters are numbered in the order in which the layers ask for them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..arrays import Array
from ..layers.symbolic import Shape
from .graph import Graph, Node
from .kernels import NONE, Missing, Site, kernel_of, places_and_width

Movement = Callable[[str, str, Array], tuple[float, bool]]
"""From an owner, the name of its parameter and that itself to its weight decay, and whether it moves."""


class Place(NamedTuple):
    """Where an array of the core stands in a bundle of numbers."""

    part: str  # "params" or "state"
    owner: str
    name: str
    changes: bool  # whether learning writes it anew


class Wired(NamedTuple):
    """A network with its places, and the numbers of the values that somebody outside reads."""

    network: Any
    places: tuple[Place, ...]
    values: dict[str, int]


def no_movement(owner: str, name: str, value: Array) -> tuple[float, bool]:
    """For a network that only predicts."""
    return 0.0, False


def heard_values(nodes: Sequence[Node], sources: Iterable[str]) -> frozenset[str]:
    """These values and all that they are computed from: those whose gradient is asked for."""
    found = set(sources)
    for node in reversed(nodes):
        if found.intersection(node.makes):
            found.update(node.inputs)
    return frozenset(found)


def wire(
    core: Any,
    graph: Graph,
    nodes: Sequence[Node],
    shapes: Mapping[str, Shape],
    inputs: Mapping[str, bool],
    heard: frozenset[str],
    taps: Iterable[str],
    movement: Movement = no_movement,
) -> Wired:
    """The native network of some nodes.

    shapes     of all values that they read and make; only the batch axis may be unknown
    inputs     the values that come from outside, and whether their gradients are wanted
    heard      the values whose gradient is asked for
    taps       the values that somebody outside reads, and tells the gradients of if they are heard

    Raises Missing where there is no kernel for a node.
    """
    work = _Wiring(core.Network(), graph, shapes, movement)
    work.count_readers(nodes, heard, taps)
    for name, wanted in inputs.items():
        work.check_shape(name)
        work.note(name, work.network.input(*places_and_width(shapes[name]), wanted))
    for node in nodes:
        work.add(node, not heard.isdisjoint(node.makes))
    return Wired(work.network, tuple(work.places), {name: work.take(name, name in heard) for name in taps})


class _Wiring:
    """A network while it is being built."""

    def __init__(self, network: Any, graph: Graph, shapes: Mapping[str, Shape], movement: Movement) -> None:
        self.network, self.graph, self.shapes, self.movement = network, graph, shapes, movement
        self.places: list[Place] = []
        self.numbers: dict[str, int] = {}
        self.branches: dict[str, list[int]] = {}
        self.readers: Counter[str] = Counter()

    def count_readers(self, nodes: Sequence[Node], heard: frozenset[str], taps: Iterable[str]) -> None:
        self.readers.update(name for name in taps if name in heard)
        for node in nodes:
            if not heard.isdisjoint(node.makes):
                self.readers.update(node.inputs)

    def note(self, name: str, number: int) -> None:
        self.numbers[name] = number
        if self.readers[name] > 1:
            self.branches[name] = self.network.fork(number, self.readers[name])

    def take(self, name: str, heard: bool) -> int:
        """The number of a value for one more reader."""
        return self.branches[name].pop() if heard and name in self.branches else self.numbers[name]

    def add(self, node: Node, heard: bool) -> None:
        kernel = kernel_of(node.layer)
        if len(node.makes) > 1 or node.options or node.masked or node.training is not None:
            raise Missing("calls with masks, states, training= or several outputs have no kernel")
        self.check_shape(node.makes[0])
        site = Site(
            self.network,
            node.layer,
            [self.take(name, heard) for name in node.inputs],
            [self.shapes[name] for name in node.inputs],
            self.shapes[node.makes[0]],
            lambda name: self.parameter(node, name, heard),
            lambda name: self.state(node, name),
            self.graph.random.get(node.name, 0),
        )
        self.note(node.makes[0], kernel(site))

    def check_shape(self, name: str) -> None:
        shape = self.shapes[name]
        if len(shape) < 2 or None in shape[1:]:
            raise Missing(f"the shape of {name}, {shape}, is not known before the data come")

    def parameter(self, node: Node, name: str, heard: bool) -> int:
        value = node.layer.numbers.params.get(name)
        if value is None:
            return NONE
        decay, moves = self.movement(node.owner, name, value)
        moves = moves and heard
        self.places.append(Place("params", node.owner, name, moves))
        return self.network.parameter(value.size, decay, moves)

    def state(self, node: Node, name: str) -> int:
        self.places.append(Place("state", node.owner, name, node.layer.trainable))
        return self.network.parameter(node.layer.numbers.state[name].size, 0.0, False)
