"""A network that was frozen whole: fit runs, nothing moves, and the doctor says why."""

from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.inside.doctor import Doctor, examine

X = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
LABELS = np.arange(64) % 3


def frozen(engine: str) -> Any:
    model = Sequential([layers.Input((5,)), layers.Dense(8, "relu"), layers.Dense(3, "softmax")])
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", engine=engine)
    return model


@pytest.mark.parametrize("engine", ["auto", "numpy"])
def test_training_a_frozen_network_moves_nothing(engine: str) -> None:
    model = frozen(engine)
    before = model.get_weights()
    model.fit(X, LABELS, epochs=2, verbose=0)
    model.train_on_batch(X, LABELS)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_that_was_frozen_whole_is_named() -> None:
    model, doctor = frozen("auto"), Doctor(verbose=0)
    assert "frozen" in [finding.check for finding in examine(model, X, LABELS) if finding.alarm]
    model.fit(X, LABELS, epochs=3, verbose=0, callbacks=[doctor])
    (root, *_) = doctor.diagnosis
    assert root.check == "frozen"
    assert "trainable" in root.fix.words
