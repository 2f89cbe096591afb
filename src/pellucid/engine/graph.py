"""A network as data: a tuple of nodes, each after the nodes it reads from.

    node      a layer at one place of the network, and the options of its call there
    value     what a node computes; named as the node ("dense"), with its number when a node has several ("lstm:1")
    mask      which time steps of a value count, for the few values that have one; computed in the same pass
    owner     the name under which a layer's numbers stand in the bundle; a layer used twice has two nodes and one owner

A model used as a layer stands in it node by node, under names such as
"encoder/dense": the network is flat, whatever its parts were called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from ..arrays import Array
from ..layers.layer import Layer
from ..layers.symbolic import Shape

Tree = dict[str, dict[str, Array]]


class Node(NamedTuple):
    name: str
    layer: Layer
    reads: tuple[str, ...]
    owner: str
    makes: tuple[str, ...]
    options: Mapping[str, Any] = {}
    masked: tuple[int, ...] = ()  # the last reads are masks given to the call, of the inputs at these places
    training: bool | None = None  # whether it is for learning, where its call said so for good
    members: tuple[tuple[str, str], ...] = ()  # for a layer made of layers: each owner, after the prefix of its numbers

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the layer computes from: the values that it reads, less the masks among them."""
        return self.reads[: len(self.reads) - len(self.masked)]

    @property
    def carries(self) -> bool:
        """Whether its state moves outside training too."""
        return self.layer.carries

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose numbers it computes with."""
        return (self.owner, *(owner for _, owner in self.members))

    def own(self, numbers: "Tree") -> dict[str, Array]:
        """Its share of these params, or of the state."""
        found = numbers.get(self.owner, {})
        for prefix, owner in self.members:
            found = {**found, **{prefix + name: array for name, array in numbers.get(owner, {}).items()}}
        return found

    def given_back(self, found: dict[str, Array]) -> "Tree":
        """The way back from `own`: by owner."""
        if not self.members:
            return {self.owner: found}
        prefixes = tuple(prefix for prefix, _ in self.members)
        shared = {self.owner: {name: array for name, array in found.items() if not name.startswith(prefixes)}}
        for prefix, owner in self.members:
            shared[owner] = {
                name.removeprefix(prefix): array for name, array in found.items() if name.startswith(prefix)
            }
        return shared


class Added(NamedTuple):
    """A value that a layer adds to the loss (label None), or reports as a metric."""

    value: str
    label: str | None


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in the order in which they run, the values fed in and the values asked for."""

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: Mapping[str, Shape]
    owners: Mapping[str, Layer]
    added: tuple[Added, ...] = ()
    kept: tuple[str, ...] = ()  # values that a loss looks at beside its output

    @cached_property
    def insists(self) -> bool:
        """Whether a node draws random numbers in every pass: its call said training=True."""
        return any(node.training and "key" in node.layer.wants for node in self.nodes)

    @cached_property
    def drawing(self) -> "Graph":
        """This network in a call of which nobody says whether it is for learning: some layers draw all the same."""
        by_itself = [node.training is None and node.layer.draws_by_itself for node in self.nodes]
        if not any(by_itself):
            return self
        nodes = [node._replace(training=True) if own else node for node, own in zip(self.nodes, by_itself, strict=True)]
        return replace(self, nodes=tuple(nodes))

    @cached_property
    def random(self) -> dict[str, int]:
        """The nodes that draw random numbers, numbered."""
        return {name: i for i, name in enumerate(node.name for node in self.nodes if "key" in node.layer.wants)}

    @cached_property
    def carries(self) -> bool:
        """Whether a layer's state moves outside training too: a stateful recurrent layer's."""
        return any(node.layer.carries for node in self.nodes)

    @cached_property
    def done_after(self) -> tuple[tuple[str, ...], ...]:
        """For each node, the values that nobody reads after it."""
        return read_for_the_last_time(self.nodes)

    @cached_property
    def _learning(self) -> dict[frozenset[str], frozenset[str]]:
        return {}

    def learning(self, trainable: frozenset[str]) -> frozenset[str]:
        """The values that a trainable parameter has a say in: those whose gradient is worth computing."""
        if trainable not in self._learning:
            found: set[str] = set()
            for node in self.nodes:
                if not trainable.isdisjoint(node.owners) or found.intersection(node.reads):
                    found.update(node.makes)
            self._learning[trainable] = frozenset(found)
        return self._learning[trainable]


def read_for_the_last_time(parts: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    """For each of these nodes (or whatever makes and reads values), the values that nobody reads after it."""
    last = {value: i for i, part in enumerate(parts) for value in (*part.makes, *part.reads)}
    done: list[list[str]] = [[] for _ in parts]
    for value, i in last.items():
        done[i].append(value)
    return tuple(map(tuple, done))
