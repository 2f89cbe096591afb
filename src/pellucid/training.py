"""fit, evaluate, predict: batches in, steps taken, callbacks told. These are the methods of `Model`.

    fit   for each epoch, for each batch:
              numbers, tallies = train_step(program, numbers, tallies, batch, key, rate)
              model.numbers = numbers                                   one assignment
          then validation, then on_epoch_end

Nothing here changes an array: a step interrupted anywhere leaves the model as it
was after the step before.
"""

import math
import warnings
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import numpy as np

from . import data
from .callbacks import CallbackList, History
from .callbacks.by_argument import asked_for
from .data import Source, source, split
from .data.adapters import BATCH_SIZE
from .ending import EXIT_STATUS, sigterm_noted
from .engine import step as steps
from .engine.batch import Batch
from .engine.devices import all_finite
from .engine.portions import OneBatch, portions
from .engine.step import Numbers, Program
from .errors import DataError, one_of, positive_int
from .first_look import first_look
from .layers.bundle import on_host
from .own_steps import fit_own, overrides
from .random import next_key
from .tree import leaves


class TrainingWarning(UserWarning):
    """Training went wrong in a way that the caller should know of, and stopped or went on as the message says."""


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
    class_weight: Mapping[int, float] | None = None,
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
        class_weight: how much a sample of each class counts.
        sample_weight: how much each sample counts.
        steps_per_epoch: batches in an epoch, where x does not say or fewer are wanted.
        validation_steps, validation_batch_size: the same for validation.
        validation_freq: every how many epochs to validate, or the list of epochs.
        doctor: True, or the settings of a `pellucid.inside.doctor.Doctor`, to be told what is wrong with the training.

    Returns the History: `history.history["loss"]`, one number an epoch.

    Raises, before anything has changed, DataError, ShapeError or ValueError for data that cannot be trained on.
    """
    if doctor:
        callbacks = [callbacks, asked_for("doctor", doctor)]
    if overrides(model, "train_step"):
        return fit_own(
            model, x, y, sample_weight, batch_size, epochs if nb_epoch is None else nb_epoch, verbose, callbacks,
            validation_data, shuffle, initial_epoch, steps_per_epoch,
        )  # fmt: skip
    epochs = positive_int(epochs if nb_epoch is None else nb_epoch, "epochs")
    if not isinstance(initial_epoch, int) or initial_epoch < 0:
        raise ValueError(f"initial_epoch must be a whole number of at least 0, got {initial_epoch!r}.")
    _check_frequency(validation_freq)
    _verbosity(verbose)
    model._require_compiled()
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = split(x, y, sample_weight, validation_split)
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
    model.loop = Loop(model, batches, validation, told, validation_freq)
    model.loop.run(initial_epoch, epochs)
    return model.history


class Loop:
    """One call of `fit`: where it is, and the key that all its randomness comes from."""

    def __init__(
        self, model: Any, batches: Source, validation: Source | None, told: CallbackList, validation_freq: Any
    ) -> None:
        self.model, self.batches, self.validation, self.told = model, batches, validation, told
        self.validation_freq = validation_freq
        self.key = next_key()
        self.start = (0, 0)  # epoch, batch
        self.tallies: steps.Tallies | None = None
        self.targets: list[Any] = []  # the shapes of a batch's targets
        self.before: Callable[[], Numbers] | None = None  # the numbers before the last step
        self.savers: list[Any] = []
        self.must_end: Callable[[], bool] = lambda: False

    def run(self, initial_epoch: int, epochs: int) -> None:
        model, told = self.model, self.told
        self.start = (initial_epoch, 0)
        model.stop_training = False
        logs: dict[str, Any] = {}
        told.on_train_begin()  # BackupAndRestore may move the start from here
        self.savers = [callback for callback in told.callbacks if getattr(callback, "saves_at_end", False)]
        with sigterm_noted(bool(self.savers)) as self.must_end:
            for epoch in range(self.start[0], epochs):
                first = self.start[1] if epoch == self.start[0] else 0
                if not first:
                    told.on_epoch_begin(epoch)
                found = self.epoch(epoch, first)
                if found is not None:
                    logs = found
                    told.on_epoch_end(epoch, logs)
                if self.must_end():
                    self.end(epoch + 1, 0)
                if model.stop_training:
                    break
        self.leave_averages()
        told.on_train_end(logs)

    def epoch(self, epoch: int, first: int) -> dict[str, Any] | None:
        """One epoch, from batch number `first` on; None when the data were over before it."""
        model, told = self.model, self.told
        program: Program | None = None
        tallies: steps.Tallies = {}
        number = first  # of the next batch
        for portion in portions(model.program_for, model.held, self.batches, self.key, epoch, first):
            if program is None:
                program = portion.program
                _check_learns(program)
                model.numbers = ready(program, model.held)
                tallies = steps.start_tallies(program) if self.tallies is None or not first else self.tallies
            told.on_train_batch_begin(number)
            was = model.held
            numbers, tallies, count = portion.learn(was, tallies, one=told.wants_single_batches or model.stop_training)
            number += count
            self.tallies = tallies
            self.targets = self.targets or [y.shape for y in portion.last().y]
            if numbers is not was:
                self.before, model.numbers = portion.before, numbers
            if not math.isfinite(tallies["losses"]["loss"]["total"]):
                self.stop(program, portion.last(), epoch, number - 1)
            told.on_train_batch_end(number - 1, partial(logs_of, program, tallies))
            if self.must_end():
                self.end(epoch, number)
            if model.stop_training:
                break
        if program is None and first and self.tallies is not None:  # interrupted after the epoch's last batch
            program, tallies = model.program(self.targets), self.tallies
        elif program is None:
            if epoch == self.start[0]:
                raise DataError("fit: x gave no batch at all. Does the generator yield anything?")
            model.stop_training = True  # the source has warned that its data are over
            return None
        elif not model.stop_training and not _finite(model.held):
            self.stop(program, portion.last(), epoch, number - 1)
        logs = logs_of(program, tallies)
        hold(program, tallies)
        if self.validation is not None and _is_due(self.validation_freq, epoch):
            found = _evaluate(model, self.validation, self.told)
            logs |= {f"val_{name}": value for name, value in sorted(found.items())}
        return logs

    def end(self, epoch: int, number: int) -> None:
        """SIGTERM: keep all that the rest of the training depends on, from this batch on, and leave the program."""
        for callback in self.savers:
            callback.save(epoch, number)
        raise SystemExit(EXIT_STATUS)

    def stop(self, program: Program, batch: Batch, epoch: int, number: int) -> None:
        """The loss, or a weight, is no longer a number: keep the last numbers that are, and say where it began."""
        self.model.stop_training = True
        where = first_not_finite(program, self.model.numbers, batch, self.key)
        if self.before is not None and not _finite(self.model.held):
            self.model.numbers = self.before()
        warnings.warn(
            f"fit: stopped at epoch {epoch + 1}, batch {number + 1}, because not all numbers are finite; {where}. "
            "The model keeps its last numbers that were. A lower learning rate, scaled inputs or "
            "clipnorm=1.0 in the optimizer are the usual remedies.",
            TrainingWarning,
            stacklevel=6,
        )

    def leave_averages(self) -> None:
        """An optimizer that keeps averages of the weights (use_ema) leaves those in the model."""
        optimizer, numbers = self.model.optimizer, self.model.held
        if optimizer.use_ema and numbers.moments:
            trained = {owner: numbers.params[owner] for owner in numbers.moments["slots"]}
            params = {**numbers.params, **optimizer.finalize(trained, numbers.moments)}
            self.model.numbers = numbers._replace(params=params)


def training_state(model: Any) -> dict[str, Any]:
    """All that the rest of a running `fit` depends on, as nested dicts of arrays and numbers (for BackupAndRestore)."""
    numbers, loop = model.numbers, model.loop
    return {
        **numbers._asdict(),
        "step": int(numbers.step),
        "owners": list(model.graph.owners),
        "key": loop.key,
        "tallies": loop.tallies,
        "targets": [list(shape) for shape in loop.targets],
        "learning_rate": model.optimizer.learning_rate if model.optimizer.rate_is_a_number else None,
    }


def restore_training_state(model: Any, state: Mapping[str, Any], epoch: int, batch: int) -> None:
    """Go on with this batch of this epoch, from a `training_state()`; called in on_train_begin.

    Layers are found by their places: automatic names may be others now (dense_2 for dense).
    Raises ValueError, and changes nothing, when the state is that of another network.
    """
    loop, owners = model.loop, list(model.graph.owners)
    now = dict(zip(state["owners"], owners, strict=False))

    def renamed(tree: Mapping[str, Any]) -> dict[str, Any]:
        return {now.get(owner, owner): part for owner, part in tree.items()}

    params, kept = renamed(state["params"]), renamed(state["state"])
    if len(state["owners"]) != len(owners) or _shapes((params, kept)) != _shapes(model.numbers[:2]):
        raise ValueError(
            f"the backup is of another network than {model.name}: their layers have other weights. "
            "Give this training a backup_dir of its own."
        )
    moments = {kind: part if kind == "shared" else renamed(part) for kind, part in state["moments"].items()}
    model.numbers = Numbers(params, kept, moments, int(state["step"]))
    loop.key, loop.tallies, loop.start = state["key"], state["tallies"], (epoch, batch)
    loop.targets = [tuple(shape) for shape in state["targets"]]
    if state["learning_rate"] is not None:
        model.optimizer.learning_rate = state["learning_rate"]


def _shapes(trees: tuple[dict[str, Any], ...]) -> dict[Any, Any]:
    return {(place, *path): tuple(array.shape) for place, tree in enumerate(trees) for path, array in leaves(tree)}


def first_not_finite(program: Program, numbers: Numbers, batch: Batch, key: Any) -> str:
    """Words for the first weight, or else the first value in the network, that holds NaN or infinity."""
    for (owner, name), weight in leaves(numbers.params | numbers.state):
        if not np.all(np.isfinite(weight)):
            return f"the step before made {name} of {owner!r} so large that it overflowed"
    step_key = None if key is None else steps.fold_in(key, numbers.step)
    values, _ = steps.forward(
        program.graph, numbers.params, numbers.state, batch.x, key=step_key, training=True, keep=lambda name: True
    )
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            return f"the first value that is not is {name!r}"
    return "every value in the network is, so it is the loss or its gradient"


def _finite(numbers: Numbers) -> bool:
    """Whether all weights, and the optimizer's memory, are numbers still."""
    return all_finite([array for tree in numbers[:3] for _, array in leaves(tree)])


def ready(program: Program, numbers: Numbers) -> Numbers:
    """The numbers with the optimizer's memory in place for every trainable parameter."""
    if numbers.moments.get("slots", {}).keys() == program.trainable:
        return numbers
    numbers = on_host(numbers)
    params = {owner: numbers.params[owner] for owner in sorted(program.trainable)}
    slots = numbers.moments.get("slots", {})
    assert program.optimizer is not None  # compile sees to it
    fresh = program.optimizer.init(params)
    kept = {owner: slots[owner] for owner in params if owner in slots}
    return numbers._replace(moments={**fresh, **numbers.moments, "slots": {**fresh["slots"], **kept}})


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
    return _listed(_evaluate(model, batches, told), return_dict)


def _evaluate(model: Any, batches: Source, told: CallbackList) -> dict[str, Any]:
    told.on_test_begin()
    program: Program | None = None
    tallies: steps.Tallies = {}
    number = 0  # of the next batch
    one = told.wants("on_test_batch_begin") or told.wants("on_test_batch_end")
    for portion in portions(model.program_for, model.held, batches, None):
        if program is None:
            program = portion.program
            tallies = steps.start_tallies(program)
        told.on_test_batch_begin(number)
        tallies, count = portion.look(model.held, tallies, one=one or model._graph.carries)
        if model._graph.carries:
            model.outputs_for(portion.last().x)
        number += count
        told.on_test_batch_end(number - 1, partial(logs_of, program, tallies))
    if program is None:
        raise DataError("evaluate: x gave no batch at all.")
    logs = steps.read_tallies(program, tallies)
    hold(program, tallies)
    told.on_test_end(logs)
    return logs


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
    x = _built(model, x)
    alone = callbacks is None and verbose == 0 and steps is None and isinstance(x, np.ndarray)
    if alone and x.shape and x.shape[0] <= (BATCH_SIZE if batch_size is None else batch_size):
        return predict_on_batch(model, x)  # one batch, and nobody to tell
    batches = source(x, inputs=model.input_slots(), batch_size=batch_size, steps=steps)
    told = CallbackList(
        callbacks, add_history=False, add_progbar=_verbosity(verbose) != 0, model=model, verbose=_verbosity(verbose),
        epochs=1, steps=batches.steps,
    )  # fmt: skip
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
        raise DataError("predict: x gave no batch at all.")
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
    _check_learns(program)
    numbers, key = ready(program, model.held), next_key()
    portion = OneBatch(program, compiled, batch, key)
    learned, tallies, _ = portion.learn(numbers, steps.start_tallies(program), one=True)
    logs = steps.read_tallies(program, tallies)
    if math.isfinite(logs["loss"]) and _finite(learned):
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


def _validation_source(model: Any, given: Any, batch_size: int | None, steps: int | None) -> Source:
    x, y, weights = given, None, None
    if isinstance(given, tuple | list):
        if len(given) not in (2, 3):
            raise ValueError(f"fit: validation_data must be (x, y) or (x, y, weights), got {len(given)} parts.")
        x, y, weights = (*given, None)[:3]
        y, weights = _compared(model, y, weights)
    else:
        batch_size = None
    return source(
        x, y, weights, inputs=model.input_slots(), targets=model.target_slots(), batch_size=batch_size, steps=steps
    )


def logs_of(program: Program, tallies: steps.Tallies) -> dict[str, Any]:
    """The logs in Keras's order, by name."""
    return dict(sorted(steps.read_tallies(program, tallies).items()))


def hold(program: Program, tallies: steps.Tallies) -> None:
    """Let `metric.result()` tell of what has just been gone through."""
    for measure in program.measures:
        measure.metric.hold(tallies["measures"][measure.name])


def _is_due(validation_freq: Any, epoch: int) -> bool:
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    return epoch + 1 in validation_freq


def _check_frequency(validation_freq: Any) -> None:
    if isinstance(validation_freq, int):
        positive_int(validation_freq, "validation_freq")
    elif not isinstance(validation_freq, Collection) or isinstance(validation_freq, str):
        raise ValueError(f"validation_freq must be a whole number or a list of epochs, got {validation_freq!r}.")


def _check_learns(program: Program) -> None:
    """There must be something to make smaller."""
    adds = any(added.label is None for added in program.graph.added)
    if not adds and not program.activity and not program.penalties and all(o.loss is None for o in program.objectives):
        raise ValueError("there is no loss to learn from. Give compile one: compile(optimizer=…, loss=…).")


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
    if model.graph is not None:
        return x
    x, shape = first_look(x)
    model.build(shape)
    return x
