"""What `compile` was told, and the Program that it becomes once the data are known."""

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import losses as loss_table
from . import metrics as metric_table
from . import optimizers as optimizer_table
from .data import Slot
from .engine.graph import Graph, Node
from .engine.step import Measure, Objective, Penalty, Program
from .engine.symbol_loss import SymbolLoss
from .layers.activation import Activation
from .layers.bundle import Bundle
from .layers.layer import Layer
from .layers.symbolic import KerasTensor, Shape
from .losses import Loss
from .metrics import Mean, Metric
from .optimizers import Optimizer


@dataclass(eq=False)
class Recipe:
    """The arguments of `compile`, checked. The optimizer's memory stands in the bundle under this."""

    optimizer: Optimizer
    loss: Any = None
    loss_weights: Any = None
    metrics: Any = None
    weighted_metrics: Any = None
    frozen: frozenset[Layer] = field(
        default_factory=frozenset
    )  # layers that were not trainable when compile was called
    bundle: Bundle | None = None
    symbols: Any = None  # the loss as a symbolic value, once somebody asked for it (old_symbols.py)
    looking: dict[int, SymbolLoss] = field(default_factory=dict)  # losses that look at more than their output


def recipe(
    optimizer: Any, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any, layers: Sequence[Layer]
) -> Recipe:
    """The arguments of `compile`, with names looked up: a misspelt name is found here, not at the first batch."""
    for item in _leaves(loss):
        if item is not None:
            loss_table.get(item)
    for item in (*_leaves(metrics), *_leaves(weighted_metrics)):
        if item not in ("accuracy", "acc", "crossentropy", "ce"):
            metric_table.get(item)
    for weight in _leaves(loss_weights):
        if isinstance(weight, bool) or not isinstance(weight, numbers.Real) or not math.isfinite(weight):
            raise ValueError(f"compile: loss_weights must be finite numbers, got {weight!r}.")
    return Recipe(
        optimizer=optimizer_table.get(optimizer),
        loss=loss,
        loss_weights=loss_weights,
        metrics=metrics,
        weighted_metrics=weighted_metrics,
        frozen=frozenset(layer for layer in layers if not layer.trainable),
    )


def check_outputs(recipe: Recipe, names: Sequence[str]) -> None:
    """Raise ValueError where the arguments of `compile` do not go with outputs of these names."""
    losses_of(recipe, names)
    by_output(recipe.loss_weights, names, "loss_weights")
    _metrics_by_output(recipe.metrics, names)
    _metrics_by_output(recipe.weighted_metrics, names)


def _leaves(given: Any) -> list[Any]:
    if isinstance(given, Mapping):
        return [leaf for part in given.values() for leaf in _leaves(part)]
    if isinstance(given, list | tuple):
        return [leaf for part in given for leaf in _leaves(part)]
    return [] if given is None else [given]


def metrics_given(recipe: Recipe) -> list[Metric]:
    """The metrics that `compile` was given as objects."""
    return [item for item in (*_leaves(recipe.metrics), *_leaves(recipe.weighted_metrics)) if isinstance(item, Metric)]


def by_output(given: Any, names: Sequence[str], argument: str) -> list[Any]:
    """One entry for each output, from one for all, a list in order or a dict by output name."""
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise ValueError(f"compile: {argument} names {unknown[0]!r}, but the outputs are {', '.join(names)}.")
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise ValueError(
                f"compile: {argument} has {len(given)} entries for {len(names)} outputs ({', '.join(names)})."
            )
        return list(given)
    return [given] * len(names)


def compares_nothing(recipe: Recipe) -> bool:
    """Whether neither a loss nor a metric asks for targets."""
    return not any(_leaves(given) for given in (recipe.loss, recipe.metrics, recipe.weighted_metrics))


def losses_of(recipe: Recipe, names: Sequence[str]) -> list[Loss | None]:
    return [None if loss is None else loss_table.as_loss(loss) for loss in by_output(recipe.loss, names, "loss")]


def target_slots(recipe: Recipe, names: Sequence[str], shapes: Sequence[Shape]) -> tuple[Slot, ...]:
    """What each target must look like, by its loss."""
    slots = []
    for name, shape, loss in zip(names, shapes, losses_of(recipe, names), strict=True):
        kind = _target_kind(loss)
        classes = shape[-1] if kind == "labels" else None
        ignore = getattr(loss, "ignore_class", None)
        shape, dtype = (shape[:-1], "int32") if kind == "labels" else (shape, "float32")
        slots.append(Slot(name, shape, dtype, kind, classes, ignore))
    return tuple(slots)


def _target_kind(loss: Loss | None) -> str:
    """What a loss's targets are: class numbers, shares of classes, or any numbers shaped like the output."""
    if isinstance(loss, loss_table.SparseCategoricalCrossentropy):
        return "labels"
    if isinstance(loss, loss_table.CategoricalCrossentropy | loss_table.CategoricalFocalCrossentropy):
        return "one_hot"
    if isinstance(loss, loss_table.BinaryCrossentropy | loss_table.BinaryFocalCrossentropy):
        return "probabilities"
    return "any" if loss is None or type(loss) is loss_table.FunctionLoss else "values"


def program(recipe: Recipe, graph: Graph, names: Sequence[str], target_shapes: Sequence[Shape]) -> Program:
    """The Program for targets of these shapes.

    names           of the outputs
    target_shapes   of the first batch's targets: what "accuracy" means depends on them
    """
    trainable = frozenset(
        owner for owner, layer in graph.owners.items() if layer not in recipe.frozen and layer.numbers.params
    )
    return Program(
        graph=graph,
        objectives=tuple(_objectives(recipe, graph, names)),
        measures=tuple(_measures(recipe, graph, names, target_shapes)),
        optimizer=recipe.optimizer,
        trainable=trainable,
        penalties=tuple(_rules(graph, "regularizer")),
        constraints=tuple(_rules(graph, "constraint")),
        activity=tuple(_activity(graph)),
    )


def looking_losses(recipe: Recipe, names: Sequence[str], outputs: Sequence[KerasTensor]) -> dict[int, SymbolLoss]:
    """The losses, by output, that are functions which look at symbolic values around them."""
    found = {}
    for i, (given, output) in enumerate(zip(by_output(recipe.loss, names, "loss"), outputs, strict=True)):
        function = getattr(given, "fn", given)
        if callable(function) and not isinstance(function, type | Loss):
            found[i] = SymbolLoss.of(function, output)
    return {i: loss for i, loss in found.items() if loss is not None}


def _objectives(recipe: Recipe, graph: Graph, names: Sequence[str]) -> list[Objective]:
    kept, found = iter(graph.kept), list[Objective]()
    weights = by_output(recipe.loss_weights, names, "loss_weights")
    made = {value: node for node in graph.nodes for value in node.makes}
    for name, value, loss, weight in zip(names, graph.outputs, losses_of(recipe, names), weights, strict=True):
        reads, used = value, recipe.looking.get(len(found), loss)
        if loss is not None and (fused := _fused(loss, made.get(value))) is not None:
            used, reads = fused
        looks = tuple(next(kept) for _ in used.looks) if isinstance(used, SymbolLoss) else ()
        found.append(Objective(name, used, reads, 1.0 if weight is None else float(weight), looks))
    return found


def _fused(loss: Loss, last: Node | None) -> tuple[Loss, str] | None:
    """Cross-entropy over the sums before a softmax (or sigmoid), in one rule: exact where the two steps lose digits."""
    if last is None or not isinstance(last.layer, Activation):
        return None
    fused = loss.from_logits_form(last.layer.activation.name)
    return None if fused is None else (fused, last.reads[0])


def fusion_note(recipe: Recipe, graph: Graph, names: Sequence[str]) -> str | None:
    """A line for `summary` naming the fused rules, if there are any."""
    notes = []
    for name, value, objective in zip(names, graph.outputs, _objectives(recipe, graph, names), strict=True):
        if objective.loss is not None and objective.reads != value:
            last = next(node for node in graph.nodes if value in node.makes)
            notes.append(f"{name}: {last.layer.activation.name} and {objective.loss.name} as one rule")
    return "; ".join(notes) or None


def _measures(recipe: Recipe, graph: Graph, names: Sequence[str], target_shapes: Sequence[Shape]) -> list[Measure]:
    found: list[Measure] = []
    losses = losses_of(recipe, names)
    for given, weighted in ((recipe.metrics, False), (recipe.weighted_metrics, True)):
        for i, identifiers in enumerate(_metrics_by_output(given, names)):
            for identifier in identifiers:
                output_shape = graph.shapes[graph.outputs[i]]
                metric = metric_table.resolve(identifier, target_shapes[i], output_shape, losses[i])
                ahead = f"{names[i]}_" if len(names) > 1 else ""
                name, taken = ahead + metric.name, [measure.name for measure in found]
                if weighted and name in taken:
                    name = f"{ahead}weighted_{metric.name}"
                found.append(Measure(unused(name, taken), metric, i, weighted))
    for value, label in graph.added:
        if label is not None:
            name = unused(label, [measure.name for measure in found])
            found.append(Measure(name, Mean(label), 0, value=value))
    return found


def _metrics_by_output(given: Any, names: Sequence[str]) -> list[list[Any]]:
    """A list of metrics for each output."""
    if given is None:
        return [[] for _ in names]
    if len(names) == 1 and isinstance(given, list | tuple):
        return [_leaves(given)]
    if isinstance(given, list | tuple) and len(given) == 1 and not isinstance(given[0], list | tuple | Mapping):
        return [list(given) for _ in names]  # Keras 2: for each output
    if isinstance(given, list | tuple) and len(given) != len(names):
        raise ValueError(
            f"compile: metrics has {len(given)} entries for {len(names)} outputs ({', '.join(names)}). "
            "Give a list of lists in the order of the outputs, or a dict by output name."
        )
    return [_leaves(part) for part in by_output(given, names, "metrics")]


def unused(name: str, taken: Sequence[str]) -> str:
    new, count = name, 0
    while new in taken:
        count += 1
        new = f"{name}_{count}"
    return new


def _rules(graph: Graph, kind: str) -> list[Penalty]:
    return [
        Penalty(owner, param, rule)
        for owner, layer in graph.owners.items()
        for param in layer.numbers.params
        if (rule := layer.rule(kind, param)) is not None
    ]


def _activity(graph: Graph) -> list[tuple[str, Any]]:
    """Regularized outputs: the values after the layer's activation."""
    found = []
    for node in graph.nodes:
        if node.layer.activity_regularizer is not None:
            activation = node.layer.output_activation
            made = (f"{node.name}/{activation.name}",) if activation else node.makes
            found += [(value, node.layer.activity_regularizer) for value in made]
    return found
