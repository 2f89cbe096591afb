"""What `pellucid train` does: a shallow network learns from images until it is done or is stopped."""

import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from .. import losses, optimizers
from ..arrays import Array
from ..callbacks import LambdaCallback
from ..layers import Dense
from ..sequential import Sequential
from ..training import TrainingWarning
from ..utils import to_categorical
from .images import Images


@dataclass(frozen=True)
class Settings:
    """How the network is made and learns; learning_rate None leaves the optimizer's own."""

    hidden: tuple[int, ...]
    optimizer: str
    learning_rate: float | None
    loss: str
    batch_size: int
    epochs: int
    seed: int


@dataclass
class Learned:
    """What came of it.

    history    by metric, one number an epoch
    seconds    that it took
    stopped    the number of the signal that ended it early, in the middle of the last epoch; or None
    trouble    why it stopped by itself, or ""
    """

    model: Sequential
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: int | None = None
    trouble: str = ""


def make_network(images: Images, settings: Settings) -> Sequential:
    """The compiled network: hidden layers of sigmoid neurons, and softmax for the classes.

    Raises ValueError for an optimizer, loss or rate that there is not.
    """
    rate = {} if settings.learning_rate is None else {"learning_rate": settings.learning_rate}
    optimizer = optimizers.get({"class_name": settings.optimizer, "config": rate})
    model = Sequential(name="pellucid_" + "".join(c if c.isalnum() else "_" for c in images.name))
    for place, neurons in enumerate(settings.hidden):
        shape: dict[str, Any] = {"input_shape": (images.x_train.shape[1],)} if place == 0 else {}
        model.add(Dense(neurons, activation="sigmoid", **shape))
    model.add(Dense(len(images.names), activation="softmax"))
    model.compile(optimizer=optimizer, loss=settings.loss, metrics=["accuracy"])
    return model


def learn(model: Sequential, images: Images, settings: Settings, verbose: int, callbacks: list[Any]) -> Learned:
    """Train; Ctrl-C and SIGTERM end it early, and what has been learned by then is kept."""
    learned, start = Learned(model), time.perf_counter()

    def heed(epoch: int, logs: Any = None) -> None:
        """Stop also when the signal came before the first epoch."""
        if learned.stopped is not None:
            model.stop_training = True

    with warnings.catch_warnings(record=True) as caught, stoppable(learned):
        warnings.simplefilter("always", TrainingWarning)
        history = model.fit(
            images.x_train,
            targets(images.y_train, images, settings.loss),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            verbose=verbose,
            callbacks=[*callbacks, LambdaCallback(on_epoch_begin=heed)],
            validation_data=(images.x_validation, targets(images.y_validation, images, settings.loss)),
        )
    learned.seconds = time.perf_counter() - start
    learned.history = history.history
    learned.trouble = " ".join(str(one.message) for one in caught if issubclass(one.category, TrainingWarning))
    return learned


def targets(labels: Array, images: Images, loss: str) -> Array:
    """Labels as the loss wants them: rows with a one, or as they are."""
    if isinstance(losses.as_loss(loss), losses.SparseCategoricalCrossentropy):
        return labels
    return to_categorical(labels, len(images.names))


@contextmanager
def stoppable(learned: Learned) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the learning after the batch at hand; a second one ends the program."""

    def stop(number: int, frame: FrameType | None) -> None:
        if learned.stopped is not None:
            raise KeyboardInterrupt
        learned.stopped = number
        learned.model.stop_training = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
