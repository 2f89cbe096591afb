"""The order in which one batch is walked through: sample by sample, node by node, then parameter by parameter."""

from typing import NamedTuple

from ..engine.graph import Graph, Node
from ..engine.step import Program

GEARS = ("operation", "layer", "sample", "batch", "epoch")


class Operation(NamedTuple):
    """One thing that happens.

    kind     "forward", "loss", "backward", "update"; "batch" or "epoch" where the model's numbers are replaced
    sample   within the batch; None from the update on
    name     the node; for an update the owner of the parameter
    layer    the layer that the node belongs to
    param    the parameter, for an update
    """

    kind: str
    sample: int | None = None
    name: str = ""
    layer: str = ""
    param: str = ""


def operations(graph: Graph, program: Program, samples: int, last: bool) -> tuple[Operation, ...]:
    """All operations of a batch of so many samples; `last` in its epoch."""
    forwards = [node for node in graph.nodes if node.reads]
    backwards = [node for node in reversed(forwards) if not _heard(graph, program).isdisjoint(node.makes)]
    found = []
    for sample in range(samples):
        found += [Operation("forward", sample, node.name, layer_of(graph, node)) for node in forwards]
        found.append(Operation("loss", sample))
        found += [Operation("backward", sample, node.name, layer_of(graph, node)) for node in backwards]
    for owner, layer in graph.owners.items():
        if owner in program.trainable:
            found += [Operation("update", None, owner, owner, param) for param in layer.numbers.params]
    return (*found, Operation("epoch" if last else "batch"))


def ends(timeline: tuple[Operation, ...], gear: str) -> tuple[int, ...]:
    """After how many operations a stop of this gear is due."""
    count = len(timeline)
    if gear == "operation":
        return tuple(range(1, count + 1))
    if gear == "epoch":
        return (count,) if timeline[-1].kind == "epoch" else ()
    if gear == "batch":
        return (count,)
    marks = [(op.sample, op.kind, op.layer) if gear == "layer" else (op.sample,) for op in timeline]
    places = [
        i
        for i in range(1, count)
        if marks[i] != marks[i - 1] and (gear == "layer" or timeline[i - 1].sample is not None)
    ]
    return (*places, count)


def layer_of(graph: Graph, node: Node) -> str:
    """The layer whose node this is; an activation set on a layer belongs to that layer."""
    return node.name if node.owner in graph.owners else node.reads[0].split(":")[0]


def _heard(graph: Graph, program: Program) -> set[str]:
    """The values that some loss depends on."""
    heard = {value for value, objective in zip(graph.outputs, program.objectives, strict=True) if objective.loss}
    heard |= {value for value, _ in program.activity}
    for node in reversed(graph.nodes):
        if not heard.isdisjoint(node.makes):
            heard.update(node.reads)
    return heard
