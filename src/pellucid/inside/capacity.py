"""Capacity: what networks of several widths and depths learn, and where they begin to learn by heart.

Each network trains alone, from its own seed. Too small, it gets neither the training data nor others right; with
room to spare, its training loss goes on falling while the validation loss turns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import positive_int
from ..layers import Dense, Flatten
from ..random import fold_in, key, keys_from
from ..sequential import Sequential
from .blocks import Block, Shown, Table
from .representation import as_labels

Make = Callable[[int, int], Any]  # (width, depth) -> a compiled model


@dataclass(frozen=True)
class CapacityRun:
    """One network's training.

    width, depth        units in each hidden layer, and how many of these there are
    parameters          numbers that it learns
    loss, val_loss      (epochs,) on the training and on the validation data, after each epoch
    """

    width: int
    depth: int
    parameters: int
    loss: Array
    val_loss: Array

    @property
    def gap(self) -> float:
        """How much more the validation loss is than the training loss, in the end."""
        return float(self.val_loss[-1] - self.loss[-1])

    @property
    def best_epoch(self) -> int:
        """After how many epochs the validation loss was least."""
        return int(np.argmin(self.val_loss)) + 1


@dataclass(frozen=True, repr=False)
class Capacity(Shown):
    """Trainings of several sizes; `complete` is False where they were stopped before the last."""

    runs: tuple[CapacityRun, ...]
    width: int
    depth: int
    complete: bool

    @property
    def by_width(self) -> tuple[CapacityRun, ...]:
        """Those of the same depth, the narrowest first."""
        return tuple(sorted((run for run in self.runs if run.depth == self.depth), key=lambda run: run.width))

    @property
    def by_depth(self) -> tuple[CapacityRun, ...]:
        """Those of the same width, the shallowest first."""
        return tuple(sorted((run for run in self.runs if run.width == self.width), key=lambda run: run.depth))

    def blocks(self) -> list[Block]:
        rows = tuple(
            (str(r.width), str(r.depth), f"{r.parameters:,}", r.loss[-1], r.val_loss[-1], str(r.best_epoch))
            for r in self.runs
        )
        heads = ("width", "depth", "parameters", "training loss", "validation loss", "best epoch")
        return [Table("Capacity", heads, rows), *([] if self.complete else ["Stopped before the last network."])]


def capacity(
    x: Any,
    y: Any,
    validation_data: tuple[Any, Any],
    widths: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    depths: Sequence[int] = (1, 2, 3, 4),
    *,
    width: int = 16,
    depth: int = 1,
    make: Make | None = None,
    epochs: int = 30,
    batch_size: int = 32,
    seed: int = 0,
    progress: Callable[[int, int, int, int], None] | None = None,
) -> Capacity:
    """Train a network for each width (of `depth` hidden layers) and for each depth (`width` units wide).

    make       (width, depth) -> a compiled model; by default dense relu layers, with softmax for classes
    progress   told (networks done, of how many, width, depth) before each training

    Ctrl-C ends it; the networks that were done by then are kept.
    """
    positive_int(epochs, "capacity: epochs")
    if validation_data is None:
        raise ValueError("capacity: needs validation_data=(x, y), samples that are not learned from.")
    sizes = [(positive_int(w, "widths"), depth) for w in widths] + [(width, positive_int(d, "depths")) for d in depths]
    sizes = list(dict.fromkeys(sizes))
    make = make or maker(x, y)
    runs: list[CapacityRun] = []
    try:
        for place, (wide, deep) in enumerate(sizes):
            if progress is not None:
                progress(place, len(sizes), wide, deep)
            with keys_from(fold_in(key(seed), place)):
                model = make(wide, deep)
                history = model.fit(
                    x, y, batch_size=batch_size, epochs=epochs, validation_data=validation_data, verbose=0
                ).history
                loss = _after_each_epoch(history)
            runs.append(CapacityRun(wide, deep, model.count_params(), *loss))
    except KeyboardInterrupt:
        if not runs:
            raise
    return Capacity(tuple(runs), width, depth, len(runs) == len(sizes))


def maker(x: Any, y: Any) -> Make:
    """What makes dense networks for such data: softmax and cross-entropy for classes, else a linear output and mse."""
    x, targets, labels = np.asarray(x), np.asarray(y), as_labels(y)

    def make(width: int, depth: int) -> Sequential:
        model = Sequential([Flatten(input_shape=x.shape[1:])])
        for _ in range(depth):
            model.add(Dense(width, activation="relu"))
        if labels is None:
            model.add(Dense(targets.shape[1] if targets.ndim > 1 else 1))
            model.compile(optimizer="adam", loss="mean_squared_error")
        else:
            rows = targets.ndim == 2 and targets.shape[1] > 1
            model.add(Dense(int(labels.max()) + 1 if not rows else targets.shape[1], activation="softmax"))
            loss = "categorical_crossentropy" if rows else "sparse_categorical_crossentropy"
            model.compile(optimizer="adam", loss=loss)
        return model

    return make


def _after_each_epoch(history: dict[str, list[float]]) -> tuple[Array, Array]:
    return np.array(history["loss"]), np.array(history["val_loss"])
