"""Bidirectional and TimeDistributed: layers with layers inside."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential
from pellucid.errors import ShapeError
from pellucid.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    Flatten,
    GRUCell,
    Layer,
    LSTMCell,
    Masking,
    SimpleRNN,
    TimeDistributed,
)
from pellucid.layers.table import deserialize, serialize
from pellucid.models import load_model
from pellucid.testing import check_layer

WRAPPED: list[tuple[Layer, tuple[int, ...]]] = [
    (Bidirectional(LSTM(2, return_sequences=True)), (3, 2)),
    (Bidirectional(GRU(2), merge_mode="sum"), (3, 2)),
    (Bidirectional(GRU(2), merge_mode="mul"), (3, 2)),
    (Bidirectional(SimpleRNN(2, return_sequences=True), merge_mode="ave"), (3, 2)),
    (Bidirectional(SimpleRNN(2, return_sequences=True), merge_mode=None), (3, 2)),
    (Bidirectional(LSTM(2, return_state=True, dropout=0.3)), (3, 2)),
    (Bidirectional(RNN([LSTMCell(2), GRUCell(3)])), (3, 2)),
    (Bidirectional(GRU(2), backward_layer=GRU(3, go_backwards=True)), (3, 2)),
    (TimeDistributed(Dense(3, activation="tanh")), (3, 2)),
    (TimeDistributed(Flatten()), (3, 2, 2)),
    (TimeDistributed(Dropout(0.4)), (3, 2)),
    (TimeDistributed(BatchNormalization()), (3, 2)),
    (TimeDistributed(Bidirectional(LSTM(2))), (2, 3, 2)),
]


@pytest.mark.parametrize(("layer", "shape"), WRAPPED, ids=lambda part: getattr(part, "name", ""))
def test_a_wrapped_layer_keeps_its_promises(layer: Layer, shape: tuple[int, ...]) -> None:
    check_layer(layer, shape, batch=2, judges=["differences"])


def sample(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# Bidirectional -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul", None])
def test_both_directions_are_two_layers_and_a_merge(mode: str | None) -> None:
    x = sample(2, 4, 3)
    both = Bidirectional(LSTM(2, return_sequences=True), merge_mode=mode)
    y = both(x)
    one, two = LSTM(2, return_sequences=True), LSTM(2, return_sequences=True)
    one(x)
    two(x)
    one.set_weights(both.get_weights()[:3])
    two.set_weights(both.get_weights()[3:])
    a, b = one(x), two(x[:, ::-1])[:, ::-1]
    if mode is None:
        np.testing.assert_allclose(y[0], a, rtol=1e-6)
        np.testing.assert_allclose(y[1], b, rtol=1e-6)
        return
    merged = {"concat": np.concatenate([a, b], axis=-1), "sum": a + b, "ave": (a + b) / 2, "mul": a * b}[mode]
    np.testing.assert_allclose(y, merged, rtol=1e-6)


def test_states_are_those_of_one_direction_and_then_of_the_other() -> None:
    x = sample(2, 4, 3)
    both = Bidirectional(LSTM(2, return_state=True))
    y, *states = both(x)
    assert [state.shape for state in states] == [(2, 2)] * 4
    np.testing.assert_array_equal(np.concatenate([states[0], states[2]], axis=-1), y)
    again, *_ = both(x, initial_state=states)
    assert not np.allclose(again, y)
    back, *_ = both(x, initial_state=[0 * state for state in states])
    np.testing.assert_array_equal(back, y)


def test_states_of_both_directions_can_come_from_the_network() -> None:
    x = Input((4, 3))
    _, *states = Bidirectional(GRU(2, return_state=True), name="encoder")(x)
    y = Bidirectional(GRU(2, return_sequences=True), name="decoder")(x, initial_state=states)
    model = Model(x, y)
    model.compile("sgd", "mse")
    before = model.get_layer("encoder").get_weights()
    model.fit(sample(4, 4, 3), sample(4, 4, 4), verbose=0)
    assert not np.array_equal(before[0], model.get_layer("encoder").get_weights()[0])


def test_a_stateful_pair_keeps_the_states_of_both() -> None:
    model = Sequential([Input(batch_shape=(2, 3, 1)), Bidirectional(SimpleRNN(2, stateful=True))])
    first = model.predict(sample(2, 3, 1), verbose=0)
    assert not np.array_equal(model.predict(sample(2, 3, 1), verbose=0), first)
    model.reset_states()
    np.testing.assert_array_equal(model.predict(sample(2, 3, 1), verbose=0), first)
    assert len(model.get_weights()) == 6


def test_pairs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="go_backwards must differ"):
        Bidirectional(GRU(2), backward_layer=GRU(2))
    with pytest.raises(ValueError, match="return_sequences must be the same"):
        Bidirectional(GRU(2), backward_layer=GRU(2, go_backwards=True, return_sequences=True))
    with pytest.raises(ValueError, match="merge_mode must be one of"):
        Bidirectional(GRU(2), merge_mode="max")
    with pytest.raises(TypeError, match="needs a recurrent layer, got Dense"):
        Bidirectional(Dense(2))
    with pytest.raises(ShapeError, match="as many units in both"):
        Bidirectional(GRU(2), backward_layer=GRU(3, go_backwards=True), merge_mode="sum")(sample(1, 2, 1))


def test_first_weights_can_be_given() -> None:
    weights = [
        sample(3, 2, seed=i) if i % 3 == 0 else sample(2, 2, seed=i) if i % 3 == 1 else sample(2) for i in range(6)
    ]
    layer = Bidirectional(SimpleRNN(2), weights=weights)
    layer(sample(1, 2, 3))
    for one, two in zip(layer.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, two)


# TimeDistributed ---------------------------------------------------------------------------------


def test_the_same_layer_at_every_time_step() -> None:
    x = sample(2, 3, 4)
    layer = TimeDistributed(Dense(2, activation="relu"))
    y = layer(x)
    for t in range(3):
        np.testing.assert_allclose(y[:, t], np.maximum(x[:, t] @ layer.layer.kernel.numpy(), 0), rtol=1e-6, atol=1e-7)
    with pytest.raises(ShapeError, match=r"sequences shaped \(batch, time, …\)"):
        TimeDistributed(Dense(2))(Input((3,)))


def test_its_activation_is_a_node_of_its_own() -> None:
    model = Sequential([Input((3, 2)), TimeDistributed(Dense(4, activation="softmax"), name="each")])
    assert [node.name for node in model.graph.nodes] == ["each", "each/softmax"]


def test_normalization_sees_one_time_step_after_another() -> None:
    x, layer = sample(8, 3, 2), TimeDistributed(BatchNormalization(momentum=0.5))
    layer.build((None, 3, 2))
    params, state = layer.numbers
    y, cache = layer.forward(params, x, state=state, training=True)
    np.testing.assert_allclose(y.mean(axis=0), np.zeros((3, 2)), atol=1e-6)
    mean = np.zeros(2)
    for t in range(3):
        mean = 0.5 * mean + 0.5 * x[:, t].mean(axis=0)
    np.testing.assert_allclose(layer.advance(state, cache)["layer/moving_mean"], mean, rtol=1e-5)


def frames() -> Sequential:
    return Sequential([Input((4, 4)), Flatten(), Dense(3, activation="tanh", name="look")], name="eye")


def test_a_model_at_every_time_step() -> None:
    x, eye = sample(2, 5, 4, 4), frames()
    film = Input((5, 4, 4))
    model = Model(film, LSTM(2)(TimeDistributed(eye, name="watch")(film)))
    seen = Model(film, model.get_layer("watch").output).predict(x, verbose=0)
    for t in range(5):
        np.testing.assert_allclose(seen[:, t], eye.predict(x[:, t], verbose=0), rtol=1e-6)
    assert model.count_params() == 51 + 4 * 2 * (3 + 2 + 1)
    model.compile("sgd", "mse")
    before = eye.get_weights()
    model.fit(x, sample(2, 2), verbose=0)
    assert not np.array_equal(before[0], eye.get_weights()[0])  # the same weights, seen from both
    np.testing.assert_allclose(model.get_layer("watch")(x), Model(film, model.layers[1].output)(x), rtol=1e-6)


def test_a_frozen_model_at_every_time_step_stays_as_it_is() -> None:
    eye = frames()
    model = Sequential([Input((5, 4, 4)), TimeDistributed(eye), GRU(2)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = eye.get_weights()
    model.fit(sample(2, 5, 4, 4), sample(2, 2), verbose=0)
    for one, two in zip(before, eye.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_masks_pass_a_model_at_every_time_step() -> None:
    x = sample(2, 4, 2)
    x[0, 2:] = 0
    each = Sequential([Input((2,)), Dense(3)])
    model = Sequential([Input((None, 2)), Masking(), TimeDistributed(each), LSTM(2)])
    np.testing.assert_allclose(
        model.predict(x, verbose=0)[:1], model.predict(x[:1, :2], verbose=0), rtol=1e-5, atol=1e-7
    )


# What they have in common ------------------------------------------------------------------------


def test_the_weights_inside_are_the_outer_layers() -> None:
    layer = Bidirectional(GRU(2))
    layer(sample(1, 2, 3))
    names = [
        f"{which}/{name}"
        for which in ("forward_layer", "backward_layer")
        for name in ("kernel", "recurrent_kernel", "bias")
    ]
    assert list(layer.numbers.params) == names
    layer.backward_layer.set_weights([np.ones((3, 6)), np.ones((2, 6)), np.ones((2, 6))])
    np.testing.assert_array_equal(layer.get_weights()[3], np.ones((3, 6)))
    assert layer.forward_layer.cell.bias.path == f"{layer.name}/forward_layer/bias"
    layer.forward_layer.trainable = False  # one layer's numbers are trained together
    assert layer.trainable_weights == []


def test_a_built_layer_brings_its_weights() -> None:
    dense = Dense(2)
    dense(sample(1, 3))
    before = dense.get_weights()
    layer = TimeDistributed(dense)
    layer(sample(1, 4, 3))
    for one, two in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match=r"part of .* already"):
        TimeDistributed(dense)
    with pytest.raises(ValueError, match="cannot be a layer of the network by itself as well"):
        dense(Input((3,)))


def test_frozen_settings_reach_the_outer_layer() -> None:
    assert TimeDistributed(Dense(2, trainable=False)).trainable is False


@pytest.mark.parametrize(("layer", "shape"), WRAPPED[:9], ids=lambda part: getattr(part, "name", ""))
def test_settings_survive(layer: Layer, shape: Any) -> None:
    again = deserialize(serialize(layer))
    assert again.get_config() == layer.get_config()


def test_files_hold_models_inside_layers(tmp_path: Any) -> None:
    model = Sequential([Input((3, 4, 4)), TimeDistributed(frames()), Bidirectional(LSTM(2, recurrent_dropout=0.2))])
    model.compile("adam", "mse")
    x, y = sample(4, 3, 4, 4), sample(4, 4)
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    loaded.fit(x, y, verbose=0)
