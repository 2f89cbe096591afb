"""Methods and arguments of models as programs of older Kerases spell them, with their old meaning.

fit_generator(samples_per_epoch=…)    fit(…), with as many batches as hold so many samples
predict_classes(x)                    the most probable class of each row
fit(…, nb_epoch=10)                   fit(…, epochs=10)
"""

import functools
import inspect
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import config, training
from .arrays import Array
from .data.adapters import BATCH_SIZE

_FIT_ARGUMENTS = tuple(inspect.signature(training.fit).parameters)[1:]

_WORKERS: dict[str, str | None] = {
    "max_q_size": None,
    "max_queue_size": None,
    "nb_worker": None,
    "nb_workers": None,
    "workers": None,
    "pickle_safe": None,
    "use_multiprocessing": None,
    "wait_time": None,
}
FIT: dict[str, str | None] = {"nb_epoch": "epochs", "nb_val_worker": None, **_WORKERS}
EVALUATE: dict[str, str | None] = {**_WORKERS}
COMPILE: dict[str, str | None] = {
    "class_mode": None,
    "sample_weight_mode": None,
    "target_tensors": None,
    "theano_mode": None,
}
"""Old argument of each method, and its name of today; None for one that says nothing any more."""


def in_new_words(settings: Mapping[str, Any], table: Mapping[str, str | None], owner: str) -> dict[str, Any]:
    """The arguments by their names of today.

    >>> in_new_words({"nb_epoch": 3, "workers": 4}, FIT, "fit")
    {'epochs': 3}
    """
    found = {name: value for name, value in settings.items() if name not in table}
    for old, new in table.items():
        if new is not None and old in settings:
            if new in found:
                raise TypeError(f"{owner}: got both {old}= and {new}=, its name of today. Keep {new}=.")
            found[new] = settings[old]
    return found


@functools.wraps(training.fit)
def fit(model: Any, *args: Any, **settings: Any) -> Any:
    settings = in_new_words(settings, FIT, "fit")
    if settings.pop("show_accuracy", False):
        _measure_accuracy(model)
    if config.max_epochs() is not None:
        settings |= dict(zip(_FIT_ARGUMENTS, args, strict=False))
        args = ()
        last = settings.get("initial_epoch", 0) + config.max_epochs()
        if settings.get("epochs", 1) > last:
            config.cuts.add("epochs")
            settings["epochs"] = last
    _cap_steps(settings, args, "steps_per_epoch")
    return training.fit(model, *args, **settings)


@functools.wraps(training.evaluate)
def evaluate(model: Any, *args: Any, **settings: Any) -> Any:
    settings = in_new_words(settings, EVALUATE, "evaluate")
    if settings.pop("show_accuracy", False):
        _measure_accuracy(model)
    _cap_steps(settings, args, "steps")
    return training.evaluate(model, *args, **settings)


@functools.wraps(training.predict)
def predict(model: Any, *args: Any, **settings: Any) -> Any:
    return config.as_column(training.predict(model, *args, **in_new_words(settings, EVALUATE, "predict")))


def nothing_to_make(model: Any) -> None:
    """Keras 2's `model._make_predict_function()`, before a model goes to another thread: nothing waits to be made."""


def weights_and_metrics(loss_weights: Any, metrics: Any) -> tuple[Any, Any]:
    """compile's third and fourth argument, in this order; Keras 1 and 2 had them the other way round.

    >>> weights_and_metrics(["accuracy"], None)
    (None, ['accuracy'])
    """
    parts = loss_weights.values() if isinstance(loss_weights, Mapping) else loss_weights
    parts = list(parts) if isinstance(parts, list | tuple | type({}.values())) else []
    are_metrics = any(isinstance(part, str | list) or callable(part) for part in parts)
    return (metrics, loss_weights) if are_metrics else (loss_weights, metrics)


def fit_generator(
    model: Any,
    generator: Any,
    steps_per_epoch: int | None = None,
    epochs: int = 1,
    verbose: Any = 1,
    callbacks: Any = None,
    validation_data: Any = None,
    validation_steps: int | None = None,
    class_weight: Any = None,
    **settings: Any,
) -> Any:
    """fit, on what gives batches.

    samples_per_epoch, nb_val_samples, val_samples   Keras 1: an epoch ends when so many samples were seen
    nb_epoch                                         epochs
    """
    samples = settings.pop("samples_per_epoch", None)
    if samples is not None:
        generator, steps_per_epoch = _steps_for(generator, samples)
    validation_samples = settings.pop("nb_val_samples", settings.pop("val_samples", None))
    if validation_samples is not None and not isinstance(validation_data, tuple | list):
        validation_data, validation_steps = _steps_for(validation_data, validation_samples)
    return model.fit(
        generator,
        steps_per_epoch=steps_per_epoch,
        epochs=settings.pop("nb_epoch", epochs),
        verbose=verbose,
        callbacks=callbacks,
        validation_data=validation_data,
        validation_steps=validation_steps,
        class_weight=class_weight,
        **settings,
    )


def evaluate_generator(model: Any, generator: Any, steps: int | None = None, **settings: Any) -> Any:
    """evaluate, on what gives batches; val_samples is Keras 1's number of samples."""
    samples = settings.pop("val_samples", _samples_meant(generator, steps))
    if samples is not None:
        generator, steps = _steps_for(generator, samples)
    return model.evaluate(generator, steps=steps, **{"verbose": 0, **settings})


def predict_generator(model: Any, generator: Any, steps: int | None = None, **settings: Any) -> Any:
    """predict, on what gives batches; val_samples is Keras 1's number of samples."""
    samples = settings.pop("val_samples", _samples_meant(generator, steps))
    if samples is not None:
        generator, steps = _steps_for(generator, samples)
    found = model.predict(generator, steps=steps, **{"verbose": 0, **settings})
    return found if samples is None or isinstance(found, list) else found[:samples]


def predict_proba(model: Any, x: Any, batch_size: int = 32, verbose: Any = 0, **_: Any) -> Array:
    """predict: the probability of each class."""
    return model.predict(x, batch_size=batch_size, verbose=verbose)


def predict_classes(model: Any, x: Any, batch_size: int = 32, verbose: Any = 0, **_: Any) -> Array:
    """The most probable class of each row; for one output, whether it is above a half."""
    found = model.predict(x, batch_size=batch_size, verbose=verbose)
    return found.argmax(axis=-1) if found.shape[-1] > 1 else (found > 0.5).astype("int32")


def to_yaml(model: Any, **_: Any) -> str:
    """Refused, as by Keras since 2021."""
    raise RuntimeError("to_yaml is gone, because YAML can run code. Use model.to_json() and model_from_json.")


def _measure_accuracy(model: Any) -> None:
    """Keras 0's show_accuracy: the accuracy among the metrics from now on."""
    if not model.recipe.metrics:
        model.compile(model.optimizer, model.loss, metrics=["accuracy"])


def _cap_steps(settings: dict[str, Any], args: tuple[Any, ...], name: str) -> None:
    """A trial run's shorter epoch, from `config.set_max_steps_per_epoch` and `set_max_samples`."""
    steps, samples = config.max_steps_per_epoch(), config.max_samples()
    if steps is None and samples is None:
        return
    x = args[0] if args else settings.get("x")
    size = (args[2] if len(args) > 2 else settings.get("batch_size")) or getattr(x, "batch_size", None) or BATCH_SIZE
    wanted = settings.get(name) or _batches(x, size, settings)
    enough = None if samples is None else -(-samples // size)
    settings[name] = min(count for count in (steps, enough, wanted) if count is not None)
    held_out = settings.get("validation_data")
    if isinstance(held_out, list | tuple) and samples is not None:
        size = settings.get("validation_batch_size") or size
        wanted = settings.get("validation_steps") or _batches(held_out[0], size, {})
        settings["validation_steps"] = min(count for count in (-(-samples // size), wanted) if count is not None)


def _batches(x: Any, size: int, settings: Mapping[str, Any]) -> int | None:
    """How many batches an epoch would have; None when nobody knows."""
    first = x[0] if isinstance(x, list | tuple) and len(x) and hasattr(x[0], "shape") else x
    first = next(iter(first.values())) if isinstance(first, Mapping) else first
    try:
        count = len(first)
    except TypeError:
        return None
    if not hasattr(first, "shape") and not isinstance(first, list | tuple):
        return count
    share = 1 - float(settings.get("validation_split") or 0)
    return max(1, -(-int(count * share) // size))


def _steps_for(generator: Any, samples: int) -> tuple[Any, int]:
    """What gives the batches, and how many of them hold so many samples."""
    size = getattr(generator, "batch_size", None)
    if size is None and hasattr(generator, "__next__"):
        first = next(generator)
        generator = itertools.chain([first], generator)
        size = _samples(first)
    elif size is None:
        size = _samples(generator[0])
    return generator, max(1, -(-samples // size))


def _samples_meant(generator: Any, steps: int | None) -> int | None:
    """The second argument, where it is how many pictures a folder has: so Keras 1 counted."""
    size, count = getattr(generator, "batch_size", None), getattr(generator, "nb_sample", None)
    return steps if count is not None and steps == count and size is not None and size > 1 else None


def _samples(batch: Any) -> int:
    """How many samples a batch has."""
    x = batch[0] if isinstance(batch, tuple | list) else batch
    while isinstance(x, list | tuple | Mapping):
        x = next(iter(x.values())) if isinstance(x, Mapping) else x[0]
        if np.ndim(x) == 0:
            return 1
    return len(x)
