"""The training process: forward, loss, backward, update, again and again until the loss stops falling.

Nothing is done here that `fit` does not do; it is `fit`, listened to.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..callbacks import LambdaCallback
from ..errors import positive_int
from .blocks import Block, Shown, Table
from .narrate import Stop
from .stepper import Stepper
from .timeline import GEARS


@dataclass(frozen=True, repr=False)
class TrainingProcess(Shown):
    """A training from its first numbers to its end.

    loss        (E + 1,) on all samples, before training and after each epoch
    weights     (E + 1, P) all trainable numbers, one after the other, at the same moments
    converged   whether it ended because the loss no longer fell
    """

    loss: Array
    weights: Array
    converged: bool

    @property
    def epochs(self) -> int:
        return len(self.loss) - 1

    def blocks(self) -> list[Block]:
        moments = [epoch for epoch in (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500) if epoch < self.epochs]
        rows = tuple((str(e), float(self.loss[e]), *map(float, self.weights[e][:6])) for e in (*moments, self.epochs))
        shown = min(self.weights.shape[1], 6)
        left = "" if self.weights.shape[1] <= 6 else f"6 of {self.weights.shape[1]} numbers"
        end = "the loss no longer falls: converged" if self.converged else "out of epochs, not converged"
        heads = ("epoch", "loss", *(f"w{i}" for i in range(shown)))
        return [Table("Training", heads, rows, left), f"After {self.epochs} epochs {end}."]


def train_until(
    model: Any, x: Any, y: Any, *, batch_size: int = 32, tolerance: float = 1e-7, epochs: int = 1000
) -> TrainingProcess:
    """Train until an epoch makes the loss no more than `tolerance` smaller, or for so many epochs.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="zeros")])
    >>> model.compile("sgd", "mean_squared_error")
    >>> x = np.array([[-1.0], [0.0], [1.0], [2.0]])
    >>> found = train_until(model, x, 2 * x + 1, batch_size=4)
    >>> found.converged, found.weights[-1].round(2)
    (True, array([2., 1.]))
    """
    positive_int(epochs, "train_until: epochs")
    losses, weights = [_loss(model, x, y)], [_numbers(model)]
    converged = False

    def look(epoch: int, logs: Any = None) -> None:
        nonlocal converged
        losses.append(_loss(model, x, y))
        weights.append(_numbers(model))
        converged = 0 <= losses[-2] - losses[-1] <= tolerance
        model.stop_training = converged or not np.isfinite(losses[-1])

    told = LambdaCallback(on_epoch_end=look)
    model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[told], shuffle=False)
    return TrainingProcess(np.array(losses), np.array(weights), converged)


def stops_of(
    model: Any, x: Any, y: Any, *, batch_size: int = 32, gear: str = "operation", count: int = 10
) -> list[Stop]:
    """The first stops of a gear; the model is put back to where it was."""
    stepper = Stepper(model, x, y, batch_size, shuffle=False)
    stops = [stepper.step(gear) for _ in range(count)]
    _rewind(stepper)
    return stops


def gears_of(model: Any, x: Any, y: Any, *, batch_size: int = 32) -> dict[str, int]:
    """How many stops an epoch has in each gear; the model is put back to where it was."""
    counts = {}
    for gear in GEARS:
        stepper = Stepper(model, x, y, batch_size, shuffle=False)
        count = 1
        while stepper.step(gear).kind != "epoch":
            count += 1
        counts[gear] = count
        _rewind(stepper)
    return counts


def _rewind(stepper: Stepper) -> None:
    while stepper.here.kind != "start":
        stepper.back("batch")


def _loss(model: Any, x: Any, y: Any) -> float:
    found = model.evaluate(x, y, verbose=0)
    return float(found[0] if isinstance(found, list) else found)


def _numbers(model: Any) -> Array:
    return np.concatenate([np.ravel(array) for array in model.get_weights()]).astype(float)
