"""Before training: are the data fit to learn from, does the network begin well, does its output fit the loss."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import data
from ...arrays import Array
from ...engine import passes
from ...engine import step as steps
from ...engine.batch import Batch
from ...engine.graph import Graph
from ...engine.step import Numbers, Program
from ...errors import DataError, ShapeError
from ...random import key as key_of
from ...training import ready
from ..blocks import number
from ..trace import unfused
from . import data_checks, design_checks, network_checks
from .axes import exchanged_axes
from .finding import Finding, Fix, by_gravity
from .sampling import NUMBERS, all_samples
from .thresholds import limits as all_limits
from .vitals import loss_of

SAMPLES = 1024  # that the network is tried on


def examine(
    model: Any, x: Any, y: Any, validation_data: Any = None, *, thresholds: Mapping[str, float] | None = None
) -> list[Finding]:
    """What can be seen before training; the gravest first. Nothing is changed.

    x, y              arrays, as for `fit`
    validation_data   (x_val, y_val): looked through for samples that are in x, too
    thresholds        changes to the table in `thresholds.TABLE`, by name

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, "tanh", input_shape=(1,))])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> print(examine(model, [[0.5], [1.0]], [[1.0], [200.0]])[0].what)
    Tanh gives -1 to 1, but targets run from 1 to 200.
    """
    limits = all_limits(thresholds)
    model._require_compiled()
    try:
        batch = data.batch(x, y, inputs=model.input_slots(), targets=model.target_slots())
    except (DataError, ShapeError) as error:
        return [_unfit(str(error))]
    program = model.program([target.shape for target in batch.y])
    count = NUMBERS // max(sum(part[0].size for part in batch.x), 1)
    found = [
        *_examine_targets(model, program, batch, batch.y, limits),
        *examine_network(model, program, _thinned(batch), limits, wide=_thinned(batch, max(count, SAMPLES))),
    ]
    if validation_data is not None:
        try:
            other = data.batch(*validation_data[:2], inputs=model.input_slots(), targets=model.target_slots())
        except (DataError, ShapeError) as error:
            return [_unfit(f"validation_data: {error}")]
        found += _compare(model, program, batch, other, limits)
    return by_gravity(found)


def examine_data(
    model: Any, program: Program, samples: Batch, y: tuple[Array, ...], loop: Any, limits: Mapping[str, float]
) -> list[Finding]:
    """What a running `fit` can see of its data: all targets, and the validation data where both are in memory."""
    found = _examine_targets(model, program, samples, y, limits)
    whole, held = (None if loop.validation is None else all_samples(part) for part in (loop.batches, loop.validation))
    if whole is not None and held is not None:
        found += _compare(model, program, whole, held, limits, SAMPLES)
    return found


def _examine_targets(
    model: Any, program: Program, samples: Batch, y: tuple[Array, ...], limits: Mapping[str, float]
) -> list[Finding]:
    objectives = unfused(program, model)
    return [
        *data_checks.targets(y, [o.loss for o in objectives], limits),
        *data_checks.leaked_answer(samples, limits),
        *design_checks.class_numbers(program, objectives, y),
    ]


def _compare(
    model: Any, program: Program, batch: Batch, other: Batch, limits: Mapping[str, float], most: int | None = None
) -> list[Finding]:
    """Training data against validation data, of which `most` are looked for among the others."""
    found = list(data_checks.duplicates(batch.x[0], other.x[0], limits, most))
    for objective, y, held in zip(unfused(program, model), batch.y, other.y, strict=True):
        found += data_checks.classes_differ(y, held, objective.loss, limits)
    some, held_some = _thinned(batch), _thinned(other)
    return [*found, *data_checks.validation_differs(some, held_some, model.input_slots(), limits)]


def _thinned(batch: Batch, count: int = SAMPLES) -> Batch:
    rows = np.sort(np.random.default_rng(0).permutation(len(batch.x[0]))[:count])
    return Batch(tuple(x[rows] for x in batch.x), tuple(y[rows] for y in batch.y))


def _unfit(message: str) -> Finding:
    return Finding("data", "error", message, "These data cannot be used.", Fix("See the message."))


def examine_network(
    model: Any,
    program: Program,
    some: Batch,
    limits: Mapping[str, float],
    numbers: Numbers | None = None,
    first: float | None = None,
    wide: Batch | None = None,
) -> list[Finding]:
    """The part that needs only some samples: their scale, the design, the first weights and the first loss.

    numbers    those before the first step; by default the model's
    first      the loss on these samples with them, without penalties, if it is known already
    wide       more samples, if there are any, for what needs no pass through the network
    """
    objectives, numbers, wide = unfused(program, model), numbers or model.numbers, wide or some
    with np.errstate(all="ignore"):
        first = loss_of(program, numbers, some._replace(weights=None)) if first is None else first
        return [
            *design_checks.frozen(program, numbers),
            *network_checks.output_fits_loss(program.graph, objectives, some),
            *data_checks.inputs_scaled(_as_weights_read(program.graph, numbers, wide), model.input_slots(), limits),
            *exchanged_axes(program.graph, wide, limits),
            *design_checks.dropout(program.graph, limits),
            *design_checks.bottleneck(program.graph, objectives),
            *design_checks.linear(program.graph),
            *network_checks.initialisation(program.graph, numbers, limits),
            *network_checks.initial_loss(program.graph, objectives, numbers, some, first, limits),
        ]


def _as_weights_read(graph: Graph, numbers: Numbers, samples: Batch) -> Batch:
    """The inputs as they come to the first kernels: behind Normalization, Rescaling, Flatten and their like."""
    values, masks = dict(zip(graph.inputs, samples.x, strict=True)), dict[str, Array]()
    inputs, comes_from = [*samples.x], {value: place for place, value in enumerate(graph.inputs)}
    for node in graph.nodes:
        weightless = all(array.ndim < 2 for array in node.own(numbers.params).values())
        if weightless and len(node.reads) == len(node.makes) == 1 and node.reads[0] in comes_from:
            passes.run_node(node, numbers.params, numbers.state, values, masks, {}, training=True)
            place = comes_from[node.makes[0]] = comes_from[node.reads[0]]
            inputs[place] = values[node.makes[0]]
    return samples._replace(x=tuple(inputs))


def overfit_small_batch(
    model: Any, x: Any, y: Any, *, steps_at_most: int = 1000, thresholds: Mapping[str, float] | None = None
) -> tuple[list[Finding], Array]:
    """Whether the network can learn 16 samples by heart. One that cannot will not learn many. Nothing is changed.

    Returns the findings, none or one, and the loss after each step.

    Source: Karpathy, "A recipe for training neural networks" (2019): overfit one batch.
    """
    limits = all_limits(thresholds)
    count = int(limits["small_batch"])
    batch = data.batch(x, y, inputs=model.input_slots(), targets=model.target_slots())
    rows = np.random.default_rng(0).permutation(len(batch.x[0]))[:count]
    batch = Batch(tuple(part[rows] for part in batch.x), tuple(part[rows] for part in batch.y))
    program = model.program([target.shape for target in batch.y])
    numbers, key, losses = ready(program, model.numbers), key_of(0), []
    assert program.optimizer is not None  # ready sees to it
    with np.errstate(all="ignore"):
        for _ in range(steps_at_most):
            rate = program.optimizer.rate_at(numbers.step)
            numbers, tallies = steps.train_step(program, numbers, steps.start_tallies(program), batch, key, rate)
            losses.append(steps.read_tallies(program, tallies)["loss"])
            if not np.isfinite(losses[-1]) or losses[-1] < limits["small_batch_loss"] * losses[0]:
                break
    share = losses[-1] / losses[0]
    if share < limits["small_batch_loss"]:
        return [], np.array(losses)
    finding = Finding(
        "small_batch", "warning",
        f"After {len(losses)} steps on the same {len(rows)} samples the loss is {number(losses[-1])}, "
        f"{share:.0%} of what it was.",
        "The learning rate, the weights' beginning, or the loss: something keeps it from learning at all.",
        Fix("Find a rate first: find_learning_rate(model, x, y)."),
        value=share, threshold=limits["small_batch_loss"], view="learning_speed",
    )  # fmt: skip
    return [finding], np.array(losses)
