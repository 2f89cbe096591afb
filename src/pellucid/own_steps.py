"""fit for a model that overrides `train_step(self, data)`: batches in, its dicts of logs out.

What it writes there is its own business: train_on_batch of models inside it, say. Raw TensorFlow (tf.GradientTape)
is not here; compat says so.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from .callbacks import CallbackList, History
from .data.adapters import BATCH_SIZE
from .errors import positive_int
from .layers.forms import filled, taken_out
from .random import fold_in, generator, next_key


def overrides(model: Any, method: str) -> bool:
    """Whether the model's class has a method of its own in place of Model's."""
    return getattr(getattr(type(model), method), "__module__", "").partition(".")[0] != __name__.partition(".")[0]


def fit_own(
    model: Any, x: Any, y: Any, sample_weight: Any, batch_size: int | None, epochs: int, verbose: Any, callbacks: Any,
    validation_data: Any, shuffle: Any, initial_epoch: int, steps: int | None,
) -> History:  # fmt: skip
    """Train by calling `model.train_step(data)` with x, (x, y) or (x, y, weights) of each batch.

    The logs of an epoch are those that its last step returned, beside what `evaluate` says of the validation data.

    Raises TypeError for a train_step that is written for JAX's functions alone.
    """
    if len(inspect.signature(type(model).train_step).parameters) != 2:
        raise TypeError(
            f"{model.name}: train_step(self, state, data) is the form that Keras has for JAX alone; here it is "
            "train_step(self, data), or no train_step at all: a loss of your own goes into compile or add_loss."
        )
    shown = 1 if verbose == "auto" else int(verbose)
    size = batch_size or BATCH_SIZE
    key, model.stop_training = next_key(), False
    told = CallbackList(
        callbacks, add_history=True, add_progbar=shown != 0, model=model, verbose=shown,
        epochs=positive_int(epochs, "epochs"), steps=steps or _count(x, size),
    )  # fmt: skip
    given = tuple(part for part in (x, y, sample_weight) if part is not None)
    data = given[0] if len(given) == 1 else given
    logs: dict[str, Any] = {}
    told.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        told.on_epoch_begin(epoch)
        for number, batch in enumerate(_batches(data, size, fold_in(key, epoch) if shuffle else None)):
            if number == steps:
                break
            told.on_train_batch_begin(number)
            logs = {name: float(value) for name, value in (model.train_step(batch) or {}).items()}
            told.on_train_batch_end(number, logs)
        if validation_data is not None:
            parts = validation_data if isinstance(validation_data, tuple) else (validation_data,)
            found = model.evaluate(*parts[:2], verbose=0, return_dict=True)
            logs |= {f"val_{name}": value for name, value in found.items()}
        told.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    told.on_train_end(logs)
    return model.history


def _arrays(data: Any) -> tuple[list[np.ndarray], Any]:
    return taken_out(data, lambda part: hasattr(part, "shape") and len(part.shape) > 0)


def _count(x: Any, size: int) -> int | None:
    arrays, _ = _arrays(x)
    if arrays:
        return -(-len(arrays[0]) // size)
    return len(x) if hasattr(x, "__len__") else None


def _batches(data: Any, size: int, key: Any) -> Iterator[Any]:
    """Slices of arrays, in a new order with a key; or whatever gives batches."""
    arrays, form = _arrays(data)
    if not arrays:
        yield from (data[i] for i in range(len(data))) if hasattr(data, "__getitem__") else data
        return
    order = np.arange(len(arrays[0])) if key is None else generator(key).permutation(len(arrays[0]))
    for first in range(0, len(order), size):
        yield filled(form, [array[order[first : first + size]] for array in arrays])
