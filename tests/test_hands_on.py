"""Hands on: what is changed by hand stays changed, can be undone, and forks go their own way."""

import threading
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential, layers, ops
from pellucid.callbacks import LambdaCallback, LearningRateScheduler
from pellucid.initializers import Initializer
from pellucid.inside import Controls, Watch, compare, fork
from pellucid.models import clone_model
from pellucid.optimizers import SGD, Adam
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
        (lambda c: c.set_weight("hiden", 0, 1.0), "no layer with weights is called 'hiden'. There are: hidden, answer"),
        (lambda c: c.set_weight("hidden", (0, 9), 1.0), r"no weight at index \(0, 9\)"),
        (lambda c: c.set_weight("hidden", (0, slice(None)), 1.0), "2 whole numbers"),
        (lambda c: c.set_weight("hidden", (0, 0), "one"), "finite number, got 'one'"),
        (lambda c: c.set_weight("hidden", (0, 0), 1e300), "finite number of float32"),
        (lambda c: c.freeze("hidden", 1.5), "units 0 to 4, got 1.5"),
        (lambda c: c.set_rate("fast"), "finite number"),
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
    with pytest.raises(ValueError, match=message):
        act(Controls(model))
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def alone(layer: Any, shape: tuple[int, ...]) -> Sequential:
    set_random_seed(5)
    model = Sequential([layers.Input(shape), layer])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Conv2D(4, 3),
        lambda: layers.Conv2DTranspose(4, 3),
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
        lambda: layers.Dense(4, "relu"),
        lambda: layers.EinsumDense("abcd,de->abce", (6, 6, 4), bias_axes="e"),
    ],
)
def test_a_unit_is_silenced_and_revived_and_no_other_is_touched(layer: Any) -> None:
    model, x = alone(layer(), (6, 6, 2)), np.random.default_rng(1).normal(size=(3, 6, 6, 2)).astype("float32")
    before = model.predict(x, verbose=0)
    controls = Controls(model)
    for act in (controls.silence, controls.revive):
        act(model.layers[-1].name, 1)
        after = model.predict(x, verbose=0)
        assert [unit for unit in range(after.shape[-1]) if not np.array_equal(after[..., unit], before[..., unit])] == [
            1
        ]
        assert after[..., 1].any() == (act == controls.revive)


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.GRU, layers.LSTM])
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_unit_of_a_recurrent_layer_is_silenced_and_frozen_with_all_its_gates(kind: Any, use_bias: bool) -> None:
    model, x = alone(kind(3, use_bias=use_bias), (5, 2)), np.random.default_rng(1).normal(size=(8, 5, 2))
    controls, name = Controls(model), model.layers[-1].name
    controls.silence(name, 1)
    controls.freeze(name, 2)
    held = [np.array(w[..., 2::3]) for w in model.get_weights()]
    before = model.predict(x, verbose=0)
    model.fit(x, np.ones((8, 3)), epochs=3, verbose=0, callbacks=[controls])
    after = model.predict(x, verbose=0)
    assert not before[:, 1].any()
    assert not after[:, 1].any()
    assert (after[:, 0] != before[:, 0]).all()
    for a, b in zip(held, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b[..., 2::3])


@pytest.mark.parametrize("kind", [layers.GRU, layers.LSTM])
def test_a_silent_unit_is_so_whatever_the_state_began_with(kind: Any) -> None:
    x, states = layers.Input((5, 2)), [layers.Input((3,)) for _ in range(2 if kind is layers.LSTM else 1)]
    model = Model([x, *states], kind(3, name="gated")(x, initial_state=states))
    model.compile("sgd", "mse")
    Controls(model).silence("gated", 0)
    out = model.predict([np.ones((4, 5, 2)), *(np.ones((4, 3)) for _ in states)], verbose=0)
    assert (np.abs(out[:, 0]) < 1e-30).all()
    assert out[:, 1:].all()


def test_after_ctrl_c_changes_happen_at_once_and_a_frozen_unit_is_where_it_was() -> None:
    model = network("tanh")
    controls = Controls(model)
    controls.freeze("hidden", 1)
    kept = model.get_weights()[0][:, 1]

    def interrupt(batch: int, logs: Any = None) -> None:
        if batch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, LABELS, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=interrupt), controls])
    np.testing.assert_array_equal(model.get_weights()[0][:, 1], kept)
    controls.set_weight("hidden", (0, 0), 7.0)
    assert model.get_weights()[0][0, 0] == 7.0


def test_what_a_callback_asks_for_happens_before_the_next_batch() -> None:
    model, seen = network("tanh"), []
    controls = Controls(model)

    def act(batch: int, logs: Any = None) -> None:
        if batch == 1:
            controls.silence("hidden", 2)
        seen.append(bool(model.get_weights()[0][:, 2].any()))

    for order in (0, 1):
        callbacks = [LambdaCallback(on_train_batch_end=act), controls]
        model.fit(X, LABELS, batch_size=16, verbose=0, callbacks=callbacks[::-1] if order else callbacks)
        controls.undo()
    assert seen == [True, False, False, False] * 2


def test_a_watch_that_stands_before_the_controls_sees_a_frozen_unit_stay() -> None:
    model, watch = network("tanh"), Watch(every=1)
    controls = Controls(model)
    controls.freeze("hidden", 1)
    model.fit(X, LABELS, batch_size=16, verbose=0, callbacks=[watch, controls])
    assert watch.recording is not None
    updates = watch.recording.series("updates/hidden/kernel")[1]
    assert not updates[:, :, 1].any()
    assert updates[1:, :, 0].any(axis=1).all()


def test_nothing_to_undo_is_said_to_who_asks_and_not_to_the_training() -> None:
    model, told = network(), []
    controls = Controls(model)

    def ask() -> None:
        with pytest.raises(ValueError, match="nothing to undo"):
            controls.undo()
        controls.set_rate(0.5)
        controls.undo()  # of what waits
        controls.undo()  # by then there is nothing
        told.append(True)

    def begin(epoch: int, logs: Any = None) -> None:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(10)

    rate = float(model.optimizer.learning_rate)
    model.fit(X, LABELS, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=begin), controls])
    assert told == [True]
    assert float(model.optimizer.learning_rate) == rate


def test_controls_of_another_model_are_refused() -> None:
    controls = Controls(network())
    with pytest.raises(ValueError, match="among the callbacks of another model"):
        network().fit(X, LABELS, verbose=0, callbacks=[controls])


def test_averages_of_the_weights_do_not_move_a_frozen_unit() -> None:
    model = network("tanh", Adam(0.05, use_ema=True))
    controls = Controls(model)
    model.fit(X, LABELS, verbose=0)
    controls.freeze("hidden", 1)
    kept = model.get_weights()[0][:, 1]
    model.fit(X, LABELS, epochs=2, verbose=0, callbacks=[controls])
    np.testing.assert_array_equal(model.get_weights()[0][:, 1], kept)


def test_the_controls_tell_what_was_changed() -> None:
    controls = Controls(network())
    assert str(controls).startswith("Nothing in ")
    controls.freeze("hidden", -1)
    assert str(controls).splitlines()[-2:] == ["    0     hidden: unit 4 frozen", "Kept as they are: hidden[4]."]


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


def test_a_fork_is_compiled_alike() -> None:
    model = network()
    model.fit(X, LABELS, verbose=0)
    assert fork(model).evaluate(X, LABELS, verbose=0, return_dict=True) == model.evaluate(
        X, LABELS, verbose=0, return_dict=True
    )


def twice_tanh(x: Any) -> Any:
    return 2 * ops.tanh(x)


class Halves(Initializer):
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, 0.5, "float32")


class Shifted(layers.Layer):
    def build(self, shape: Any) -> None:
        self.shift = self.add_weight(shape=(shape[-1],), initializer="zeros", name="shift")

    def call(self, x: Any) -> Any:
        return x + self.shift


class Slow(SGD):
    pass


def test_what_is_the_programs_own_is_forked_and_cloned_without_being_registered() -> None:
    set_random_seed(3)
    hidden = layers.Dense(5, twice_tanh, kernel_initializer=Halves(), bias_regularizer=lambda w: ops.sum(w * w))
    around = layers.TimeDistributed(Shifted())
    model = Sequential([layers.Input((2, 3)), around, layers.Flatten(), Shifted(), hidden, layers.Dense(1)])
    model.compile(Slow(0.01), "mse")
    x, y = X.reshape(-1, 2, 3), X[:, :1]
    other, frozen = fork(model), clone_model(model)
    assert isinstance(other.optimizer, Slow)
    assert [type(layer) for layer in frozen.layers] == [type(layer) for layer in model.layers]
    for each in (model, other):
        with keys_from(key(2)):
            each.fit(x, y, epochs=2, verbose=0)
    np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_fork_says_so_where_two_things_of_ones_own_share_a_name() -> None:
    model = Sequential([layers.Dense(3, lambda x: 2 * x, input_shape=(2,)), layers.Dense(1, lambda x: -x)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="two different functions or classes are called '<lambda>'"):
        fork(model)


def test_a_fork_at_a_frame_learns_at_the_rate_of_then() -> None:
    model, watch = network(), Watch(every=4)
    slower = LearningRateScheduler(lambda epoch, rate: 0.02 / (epoch + 1))
    model.fit(X, LABELS, batch_size=16, epochs=4, verbose=0, callbacks=[slower, watch])
    assert watch.recording is not None
    rates = [float(fork(model, frame).optimizer.learning_rate) for frame in watch.recording.frames[1:]]
    assert rates == pytest.approx([0.02, 0.01, 0.02 / 3, 0.005])


class Branching(Model):
    """Two inputs, two outputs, layers that it names itself."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.norm = layers.Dense(4, "tanh"), layers.BatchNormalization()
        self.one, self.other = layers.Dense(2, "softmax"), layers.Dense(1)

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.norm(self.hidden(x), training=training)
        return self.one(h), self.other(h)


def branching() -> Model:
    set_random_seed(4)
    model = Branching()
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"], loss_weights=[1.0, 0.25])
    model.fit(X, [LABELS, X[:, :1]], verbose=0)
    return model


def test_a_model_of_ones_own_with_several_outputs_is_forked_and_compared() -> None:
    model, y = branching(), [LABELS, X[:, :1]]
    other, faster = fork(model), fork(model)
    for a, b in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert other.evaluate(X, y, verbose=0) == model.evaluate(X, y, verbose=0)
    faster.optimizer.learning_rate = 0.1
    found = compare({"as it is": other, "faster": faster}, X, y, epochs=2, batch_size=16)
    assert found.best == "faster"


def test_what_compare_tells_is_what_fits_with_the_same_batches_give() -> None:
    model = network()
    start, x_val, labels_val = fork(model), X[:20] * 0.5, LABELS[:20]
    found = compare(
        {"one": fork(model), "fast": fast_fork(model)}, X, LABELS, (x_val, labels_val), epochs=2, batch_size=16
    )
    for row, learner in enumerate((fork(start), fast_fork(start))):
        states = []
        with keys_from(key(1)):
            learner.fit(
                X, LABELS, epochs=2, batch_size=16, verbose=0,
                callbacks=[LambdaCallback(on_epoch_end=lambda *_, m=learner, s=states: s.append(m.get_weights()))],
            )  # fmt: skip
        if row == 0:
            first = states
        for epoch, (weights, others) in enumerate(zip(states, first, strict=True)):
            w1, b1, w2, b2 = (w.astype("float64") for w in weights)
            z = np.maximum(x_val @ w1 + b1, 0) @ w2 + b2
            p = np.exp(z - z.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            loss = -np.log(p[np.arange(20), labels_val]).mean()
            apart = np.sqrt(sum(np.square(a.astype("float64") - b).sum() for a, b in zip(weights, others, strict=True)))
            np.testing.assert_allclose(found.losses[row, epoch], loss, rtol=1e-5)
            np.testing.assert_allclose(found.apart[row, epoch], apart, rtol=1e-5, atol=1e-12)


def fast_fork(model: Sequential) -> Sequential:
    other = fork(model)
    other.optimizer.learning_rate = 0.1
    return other


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (lambda model: {}, "give models by name"),
        (lambda model: [model], "give models by name"),
        (lambda model: {"one": model, "two": model}, "'one' and 'two' are the same model"),
        (lambda model: {"one": Sequential([layers.Dense(1, input_shape=(2,))])}, "'one': the model is not compiled"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(runs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(runs(network()), X, LABELS)


def test_a_fork_at_what_is_no_frame_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be a frame of a recording"):
        fork(network(), 8)  # type: ignore[arg-type]


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
