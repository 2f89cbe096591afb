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

from .. import compiling, data, optimizers
from ..arrays import Array
from ..callbacks import LambdaCallback
from ..engine.step import Numbers
from ..errors import positive_int
from ..random import key, keys_from
from ..registry import custom_object_scope
from ..structure import own_things
from ..training import TrainingWarning, ready
from ..tree import leaves
from .blocks import Block, Shown, Table
from .frame import Frame


def fork(model: Any, at: Numbers | Frame | None = None) -> Any:
    """Another model like this one, compiled alike, which goes its own way from there; the model stays as it is.

    at    whose numbers it begins with: None for the model's own now, an older bundle (`model.numbers` of then), or a
          frame of a recording, whose optimizer's memory, count of updates and learning rate come along

    Raises ValueError for a model that is not built or not compiled, or for a frame of another network.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> other = fork(model)
    >>> other.set_weights([[[5.0]], [0.0]])
    >>> model.predict([[1.0]], verbose=0).item(), other.predict([[1.0]], verbose=0).item()
    (1.0, 5.0)
    """
    _check_ready(model, "fork")
    if not (at is None or isinstance(at, Frame | Numbers)):
        raise ValueError(
            f"fork: at must be a frame of a recording (recording.at(step)) or older model.numbers, got {at!r:.60}."
        )
    numbers = _numbers_of(at, model) if isinstance(at, Frame) else at or model.numbers
    measures = {"metrics": model.recipe.metrics, "weighted_metrics": model.recipe.weighted_metrics}
    other = rebuilt(model, describe_model(model) | copy.deepcopy(measures), numbers)
    if isinstance(at, Frame) and other.optimizer.rate_is_a_number and not other.optimizer.decay:
        other.optimizer.learning_rate = at.rate  # callbacks may have changed it since
    return other


def _check_ready(model: Any, who: str) -> None:
    if not getattr(model, "compiled", False):
        raise ValueError(f"{who}: the model is not compiled, so a fork could not learn. Call model.compile(…) first.")
    if model.graph is None:
        raise ValueError(f"{who}: {model.name} has no weights yet. Call build or fit first.")


def describe_model(model: Any) -> dict[str, Any]:
    """What a model is made from: config, optimizer, loss and its weights by output, as data that may be changed."""
    return copy.deepcopy(
        {
            "config": model.get_config(),
            "optimizer": optimizers.serialize(model.optimizer),
            "loss": model.loss,
            "loss_weights": model.recipe.loss_weights,
        }
    )


def rebuilt(model: Any, description: Mapping[str, Any], numbers: Numbers | None) -> Any:
    """Another model of this description, with these numbers; with fresh ones for None."""
    settings = {name: part for name, part in description.items() if name not in ("config", "optimizer")}
    with keys_from(key(0)), custom_object_scope(own_things(model, model.optimizer)):
        other = type(model).from_config(copy.deepcopy(description["config"]))
        optimizer = optimizers.deserialize(description["optimizer"])
        optimizer.exclude_from_weight_decay(var_names=model.optimizer._excluded)  # no setting of it
        if other.graph is None:
            other.build(model.input_shape)
        for ours, theirs in zip(other.leaf_layers(), model.leaf_layers(), strict=True):
            ours.trainable = theirs.trainable
        other.compile(optimizer=optimizer, engine=model.engine, **settings)
        if numbers is not None:
            other.numbers = _renamed(numbers, dict(zip(model.graph.owners, other.graph.owners, strict=True)))
    return other


def _renamed(numbers: Numbers, now: Mapping[str, str]) -> Numbers:
    """The same under other layers' names: a subclass that makes its layers itself names them anew."""

    def part(tree: Mapping[str, Any]) -> dict[str, Any]:
        return {now.get(owner, owner): values for owner, values in tree.items()}

    moments = {kind: tree if kind == "shared" else part(tree) for kind, tree in numbers.moments.items()}
    return Numbers(part(numbers.params), part(numbers.state), moments, numbers.step)


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

    runs        models by name, which learn: give forks of a model that is to stay as it is
    x, y, validation_data, epochs, batch_size   as for `fit`, with arrays

    The loss is the first run's for all, of all its outputs and without penalties, on the validation data where there
    are any.

    Raises ValueError, before anything is learned, where there are no runs or one model is given twice.

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
    if not runs or not isinstance(runs, Mapping):
        raise ValueError("compare: give models by name: compare({'one': …, 'other': …}, x, y).")
    seen: dict[int, str] = {}
    for name, model in runs.items():
        _check_ready(model, f"compare: {name!r}")
        if (first := seen.setdefault(id(model.bundle), name)) != name:
            raise ValueError(f"compare: {first!r} and {name!r} are the same model. Give forks of it: fork(model).")
    loss, epochs = _costs(next(iter(runs.values()))), positive_int(epochs, "epochs")
    curves, weights = [], []
    for model in runs.values():
        curve, path = learn_and_look(model, (x, y), validation_data, loss, epochs, batch_size)
        curves.append(curve)
        weights.append(path)
    apart = [[_distance(a, b) for a, b in zip(path, weights[0], strict=True)] for path in weights]
    return Comparison(
        tuple(runs), "training" if validation_data is None else "validation", np.array(curves), np.array(apart)
    )


def _costs(model: Any) -> tuple[tuple[Any, float], ...]:
    """A model's loss functions, one for each output (None: not trained on), and how much each counts."""
    program = model.program([slot.shape for slot in model.target_slots()])
    given = compiling.losses_of(model.recipe, model.output_names)
    return tuple((loss, objective.weight) for loss, objective in zip(given, program.objectives, strict=True))


def learn_and_look(
    model: Any, given: tuple[Any, Any], validation: Any, loss: Any, epochs: int, batch_size: int
) -> tuple[Array, list[Any]]:
    """Train a model: its loss after each epoch, and its parameters then (None from where it had to stop).

    loss    a Loss, or for several outputs what `_costs` tells
    """
    costs = loss if isinstance(loss, tuple) else ((loss, 1.0),)
    x, y = given
    looked_at = data.batch(*(validation or (x, y)), inputs=model.input_slots(), targets=model.target_slots())
    found = np.full(epochs, np.nan)
    path: list[Any] = [None] * epochs

    def total() -> float:
        answers = model.predict(list(looked_at.x), batch_size=1024, verbose=0)
        several = list(answers.values()) if isinstance(answers, dict) else answers
        outputs = list(several) if isinstance(several, list | tuple) else [several]
        weights = looked_at.weights or (None,) * len(outputs)
        parts = zip(costs, looked_at.y, outputs, weights, strict=True)
        return sum(share * float(cost.forward(y, a, w)[0]) for (cost, share), y, a, w in parts if cost is not None)

    def look(epoch: int, logs: Any = None) -> None:
        if not model.stop_training:
            found[epoch] = total()
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
