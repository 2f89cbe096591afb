"""fit, evaluate and predict for a model that overrides `train_step(self, data)`, `test_step` or `predict_step`.

What they write there is their own business: train_on_batch of models inside it, say. The batches come as they are,
unchecked, because nobody knows what the step makes of them. Raw TensorFlow (tf.GradientTape) is not here; compat says
so.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .callbacks import CallbackList, History
from .data import PyDataset, SequenceSource, Source, StreamSource
from .data.adapters import BATCH_SIZE
from .data.checks import check_lengths
from .data.sources import part
from .errors import DataError
from .layers.forms import filled, taken_out
from .random import Key, fold_in, generator, next_key


def overrides(model: Any, method: str) -> bool:
    """Whether the model's class has a method of its own in place of Model's."""
    return getattr(getattr(type(model), method), "__module__", "").partition(".")[0] != __name__.partition(".")[0]


def fit_own(
    model: Any, batches: Source, validate: Callable[[], dict[str, Any]] | None, is_due: Callable[[int], bool],
    callbacks: Any, verbose: int, initial_epoch: int, epochs: int,
) -> History:  # fmt: skip
    """Train by calling `model.train_step(data)` with x, (x, y) or (x, y, weights) of each batch.

    The logs of an epoch are those that its last step returned, beside those of `validate` where it is due.

    Raises TypeError for a train_step that is written for JAX's functions alone.
    """
    if len(inspect.signature(type(model).train_step).parameters) != 2:
        raise TypeError(
            f"{model.name}: train_step(self, state, data) is the form that Keras has for JAX alone; here it is "
            "train_step(self, data), or no train_step at all: a loss of your own goes into compile or add_loss."
        )
    key, model.stop_training = next_key(), False
    told = CallbackList(
        callbacks, add_history=True, add_progbar=verbose != 0, model=model, verbose=verbose, epochs=epochs,
        steps=batches.steps,
    )  # fmt: skip
    logs: dict[str, Any] = {}
    with told.training():
        told.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            told.on_epoch_begin(epoch)
            number = -1
            for number, batch in enumerate(batches.batches(key, epoch - initial_epoch)):
                told.on_train_batch_begin(number)
                logs = _numbers(model.train_step(batch))
                told.on_train_batch_end(number, logs)
                if model.stop_training:
                    break
            if number < 0:  # the source has warned that its data are over
                break
            if validate is not None and is_due(epoch):
                logs = logs | {f"val_{name}": value for name, value in validate().items()}
            told.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        told.on_train_end(logs)
    return model.history


def evaluate_own(model: Any, batches: Source, told: CallbackList) -> dict[str, Any]:
    """What `model.test_step(data)` said of the last batch."""
    logs: dict[str, Any] | None = None
    told.on_test_begin()
    for number, batch in enumerate(batches.batches(None)):
        told.on_test_batch_begin(number)
        logs = _numbers(model.test_step(batch))
        told.on_test_batch_end(number, logs)
    if logs is None:
        raise DataError("evaluate: x gave no batch at all.")
    told.on_test_end(logs)
    return logs


def predict_own(model: Any, batches: Source, told: CallbackList) -> Any:
    """What `model.predict_step(data)` returned for each batch, one after another along the first axis."""
    parts: list[list[Any]] = []
    form: Any = None
    told.on_predict_begin()
    for number, batch in enumerate(batches.batches(None)):
        told.on_predict_batch_begin(number)
        found, form = taken_out(model.predict_step(batch), _is_array)
        parts.append(found)
        told.on_predict_batch_end(number, {"outputs": found})
    told.on_predict_end()
    if not parts:
        raise DataError("predict: x gave no batch at all.")
    return filled(form, [np.concatenate(column) for column in zip(*parts, strict=True)])


def raw_source(
    x: Any, y: Any = None, sample_weight: Any = None, *, batch_size: int | None = None, shuffle: Any = False,
    steps: int | None = None,
) -> Source:  # fmt: skip
    """The batches as they are: slices of arrays, or what a dataset or generator gives."""
    given = tuple(one for one in (x, y, sample_weight) if one is not None)
    arrays, form = taken_out(given[0] if len(given) == 1 else given, _is_array)
    if arrays:
        return _Slices(arrays, form, batch_size or BATCH_SIZE, bool(shuffle), steps)
    if isinstance(x, PyDataset) or (hasattr(x, "__getitem__") and hasattr(x, "__len__")):
        return SequenceSource(x, _as_it_is, shuffle=shuffle, steps=steps)
    return StreamSource(x, _as_it_is, steps=steps)


class _Slices(Source):
    """Rows of arrays, which come in the form in which the arrays were given."""

    def __init__(self, arrays: list[Any], form: Any, size: int, shuffle: bool, steps: int | None) -> None:
        self._arrays, self._form, self._size, self._shuffle, self._asked = arrays, form, size, shuffle, steps
        self.samples = check_lengths({f"array {i} of x, y and their weights": len(a) for i, a in enumerate(arrays)})
        self._count = -(-self.samples // size)
        self.steps = min(steps or self._count, self._count)

    def batches(self, key: Key | None, epoch: int = 0, skip: int = 0) -> Iterator[Any]:
        assert self.samples is not None  # counted above
        lap, start, stop = part(self._count, self._asked, epoch)
        shuffled = self._shuffle and key is not None
        order = generator(fold_in(key, lap)).permutation(self.samples) if shuffled else np.arange(self.samples)
        for number in range(start + skip, stop):
            pick = order[number * self._size : (number + 1) * self._size]
            yield filled(self._form, [array[pick] for array in self._arrays])


def _is_array(given: Any) -> bool:
    return hasattr(given, "shape") and len(given.shape) > 0


def _as_it_is(item: Any, where: str) -> Any:
    return item


def _numbers(logs: Any) -> dict[str, Any]:
    return {name: float(value) for name, value in (logs or {}).items()}
