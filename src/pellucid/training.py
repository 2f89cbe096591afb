"""fit, evaluate, predict: batches in, steps taken, callbacks told. These are the methods of `Model`."""

import math
import warnings
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from . import data
from .callbacks import CallbackList, History
from .callbacks.by_argument import added, asked_for
from .data import Source, source, split
from .data.adapters import BATCH_SIZE
from .engine import step as steps
from .engine.portions import OneBatch
from .errors import count, one_of, positive_int
from .first_look import first_look
from .layers.bundle import on_host
from .loop import (
    Loop,
    TrainingWarning,
    check_learns,
    evaluated,
    first_not_finite,
    is_due,
    is_finite,
    logs_of,
    ready,
)
from .own_steps import OwnLoop, no_batch, overrides, predict_own, raw_source
from .random import next_key
from .resuming import restore_training_state, training_state

__all__ = [
    "Loop",
    "TrainingWarning",
    "evaluate",
    "fit",
    "logs_of",
    "predict",
    "predict_on_batch",
    "predict_step",
    "ready",
    "reset_metrics",
    "restore_training_state",
    "test_on_batch",
    "test_step",
    "train_on_batch",
    "train_step",
    "training_state",
]


def fit(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: Any = True,
    class_weight: Any = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: Any = 1,
    *,
    nb_epoch: int | None = None,
    doctor: Any = None,
) -> History:
    """Train for a number of epochs.

    Args:
        x: inputs: an array, a list or dict of arrays for several inputs, or what gives batches (x, y[, weights]).
        y: targets, unless x gives them.
        batch_size: samples in a batch, 32 by default; not for x that gives batches.
        epochs: the number of the last epoch; training starts after `initial_epoch`.
        verbose: 0 silent, 1 a progress line, 2 a line for each epoch.
        callbacks: `Callback`s to be told.
        validation_split: share of the samples, the last ones, kept for validation.
        validation_data: (x_val, y_val[, weights]), or anything that gives batches.
        shuffle: whether to take the samples of arrays in a new order each epoch.
        class_weight: how much a sample of each class counts; with several outputs a dict of such dicts by their names.
        sample_weight: how much each sample counts.
        steps_per_epoch: batches in an epoch, where x does not say or fewer are wanted.
        validation_steps, validation_batch_size: the same for validation.
        validation_freq: every how many epochs to validate, or the list of epochs.
        doctor: True, or the settings of a `pellucid.inside.doctor.Doctor`, to be told what is wrong with the training.

    Returns the History: `history.history["loss"]`, one number an epoch.

    Raises, before anything has changed, DataError, ShapeError or ValueError for data that cannot be trained on.
    """
    callbacks = [callbacks, *added(), *([asked_for("doctor", doctor)] if doctor else [])]
    epochs = count(epochs if nb_epoch is None else nb_epoch, "epochs")
    initial_epoch = count(initial_epoch, "initial_epoch")
    _check_frequency(validation_freq)
    _verbosity(verbose)
    own = overrides(model, "train_step")
    if not own:
        model._require_compiled()
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = split(x, y, sample_weight, validation_split)
    if own:
        if class_weight is not None:
            raise ValueError(f"fit: class_weight has no place in the train_step of {model.name}. Give sample_weight.")
        batches = raw_source(x, y, sample_weight, batch_size=batch_size, shuffle=shuffle, steps=steps_per_epoch)
        size = validation_batch_size or batch_size
        validate = (
            None if validation_data is None else partial(_validated, model, validation_data, size, validation_steps)
        )
        told = CallbackList(
            callbacks, add_history=True, add_progbar=_verbosity(verbose) != 0, model=model,
            verbose=_verbosity(verbose), epochs=epochs, steps=batches.steps,
        )  # fmt: skip
        model.loop = OwnLoop(model, batches, validate, partial(is_due, validation_freq), told)
        model.loop.run(initial_epoch, epochs)
        return model.history
    x = _built(model, x)
    y, sample_weight = _compared(model, y, sample_weight)
    batches = source(
        x, y, sample_weight, inputs=model.input_slots(), targets=model.target_slots(), batch_size=batch_size,
        class_weight=class_weight, shuffle=shuffle, steps=steps_per_epoch,
    )  # fmt: skip
    validation = None
    if validation_data is not None:
        size = validation_batch_size or batch_size
        validation = _validation_source(model, validation_data, size, validation_steps)
    told = CallbackList(
        callbacks, add_history=True, add_progbar=_verbosity(verbose) != 0, model=model, verbose=_verbosity(verbose),
        epochs=epochs, steps=batches.steps,
    )  # fmt: skip
    if isinstance(validation_data, tuple | list):
        told.set_validation_data(_as_list_of_arrays(validation_data))
    model.loop = Loop(model, batches, validation, told, validation_freq)
    model.loop.run(initial_epoch, epochs)
    return model.history


def evaluate(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: Any = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Any = None,
    return_dict: bool = False,
    show_accuracy: bool | None = None,
) -> Any:
    """The loss and the metrics on these data, without learning from them.

    Returns the loss, or [loss, *metrics], or a dict by name with return_dict=True.
    """
    if overrides(model, "test_step"):
        batches = raw_source(x, y, sample_weight, batch_size=batch_size, steps=steps)
    else:
        model._require_compiled()
        x = _built(model, x)
        y, sample_weight = _compared(model, y, sample_weight)
        batches = source(
            x,
            y,
            sample_weight,
            inputs=model.input_slots(),
            targets=model.target_slots(),
            batch_size=batch_size,
            steps=steps,
        )
    told = CallbackList(
        callbacks, add_history=False, add_progbar=_verbosity(verbose) != 0, model=model, verbose=_verbosity(verbose),
        epochs=1, steps=batches.steps,
    )  # fmt: skip
    return _listed(evaluated(model, batches, told), return_dict)


def predict(
    model: Any,
    x: Any,
    batch_size: int | None = None,
    verbose: Any = "auto",
    steps: int | None = None,
    callbacks: Any = None,
) -> Any:
    """The outputs for these inputs, batch by batch.

    Returns an array (samples, …), or a list or dict of them for several outputs.
    """
    own = overrides(model, "predict_step")
    alone = callbacks is None and verbose == 0 and steps is None and isinstance(x, np.ndarray) and not own
    if alone and x.shape and x.shape[0] <= (BATCH_SIZE if batch_size is None else batch_size):
        y = model.answer_unchecked(x)  # one batch, and nobody to tell
        return predict_on_batch(model, x) if y is None else y
    if own:
        batches = raw_source(x, batch_size=batch_size, steps=steps)
    else:
        x = _built(model, x)
        batches = source(x, inputs=model.input_slots(), batch_size=batch_size, steps=steps)
    told = CallbackList(
        callbacks, add_history=False, add_progbar=_verbosity(verbose) != 0, model=model, verbose=_verbosity(verbose),
        epochs=1, steps=batches.steps,
    )  # fmt: skip
    if own:
        return predict_own(model, batches, told)
    told.on_predict_begin()
    parts: list[tuple[np.ndarray, ...]] = []
    each = told.wants("on_predict_batch_begin") or told.wants("on_predict_batch_end")
    whole = None if each or steps is not None else batches.whole()
    if whole is not None and len(whole.x) == 1 and (y := model.answer(whole.x[0])) is not None:
        told.on_predict_end()
        return y
    for number, batch in enumerate(batches.batches(None)):
        told.on_predict_batch_begin(number)
        parts.append(model.outputs_for(batch.x))
        told.on_predict_batch_end(number, {"outputs": parts[-1]})
    told.on_predict_end()
    if not parts:
        raise no_batch("predict")
    return model.packed([np.concatenate(column) for column in zip(*parts, strict=True)])


def train_on_batch(
    model: Any, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
) -> Any:
    """Learn from these samples in one step.

    Returns this batch's loss, or [loss, *metrics], or a dict by name with return_dict=True.
    """
    model._require_compiled()
    x = _built(model, x)
    y, sample_weight = _compared(model, y, sample_weight)
    batch = data.batch(
        x, y, sample_weight, inputs=model.input_slots(), targets=model.target_slots(), class_weight=class_weight
    )
    program, compiled = model.program_for([target.shape for target in batch.y])
    check_learns(program)
    numbers, key = ready(program, model.held), next_key()
    portion = OneBatch(program, compiled, batch, key)
    learned, tallies, _ = portion.learn(numbers, steps.start_tallies(program), most=1)
    logs = steps.read_tallies(program, tallies)
    if math.isfinite(logs["loss"]) and is_finite(learned):
        model.numbers = learned
    else:
        warnings.warn(
            f"train_on_batch: not all numbers are finite after this step; "
            f"{first_not_finite(program, on_host(numbers), batch, key)}. The model keeps its numbers from before it.",
            TrainingWarning,
            stacklevel=2,
        )
    return _listed(logs, return_dict)


def test_on_batch(model: Any, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
    """The loss and the metrics on these samples; returned as by `train_on_batch`."""
    model._require_compiled()
    x = _built(model, x)
    y, sample_weight = _compared(model, y, sample_weight)
    batch = data.batch(x, y, sample_weight, inputs=model.input_slots(), targets=model.target_slots())
    program, compiled = model.program_for([target.shape for target in batch.y])
    portion = OneBatch(program, compiled, batch, None)
    tallies, _ = portion.look(model.held, steps.start_tallies(program), one=True)
    if model._graph.carries:
        model.outputs_for(batch.x)
    return _listed(steps.read_tallies(program, tallies), return_dict)


def predict_on_batch(model: Any, x: Any) -> Any:
    """The outputs for these samples, as one batch."""
    x = _built(model, x)
    return model.packed(model.outputs_for(data.batch(x, inputs=model.input_slots()).x))


def train_step(model: Any, data: Any) -> dict[str, Any]:
    """Learn from one batch, x, (x, y) or (x, y, weights), and return its logs; for subclasses to override."""
    return train_on_batch(model, *_parts(data), return_dict=True)


def test_step(model: Any, data: Any) -> dict[str, Any]:
    """The loss and the metrics on one batch."""
    return test_on_batch(model, *_parts(data), return_dict=True)


def predict_step(model: Any, data: Any) -> Any:
    """The outputs for one batch."""
    return predict_on_batch(model, _parts(data)[0])


def _parts(data: Any) -> tuple[Any, Any, Any]:
    return (*(data if isinstance(data, tuple) else (data,)), None, None)[:3]


def reset_metrics(model: Any) -> None:
    """For programs that call it: there is nothing to reset, every call here starts its own tallies."""


def _as_list_of_arrays(validation_data: Sequence[Any]) -> list[Any]:
    """Inputs, targets and sample weights (ones where there are none) in one list, as Keras 2 gave them to callbacks."""
    x, y, weights = (*validation_data, None)[:3]
    targets = _each(y)
    given = [np.ones(len(one), dtype="float32") for one in targets] if weights is None else _each(weights)
    return [*_each(x), *targets, *given]


def _each(given: Any) -> list[Any]:
    """The arrays of one argument of `fit`: one, or a list or dict of them."""
    if isinstance(given, Mapping):
        return list(given.values())
    several = isinstance(given, list | tuple) and all(hasattr(part, "shape") for part in given)
    return list(given) if several else [] if given is None else [given]


def _validation_source(model: Any, given: Any, batch_size: int | None, steps: int | None) -> Source:
    x, y, weights = given, None, None
    if isinstance(given, tuple | list):
        if len(given) not in (2, 3):
            raise ValueError(f"fit: validation_data must be (x, y) or (x, y, weights), got {len(given)} parts.")
        x, y, weights = (*given, None)[:3]
    else:
        batch_size = None
    if overrides(model, "test_step"):
        return raw_source(x, y, weights, batch_size=batch_size, steps=steps)
    y, weights = _compared(model, y, weights)
    return source(
        x, y, weights, inputs=model.input_slots(), targets=model.target_slots(), batch_size=batch_size, steps=steps
    )


def _validated(model: Any, given: Any, batch_size: int | None, steps: int | None) -> dict[str, Any]:
    """What `evaluate` says of validation data in any form."""
    x, y, weights = (*given, None, None)[:3] if isinstance(given, tuple | list) else (given, None, None)
    return model.evaluate(x, y, sample_weight=weights, batch_size=batch_size, steps=steps, verbose=0, return_dict=True)


def _check_frequency(validation_freq: Any) -> None:
    if isinstance(validation_freq, int):
        positive_int(validation_freq, "validation_freq")
    elif not isinstance(validation_freq, Collection) or isinstance(validation_freq, str):
        raise ValueError(f"validation_freq must be a whole number or a list of epochs, got {validation_freq!r}.")


def _verbosity(verbose: Any) -> int:
    return 1 if verbose == "auto" else int(one_of(verbose, (0, 1, 2), "verbose"))


def _listed(logs: dict[str, Any], return_dict: bool) -> Any:
    if return_dict:
        return dict(sorted(logs.items()))
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _compared(model: Any, y: Any, sample_weight: Any) -> tuple[Any, Any]:
    """The targets and their weights; None for a model whose layers add all of its loss, whatever is given."""
    return (y, sample_weight) if model.target_slots() else (None, None)


def _built(model: Any, x: Any) -> Any:
    """x again (one that can only be walked once is put back together), with the model built from its shape."""
    if model.graph is not None and not isinstance(x, np.ndarray):
        return x
    x, shape = first_look(x)
    model.build(shape)
    return x
