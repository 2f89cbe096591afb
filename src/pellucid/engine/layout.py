"""From symbolic values to a network: walking back from the outputs gives the nodes, in the order in which they run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..config import MIXED
from ..layers.activation import Activation
from ..layers.called import shares
from ..layers.layer import Layer
from ..layers.loss_of_weights import LossOfWeights
from ..layers.noted import stand_in
from ..layers.symbolic import Call, KerasTensor, Shape
from .graph import Added, Graph, Node


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
        follower = Activation(layer.output_activation, name="activation", dtype=MIXED if layer.mixed else None)
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
