"""A network as data: a tuple of nodes, each after the nodes it reads from.

    node      a layer at one place of the network, and the options of its call there
    value     what a node computes; named as the node ("dense"), with its number when a node has several ("lstm:1")
    mask      which time steps of a value count, for the few values that have one; computed in the same pass
    owner     the name under which a layer's numbers stand in the bundle; a layer used twice has two nodes and one owner

A model used as a layer is laid out here node by node, under names such as
"encoder/dense": the network is flat, whatever its parts were called.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from ..arrays import Array, namespace
from ..layers.activation import Activation
from ..layers.called import shares
from ..layers.layer import Layer, one_or_all
from ..layers.loss_of_weights import LossOfWeights
from ..layers.noted import stand_in
from ..layers.symbolic import Call, KerasTensor, Shape
from ..random import fold_in, next_key

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


class Pass(NamedTuple):
    """One run of the network, by name of value (masks: where there is one) or of node (caches)."""

    values: dict[str, Array]
    caches: dict[str, Any]
    masks: dict[str, Array]


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


def lay_out(
    inputs: Iterable[KerasTensor],
    outputs: Iterable[KerasTensor],
    added: Iterable[tuple[KerasTensor, str | None]] = (),
    functions: Iterable[tuple[Layer, Callable[[], Any]]] = (),
    kept: Iterable[KerasTensor] = (),
) -> Graph:
    """The network between these symbolic values.

    added       values that are added to the loss, or reported under a label
    functions   of no arguments, whose results are added to the loss, and the layers whose weights they read
    kept        values that a loss looks at beside its output

    Raises ValueError when an output depends on an Input that is not among the inputs.
    """
    inputs, outputs = tuple(inputs), tuple(outputs)
    plan = _Plan()
    for tensor in inputs:
        plan.names[id(tensor)] = plan.new_value(tensor.call.layer.name, tensor.shape)
    for tensor in outputs:
        plan.add(tensor)
    for tensor, label in added:
        plan.add(tensor)
        plan.added.append(Added(plan.names[id(tensor)], label))
    for layer, function in functions:
        plan.add_function(layer, function)
    kept = tuple(kept)
    for tensor in kept:
        plan.add(tensor)
    return plan.graph(*(tuple(plan.names[id(t)] for t in tensors) for tensors in (inputs, outputs, kept)))


class _Plan:
    """A graph while it is being laid out."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.nodes: list[Node] = []
        self.shapes: dict[str, Shape] = {}
        self.owners: dict[str, Layer] = {}
        self.owner_of: dict[Layer, str] = {}
        self.names: dict[int, str] = {}
        self.heard: set[Layer] = set()
        self.added: list[Added] = []

    def graph(self, inputs: tuple[str, ...], outputs: tuple[str, ...], kept: tuple[str, ...]) -> Graph:
        return Graph(tuple(self.nodes), inputs, outputs, self.shapes, self.owners, tuple(self.added), kept)

    def new_value(self, stem: str, shape: Shape) -> str:
        """An unused name: dense, then dense@2 for the second use of the same layer."""
        name, count = stem, 1
        while name in self.shapes:
            count += 1
            name = f"{stem}@{count}"
        self.shapes[name] = shape
        return name

    def add(self, tensor: KerasTensor) -> None:
        """The nodes that this value needs, the furthest first (a stack of our own: deep networks overflow Python's)."""
        waiting = [tensor]
        while waiting:
            current = waiting[-1]
            if id(current) in self.names:
                waiting.pop()
                continue
            missing = [value for value in current.call.inputs if id(value) not in self.names]
            if missing:
                waiting.extend(reversed(missing))
                continue
            if not current.call.inputs:
                raise ValueError(
                    f"the outputs depend on the Input {current.name!r} (shape {current.shape}), "
                    "which is not among the model's inputs. Add it to inputs=."
                )
            self.place(current.call)
            waiting.pop()

    def place(self, call: Call) -> None:
        """The node (or nodes) of one call."""
        reads = tuple(self.names[id(value)] for value in call.inputs)
        outputs = next(outputs for noted, outputs in call.layer.calls if noted is call)
        inner: Graph | None = None if call.layer.by_call else getattr(call.layer, "graph", None)
        if call.network is not None:
            inner = lay_out(call.network.inputs, call.network.outputs, call.network.added)
        if getattr(call.layer, "fold", None) is not None:
            made = self.at_each_time_step(call.layer, reads[0])
        elif inner is None:
            made = self.whole(call, reads, [value.shape for value in outputs])
        else:
            made = self.inline(call.layer.name, inner, reads, call.training)
        for value, name in zip(outputs, made, strict=True):
            self.names[id(value)] = name
        if call.layer not in self.heard and not hasattr(call.layer, "graph"):  # a model's own are in its graph
            self.heard.add(call.layer)
            for function in call.layer._added:
                self.add_function(call.layer, function)

    def whole(self, call: Call, reads: tuple[str, ...], shapes: list[Shape]) -> tuple[str, ...]:
        """The one node of a call that is not taken apart, with what it adds to the loss behind its outputs."""
        layer = call.layer.standing
        adds = call.options.get("adds", ())
        made = self.node(
            call.layer.name, layer, reads, shapes + [()] * len(adds), call.options, call.masked, call.training,
            self.members(call.layer.name, layer), adds,
        )  # fmt: skip
        return made[: len(shapes)]

    def members(self, stem: str, layer: Layer) -> tuple[tuple[str, str], ...]:
        """The owners that a layer made of layers computes with, each after the prefix of its numbers."""
        return tuple(
            (prefix, self.owner(f"{stem}/{leaf.name}", leaf))
            for prefix, leaf in (shares(layer) if layer.parts else ())
            if leaf is not layer
        )

    def add_function(self, layer: Layer, function: Callable[[], Any]) -> None:
        """A node that reads nothing but weights, and adds what the function makes of them to the loss."""
        asked = LossOfWeights(layer, function, name=f"{layer.name}_loss")
        stem = f"{layer.name}/loss"
        (made,) = self.node(stem, asked, (), [()], {}, (), None, self.members(layer.name, asked))
        self.added.append(Added(made, None))

    def node(
        self,
        stem: str,
        layer: Layer,
        reads: tuple[str, ...],
        shapes: list[Shape],
        options: Mapping[str, Any],
        masked: tuple[int, ...],
        training: bool | None = None,
        members: tuple[tuple[str, str], ...] = (),
        adds: Sequence[str | None] = (),
    ) -> tuple[str, ...]:
        name = self.new_value(stem, shapes[0])
        count = len(shapes) - len(adds)
        makes = (name,) if count == 1 else tuple(f"{name}:{i}" for i in range(count))
        makes += tuple(f"{name}+{label or 'loss'}" for label in adds)
        self.added += [Added(value, label) for value, label in zip(makes[count:], adds, strict=True)]
        self.shapes.update(zip(makes, shapes, strict=True))
        self.nodes.append(Node(name, layer, reads, self.owner(stem, layer), makes, options, masked, training, members))
        if layer.output_activation is None:
            return makes
        shown = f"{name}/{layer.output_activation.name}"
        follower = Activation(layer.output_activation, name="activation")
        self.shapes[shown] = shapes[0]
        self.nodes.append(Node(shown, follower, makes, shown, (shown,)))
        return (shown,)

    def owner(self, stem: str, layer: Layer) -> str:
        if layer not in self.owner_of:
            name, count = stem, 1
            while name in self.owners:
                count += 1
                name = f"{stem}~{count}"
            self.owner_of[layer] = name
            self.owners[name] = layer
        return self.owner_of[layer]

    def at_each_time_step(self, layer: Any, x: str) -> tuple[str, ...]:
        """The nodes of a TimeDistributed model."""
        shape = layer.fold.compute_output_shape(self.shapes[x])
        folded = self.node(f"{layer.name}/fold", layer.fold, (x,), [shape], {}, ())
        inner = None if layer.layer.by_call else layer.layer.graph
        if inner is None:  # a layer or model of somebody's own: its call on one time step
            one = stand_in(f"{layer.name}_0", shape, layer.dtype)
            inner = lay_out([one], [layer.layer(one)])
        made = self.inline(layer.name, inner, folded)
        shape = layer.unfold.compute_output_shape(self.shapes[made[0]], self.shapes[x])
        return self.node(f"{layer.name}/unfold", layer.unfold, (*made, x), [shape], {}, ())

    def inline(self, stem: str, inner: Graph, reads: tuple[str, ...], training: bool | None = None) -> tuple[str, ...]:
        """The nodes of a model used as a layer, reading from our values.

        training    whether the call was for learning, where it said so; calls inside that said so stay as they are
        """
        renamed = dict(zip(inner.inputs, reads, strict=True))
        labels = dict(inner.added)
        for node in inner.nodes:
            if node.owner not in inner.owners:  # an activation that follows its layer: placed together with it
                renamed[node.name] = renamed[node.reads[0]]
                continue
            shapes = [inner.shapes[value] for value in node.makes]
            reads_here = tuple(renamed[value] for value in node.reads)
            phase = training if node.training is None else node.training
            members = tuple((prefix, self.owner(f"{stem}/{o}", inner.owners[o])) for prefix, o in node.members)
            adds = node.options.get("adds", ())
            made = self.node(
                f"{stem}/{node.name}", node.layer, reads_here, shapes, node.options, node.masked, phase, members, adds
            )
            renamed.update(zip(node.makes[: len(made)], made, strict=True))
            for value in node.makes[: len(node.makes) - len(adds)]:
                if value in labels:
                    self.added.append(Added(renamed[value], labels[value]))
        return tuple(renamed[value] for value in inner.outputs)


def read_for_the_last_time(parts: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    """For each of these nodes (or whatever makes and reads values), the values that nobody reads after it."""
    last = {value: i for i, part in enumerate(parts) for value in (*part.makes, *part.reads)}
    done: list[list[str]] = [[] for _ in parts]
    for value, i in last.items():
        done[i].append(value)
    return tuple(map(tuple, done))


def forward(
    graph: Graph,
    params: Tree,
    state: Tree,
    inputs: Iterable[Array],
    *,
    key: Array | None = None,
    training: bool = False,
    caching: bool = True,
    keep: Callable[[str], bool] | None = None,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Run the network.

    key       randomness for this pass; None makes dropout and noise stand aside
    caching   whether backward will follow; without, only layers whose state moves outside training leave a cache
    keep      which values to keep beside the outputs; by default none: a value is dropped after its last reader

    Returns the values and the caches, by name.
    """
    found = run(graph, params, state, inputs, key=key, training=training, caching=caching, keep=keep)
    return found.values, found.caches


def run(
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
    """As `forward`; with the masks of the values that are kept."""
    values: dict[str, Array] = dict(zip(graph.inputs, inputs, strict=True))
    caches: dict[str, Any] = {}
    masks: dict[str, Array] = {}
    if key is None and graph.insists:
        key = next_key()
    keys = node_keys(graph, key)
    for node, done in zip(graph.nodes, graph.done_after, strict=True):
        cache = run_node(node, params, state, values, masks, keys, training)
        if caching or node.layer.carries:
            caches[node.name] = cache
        for name in done:
            if name not in graph.outputs and (keep is None or not keep(name)):
                del values[name]
                masks.pop(name, None)
    return Pass(values, caches, masks)


def run_node(
    node: Node,
    params: Tree,
    state: Tree,
    values: dict[str, Array],
    masks: dict[str, Array],
    keys: dict[str, Array],
    training: bool,
) -> Any:
    """Adds what a node makes to the values and the masks; returns its cache."""
    mask = _mask(node, values, masks) if masks or node.masked else None
    extras = _extras(node, state, keys, training, mask)
    y, cache = node.layer.forward(node.own(params), *[values[name] for name in node.inputs], **extras, **node.options)
    if len(node.makes) == 1:
        values[node.makes[0]] = y
    else:
        values.update(zip(node.makes, y, strict=True))
    pass_masks_on(node, values, masks)
    return cache


def pass_masks_on(node: Node, values: dict[str, Array], masks: dict[str, Array]) -> None:
    """Adds the masks of what a node has made, where it makes or hands on any."""
    mask = _mask(node, values, masks) if masks or node.masked else None
    if node.layer.makes_mask or (mask is not None and node.layer.supports_masking):
        masks.update(_masks_made(node, [values[name] for name in node.inputs], mask))


def _mask(node: Node, values: dict[str, Array], masks: dict[str, Array]) -> Any:
    """What a layer that wants "mask" is given: its input's mask, or a tuple of those of several; None without any."""
    found = [masks.get(name) for name in node.inputs]
    found += [None] * (max(node.masked, default=0) + 1 - len(found))  # attention has a mask beside those of its inputs
    for place, name in zip(node.masked, node.reads[len(node.inputs) :], strict=True):
        found[place] = values[name]
    return None if all(mask is None for mask in found) else one_or_all(found)


def _masks_made(node: Node, given: list[Array], mask: Any) -> dict[str, Array]:
    """The masks of what a node has made, by value name."""
    made = node.layer.compute_mask(one_or_all(given), mask)
    several = made if isinstance(made, list | tuple) else [made]
    return {name: one for name, one in zip(node.makes, several, strict=False) if one is not None}


def node_keys(graph: Graph, key: Array | None) -> dict[str, Array]:
    """A key for each node that draws."""
    if key is None or not graph.random:
        return {}
    keys = fold_in(key, namespace(key).arange(len(graph.random)))
    return {name: keys[i] for name, i in graph.random.items()}


def _extras(node: Node, state: Tree, keys: dict[str, Array], training: bool, mask: Any) -> dict[str, Any]:
    """The extra inputs that the node's layer declares in `wants`."""
    if not node.layer.wants:
        return {}
    if node.training is not None:
        training = node.training
    key = keys.get(node.name) if training else None
    given = {"key": key, "state": node.own(state), "training": training, "mask": mask}
    return {want: given[want] for want in node.layer.wants}


def backward(
    graph: Graph,
    params: Tree,
    caches: dict[str, Any],
    dvalues: dict[str, Array],
    *,
    trainable: frozenset[str],
    keep: Callable[[str], bool] | None = None,
) -> tuple[dict[str, Array], Tree]:
    """The chain rule, from the last node to the first.

    dvalues     dL/dvalue of the values that the loss reads
    trainable   owners whose gradients are wanted; nothing is computed for the sake of others
    keep        which dL/dvalue to keep; by default none

    Returns dL/dvalue of the values kept, and dL/dparameter by owner.
    """
    dvalues = dict(dvalues)
    grads: Tree = {}
    worth = graph.learning(trainable)
    for node in reversed(graph.nodes):
        run_node_back(node, params, caches, dvalues, grads, trainable, worth, keep)
    return dvalues, grads


def run_node_back(
    node: Node,
    params: Tree,
    caches: dict[str, Any],
    dvalues: dict[str, Array],
    grads: Tree,
    trainable: frozenset[str],
    worth: frozenset[str],
    keep: Callable[[str], bool] | None = None,
) -> None:
    """Adds what a node's inputs and parameters hear from it to dvalues and grads.

    worth    the values that a trainable parameter has a say in
    """
    arrived = [dvalues.get(value) for value in node.makes]
    needs = _needs(node, trainable, worth, keep)
    if keep is None:
        for value in node.makes:
            dvalues.pop(value, None)
    if not needs or all(dy is None for dy in arrived):
        return
    dx, found = _node_backward(node, params, caches[node.name], arrived, needs)
    for owner, own in node.given_back(found).items():
        if owner in trainable:
            grads[owner] = summed(grads[owner], own) if owner in grads else own
    for value, d in zip(node.inputs, dx, strict=True):
        if d is not None and (value in worth or keep is not None):
            dvalues[value] = dvalues[value] + d if value in dvalues else d  # a value read twice hears back twice


def _needs(
    node: Node, trainable: frozenset[str], worth: frozenset[str], keep: Callable[[str], bool] | None
) -> tuple[str, ...]:
    inputs = keep is not None or not worth.isdisjoint(node.reads)
    return ("inputs",) * inputs + ("params",) * (not trainable.isdisjoint(node.owners))


def _node_backward(
    node: Node, params: Tree, cache: Any, arrived: list[Array], needs: tuple[str, ...]
) -> tuple[tuple[Any, ...], dict[str, Array]]:
    layer, own = node.layer, node.own(params)
    dy = arrived[0] if len(arrived) == 1 else tuple(arrived)
    dx, grads = layer.backward(own, cache, dy, needs=needs) if layer.thrifty else layer.backward(own, cache, dy)
    return dx if isinstance(dx, tuple) else (dx,), grads


def summed(one: dict[str, Array], other: dict[str, Array]) -> dict[str, Array]:
    return {name: one[name] + other[name] for name in one}


def advance(graph: Graph, state: Tree, caches: dict[str, Any]) -> Tree:
    """The state after a batch: BatchNormalization's averages and their like."""
    for node in graph.nodes:
        state = advance_node(node, state, caches)
    return state


def advance_node(node: Node, state: Tree, caches: dict[str, Any]) -> Tree:
    """The state after what one node has seen."""
    if node.name not in caches or state.keys().isdisjoint(node.owners):
        return state
    moved = node.given_back(node.layer.advance(node.own(state), caches[node.name]))
    return {**state, **{owner: own for owner, own in moved.items() if owner in state}}
