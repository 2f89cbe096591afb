"""Compile settings and the optimizer's memory, between Keras's older files and today's form."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import losses, metrics
from ..arrays import Array
from ..optimizers import Optimizer

Config = dict[str, Any]
_AS_NAMED = ("accuracy", "acc", "crossentropy", "ce")  # what they mean depends on the model's output


def modern_training(training: Mapping[str, Any]) -> Config:
    """Keras's older training_config as the compile config of today.

    >>> modern_training({"optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5}}, "loss": "mse"})
    {'optimizer': {'class_name': 'SGD', 'config': {'lr': 0.5}}, 'loss': 'mse', 'loss_weights': None, \
'metrics': None, 'weighted_metrics': None}
    """
    names = ("loss", "loss_weights", "metrics", "weighted_metrics")
    optimizer = training.get("optimizer_config")
    return {"optimizer": optimizer, **{name: _compiled(training.get(name)) for name in names}}


def _compiled(value: Any) -> Any:
    """What compile was given, without the marks that Keras 2 put on it."""
    if isinstance(value, list):
        return [_compiled(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "MeanMetricWrapper" and isinstance(value.get("config"), Mapping):
        wrapped = value["config"].get("fn")
        return wrapped if isinstance(wrapped, str) else dict(value)
    if value.get("reduction") == "auto":
        return {**value, "reduction": "sum_over_batch_size"}
    return {key: _compiled(part) for key, part in value.items()}


def training_config(settings: Mapping[str, Any]) -> Config:
    """Today's compile config in the older form. Losses and metrics become objects, for Keras 3 reads no names here.

    >>> training_config({"optimizer": {"class_name": "SGD", "config": {}}, "loss": "mse"})["loss"]["class_name"]
    'MeanSquaredError'
    """
    optimizer = settings["optimizer"]
    return {
        "optimizer_config": {"class_name": optimizer["class_name"], "config": optimizer["config"]},
        "loss": _objects(settings.get("loss"), lambda name: losses.serialize(losses.as_loss(name))),
        "loss_weights": settings.get("loss_weights"),
        "metrics": _objects(settings.get("metrics"), _metric),
        "weighted_metrics": _objects(settings.get("weighted_metrics"), _metric),
    }


def _metric(name: str) -> Any:
    return name if name in _AS_NAMED else metrics.serialize(metrics.get(name))


def _objects(value: Any, make: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return make(value)
    if isinstance(value, list):
        return [_objects(part, make) for part in value]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {name: _objects(part, make) for name, part in value.items()}
    return value


def old_moments(optimizer: Optimizer, arrays: Mapping[str, Array], count: int) -> list[Array]:
    """The optimizer's memory as Keras 1 and 2 stored it, in the order of today.

    Then: the number of steps; one slot of every weight, the next slot of every weight, …
    Today: the number of steps; the learning rate; all slots of a group for the first weight, for the second, …

    count   how many weights learn
    Raises ValueError when the arrays cannot be such a memory.
    """
    values = list(arrays.values())
    slots, rest = divmod(len(values) - 1, max(count, 1))
    if not values or np.shape(values[0]) != () or rest:
        raise ValueError(f"{len(values)} arrays are no memory of {type(optimizer).__name__} for {count} weights")
    rate = [np.float32(optimizer.learning_rate)] if optimizer.rate_is_a_number else []
    by_slot = [values[1 + slot * count : 1 + (slot + 1) * count] for slot in range(slots)]
    found: list[Array] = [np.int32(values[0]), *rate]
    for group in optimizer.slot_groups:
        found += [array for weight in zip(*by_slot[: len(group)], strict=True) for array in weight]
        by_slot = by_slot[len(group) :]
    return found
