"""Checks of a network before training: does its output fit the loss, how does it begin."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ... import losses
from ...engine.batch import Batch
from ...engine.graph import Graph
from ...engine.step import Numbers, Objective
from ...initializers.scaling import fans
from ...layers.activation import Activation
from ..blocks import number
from ..learning_speed import length
from .finding import Finding, Fix
from .vitals import twins
from .yardstick import constant_loss, is_classification, undecided_loss

_RANGES = {"sigmoid": (0, 1), "hard_sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "softsign": (-1, 1),
           "relu": (0, np.inf), "softplus": (0, np.inf), "relu6": (0, 6)}  # fmt: skip
_CLASS = losses.CategoricalCrossentropy | losses.SparseCategoricalCrossentropy
_NONE = np.zeros(0)
_MOST_RECURRENT = 512  # units whose eigenvalues are computed
_NOT_ONE, _FEW_ROWS = 0.01, 0.05  # what a sum of shares may differ by; rows of targets that may do so
_FEW_WEIGHTS = 16  # whose variance says nothing
_SEE_THROUGH = {"Reshape", "Flatten", "Dropout", "TimeDistributed"}


def output_fits_loss(graph: Graph, objectives: tuple[Objective, ...], batch: Batch) -> Iterator[Finding]:
    """The last activation gives what the loss takes, and can reach the targets."""
    for objective, value, y in zip(objectives, graph.outputs, batch.y, strict=True):
        last, loss = _last_activation(graph, value), objective.loss
        if loss is None or last is None:
            continue
        width = graph.shapes[value][-1]
        out_of_reach = None if is_classification(loss) else _reach(last, y)
        said = _cross_entropy(last, loss, width) if is_classification(loss) else out_of_reach
        said = _twice(graph, value) or said or _several(last, loss, y)
        if said is not None:
            what, fix = said
            yield Finding(
                "output_fits_loss", "error", f"{what[0].upper()}{what[1:]}",
                "The last activation cannot give such answers, whatever the network learns." if said is out_of_reach
                else "The last activation and the loss do not belong together.", fix,
                layer=value.split("/")[0], view="trace",
            )  # fmt: skip
        elif last == "sigmoid" and isinstance(loss, _CLASS):
            yield Finding(
                "output_fits_loss", "warning",
                f"The loss {loss.name} takes shares of {width} classes that sum to 1; sigmoid gives each a number of "
                "its own.",
                "Sigmoid answers yes or no for every unit by itself; only one of the classes is right.",
                Fix("Use softmax as the last activation.", "output", {"activation": "softmax"}),
                layer=value.split("/")[0], view="trace",
            )  # fmt: skip


def _cross_entropy(last: str, loss: Any, width: int | None) -> tuple[str, Fix] | None:
    logits, name = getattr(loss, "from_logits", False), loss.name
    fitting = "softmax" if isinstance(loss, _CLASS) else "sigmoid"
    if isinstance(loss, _CLASS) and width == 1:
        return (
            f"the loss {name} over one unit: with a single class its share is always 1.",
            Fix("Use a sigmoid unit with binary_crossentropy, or a unit for each class."),
        )
    if last == "softmax" and width == 1:
        return "softmax over one unit is always 1.", Fix("Use sigmoid.", "output", {"activation": "sigmoid"})
    if logits and last in ("softmax", "sigmoid"):
        return (
            f"the loss {name} has from_logits=True, but {last} is applied already.",
            Fix("Leave from_logits out.", "loss", {"from_logits": False}),
        )
    if not logits and last not in ("softmax", "sigmoid", "hard_sigmoid"):
        return (
            f"the loss {name} takes probabilities, but the last activation is {last}.",
            Fix(f"Use {fitting} as the last activation, or from_logits=True.", "output", {"activation": fitting}),
        )
    if logits and last not in ("linear", "softmax", "sigmoid"):
        return (
            f"the loss {name} takes sums of both signs, but {last} bends them.",
            Fix("Use no activation in the last layer.", "output", {"activation": "linear"}),
        )
    return None


def _several(last: str, loss: Any, y: Any) -> tuple[str, Fix] | None:
    """Shares that sum to 1, where samples belong to several classes at once."""
    if last != "softmax" or not isinstance(loss, losses.BinaryCrossentropy | losses.CategoricalCrossentropy):
        return None
    if (many := float((np.sum(y, axis=-1) > 1 + _NOT_ONE).mean())) <= _FEW_ROWS:
        return None
    return f"softmax shares 1 out among the classes, but {many:.0%} of the samples belong to several.", Fix(
        "Use sigmoid with binary_crossentropy: a yes or no for each class.", "output", {"activation": "sigmoid"}
    )


def _twice(graph: Graph, value: str) -> tuple[str, Fix] | None:
    """The end of a network where softmax or sigmoid reads the shares of another."""
    makers = {made: node for node in graph.nodes for made in node.makes}
    names: list[str] = []
    while value in makers and (name := _activation_of(makers[value].layer)):
        names.append(name)
        value = makers[value].reads[0]
    if sum(name in ("softmax", "sigmoid") for name in names) < 2:
        return None
    return f"{names[0]} is applied to what went through {names[1]} already.", Fix(
        "Leave one of the two activations out: twice, all classes look nearly alike."
    )


def _activation_of(layer: Any) -> str:
    """The name of an activation; "" for a layer that is none."""
    if isinstance(layer, Activation):
        return str(layer.activation.name)
    return str(layer.class_name).lower() if layer.class_name in ("Softmax", "ReLU") else ""


def _reach(last: str, y: Any) -> tuple[str, Fix] | None:
    low, high = _RANGES.get(last, (-np.inf, np.inf))
    least, most = float(np.min(y)), float(np.max(y))
    if least < low - 1e-6 or most > high + 1e-6:
        return (
            f"{last} gives {_range(low, high)}, but targets run from {number(least)} to {number(most)}.",
            Fix("Use no activation in the last layer, or scale the targets.", "output", {"activation": "linear"}),
        )
    return None


def _range(low: float, high: float) -> str:
    return f"{low} to {number(high)}" if np.isfinite(high) else f"nothing below {low}"


def _last_activation(graph: Graph, value: str) -> str | None:
    """The activation of an output by name, "linear" for none; None where that cannot be said."""
    makers = {made: node for node in graph.nodes for made in node.makes}
    while value in makers:
        node = makers[value]
        if name := _activation_of(node.layer):
            return name
        if node.layer.class_name not in _SEE_THROUGH:
            return "linear" if hasattr(node.layer, "output_activation") and node.owner in graph.owners and (
                "kernel" in node.layer.numbers.params
            ) else None  # fmt: skip
        value = node.reads[0]
    return None


def initial_loss(
    graph: Graph,
    objectives: tuple[Objective, ...],
    numbers: Numbers,
    batch: Batch,
    loss: float,
    limits: Mapping[str, float],
) -> Iterator[Finding]:
    """An untrained classifier thinks all classes about equally likely: its loss on this batch says so."""
    if learned_before(graph, numbers):
        return
    widths = [graph.shapes[name][-1] for name in graph.outputs]
    undecided = undecided_loss(objectives, batch, widths)
    if undecided is None or constant_loss(objectives, batch, widths) is None:
        return
    share = loss / undecided
    if not limits["initial_loss_low"] <= share <= limits["initial_loss_notice"]:
        side = "low" if share < 1 else "notice" if share <= limits["initial_loss_high"] else "high"
        yield Finding(
            "initial_loss", "warning" if side == "high" else "notice",
            f"Before training, the loss is {number(loss)}; an answer that finds all classes equally likely has "
            f"{number(undecided)}.",
            "The network begins sure of wrong answers: inputs or initial weights too large, or the wrong loss."
            if share > 1 else "The network knows the answers before training: trained before, or the wrong loss.",
            Fix("Scale the inputs, and begin with Glorot's or He's weights.", "fresh",
                {"initializer": "glorot_uniform"}),
            value=share, threshold=limits[f"initial_loss_{side}"], view="trace",
        )  # fmt: skip


def learned_before(graph: Graph, numbers: Numbers) -> bool:
    """Whether these weights have made steps already, as far as one can tell: a bias that began at 0 has left it."""
    if int(numbers.step):
        return True
    return any(
        layer.bias_initializer.__class__.__name__ == "Zeros" and numbers.params.get(owner, {}).get("bias", _NONE).any()
        for owner, layer in graph.owners.items() if hasattr(layer, "bias_initializer")
        and "recurrent_kernel" not in numbers.params.get(owner, {})
    )  # fmt: skip


def initialisation(graph: Graph, numbers: Numbers, limits: Mapping[str, float]) -> Iterator[Finding]:
    """Units that begin differently, with weights of a size that neither fades nor grows."""
    if learned_before(graph, numbers):
        return
    yield from _growing(numbers, limits)
    kernels = {
        owner: part["kernel"] for owner, part in numbers.params.items()
        if "kernel" in part and part["kernel"].ndim > 1 and owner in graph.owners
    }  # fmt: skip
    outputs = {_owner_of(graph, value) for value in graph.outputs}
    for owner, kernel in kernels.items():
        units, recurrent = kernel.shape[-1], "recurrent_kernel" in numbers.params[owner]
        if owner in outputs and not kernel.any():
            continue  # an output layer may begin at 0: its targets tell its units apart
        if units > 1 and owner not in outputs and not recurrent and len(twins(kernel, 0.9999)) == min(units, 256) - 1:
            yield Finding(
                "initialisation", "error", f"All {units} units of {owner!r} begin with the same weights.",
                "They will hear the same gradient and stay the same: the layer is as good as one unit.",
                Fix("Begin with random weights: kernel_initializer='glorot_uniform'.", "fresh",
                    {"initializer": "glorot_uniform"}),
                layer=owner, value=1.0, threshold=limits["duplicate"], view="network_view",
            )  # fmt: skip
            continue
        if kernel.size < _FEW_WEIGHTS:
            continue
        fan_in, fan_out = fans(kernel.shape)
        healthy = sorted((2 / (fan_in + fan_out), 2 / fan_in, 1 / fan_in))
        chance = 1 + 3 * np.sqrt(2 / kernel.size)  # a few draws vary by as much as this
        low, high = limits["variance_low"] * healthy[0] / chance, limits["variance_high"] * healthy[-1] * chance
        variance = length({"kernel": kernel}) ** 2 / kernel.size
        if not low <= variance <= high:
            size = "small" if variance < low else "large"
            yield Finding(
                "initialisation", "warning",
                f"The weights of {owner!r} begin too {size}: their variance is {number(variance)}; Glorot's and He's "
                f"lie between {number(healthy[0])} and {number(healthy[-1])}.",
                "Signals fade from layer to layer." if size == "small"
                else "Signals grow from layer to layer, or saturate.",
                Fix("Use kernel_initializer='glorot_uniform' (sigmoid, tanh) or 'he_uniform' (relu).", "fresh",
                    {"initializer": "glorot_uniform"}),
                layer=owner, value=variance, threshold=low if size == "small" else high, view="network_view",
            )  # fmt: skip


def _growing(numbers: Numbers, limits: Mapping[str, float]) -> Iterator[Finding]:
    """Recurrent weights that multiply the state in every time step; those of gates are bounded by them."""
    for owner, part in numbers.params.items():
        kernel = part.get("recurrent_kernel")
        if kernel is None or kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or len(kernel) > _MOST_RECURRENT:
            continue
        radius = float(np.abs(np.linalg.eigvals(kernel)).max())
        if radius > limits["recurrent_growth"]:
            yield Finding(
                "initialisation", "warning",
                f"The recurrent weights of {owner!r} begin too large: a time step can multiply the state by "
                f"{number(radius)}, and the next one again.",
                "What grows from step to step explodes over a sequence, forward and back.",
                Fix("Use recurrent_initializer='orthogonal', which multiplies by 1.", "fresh",
                    {"initializer": "glorot_uniform"}),
                layer=owner, value=radius, threshold=limits["recurrent_growth"], view="unroll",
            )  # fmt: skip


def _owner_of(graph: Graph, value: str) -> str:
    """The layer with weights that makes a value, through activations."""
    makers = {made: node for node in graph.nodes for made in node.makes}
    while value in makers and (makers[value].owner not in graph.owners or not makers[value].layer.numbers.params):
        if not makers[value].reads:
            break
        value = makers[value].reads[0]
    return makers[value].owner if value in makers else value
