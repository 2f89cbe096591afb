"""Which native kernel stands for which loss, metric and optimizer of a program. `Missing` says what has none."""

from typing import Any

import numpy as np

from .. import losses, metrics, optimizers
from .kernels import Missing
from .step import Program

_MEASURES: dict[type, str] = {
    metrics.CategoricalAccuracy: "categorical_accuracy",
    metrics.SparseCategoricalAccuracy: "sparse_categorical_accuracy",
    metrics.BinaryAccuracy: "binary_accuracy",
    metrics.MeanSquaredError: "mean_squared_error",
    metrics.MeanAbsoluteError: "mean_absolute_error",
}


def check_rules(program: Program) -> None:
    """Raise Missing where a whole step in the core would leave something of the program out."""
    rules = {
        "regularizers": program.penalties,
        "activity regularizers": program.activity,
        "constraints": program.constraints,
        "losses and metrics that layers add": program.graph.added,
    }
    for name, found in rules.items():
        if found:
            raise Missing(f"{name} are plain formulas")
    if len(program.objectives) != 1:
        raise Missing("several outputs have their losses in plain formulas")


def slot_names(optimizer: Any) -> tuple[str, ...]:
    """The optimizer's memory of one parameter, in the core's order."""
    return tuple(optimizer.slots(np.zeros(1, np.float32)))


def check_stations(optimizer: Any) -> None:
    """Raise Missing where more than the optimizer's own formula stands between gradients and parameters."""
    name = type(optimizer).__name__
    for extra in ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "gradient_accumulation_steps"):
        if getattr(optimizer, extra, None) is not None:
            raise Missing(f"{name} with {extra} is a plain formula")
    if getattr(optimizer, "use_ema", False):
        raise Missing(f"{name} with use_ema is a plain formula")


def add_optimizer(network: Any, optimizer: Any) -> None:
    """Give the network (or what else moves parameters) this optimizer's formula."""
    o, name = optimizer, type(optimizer).__name__
    if type(o) is optimizers.SGD:
        network.sgd(o.momentum, o.nesterov)
    elif type(o) in (optimizers.Adam, optimizers.AdamW):
        network.adam(o.beta_1, o.beta_2, o.epsilon, o.amsgrad)
    elif type(o) is optimizers.RMSprop:
        network.rmsprop(o.rho, o.momentum, o.epsilon, o.centered)
    else:
        raise Missing(f"there is no kernel for the optimizer {name}")


def add_judges(network: Any, program: Program, reads: int) -> None:
    """Give the network the program's loss, which reads this value of it, and its metrics."""
    objective = program.objectives[0]
    loss: Any = objective.loss
    width = program.graph.shapes[objective.reads][-1]
    kind = _loss_kind(loss)
    if objective.weight != 1.0 or loss.reduction not in ("sum_over_batch_size", "mean", "sum"):
        raise Missing(f"the loss {loss.name} with these settings is a plain formula")
    network.loss(kind, loss.reduction != "sum", float(getattr(loss, "label_smoothing", 0.0)), reads)
    for measure in program.measures:
        name = _MEASURES.get(type(measure.metric))
        counts_classes = name == "sparse_categorical_accuracy"
        fits = counts_classes == (kind == "sparse_categorical_crossentropy") or width == 1
        if name is None or measure.weighted or not fits:
            raise Missing(f"there is no kernel for the metric {measure.name}")
        network.measure(name, float(getattr(measure.metric, "threshold", 0.5)))


def _loss_kind(loss: Any) -> str:
    """The kernel of a loss; cross-entropies have one for weighted sums only."""
    if loss is None:
        raise Missing("without a loss there is no step")
    if type(loss) is losses.MeanSquaredError and getattr(loss, "dtype", None) is None:
        return "mean_squared_error"
    kinds = {
        losses.CategoricalCrossentropy: "categorical_crossentropy",
        losses.SparseCategoricalCrossentropy: "sparse_categorical_crossentropy",
        losses.BinaryCrossentropy: "binary_crossentropy",
    }
    usual = getattr(loss, "from_logits", False) and loss.axis == -1 and getattr(loss, "ignore_class", None) is None
    if type(loss) not in kinds or not usual or getattr(loss, "dtype", None) is not None:
        raise Missing(f"there is no kernel for the loss {getattr(loss, 'name', loss)} here")
    return kinds[type(loss)]
