"""The pure step: the same function on NumPy and under jax.jit, and the same training as Keras's."""

import functools
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, config, optimizers, random
from pellucid.engine import step as steps
from pellucid.engine.batch import Batch
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.training import ready
from pellucid.tree import leaves, tree_map


@pytest.fixture
def float64() -> Any:
    config.set_floatx("float64")
    yield
    config.set_floatx("float32")


def network(optimizer: Any) -> Sequential:
    model = Sequential(
        [
            Dense(16, activation="tanh", input_shape=(6,)),
            BatchNormalization(),
            Dropout(0.3),
            Dense(8, activation="relu", kernel_regularizer="l2"),
            Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    ("optimizer", "tolerance"),
    [(optimizers.SGD(0.1, momentum=0.9, nesterov=True), 1e-12), (optimizers.Adam(0.01), 1e-8)],
    ids=["sgd", "adam"],
)
def test_twenty_jitted_steps_equal_twenty_plain_ones(float64: None, optimizer: Any, tolerance: float) -> None:
    jax = pytest.importorskip("jax")
    model, draw = network(optimizer), np.random.default_rng(0)
    xs, ys = draw.normal(size=(20, 32, 6)), np.eye(3)[draw.integers(0, 3, size=(20, 32))]
    program = model.program([(32, 3)])
    plain = ready(program, model.numbers)
    plain_tallies, key = steps.start_tallies(program), random.key(5)
    with jax.enable_x64(True):
        to_jax = functools.partial(tree_map, jax.numpy.asarray)
        jitted = steps.Numbers(*map(to_jax, plain))
        jitted_tallies, jax_key = to_jax(plain_tallies), jax.numpy.asarray(key)
        compiled = jax.jit(functools.partial(steps.train_step, program))
        for x, y in zip(xs, ys, strict=True):
            rate = float(optimizer.learning_rate)
            plain, plain_tallies = steps.train_step(program, plain, plain_tallies, Batch((x,), (y,)), key, rate)
            batch = Batch((jax.numpy.asarray(x),), (jax.numpy.asarray(y),))
            jitted, jitted_tallies = compiled(jitted, jitted_tallies, batch, jax_key, rate)
        for part in ("params", "state"):
            theirs = dict(leaves(getattr(jitted, part)))
            for path, ours in leaves(getattr(plain, part)):
                np.testing.assert_allclose(ours, theirs[path], rtol=0, atol=tolerance, err_msg="/".join(path))
        ours, theirs = (steps.read_tallies(program, t) for t in (plain_tallies, jitted_tallies))
        assert ours == pytest.approx(theirs, abs=1e-8)


def keras_twin(keras: Any, optimizer: Any) -> Any:
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_a_training_in_fixed_order_is_keras_own(name: str) -> None:
    """The same batches through the same network: losses, accuracies and weights as Keras has them."""
    keras = pytest.importorskip("keras")
    theirs = keras_twin(keras, getattr(keras.optimizers, name)())
    ours = Sequential(
        [
            Dense(16, activation="tanh", input_shape=(6,)),
            BatchNormalization(),
            Dense(8, activation="relu", kernel_regularizer="l2"),
            Dense(3, activation="softmax"),
        ]
    )
    ours.compile(getattr(optimizers, name)(), "categorical_crossentropy", metrics=["accuracy"])
    ours.set_weights(theirs.get_weights())
    draw = np.random.default_rng(1)
    x = draw.normal(size=(96, 6)).astype("float32")
    y = np.eye(3, dtype="float32")[draw.integers(0, 3, 96)]
    weights = draw.uniform(0.5, 2, 96).astype("float32")
    given = {"epochs": 3, "batch_size": 32, "shuffle": False, "verbose": 0, "sample_weight": weights}
    validation = (x[:40], y[:40])
    one = ours.fit(x, y, validation_data=validation, **given).history
    other = theirs.fit(x, y, validation_data=validation, **given).history
    assert set(one) == set(other)
    for metric in one:
        np.testing.assert_allclose(one[metric], other[metric], rtol=2e-5, err_msg=metric)
    for mine, keras_own in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=2e-5)


def test_evaluate_and_train_on_batch_return_what_keras_returns() -> None:
    keras = pytest.importorskip("keras")
    theirs, ours = keras_twin(keras, "sgd"), network("sgd")
    ours = Sequential([layer for layer in ours.layers if not isinstance(layer, Dropout)])
    ours.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    ours.set_weights(theirs.get_weights())
    draw = np.random.default_rng(2)
    x, y = draw.normal(size=(40, 6)).astype("float32"), np.eye(3, dtype="float32")[draw.integers(0, 3, 40)]
    for call in (
        lambda model: model.evaluate(x, y, verbose=0),
        lambda model: model.train_on_batch(x[:16], y[:16]),
        lambda model: model.train_on_batch(x[16:], y[16:]),
        lambda model: model.test_on_batch(x, y),
        lambda model: model.predict_on_batch(x[:3]).ravel(),
    ):
        np.testing.assert_allclose(call(ours), call(theirs), rtol=1e-5, atol=1e-6)
    assert sorted(ours.evaluate(x, y, verbose=0, return_dict=True)) == sorted(
        theirs.evaluate(x, y, verbose=0, return_dict=True)
    )
