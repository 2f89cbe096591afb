"""K.gradients, and the loss as a symbolic value: against central differences."""

from typing import Any

import numpy as np
import pytest

from pellucid import backend as K
from pellucid import optimizers
from pellucid.constraints import MaxNorm
from pellucid.layers import LSTM, BatchNormalization, Bidirectional, Dense, Dropout, Input
from pellucid.model import Model
from pellucid.sequential import Sequential

RNG = np.random.default_rng(5)


def model_of(*layers: Any, shape: tuple[int, ...] = (3,)) -> Any:
    return Sequential([Input(shape), *layers])


def test_the_slope_by_the_input_and_by_a_value_in_the_middle() -> None:
    model = model_of(Dense(4, activation="tanh"), BatchNormalization(), Dropout(0.5), Dense(2))
    x = RNG.normal(size=(5, 3)).astype("float32")
    by_input, by_middle = K.gradients(K.sum(K.square(model.output)), [model.input, model.layers[0].output])
    look = K.function([model.input], [by_input, by_middle])
    dx, dh = look([x])
    assert dx.shape == (5, 3)
    assert dh.shape == (5, 4)
    place, step = (2, 1), 1e-2
    ends = [np.square(model.predict(x + step * sign * (np.arange(15).reshape(5, 3) == 7), verbose=0)).sum()
            for sign in (1, -1)]  # fmt: skip
    assert dx[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=2e-3)
    after = Model(model.layers[0].output, model.output)
    h = Model(model.input, model.layers[0].output).predict(x, verbose=0)
    ends = [np.square(after.predict(h + step * sign * (np.arange(20).reshape(5, 4) == 9), verbose=0)).sum()
            for sign in (1, -1)]  # fmt: skip
    assert dh[2, 1] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=2e-3)


def test_the_slope_of_the_loss_by_weights_those_of_inner_layers_too() -> None:
    model = model_of(Bidirectional(LSTM(3)), Dense(2, activation="softmax"), shape=(4, 2))
    model.compile("sgd", "categorical_crossentropy")
    weights = model.trainable_weights
    inputs = [*model.inputs, *model.sample_weights, *model.targets, K.learning_phase()]
    ask = K.function(inputs, model.optimizer.get_gradients(model.total_loss, weights))
    x, y = RNG.normal(size=(6, 4, 2)), np.eye(2)[RNG.integers(0, 2, 6)]
    found = ask([x, np.ones(6), y, 0])
    assert [g.shape for g in found] == [w.shape for w in weights]
    for weight, slope in zip(weights, found, strict=True):
        first, place = weight.numpy(), tuple(0 for _ in weight.shape)
        ends = []
        for step in (1e-2, -1e-2):
            moved = first.copy()
            moved[place] += step
            weight.assign(moved)
            ends.append(model.evaluate(x, y, verbose=0))
        weight.assign(first)
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-2, abs=2e-4)
    doubled = ask([x, 2 * np.ones(6), y, 0])
    np.testing.assert_allclose(doubled[0], 2 * found[0], rtol=1e-5)


def test_what_has_no_slope_is_said() -> None:
    model = model_of(Dense(2))
    with pytest.raises(TypeError, match="needs what layers return on an Input, got numbers"):
        K.gradients(np.ones(3), model.input)
    with pytest.raises(ValueError, match="does not depend on"):
        K.gradients(K.sum(model.output), model_of(Dense(2)).trainable_weights)
    with pytest.raises(TypeError, match="or weights"):
        K.gradients(K.sum(model.output), [3.0])


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop", "SGD"])
@pytest.mark.parametrize("order", ["params, loss", "params, constraints, loss", "loss, params", "by name"])
def test_a_function_with_updates_learns_as_train_on_batch_does(optimizer: str, order: str) -> None:
    x, y = RNG.normal(size=(8, 3)).astype("float32"), RNG.normal(size=(8, 2)).astype("float32")
    model = model_of(Dense(4, activation="tanh", kernel_constraint=MaxNorm(0.9)), Dense(2))
    other = model_of(Dense(4, activation="tanh", kernel_constraint=MaxNorm(0.9)), Dense(2))
    other.set_weights(model.get_weights())
    target = K.placeholder((None, 2))
    loss, weights = K.mean(K.square(target - model.output)), model.trainable_weights
    by_hand = getattr(optimizers, optimizer)(0.05)
    updates = {
        "params, loss": lambda: by_hand.get_updates(weights, loss),
        "params, constraints, loss": lambda: by_hand.get_updates(weights, [], loss),
        "loss, params": lambda: by_hand.get_updates(loss, weights),
        "by name": lambda: by_hand.get_updates(params=weights, loss=loss, constraints={}),
    }[order]()
    learn = K.function([model.input, target], [loss], updates=updates)
    other.compile(getattr(optimizers, optimizer)(0.05), "mse")
    for _ in range(4):
        assert learn([x, y])[0] == pytest.approx(other.train_on_batch(x, y), rel=1e-5)  # the loss before the step
    for mine, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_updates_may_copy_weights_and_follow_symbolic_values() -> None:
    model, copy = model_of(Dense(2)), model_of(Dense(2))
    follow = K.function([], [], updates=[K.update(b, a) for a, b in zip(model.weights, copy.weights, strict=True)])
    model.set_weights([np.full((3, 2), 2.0), np.ones(2)])
    assert follow([]) == []
    np.testing.assert_array_equal(copy.get_weights()[0], np.full((3, 2), 2.0))
    seen, last = K.variable(0.0), K.variable(0.0)
    total = K.sum(model.output)
    count = K.function([model.input], [total], updates=[K.update_add(seen, total), (last, total)])
    for _ in range(2):
        assert count([np.ones((1, 3))]) == [14.0]
    assert (K.get_value(seen), K.get_value(last)) == (28.0, 14.0)


def test_updates_whose_numbers_are_known_already_are_refused() -> None:
    model = model_of(Dense(2))
    with pytest.raises(ValueError, match="Numbers that are computed from weights are known at once here"):
        K.function([model.input], [], updates=[K.update(model.weights[1], 0.5 * model.weights[1].value)])
    with pytest.raises(TypeError, match=r"get_updates: needs a loss computed from .* got list, list, NoneType"):
        optimizers.SGD().get_updates([], [], None)


def test_a_session_runs_symbolic_values_as_a_function_does() -> None:
    model = model_of(BatchNormalization(), Dense(2))
    x = np.ones((4, 3))
    session = K.get_session()
    found = session.run([model.output], feed_dict={model.input: x, K.learning_phase(): 0})
    np.testing.assert_allclose(found[0], model.predict(x, verbose=0), rtol=1e-6)
    np.testing.assert_allclose(session.run(model.output, {model.input: x}), found[0])
    with pytest.raises(TypeError, match=r"session\.run is raw TensorFlow"):
        session.run("train_op")
