"""The mistakes that course programs make, and sound programs that look like mistakes: what the doctor says of each."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers, optimizers
from pellucid.inside.doctor import Doctor, Finding
from pellucid.random import set_random_seed
from pellucid.regularizers import l2

DRAW = np.random.default_rng(4)
X = DRAW.normal(size=(400, 8)).astype("float32")
LABELS = (X[:, 0] > 0).astype("int64") + (X[:, 1] > 0)
WORDS = np.stack([(X[:, 0] > 0) * 1, 2 + (X[:, 1] > 0)], axis=1)
Y = (X[:, 0] * X[:, 1] + X[:, 2]).astype("float32")
SPARSE = "sparse_categorical_crossentropy"
Dense, Input = layers.Dense, layers.Input


def classifier(*hidden: Any, out: Any = "softmax", loss: Any = SPARSE, optimizer: Any = "adam") -> Any:
    model = Sequential([Input((8,)), *(hidden or (Dense(16, "relu"),)), Dense(3, out)])
    model.compile(optimizer, loss)
    return model


def regression(optimizer: Any = "adam", loss: Any = "mse", **settings: Any) -> Any:
    model = Sequential([Input((8,)), Dense(16, "tanh"), Dense(1)])
    model.compile(optimizer, loss, **settings)
    return model


def minus_the_error(true: Any, guess: Any) -> Any:
    return -((true - guess) ** 2)


def softmax_twice() -> Any:
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(3, "softmax"), layers.Activation("softmax")])
    model.compile("adam", SPARSE)
    return model


def no_activation() -> Any:
    model = Sequential([Input((8,)), Dense(16), Dense(16), Dense(3, "softmax")])
    model.compile("adam", SPARSE)
    return model


def growing_state() -> Any:
    wide = {"class_name": "RandomNormal", "config": {"stddev": 0.8, "seed": 1}}
    model = Sequential([Input((8, 1)), layers.SimpleRNN(16, recurrent_initializer=wide), Dense(3, "softmax")])
    model.compile("adam", SPARSE)
    return model


def learned(model: Any, x: Any, y: Any, epochs: int = 6, batch_size: int = 20, validation: Any = None) -> list[Finding]:
    doctor = Doctor(every=5, verbose=0, stop=False)
    model.fit(
        x, y, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=[doctor],
        validation_data=validation,
    )  # fmt: skip
    return [finding for finding in doctor.diagnosis if finding.alarm]


HALF = X[:200], LABELS[:200]
MIXED = DRAW.permutation(LABELS)
BY_CLASS = np.argsort(LABELS, kind="stable")
FAULTS: dict[str, tuple[Callable[[], list[Finding]], str, str]] = {
    "adam 1": (lambda: learned(classifier(optimizer=optimizers.Adam(1.0)), X, LABELS), "too_fast", "Lower"),
    "sgd 1e-6": (lambda: learned(classifier(optimizer=optimizers.SGD(1e-6)), X, LABELS), "not_falling", "Raise"),
    "bytes": (lambda: learned(classifier(Dense(16, "sigmoid")), 127 + 60 * X, LABELS), "inputs_scaled", "Scale"),
    "large targets": (lambda: learned(regression(), X, 4e5 + 1e5 * Y), "targets_scaled", "Divide the targets"),
    "softmax twice": (lambda: learned(softmax_twice(), X, LABELS), "output_fits_loss", "Leave one"),
    "sigmoid for classes": (
        lambda: learned(classifier(out="sigmoid", loss="categorical_crossentropy"), X, np.eye(3)[LABELS]),
        "output_fits_loss", "softmax",
    ),
    "softmax for several tags": (
        lambda: learned(classifier(loss="binary_crossentropy"), X, (X[:, :3] > 0) * 1.0), "output_fits_loss", "sigmoid"
    ),
    "labels out of step": (
        lambda: learned(classifier(Dense(64, "relu"), optimizer=optimizers.Adam(5e-3)), X[:240], MIXED[:240], 5, 8,
                        validation=(X[240:], MIXED[240:])),
        "not_generalising", "belongs to",
    ),
    "mse on class numbers": (
        lambda: learned(regression(metrics=["accuracy"]), X, LABELS), "class_numbers", "sparse_categorical"
    ),
    "loss turned around": (lambda: learned(regression(loss=minus_the_error), X, Y, 12), "loss_sign", "sign"),
    "one class only": (lambda: learned(classifier(), X, 0 * LABELS + 1), "targets_constant", "where y comes from"),
    "validation from training": (
        lambda: learned(classifier(), X, LABELS, validation=HALF), "duplicates_across", "Leave them out"
    ),
    "sorted before the split": (
        lambda: learned(classifier(), X[BY_CLASS[:280]], LABELS[BY_CLASS[:280]],
                        validation=(X[BY_CLASS[280:]], LABELS[BY_CLASS[280:]])),
        "validation_differs", "Shuffle",
    ),
    "validation not scaled": (
        lambda: learned(classifier(), X[:300], LABELS[:300], validation=(100 * X[300:], LABELS[300:])),
        "validation_differs", "same numbers",
    ),
    "a rare class": (
        lambda: learned(classifier(), X, np.where(np.arange(400) < 6, 1, 0)), "class_balance", "class_weight"
    ),
    "dropout": (
        lambda: learned(classifier(Dense(32, "relu"), layers.Dropout(0.95)), X, LABELS), "dropout", "Dropout\\(0.2"
    ),
    "one unit": (lambda: learned(classifier(Dense(1, "tanh")), X, LABELS), "bottleneck", "more units"),
    "no activation": (lambda: learned(no_activation(), X, LABELS), "linear", "'relu' or 'tanh'"),
    "l2": (lambda: learned(classifier(Dense(32, "relu", kernel_regularizer=l2(2.0))), X, LABELS), "penalty", "Weaken"),
    "batch of all": (lambda: learned(classifier(), X, LABELS, 15, 400), "few_steps", "batch_size=32"),
    "growing state": (lambda: learned(growing_state(), X[..., None], LABELS), "initialisation", "orthogonal"),
    "dead from the start": (
        lambda: learned(classifier(Dense(16, "relu", bias_initializer={"class_name": "Constant",
                                                                       "config": {"value": -20.0}})), X, LABELS, 10),
        "dead", "leaky_relu",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_the_mistake_is_named_first_with_its_remedy(name: str) -> None:
    set_random_seed(2)
    run, check, remedy = FAULTS[name]
    first, *others = run()
    assert first.check == check
    assert re.search(remedy, first.fix.words)
    assert len(others) <= 1


SOUND: dict[str, Callable[[], list[Finding]]] = {
    "a classifier": lambda: learned(classifier(optimizer=optimizers.Adam(0.01)), X, LABELS),
    "sgd 1": lambda: learned(classifier(Dense(16, "sigmoid"), optimizer=optimizers.SGD(1.0)), X, LABELS, 10),
    "an autoencoder": lambda: learned(autoencoder(), X, X, 10),
    "one epoch": lambda: learned(classifier(), X, LABELS, 1),
    "vectors that begin near 0": lambda: learned(embedded(), WORDS, LABELS[:, None] * 1.0, 12),
    "averages that lag behind": lambda: learned(
        classifier(Dense(16, "relu"), layers.BatchNormalization(), Dense(16, "relu"), layers.BatchNormalization(),
                   optimizer=optimizers.Adam(0.2)), X[:280], LABELS[:280], 8, 40, (X[280:], LABELS[280:]),
    ),
    "later values are larger": lambda: learned(
        regression(optimizers.Adam(0.02)), X[:280], Y[:280], 10, validation=(X[280:], Y[280:] + 1.5)
    ),
    "an exact line": lambda: learned(line(), X[:, :1], 3 * X[:, 0] + 2, 10),
    "a loss below nought": lambda: learned(direction(), X, np.stack([Y, X[:, 0]], axis=1), 10),
    "a table of few rows": lambda: learned(
        classifier(optimizer=optimizers.Adam(0.01)), (X > 1.2) * 1.0, LABELS,
        validation=((X[:80] > 1.2) * 1.0, LABELS[:80]),
    ),
    "learned before": lambda: [*learned(twice := classifier(optimizer=optimizers.Adam(0.02)), X, LABELS, 20),
                               *learned(twice, X, LABELS, 4)],
}  # fmt: skip


def embedded() -> Any:
    model = Sequential([Input((2,)), layers.Embedding(6, 4), layers.Flatten(), Dense(1)])
    model.compile(optimizers.Adam(0.05), "mse")
    return model


def autoencoder() -> Any:
    model = Sequential([Input((8,)), Dense(5, "tanh"), Dense(8)])
    model.compile(optimizers.Adam(0.01), "mse")
    return model


def line() -> Any:
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def direction() -> Any:
    model = Sequential([Input((8,)), Dense(16, "tanh"), Dense(2)])
    model.compile(optimizers.Adam(0.01), "cosine_similarity")
    return model


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_program_is_left_in_peace(name: str) -> None:
    set_random_seed(2)
    assert [finding.check for finding in SOUND[name]()] == []
