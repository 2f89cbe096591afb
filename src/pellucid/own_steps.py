"""fit, evaluate and predict for a model that overrides `train_step(self, data)`, `test_step` or `predict_step`.

What they write there is their own business: train_on_batch of models inside it, say. The batches come as they are,
unchecked, because nobody knows what the step makes of them. Raw TensorFlow (tf.GradientTape) is not here; compat says
so.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from .callbacks import CallbackList
from .data import PyDataset, SequenceSource, Source, StreamSource
from .data.adapters import BATCH_SIZE, is_data
from .data.checks import check_lengths
from .data.columns import as_array, is_array
from .data.sources import part
from .epochs import Epochs
from .errors import DataError
from .layers.forms import filled, leaves_of, taken_out
from .layers.keeper import NO_PARTS
from .random import Key, fold_in, generator, keys_from


def overrides(model: Any, method: str) -> bool:
    """Whether the model's class has a method of its own in place of Model's."""
    return getattr(getattr(type(model), method), "__module__", "").partition(".")[0] != __name__.partition(".")[0]


class OwnLoop(Epochs):
    """One call of `fit` for a model that trains by calling `model.train_step(data)`: x, (x, y) or (x, y, weights).

    The logs of an epoch are those that its last step returned, beside those of `validate` where it is due. The random
    numbers that a step draws depend on its place alone, so that a training that goes on draws them again.

    Raises TypeError for a train_step that is written for JAX's functions alone.
    """

    def __init__(
        self, model: Any, batches: Source, validate: Callable[[], dict[str, Any]] | None,
        is_due: Callable[[int], bool], told: CallbackList,
    ) -> None:  # fmt: skip
        if len(inspect.signature(type(model).train_step).parameters) != 2:
            raise TypeError(
                f"{model.name}: train_step(self, state, data) is the form that Keras has for JAX alone; here it is "
                "train_step(self, data), or no train_step at all: a loss of your own goes into compile or add_loss."
            )
        super().__init__(model, batches, told)
        self.validate, self.is_due = validate, is_due

    def epoch(self, epoch: int, first: int) -> dict[str, Any] | None:
        model, told, number = self.model, self.told, first
        for batch in self.batches.batches(self.key, epoch - self.initial_epoch, first):
            told.on_train_batch_begin(number)
            with keys_from(fold_in(fold_in(self.key, epoch), number)):
                self.logs = _numbers(model.train_step(batch))
            told.on_train_batch_end(number, self.logs)
            number += 1
            if self.must_end():
                self.end(epoch, number)
            if model.stop_training:
                break
        if not number:  # the source has warned that its data are over
            return None
        if self.validate is not None and self.is_due(epoch):
            self.logs = self.logs | {f"val_{name}": value for name, value in self.validate().items()}
        return self.logs

    def models(self) -> list[Any]:
        """The model and those among its attributes, in lists and dicts too, and among theirs."""
        found: list[Any] = []

        def walk(model: Any) -> None:
            found.append(model)
            for held in leaves_of([value for name, value in vars(model).items() if name not in NO_PARTS]):
                if hasattr(held, "train_step") and held not in found:
                    walk(held)

        walk(self.model)
        return found


def no_batch(method: str) -> DataError:
    """What is said where fit, evaluate or predict was given no batch at all."""
    if method != "evaluate":
        return DataError(f"{method}: x gave no batch at all. Does the generator yield anything?")
    return DataError(
        "evaluate: no batch came. A generator that is gone through more than once, as validation_data of several "
        "epochs are, must go on for ever (while True: …), with validation_steps (or steps) saying where to stop."
    )


def evaluate_own(model: Any, batches: Source, told: CallbackList) -> dict[str, Any]:
    """What `model.test_step(data)` said of the last batch."""
    logs: dict[str, Any] | None = None
    told.on_test_begin()
    for number, batch in enumerate(batches.batches(None)):
        told.on_test_batch_begin(number)
        logs = _numbers(model.test_step(batch))
        told.on_test_batch_end(number, logs)
    if logs is None:
        raise no_batch("evaluate")
    told.on_test_end(logs)
    return logs


def predict_own(model: Any, batches: Source, told: CallbackList) -> Any:
    """What `model.predict_step(data)` returned for each batch, one after another along the first axis."""
    parts: list[list[Any]] = []
    form: Any = None
    told.on_predict_begin()
    for number, batch in enumerate(batches.batches(None)):
        told.on_predict_batch_begin(number)
        found, form = taken_out(model.predict_step(batch), is_array)
        parts.append(found)
        told.on_predict_batch_end(number, {"outputs": found})
    told.on_predict_end()
    if not parts:
        raise no_batch("predict")
    return filled(form, [np.concatenate(column) for column in zip(*parts, strict=True)])


def raw_source(
    x: Any, y: Any = None, sample_weight: Any = None, *, batch_size: int | None = None, shuffle: Any = False,
    steps: int | None = None,
) -> Source:  # fmt: skip
    """The batches as they are: slices of arrays, or what a dataset or generator gives."""
    if is_data(x):
        named = (("x", x), ("y", y), ("sample_weight", sample_weight))
        given = tuple(_with_arrays(one, name) for name, one in named if one is not None)
        arrays, form = taken_out(given[0] if len(given) == 1 else given, is_array)
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


def _with_arrays(given: Any, name: str) -> Any:
    """An argument with arrays that rows can be taken from, whatever they were; a list of numbers as one of them."""
    if isinstance(given, Mapping):
        return {key: _with_arrays(one, f"{name}[{key!r}]") for key, one in given.items()}
    arrays, form = taken_out(given, is_array)
    return filled(form, [as_array(one, name) for one in arrays]) if arrays else as_array(given, name)


def own_tuples(shape: Any) -> Any:
    """Nested lists, as a file gives them, as the tuples that shapes are."""
    if isinstance(shape, Mapping):
        return {name: own_tuples(part) for name, part in shape.items()}
    return tuple(own_tuples(part) for part in shape) if isinstance(shape, list | tuple) else shape


def _as_it_is(item: Any, where: str) -> Any:
    return item


def _numbers(logs: Any) -> dict[str, Any]:
    return {name: float(value) for name, value in (logs or {}).items()}
