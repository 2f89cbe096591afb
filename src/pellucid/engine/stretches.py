"""The step where not all of a network has kernels: stretches of it run in the native core, the rest as plain formulas.

A stretch is as many nodes, one after another, as have kernels: one network of the core, which runs forward when its
turn comes and backward on the way back. Between stretches, and for losses, penalties, constraints and updates, the
plain formulas run. What each node computes is the same either way, within float32 rounding.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import native
from ..arrays import Array
from ..layers.symbolic import Shape
from . import passes as plain
from .batch import Batch
from .choose import chosen
from .graph import Graph, Node, Tree, read_for_the_last_time
from .kernels import Missing
from .mover import Mover
from .passes import Pass
from .step import Numbers, Program, Runner, Tallies, eval_step, train_step
from .wiring import Place, heard_values, wire

KEPT = 8  # shapes of data for which a stretch keeps its networks
UNKNOWN = 64  # what stands for an unknown size while kernels are looked for


class Stretches:
    """A graph cut into stretches and plain nodes; runs it as engine/passes.py does.

    Of a program it takes the place of a compiled one, too: `takes`, `train` and `evaluate` are as those of
    native.Compiled, one batch at a time.

    also    further values that somebody wants to look at
    """

    def __init__(
        self, core: Any, graph: Graph, program: Program | None = None, also: frozenset[str] = frozenset()
    ) -> None:
        watched = program.watched if program else frozenset[str]()
        trainable = program.trainable if program else frozenset[str]()
        self.core, self.graph, self.program = core, graph, program
        self.missing = why_plain(core, graph)
        self.mover = Mover.of(core, program.optimizer) if program else None
        self._heard = heard_values(graph.nodes, watched) if program else frozenset()
        self._parts = list(self._cut(watched | also, trainable))
        self._done = read_for_the_last_time(self._parts)

    @classmethod
    def of(
        cls, graph: Graph, program: Program | None = None, core: Any = None, also: frozenset[str] = frozenset()
    ) -> "Stretches | None":
        """The graph in stretches; None where the core is not there or has a kernel for none of its nodes."""
        core = core or native.load()
        made = None if core is None else cls(core, graph, program, also)
        return made if made is not None and any(isinstance(part, Stretch) for part in made._parts) else None

    @property
    def moves_in_core(self) -> bool:
        """Whether the optimizer's formula runs in the core."""
        return self.mover is not None

    def _cut(self, watched: frozenset[str], trainable: frozenset[str]) -> Iterator["Stretch | Node"]:
        worth = self.graph.learning(trainable)
        masked = _masked_values(self.graph)
        waiting: list[Node] = []
        readers = {value: [node for node in self.graph.nodes if value in node.reads] for value in self.graph.shapes}

        def close() -> Iterator[Stretch]:
            if not waiting:
                return
            inside = {node.name for node in waiting}
            made = [value for node in waiting for value in node.makes]
            seen = [
                value
                for value in made
                if value in self.graph.outputs
                or value in watched
                or any(reader.name not in inside for reader in readers[value])
            ]
            reads = dict.fromkeys(value for node in waiting for value in node.inputs if value not in made)
            heard = self._heard if any(value in self._heard for value in made) else frozenset[str]()
            wanted = {value: value in worth and value in self._heard for value in reads}
            yield Stretch(self, tuple(waiting), wanted, tuple(seen), heard, trainable)
            waiting.clear()

        for node in self.graph.nodes:
            alone = not masked.isdisjoint((*node.reads, *node.makes))
            if alone or node.name in self.missing:
                yield from close()
            if node.name in self.missing:
                yield node
                continue
            waiting.append(node)
            if alone:
                yield from close()
        yield from close()

    # As engine/passes.py ------------------------------------------------------------------------------

    def run(
        self,
        graph: Graph,
        params: Tree,
        state: Tree,
        inputs: Iterable[Array],
        *,
        key: Array | None = None,
        training: bool = False,
        caching: bool = True,
        keep: Callable[[str], bool] | None = None,
    ) -> Pass:
        """As `passes.run`; of what may be kept, the values that the program watches, and `also`."""
        key = plain.key_of_pass(graph, key)
        keys = plain.node_keys(graph, key)

        def compute(part: Stretch | Node, values: dict[str, Array], masks: dict[str, Array]) -> Any:
            if isinstance(part, Node):
                return plain.run_node(part, params, state, values, masks, keys, training)
            visit = part.forward(params, state, [values[name] for name in part.reads], key, training)
            values.update(zip(part.makes, visit.outputs, strict=True))
            if len(part.nodes) == 1:  # as all nodes are that have to do with masks
                node = part.nodes[0]
                plain.pass_masks_on(node, values, masks, plain.mask_for(node, values, masks))
            return visit

        return plain.walk(graph, self._parts, self._done, inputs, compute, caching, keep)

    def backward(
        self,
        graph: Graph,
        params: Tree,
        caches: dict[str, Any],
        dvalues: dict[str, Array],
        *,
        trainable: frozenset[str],
    ) -> tuple[dict[str, Array], Tree]:
        """As `passes.backward`, without keeping anything but the gradients."""
        dvalues = dict(dvalues)
        grads: Tree = {}
        worth = graph.learning(trainable)
        for part in reversed(self._parts):
            if isinstance(part, Node):
                plain.run_node_back(part, params, caches, dvalues, grads, trainable, worth)
                continue
            arrived = [dvalues.pop(value, None) for value in part.makes]
            if not part.learns or all(dy is None for dy in arrived):
                continue
            dx, found = caches[part.name].backward(arrived)
            for owner, own in found:
                grads[owner] = plain.summed(grads[owner], own) if owner in grads else own
            for value, d in zip(part.reads, dx, strict=True):
                if d is not None:
                    dvalues[value] = dvalues[value] + d if value in dvalues else d
        return dvalues, grads

    def advance(self, graph: Graph, state: Tree, caches: dict[str, Any]) -> Tree:
        """As `passes.advance`."""
        for part in self._parts:
            if isinstance(part, Stretch):
                state = {**state, **caches[part.name].state} if part.name in caches else state
            else:
                state = plain.advance_node(part, state, caches)
        return state

    # As native.Compiled -------------------------------------------------------------------------------

    def takes(self, numbers: Numbers, batch: Batch) -> bool:
        """Whether this engine computes with such arrays."""
        return self.reads(batch.x)

    def reads(self, inputs: Iterable[Array]) -> bool:
        """Whether these are NumPy's float32 or whole numbers: float64 and arrays of JAX ask for the plain formulas."""
        return all(type(x) is np.ndarray and (x.dtype == np.float32 or x.dtype.kind in "iub") for x in inputs)

    def train(
        self, numbers: Numbers, tallies: Tallies, data: Batch, order: None, samples: Any, batch_size: int, rates: Any,
        key: Array | None, seconds: float,
    ) -> tuple[Numbers, Tallies, int]:  # fmt: skip
        """Learn from all of the data, as one batch; returned as by native.Compiled."""
        assert self.program is not None  # else there is nothing to learn with
        new, tallies = train_step(self.program, numbers, tallies, data, key, rates[0], self, self.mover)
        finite = np.isfinite(tallies["losses"]["loss"]["total"])
        return (new if finite else numbers), tallies, 1

    def evaluate(self, numbers: Numbers, tallies: Tallies, data: Batch, batch_size: int) -> Tallies:
        """The tallies after looking at these samples, as one batch."""
        assert self.program is not None  # else there is nothing to judge by
        return eval_step(self.program, numbers, tallies, data, self)


class Stretch:
    """Some nodes that run in the core, one after another.

    reads, wanted    the values from outside, and of which of them gradients are wanted
    makes            the values that somebody outside reads
    """

    carries = False  # layers that do have no kernels

    def __init__(
        self,
        home: Stretches,
        nodes: tuple[Node, ...],
        wanted: dict[str, bool],
        makes: tuple[str, ...],
        heard: frozenset[str],
        trainable: frozenset[str],
    ) -> None:
        self.home, self.nodes, self.name = home, nodes, nodes[0].name
        self.wanted, self.reads, self.makes, self.heard = wanted, tuple(wanted), makes, heard
        self.trainable = frozenset(node.owner for node in nodes if not heard.isdisjoint(node.makes)) & trainable
        self.learns = bool(self.trainable or any(wanted.values()))
        self._idle: OrderedDict[tuple[Shape, ...], list[_Net]] = OrderedDict()

    def borrow(self, shapes: tuple[Shape, ...]) -> "_Net":
        """A network for inputs of these shapes (without their batch axis) that nobody else runs meanwhile."""
        try:
            return self._idle[shapes].pop()
        except (KeyError, IndexError):
            return self._make(shapes)

    def give_back(self, shapes: tuple[Shape, ...], net: "_Net") -> None:
        self._idle.setdefault(shapes, []).append(net)
        while len(self._idle) > KEPT:
            try:
                self._idle.popitem(last=False)
            except KeyError:  # another thread was quicker
                break

    def _make(self, given: tuple[Shape, ...]) -> "_Net":
        inputs: list[Shape] = [(None, *shape) for shape in given]
        shapes = shapes_of(self.nodes, dict(zip(self.reads, inputs, strict=True)))
        network, places, values = wire(
            self.home.core, self.home.graph, self.nodes, shapes, self.wanted, self.heard, self.makes, self._movement
        )
        network.end_at([values[name] for name in self.makes], [name in self.heard for name in self.makes])
        return _Net(network, places, [shapes[name][1:] for name in self.makes])

    def _movement(self, owner: str, name: str, value: Array) -> tuple[float, bool]:
        return 0.0, owner in self.trainable

    def forward(self, params: Tree, state: Tree, inputs: list[Array], key: Array | None, training: bool) -> "Visit":
        return Visit(self, {"params": params, "state": state}, [_floats(x) for x in inputs], key, training)


class _Net(NamedTuple):
    """A stretch for inputs of certain shapes; ends are the shapes of what it makes, without the batch axis."""

    network: Any
    places: tuple[Place, ...]
    ends: list[Shape]


class Visit:
    """One pass through a stretch: forward when it is made, backward at most once after that.

    outputs    by value of the stretch's `makes`
    state      what no gradient moves, as it is afterwards, by owner
    """

    def __init__(
        self, stretch: Stretch, numbers: dict[str, Tree], inputs: list[Array], key: Array | None, training: bool
    ) -> None:
        self._stretch, self._inputs = stretch, inputs
        self._shapes = tuple(x.shape[1:] for x in inputs)
        self._net = net = stretch.borrow(self._shapes)
        core, samples = stretch.home.core, inputs[0].shape[0]
        self._from = [_floats(numbers[place.part][place.owner][place.name]) for place in net.places]
        self._to = [
            np.empty_like(array) if training and place.changes else array
            for place, array in zip(net.places, self._from, strict=True)
        ]
        self.outputs = [np.empty((samples, *shape), np.float32) for shape in net.ends]
        words = None if key is None or not training else tuple(key.tolist())
        to = core.Arrays(self._to) if training else None
        net.network.forward(core.Arrays(self._from), to, inputs, words, self.outputs)
        self.state: Tree = {}
        for place, array in zip(net.places, self._to, strict=True):
            if training and place.part == "state":
                self.state.setdefault(place.owner, {})[place.name] = array

    def backward(self, arrived: list[Array | None]) -> tuple[list[Array | None], list[tuple[str, dict[str, Array]]]]:
        """dL/d(each input), None where it is not wanted, and dL/dparameter by owner, node by node.

        arrived    dL/d(each output), or None
        """
        stretch, net = self._stretch, self._net
        dys = [None if dy is None else _floats(dy) for dy in arrived]
        dxs = [
            np.empty_like(x) if stretch.wanted[name] else None
            for name, x in zip(stretch.reads, self._inputs, strict=True)
        ]
        net.network.backward(len(self._inputs[0]), dys, dxs)
        grads: list[tuple[str, dict[str, Array]]] = []
        for place, array in zip(net.places, self._to, strict=True):
            if place.part == "params" and place.changes:
                if not grads or grads[-1][0] != place.owner or place.name in grads[-1][1]:
                    grads.append((place.owner, {}))
                grads[-1][1][place.name] = array
        return dxs, grads

    def __del__(self) -> None:
        """The network serves the next visit, once nobody can go back through this one."""
        if "_net" in self.__dict__:
            self._stretch.give_back(self._shapes, self._net)


def runner_for(
    graph: Graph,
    program: Program | None,
    engine: str | None,
    params: Tree,
    inputs: Iterable[Array],
    also: frozenset[str] = frozenset(),
) -> Runner:
    """What takes such samples through the network: the native core if it can, and is not shunned; or plain formulas.

    program   None where nothing is learned or judged
    engine    what compile asked for
    also      further values that somebody wants to look at
    """
    if chosen(engine) == "numpy" or any(array.dtype != np.float32 for own in params.values() for array in own.values()):
        return plain
    stretches = Stretches.of(graph, program, also=also)
    return plain if stretches is None or not stretches.reads(inputs) else stretches


def why_plain(core: Any, graph: Graph) -> dict[str, str]:
    """The nodes that run as plain formulas, and why each does."""
    keeping = {owner for owner, layer in graph.owners.items() if layer.numbers.state}
    masked, uses = _masked_values(graph), [node.owner for node in graph.nodes if node.owner in keeping]
    found: dict[str, str] = {}
    for node in graph.nodes:
        try:
            if "mask" in node.layer.wants and not masked.isdisjoint(node.reads):
                raise Missing("it heeds the mask of its input, which its kernel does not")
            if uses.count(node.owner) > 1:
                raise Missing("it is used several times and keeps a state")
            shapes = {name: _guessed(graph.shapes[name]) for name in (*node.reads, *node.makes)}
            wire(core, graph, [node], shapes, dict.fromkeys(node.inputs, False), frozenset(), node.makes)
        except Missing as reason:
            found[node.name] = str(reason)
    return found


def shapes_of(nodes: Iterable[Node], shapes: dict[str, Shape]) -> dict[str, Shape]:
    """These shapes, and those of all that the nodes make."""
    for node in nodes:
        shapes[node.makes[0]] = node.layer.compute_output_shape(*(shapes[name] for name in node.inputs), **node.options)
    return shapes


def _guessed(shape: Shape) -> Shape:
    return (None, *(UNKNOWN if size is None else size for size in shape[1:]))


def _masked_values(graph: Graph) -> frozenset[str]:
    """The values that may have a mask while the network runs."""
    found: set[str] = set()
    for node in graph.nodes:
        comes = node.masked or not found.isdisjoint(node.inputs)
        if node.layer.makes_mask or (comes and node.layer.supports_masking):
            found.update(node.makes)
    return frozenset(found)


def _floats(array: Array) -> Array:
    """The array as the core reads it."""
    return np.ascontiguousarray(array, np.float32)
