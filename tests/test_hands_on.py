"""Hands on: what is changed by hand stays changed, can be undone, and forks go their own way."""

import threading
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.callbacks import LambdaCallback
from pellucid.inside import Controls, Watch, compare, fork
from pellucid.random import key, keys_from, set_random_seed

X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
LABELS = (X[:, 0] + X[:, 1] > 0).astype("int64")


def network(activation: str = "relu", optimizer: Any = "adam", **settings: Any) -> Sequential:
    set_random_seed(3)
    hidden = layers.Dense(5, activation, name="hidden")
    model = Sequential([layers.Input((6,)), hidden, layers.Dense(2, "softmax", name="answer")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **settings)
    return model


def hidden_outputs(model: Sequential) -> Any:
    kernel, bias = model.layers[0].get_weights()
    return np.asarray(model.layers[0].activation(X @ kernel + bias))


def test_a_weight_that_is_set_is_there_and_can_be_undone_and_done_again() -> None:
    model = network()
    old = model.get_weights()[0][2, 4]
    controls = Controls(model)
    controls.set_weight("hidden", (2, 4), 0.25)
    assert model.get_weights()[0][2, 4] == 0.25
    assert controls.done[0].words.startswith("hidden/kernel[2, 4]: ")
    controls.undo()
    assert model.get_weights()[0][2, 4] == old
    controls.redo()
    assert model.get_weights()[0][2, 4] == 0.25


@pytest.mark.parametrize("activation", ["relu", "tanh", "linear", "sigmoid", "softplus", "gelu"])
def test_a_silent_unit_gives_nothing_also_after_training(activation: str) -> None:
    model = network(activation)
    controls = Controls(model)
    controls.silence("hidden", 3)
    model.fit(X, LABELS, batch_size=16, epochs=2, verbose=0, callbacks=[controls])
    out = hidden_outputs(model)
    assert (np.abs(out[:, 3]) < 1e-30).all()
    assert out[:, [0, 1, 2, 4]].any(axis=0).all()


def test_without_the_controls_a_frozen_unit_would_move_and_with_them_only_it_stays() -> None:
    kernels = []
    for held in (False, True):
        model = network("tanh")
        before = model.get_weights()[0]
        controls = Controls(model)
        controls.freeze("hidden", 1)
        model.fit(X, LABELS, batch_size=16, epochs=1, verbose=0, callbacks=[controls] if held else [])
        kernels.append(model.get_weights()[0] - before)
    assert kernels[0][:, 1].any()
    assert not kernels[1][:, 1].any()
    assert kernels[1][:, 0].any()


def test_a_thawed_unit_learns_again() -> None:
    model = network("tanh")
    controls = Controls(model)
    controls.freeze("hidden", 1)
    controls.thaw("hidden", 1)
    assert controls.frozen == ()
    before = model.get_weights()[0]
    model.fit(X, LABELS, epochs=1, verbose=0, callbacks=[controls])
    assert (model.get_weights()[0] - before)[:, 1].any()


def test_a_dead_unit_is_revived() -> None:
    model = network("relu")
    controls = Controls(model)
    controls.set_weight("hidden", 2, -100.0, "bias")
    assert not hidden_outputs(model)[:, 2].any()
    controls.revive("hidden", 2)
    assert hidden_outputs(model)[:, 2].any()
    controls.undo()
    assert not hidden_outputs(model)[:, 2].any()


def test_what_another_thread_asks_for_happens_while_it_learns() -> None:
    model = network(optimizer="sgd")
    controls = Controls(model)
    rates, asked = [], threading.Event()

    def ask() -> None:
        controls.set_rate(0.5)
        asked.set()

    def begin(epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            threading.Thread(target=ask).start()
            assert asked.wait(10)
        rates.append(float(model.optimizer.learning_rate))

    model.fit(X, LABELS, epochs=4, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=begin), controls])
    assert rates == pytest.approx([0.01, 0.01, 0.5, 0.5])
    controls.undo()
    assert model.optimizer.learning_rate == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda c: c.set_weight("hiden", 0, 1.0), "no layer is called 'hiden'. There are: hidden, answer"),
        (lambda c: c.set_weight("hidden", (0, 9), 1.0), "index"),
        (lambda c: c.set_weight("hidden", 0, 1.0), "is not one weight"),
        (lambda c: c.set_weight("hidden", (0, 0), float("nan")), "finite"),
        (lambda c: c.set_weight("hidden", 0, 1.0, "gamma"), "it has kernel, bias"),
        (lambda c: c.silence("hidden", 5), "units 0 to 4"),
        (lambda c: c.set_rate(-1), "at least 0"),
        (lambda c: c.undo(), "nothing to undo"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_changes(act: Any, message: str) -> None:
    model = network()
    before = model.get_weights()
    with pytest.raises((ValueError, IndexError), match=message):
        act(Controls(model))
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_a_fork_at_a_recorded_step_goes_on_as_the_training_did(engine: str) -> None:
    model = network(engine=engine)
    watch = Watch(every=1)
    order = {"batch_size": 16, "shuffle": False, "verbose": 0}
    model.fit(X, LABELS, epochs=3, callbacks=[watch], **order)
    assert watch.recording is not None
    other = fork(model, watch.recording.at(8))  # two epochs of four batches
    assert other.numbers.step == 8
    other.fit(X, LABELS, initial_epoch=2, epochs=3, **order)
    for mine, theirs in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_step_that_was_not_recorded_is_told_with_the_nearest() -> None:
    model = network()
    watch = Watch(every=4)
    model.fit(X, LABELS, batch_size=16, epochs=2, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    with pytest.raises(ValueError, match=r"no frame is of step 5\. The nearest are 0, 4, 8"):
        watch.recording.at(5)


def test_a_frame_of_another_network_is_refused() -> None:
    model = network()
    watch = Watch(every=4)
    model.fit(X, LABELS, batch_size=16, epochs=1, verbose=0, callbacks=[watch])
    wider = Sequential([layers.Dense(9, name="hidden", input_shape=(6,)), layers.Dense(2, "softmax", name="answer")])
    wider.compile("adam", "sparse_categorical_crossentropy")
    assert watch.recording is not None
    with pytest.raises(ValueError, match=r"\(6, 9\).*\(6, 5\)"):
        fork(wider, watch.recording.at(4))


def test_forks_that_are_alike_stay_together_and_others_part() -> None:
    model = network()
    faster = fork(model)
    faster.optimizer.learning_rate = 0.05
    set_random_seed(9)
    found = compare({"one": fork(model), "same": fork(model), "faster": faster}, X, LABELS, epochs=3, batch_size=16)
    assert found.losses.shape == (3, 3)
    np.testing.assert_array_equal(found.losses[0], found.losses[1])
    assert not found.apart[1].any()
    assert (found.apart[2] > 0.01).all()
    assert found.best == "faster"
    assert "Lowest in the end: faster." in str(found)


def test_the_model_and_the_random_numbers_stay_where_forks_are_compared() -> None:
    model = network()
    before = model.get_weights()
    with keys_from(key(5)):
        compare({"one": fork(model)}, X, LABELS, epochs=1)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
