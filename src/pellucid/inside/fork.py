"""Forks: another model with the same numbers, to try something on; and what became of several of them.

fork(model)                        as it is now
fork(model, recording.at(300))     as it was after 300 updates
compare({"as it is": one, "rate × 10": other}, x, y)
"""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data, losses, optimizers
from ..arrays import Array
from ..callbacks import LambdaCallback
from ..engine.step import Numbers
from ..random import key, keys_from
from ..training import TrainingWarning, ready
from ..tree import leaves
from .blocks import Block, Shown, Table
from .frame import Frame


def fork(model: Any, at: Numbers | Frame | None = None) -> Any:
    """Another model like this one, compiled alike, which goes its own way from there; the model stays as it is.

    at    whose numbers it begins with: None for the model's own now, an older bundle (`model.numbers` of then), or a
          frame of a recording, whose optimizer's memory and count of updates come along

    Raises ValueError for a model that is not compiled, or for a frame of another network.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> other = fork(model)
    >>> other.set_weights([[[5.0]], [0.0]])
    >>> model.predict([[1.0]], verbose=0).item(), other.predict([[1.0]], verbose=0).item()
    (1.0, 5.0)
    """
    if not model.compiled:
        raise ValueError("fork: the model is not compiled, so a fork could not learn. Call model.compile(…) first.")
    numbers = _numbers_of(at, model) if isinstance(at, Frame) else at or model.numbers
    return rebuilt(model, describe_model(model), numbers)


def describe_model(model: Any) -> dict[str, Any]:
    """What a model is made from: config, optimizer and loss, as plain data that may be changed."""
    return copy.deepcopy(
        {"config": model.get_config(), "optimizer": optimizers.serialize(model.optimizer), "loss": model.loss}
    )


def rebuilt(model: Any, description: Mapping[str, Any], numbers: Numbers | None) -> Any:
    """Another model of this description, with these numbers; with fresh ones for None."""
    with keys_from(key(0)):
        other = type(model).from_config(copy.deepcopy(description["config"]))
        optimizer = optimizers.deserialize(description["optimizer"])
        if other.graph is None:
            other.build(model.input_shape)
        for ours, theirs in zip(other.leaf_layers(), model.leaf_layers(), strict=True):
            ours.trainable = theirs.trainable
        other.compile(optimizer=optimizer, loss=description["loss"], engine=model.engine)
        if numbers is not None:
            other.numbers = numbers
    return other


def _numbers_of(frame: Frame, model: Any) -> Numbers:
    """A frame's numbers as the model's bundle; raises ValueError where they are of another network."""
    program = model.program([slot.shape for slot in model.target_slots()])
    like = ready(program, model.numbers)
    found = {}
    for part, tree in (("weights", like.params), ("state", like.state), ("moments", like.moments)):
        found[part] = _filled(tree, (part,), frame)
    return Numbers(found["weights"], found["state"], found["moments"], frame.step)


def _filled(tree: Any, path: tuple[str, ...], frame: Frame) -> Any:
    if isinstance(tree, dict):
        return {name: _filled(branch, (*path, name), frame) for name, branch in tree.items()}
    name = "/".join(path)
    array = frame.arrays.get(name)
    if array is None or array.shape != np.shape(tree):
        was = "nothing" if array is None else f"{name} shaped {array.shape}"
        raise ValueError(f"fork: the model has {name} shaped {np.shape(tree)}, the frame has {was}: another network.")
    return array


def by_epoch(title: str, names: Sequence[str], curves: Iterable[Array]) -> Table:
    """Curves (E,) side by side, a row for each epoch; nan says that a run had stopped."""
    rows = (
        (str(epoch), *("stopped" if np.isnan(value) else float(value) for value in values))
        for epoch, values in enumerate(zip(*curves, strict=True), start=1)
    )
    return Table(title, ("epoch", *names), tuple(rows))


def ending(curve: Array) -> float:
    """The last number; infinity where training had to stop."""
    return float("inf") if np.isnan(curve[-1]) else float(curve[-1])


@dataclass(frozen=True)
class Comparison(Shown):
    """What became of several runs that learned from the same batches.

    names       (R,)
    measured    on which samples the loss was measured: "training" or "validation"
    losses      (R, E) after each epoch; nan from where a run had to stop
    apart       (R, E) distance of all weights from the first run's, sqrt(Σ (w - w₀)²)
    """

    names: tuple[str, ...]
    measured: str
    losses: Array
    apart: Array

    @property
    def best(self) -> str:
        """The run that ends lowest."""
        return self.names[int(np.argmin([ending(curve) for curve in self.losses]))]

    def blocks(self) -> list[Block]:
        curves = by_epoch(f"Loss on the {self.measured} samples", self.names, self.losses)
        apart = by_epoch(f"How far the weights are from those of {self.names[0]!r}", self.names[1:], self.apart[1:])
        return [curves, apart, f"Lowest in the end: {self.best}."]


def compare(
    runs: Mapping[str, Any], x: Any, y: Any, validation_data: Any = None, *, epochs: int = 10, batch_size: int = 32
) -> Comparison:
    """Train several models on the same batches, in the same order, with the same random numbers.

    runs        models of one input and one output by name, which learn: give forks of a model that is to stay as it is
    x, y, validation_data, epochs, batch_size   as for `fit`

    The loss is the first run's loss function for all, on the validation data where there are any.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> faster = fork(model)
    >>> faster.optimizer.learning_rate = 0.5
    >>> compare({"as it is": fork(model), "faster": faster}, x, -x, epochs=2).best
    'faster'
    """
    if not runs:
        raise ValueError("compare: there are no runs. Give models by name: compare({'one': …, 'other': …}, x, y).")
    loss = losses.as_loss(next(iter(runs.values())).loss)
    curves, weights = [], []
    for model in runs.values():
        curve, path = learn_and_look(model, (x, y), validation_data, loss, epochs, batch_size)
        curves.append(curve)
        weights.append(path)
    apart = [[_distance(a, b) for a, b in zip(path, weights[0], strict=True)] for path in weights]
    return Comparison(
        tuple(runs), "training" if validation_data is None else "validation", np.array(curves), np.array(apart)
    )


def learn_and_look(
    model: Any, given: tuple[Any, Any], validation: Any, loss: Any, epochs: int, batch_size: int
) -> tuple[Array, list[Any]]:
    """Train a model: its loss after each epoch, and its parameters then (None from where it had to stop)."""
    x, y = given
    looked_at = data.batch(*(validation or (x, y)), inputs=model.input_slots(), targets=model.target_slots())
    found = np.full(epochs, np.nan)
    path: list[Any] = [None] * epochs

    def look(epoch: int, logs: Any = None) -> None:
        answers = model.predict(looked_at.x[0], batch_size=1024, verbose=0)
        if not model.stop_training:
            found[epoch] = float(loss.forward(looked_at.y[0], answers)[0])
            path[epoch] = model.numbers.params

    with keys_from(key(1)), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", TrainingWarning)  # stopping is an answer here
        model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[LambdaCallback(on_epoch_end=look)])
    return found, path


def _distance(one: Any, other: Any) -> float:
    """Between all weights of two networks; nan where one of them stopped, or they differ in shape."""
    if one is None or other is None:
        return float("nan")
    mine, theirs = ([array for _, array in leaves(part)] for part in (one, other))
    if [array.shape for array in mine] != [array.shape for array in theirs]:
        return float("nan")
    return float(np.sqrt(sum(float(np.sum((a - b) ** 2)) for a, b in zip(mine, theirs, strict=True))))
