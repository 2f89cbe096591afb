"""Transfer learning: what a network has learned on one task, put to use on another.

    scratch       a network that starts from random weights
    frozen        the first network's layers, not to be changed, under a new last layer
    fine-tuned    the same, and all of it may go on learning

Source: Yosinski, Clune, Bengio & Lipson, "How transferable are features in deep neural networks?", NIPS (2014).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, positive_int
from ..layers import Dense
from ..optimizers import Adam
from ..random import fold_in, key, keys_from
from ..sequential import Sequential
from .blocks import Block, Shown, Table
from .fork import describe_model


@dataclass(frozen=True)
class TransferRun:
    """One way to the second task.

    learns        numbers that may change, of how many
    accuracy      (epochs + 1,) on the test samples, before training and after each epoch
    """

    name: str
    learns: int
    parameters: int
    accuracy: Array
    model: Any


@dataclass(frozen=True, repr=False)
class Transfer(Shown):
    """Ways to a second task, side by side. samples: how many there were to learn it from."""

    first: float
    samples: int
    runs: tuple[TransferRun, ...]

    def blocks(self) -> list[Block]:
        last = len(self.runs[0].accuracy) - 1
        shown = [*(e for e in (0, 1, 5) if e < last), last]
        rows = tuple(
            (r.name, f"{r.learns:,} of {r.parameters:,}", *(f"{r.accuracy[e]:.1%}" for e in shown)) for r in self.runs
        )
        heads = ("", "learns", *(f"epoch {e}" for e in shown))
        return [
            f"On the first task the network is right on {self.first:.1%} of the test samples.",
            Table(f"The second task, from {self.samples} samples: right on the test samples", heads, rows),
        ]


def transfer(
    model: Any,
    first: tuple[Any, Any],
    second: tuple[Any, Any],
    second_test: tuple[Any, Any],
    *,
    epochs: int = 10,
    batch_size: int = 8,
    rate: float = 0.003,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Transfer:
    """Reuse a trained Sequential classifier, whose last layer is a Dense one, for another task.

    first          test samples and classes of the task that it has learned
    second         samples and classes, whole numbers from 0, of the new one
    rate           of Adam, the same for all

    The model stays as it is.
    """
    positive_int(epochs, "transfer: epochs")
    if not isinstance(model, Sequential) or not isinstance(model.layers[-1], Dense):
        raise DataError("transfer: needs a Sequential model whose last layer is Dense.")
    (x, y), (x_test, y_test) = second, second_test
    classes = int(max(np.max(y), np.max(y_test))) + 1
    runs = []
    for place, (name, fresh, frozen) in enumerate(
        (("from scratch", True, False), ("frozen, new head", False, True), ("fine-tuned", False, False))
    ):
        if progress is not None:
            progress(name)
        with keys_from(fold_in(key(seed), place)):
            other = _headless(model, classes, fresh, frozen)
            other.compile(Adam(rate), "sparse_categorical_crossentropy")
            accuracy = [_right(other, x_test, y_test)]
            for _ in range(epochs):
                other.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)
                accuracy.append(_right(other, x_test, y_test))
        learns = sum(int(np.prod(np.shape(array))) for array in other.trainable_weights)
        runs.append(TransferRun(name, learns, other.count_params(), np.array(accuracy), other))
    return Transfer(_right(model, *first), len(x), tuple(runs))


def _headless(model: Sequential, classes: int, fresh: bool, frozen: bool) -> Sequential:
    """A copy with another last layer; `fresh`: with other weights throughout."""
    config = describe_model(model)["config"]
    other = type(model).from_config(config)
    other.build(model.input_shape)
    if not fresh:
        other.set_weights(model.get_weights())
    other.pop()
    for layer in other.layers:
        layer.trainable = not frozen
    other.add(Dense(classes, "softmax", name="new_head"))
    return other


def _right(model: Any, x: Any, y: Any) -> float:
    return float((model.predict(x, verbose=0).argmax(axis=1) == np.asarray(y)).mean())
