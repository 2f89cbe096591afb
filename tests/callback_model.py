"""A stand-in for a model with the face that callbacks use; its one weight is whatever a test says."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from pellucid.callbacks import CallbackList


class Numbers(NamedTuple):
    params: dict[str, Any]
    state: dict[str, Any]
    moments: dict[str, Any]
    step: int


class FakeModel:
    """Weights, an optimizer, and files that only say what was saved."""

    def __init__(self, weight: float = 0.0) -> None:
        self.numbers = Numbers({"dense": {"kernel": np.array([[weight]], "float32")}}, {}, {}, 0)
        self.optimizer: Any = SimpleNamespace(learning_rate=0.1, iterations=0)
        self.stop_training = False
        self.metrics: list[Any] = []
        self.history: Any = None
        self.saved: list[str] = []

    def get_weights(self) -> list[Any]:
        return [self.numbers.params["dense"]["kernel"]]

    def set_weights(self, weights: list[Any]) -> None:
        self.numbers = self.numbers._replace(params={"dense": {"kernel": weights[0]}})

    def save(self, path: str, overwrite: bool = True) -> None:
        self._write(path, "model")

    def save_weights(self, path: str, overwrite: bool = True) -> None:
        self._write(path, "weights")

    def _write(self, path: str, text: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.saved.append(path)


class TinyTraining(FakeModel):
    """A training loop with shuffled data, momentum and a rate that callbacks may change; it can go on exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.rng = np.random.default_rng(7)
        self.velocity = np.zeros((), "float32")
        self.order = np.arange(5)
        self.total = 0.0
        self.start = (0, 0)

    def training_state(self) -> dict[str, Any]:
        return {
            "params": self.numbers.params,
            "velocity": self.velocity,
            "rate": self.optimizer.learning_rate,
            "rng": self.rng.bit_generator.state,
            "order": self.order,
            "total": self.total,
        }

    def restore_training_state(self, state: dict[str, Any], epoch: int, batch: int) -> None:
        self.numbers = self.numbers._replace(params=state["params"])
        self.velocity, self.order, self.total = state["velocity"], state["order"], state["total"]
        self.optimizer.learning_rate = state["rate"]
        self.rng.bit_generator.state = state["rng"]
        self.start = (epoch, batch)

    def fit(self, callbacks: list[Any], epochs: int, before_batch: Callable[[int, int], None] | None = None) -> Any:
        told = CallbackList(callbacks, add_history=True, model=self, epochs=epochs, steps=5, verbose=0)
        told.on_train_begin()
        start_epoch, start_batch = self.start
        for epoch in range(start_epoch, epochs):
            first = start_batch if epoch == start_epoch else 0
            if first == 0:
                told.on_epoch_begin(epoch)
                self.order, self.total = self.rng.permutation(5), 0.0
            for batch in range(first, 5):
                if before_batch:
                    before_batch(epoch, batch)
                self._step(float(self.order[batch]))
                told.on_train_batch_end(batch, {"loss": self.total})
            told.on_epoch_end(epoch, {"loss": self.total})
            if self.stop_training:
                break
        told.on_train_end()
        return self.history

    def _step(self, x: float) -> None:
        kernel = self.numbers.params["dense"]["kernel"]
        error = kernel * np.float32(x) - np.float32(2 * x) + np.float32(self.rng.normal())
        self.velocity = np.float32(0.9) * self.velocity - np.float32(
            self.optimizer.learning_rate * 0.1
        ) * error * np.float32(x)
        self.total += float((error**2).sum())
        self.numbers = self.numbers._replace(params={"dense": {"kernel": kernel + self.velocity}})
