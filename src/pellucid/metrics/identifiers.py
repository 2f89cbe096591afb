"""From a name, a dictionary, a function or a class to a metric, and back."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from ..losses import cosine_similarity
from ..registry import custom_object_scope
from .accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from .metric import Metric, registry
from .probabilistic import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from .reduction import MeanMetricWrapper

registry.add("Metric", "metric")(Metric)
registry.add("cosine", "cosine_proximity")(cosine_similarity)  # as Keras 1 and 2 had them: minus the cosine


def get(identifier: Any) -> Any:
    """The metric that an identifier means.

    None                            None
    "mse", "MeanSquaredError"       a metric of the class of that name
    {"class_name": …, "config": …}  the metric written down by `serialize`
    a class                         an object of it, with its defaults
    anything callable               itself

    >>> get("mse")
    MeanSquaredError(name='mean_squared_error', dtype='float32')
    >>> get("acuracy")
    Traceback (most recent call last):
    ValueError: unknown metric 'acuracy'. Did you mean 'accuracy' ...?
    """
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    found = registry.find(identifier) if isinstance(identifier, str) else identifier
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ValueError(f"metric must be a name, a function of (y_true, y_pred) or a Metric, got {identifier!r}.")
    return found


names_in_the_log: dict[str, str] = {}
"""Metrics that the log calls otherwise than `compile` was told: none, but for programs of Keras 2 (compat/era.py)."""


def resolve(
    identifier: Any,
    target_shape: Sequence[int | None],
    output_shape: Sequence[int | None],
    loss: Any = None,
) -> Metric:
    """The metric that `compile` means, ready for data of these shapes.

    target_shape   of y_true, batch axis included; free axes are None
    output_shape   of y_pred, likewise
    loss           "crossentropy" reads predictions as logits when this loss does

    "accuracy", "acc" and "crossentropy", "ce" mean the form that fits the shapes: binary for one
    output, sparse for class numbers, else categorical. A name in the log is the name as it was written;
    a function of (y_true, y_pred) is averaged under its own name.

    >>> resolve("acc", (None,), (None, 10))
    SparseCategoricalAccuracy(name='acc', dtype='float32')
    """
    if isinstance(identifier, str):
        metric = _by_shapes(identifier, tuple(target_shape), tuple(output_shape), loss) or get(identifier)
        if isinstance(metric, Metric):
            metric.name = names_in_the_log.get(identifier, identifier)
    else:
        metric = get(identifier)
    if not isinstance(metric, Metric):
        if not callable(metric):
            raise ValueError(f"compile: a metric must be a name, a function or a Metric, got {identifier!r}.")
        name = names_in_the_log.get(identifier, identifier) if isinstance(identifier, str) else None
        metric = MeanMetricWrapper(metric, name)
    metric.build(tuple(target_shape), tuple(output_shape))
    return metric


def _by_shapes(word: str, target: tuple[int | None, ...], output: tuple[int | None, ...], loss: Any) -> Metric | None:
    """The form of "accuracy" or "crossentropy" that fits; None for other words."""
    binary = bool(output) and output[-1] == 1
    sparse = not binary and (len(target) < len(output) or (bool(target) and target[-1] == 1))
    if word.lower() in ("accuracy", "acc"):
        return BinaryAccuracy() if binary else SparseCategoricalAccuracy() if sparse else CategoricalAccuracy()
    if word.lower() in ("crossentropy", "ce"):
        form = BinaryCrossentropy if binary else SparseCategoricalCrossentropy if sparse else CategoricalCrossentropy
        return form(from_logits=bool(getattr(loss, "from_logits", False)))
    return None


def serialize(metric: Any) -> dict[str, Any]:
    """A metric as plain data that `deserialize` reads.

    >>> serialize(get("mse"))["class_name"]
    'MeanSquaredError'
    """
    if isinstance(metric, Metric):
        cls = type(metric)
        ours = cls.__name__ in registry and registry.find(cls.__name__) is cls
        config = metric.get_config()
        if "fn" in config:
            config["fn"] = serialize(config["fn"])
        return {
            "module": "keras.metrics" if ours else cls.__module__,
            "class_name": cls.__name__,
            "config": config,
            "registered_name": None if ours else cls.__name__,
        }
    if not hasattr(metric, "__name__"):
        raise ValueError(f"serialize needs a Metric or a function with a name, got {metric!r}.")
    return {"module": "builtins", "class_name": "function", "config": metric.__name__, "registered_name": "function"}


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric that `serialize` wrote, or of that name; your own are found among custom_objects."""
    with custom_object_scope(custom_objects):
        if not isinstance(config, Mapping):
            return get(config)
        if "class_name" not in config:
            raise ValueError(f"a metric needs 'class_name' and 'config', got {dict(config)!r}.")
        if config["class_name"] == "function":
            return get(config["config"])
        cls = registry.find(config["class_name"])
        settings = dict(config.get("config") or {})
        if isinstance(settings.get("fn"), Mapping):
            settings["fn"] = get(settings["fn"])
        return cls.from_config(settings)
