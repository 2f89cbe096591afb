"""Checks of the design, before training: settings of layers that cannot be meant."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ... import losses
from ...arrays import Array
from ...engine.graph import Graph, Node
from ...engine.step import Numbers, Objective, Program
from ...layers.activation import Activation
from ...layers.batch_normalization import BatchNormalization
from .finding import Finding, Fix

_PASSES_ON = ("Dropout", "Flatten", "Reshape", "GaussianNoise")
_CLASS = losses.CategoricalCrossentropy | losses.SparseCategoricalCrossentropy
_MOST_CLASSES = 20  # that whole numbers are taken for


def frozen(program: Program, numbers: Numbers) -> Iterator[Finding]:
    """A network with weights of which none may change."""
    if not program.trainable and any(numbers.params.values()):
        yield Finding(
            "frozen", "error", "No weight of this network may change: trainable is False for every layer.",
            "The whole network was frozen; usually the last layers stay trainable.",
            Fix("Set trainable = True for the layers that should learn, then compile again."), view="network_view",
        )  # fmt: skip


def dropout(graph: Graph, limits: Mapping[str, float]) -> Iterator[Finding]:
    """Layers that drop nearly everything."""
    for node in graph.nodes:
        rate = node.layer.rate if "Dropout" in node.layer.class_name else 0.0
        if isinstance(rate, float) and rate > limits["dropout"]:
            yield Finding(
                "dropout", "warning", f"{node.name!r} drops {rate:.0%} of its inputs in every step.",
                f"Only {1 - rate:.0%} come through. The rate is the share that is dropped, not the share that is kept.",
                Fix("Use Dropout(0.2) to Dropout(0.5)."),
                layer=node.name, value=rate, threshold=limits["dropout"], view="network_view",
            )  # fmt: skip


def batch_of_one(program: Program, batch_size: int) -> Iterator[Finding]:
    """A normalisation over a batch that has one number of each kind."""
    if batch_size != 1:
        return
    graph = program.graph
    for node in graph.nodes:
        learns = isinstance(node.layer, BatchNormalization) and node.owner in program.trainable
        if learns and all(size == 1 for size in graph.shapes[node.reads[0]][1:-1]):
            yield Finding(
                "batch_of_one", "error", f"A batch has one sample, and {node.name!r} normalises over the batch.",
                "The mean of one number is that number: 0 is left of every sample, so that nothing comes through, and "
                "no gradient comes back.",
                Fix("Use larger batches, batch_size=32 for instance, or LayerNormalization."),
                layer=node.name, value=1.0, threshold=2.0, view="trace",
            )  # fmt: skip
            return


def bottleneck(graph: Graph, objectives: tuple[Objective, ...]) -> Iterator[Finding]:
    """One unit through which everything about several classes must go."""
    classes = graph.shapes[graph.outputs[0]][-1] or 0
    if not _is_chain(graph) or not isinstance(objectives[0].loss, _CLASS) or classes < 3:
        return
    for node in graph.nodes:
        if _is_dense(graph, node) and graph.shapes[node.makes[0]][-1] == 1:
            yield Finding(
                "bottleneck", "warning",
                f"{node.owner!r} has one unit, and {classes} classes are to be told apart behind it.",
                "One number has to say everything: the network is too small there.",
                Fix(f"Give {node.owner!r} more units, {max(16, 2 * classes)} for instance."),
                layer=node.owner, value=1.0, threshold=2.0, view="network_view",
            )  # fmt: skip
            return


def linear(graph: Graph) -> Iterator[Finding]:
    """Dense layers in a row without an activation, which are no more than one."""
    makers = {value: node for node in graph.nodes for value in node.makes}
    bends = any(not _is_dense(graph, node) and node.layer.class_name not in _PASSES_ON and not _is_last(graph, node)
                for node in graph.nodes)  # fmt: skip
    for node in graph.nodes:
        below = makers.get(node.reads[0]) if node.reads and _is_dense(graph, node) else None
        while below is not None and below.layer.class_name in _PASSES_ON:
            below = makers.get(below.reads[0])
        if below is None or not _is_dense(graph, below):
            continue
        inputs, units, outputs = (
            graph.shapes[value][-1] or 0 for value in (below.reads[0], below.makes[0], node.makes[0])
        )
        if units < min(inputs, outputs):
            continue  # a bottleneck is meant
        yield Finding(
            "linear", "notice" if bends else "warning",
            f"{below.owner!r} has no activation, and {node.owner!r} follows.",
            "Two weighted sums in a row are one weighted sum: without an activation between them, the second layer "
            "adds nothing" + ("." if bends else ", and the network can only draw straight lines."),
            Fix(f"Give {below.owner!r} an activation: 'relu' or 'tanh'."), layer=below.owner, view="network_view",
        )  # fmt: skip
        return


def class_numbers(program: Program, objectives: tuple[Objective, ...], y: tuple[Array, ...]) -> Iterator[Finding]:
    """A regression of class numbers."""
    for place, (objective, given) in enumerate(zip(objectives, y, strict=True)):
        if not isinstance(objective.loss, losses.MeanSquaredError | losses.MeanAbsoluteError) or given[0].size != 1:
            continue
        known = np.unique(given)
        if not 3 <= len(known) <= _MOST_CLASSES or known[0] not in (0, 1) or (np.diff(known) != 1).any():
            continue
        counted = any(measure.output == place and "acc" in measure.name for measure in program.measures)
        counts = np.unique(given, return_counts=True)[1]
        if counted or counts.max() <= 3 * counts.min():
            yield Finding(
                "class_numbers", "warning" if counted else "notice",
                f"The targets are the whole numbers {known[0]:g} to {known[-1]:g}, the loss is {objective.loss.name}"
                + (", with accuracy beside it." if counted else "."),
                "They look like class numbers. A regression takes class 3 for something between class 2 and class 4.",
                Fix(f"Use Dense({int(known[-1]) + 1}, activation='softmax') and "
                    "loss='sparse_categorical_crossentropy'."),
                view="confusion_of",
            )  # fmt: skip


def _is_dense(graph: Graph, node: Node) -> bool:
    return node.layer.class_name == "Dense" and node.owner in graph.owners


def _is_last(graph: Graph, node: Node) -> bool:
    return isinstance(node.layer, Activation) and any(value in graph.outputs for value in node.makes)


def _is_chain(graph: Graph) -> bool:
    """Whether each node reads one value, and no value is read twice."""
    read: list[Any] = [value for node in graph.nodes for value in node.reads]
    return all(len(node.reads) == 1 for node in graph.nodes) and len(set(read)) == len(read)
