"""Losses and layers that look at symbolic values around them, as programs of Keras 1 and 2 do."""

from typing import Any

import numpy as np
import pytest

from pellucid import backend as K
from pellucid.layers import Dense, Input, Layer
from pellucid.layers.behind import symbols_behind
from pellucid.losses import MeanSquaredError
from pellucid.model import Model

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 2))


def network() -> tuple[Any, Any, Any]:
    x = Input((3,))
    h = Dense(4, activation="tanh", name="middle")(x)
    return x, h, Dense(2, name="last")(h)


def gradients_by_differences(model: Any, x: Any, y: Any, layer: str) -> np.ndarray:
    weight = model.get_layer(layer).weights[0]
    first, found = weight.numpy(), np.zeros(weight.shape)
    for place in np.ndindex(first.shape):
        ends = []
        for step in (1e-3, -1e-3):
            moved = first.copy()
            moved[place] += step
            weight.assign(moved)
            ends.append(model.evaluate(x, y, verbose=0, batch_size=12))
        found[place] = (ends[0] - ends[1]) / 2e-3
    weight.assign(first)
    return found


def test_a_loss_may_look_at_a_layer_in_the_middle() -> None:
    x, h, out = network()

    def loss(y_true: Any, y_pred: Any) -> Any:
        return K.mean(K.square(y_true - y_pred), axis=-1) + 0.5 * K.mean(K.square(h), axis=-1)

    model = Model(x, out)
    model.compile("sgd", loss)
    middle = Model(x, h).predict(X, verbose=0)
    wanted = np.mean((Y - model.predict(X, verbose=0)) ** 2) + 0.5 * np.mean(middle**2)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(wanted, rel=1e-5)

    slope = gradients_by_differences(model, X, Y, "middle")
    before = model.get_layer("middle").get_weights()[0]
    model.compile("sgd", loss)
    model.optimizer.learning_rate = 1.0
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(before - model.get_layer("middle").get_weights()[0], slope, atol=2e-3)


def test_a_loss_may_look_at_another_input_and_heeds_sample_weights() -> None:
    x, _, out = network()
    advantage = Input((1,), name="advantage")

    def loss(y_true: Any, y_pred: Any) -> Any:
        return K.sum(K.square(y_true - y_pred) * advantage, axis=-1)

    model = Model([x, advantage], out)
    model.compile("sgd", loss)
    a, weights = RNG.random((12, 1)), RNG.random(12)
    values = (np.square(Y - model.predict([X, a], verbose=0)) * a).sum(axis=1)
    assert model.evaluate([X, a], Y, verbose=0) == pytest.approx(values.mean(), rel=1e-5)
    weighted = model.evaluate([X, a], Y, sample_weight=weights, verbose=0)
    assert weighted == pytest.approx((values * weights).mean(), rel=1e-5)


def test_compiled_anew_the_model_looks_no_more() -> None:
    x, h, out = network()
    model = Model(x, out)
    model.compile("sgd", lambda t, p: K.mean(K.square(t - p)) + K.mean(h))
    assert model.graph.kept
    model.compile("sgd", "mse")
    assert not model.graph.kept
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(
        float(MeanSquaredError()(Y, model.predict(X, verbose=0))), rel=1e-5
    )


def test_a_layer_may_look_around_and_add_a_loss() -> None:
    x, h, out = network()

    class Penalty(Layer):
        def call(self, y: Any) -> Any:
            self.add_loss(K.mean(K.square(h)) + K.mean(y), inputs=y)
            return y

    model = Model(x, Penalty()(out))
    model.compile("sgd", "mse")
    middle, said = Model(x, h).predict(X, verbose=0), model.predict(X, verbose=0)
    wanted = np.mean((Y - said) ** 2) + np.mean(middle**2) + said.mean()
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(wanted, rel=1e-5)


def test_what_is_behind_a_function_is_found() -> None:
    x, h, out = network()
    inner = lambda: h  # noqa: E731

    class Holder:
        kept = None

        def loss(self, t: Any, p: Any) -> Any:
            return self.helper(t) + self.seen

        def helper(self, t: Any) -> Any:
            return t + out

    holder: Any = Holder()
    holder.seen = x
    assert {id(v) for v in symbols_behind(lambda t, p: inner())} == {id(h)}
    assert {id(v) for v in symbols_behind(holder.loss)} == {id(x), id(out)}
    assert symbols_behind(K.mean) == symbols_behind("mse") == []
