"""Recurrent layers: numbers that can be checked by hand, walks both ways, states, cells."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Input, Model, Sequential
from pellucid.arrays import add_rows, scan
from pellucid.errors import ShapeError
from pellucid.layers import (
    GRU,
    LSTM,
    RNN,
    Attention,
    Dense,
    Embedding,
    GRUCell,
    Layer,
    LSTMCell,
    MultiHeadAttention,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)
from pellucid.layers.attention import AdditiveAttention
from pellucid.layers.multi_head_attention import GroupQueryAttention
from pellucid.models import load_model
from pellucid.testing import check_layer

LAYERS: list[tuple[Layer, list[tuple[int, ...]]]] = [
    (SimpleRNN(2), [(3, 2)]),
    (SimpleRNN(2, activation="relu", use_bias=False, return_sequences=True), [(3, 2)]),
    (SimpleRNN(2, recurrent_dropout=0.4, return_sequences=True), [(3, 2)]),
    (LSTM(2), [(3, 2)]),
    (LSTM(2, return_sequences=True, return_state=True, go_backwards=True), [(3, 2)]),
    (LSTM(2, dropout=0.3, recurrent_dropout=0.4), [(3, 2)]),
    (LSTM(2, activation="softmax", recurrent_activation="softmax", use_bias=False), [(3, 2)]),
    (GRU(2), [(3, 2)]),
    (GRU(2, reset_after=False, return_sequences=True), [(3, 2)]),
    (GRU(2, reset_after=False, use_bias=False, dropout=0.3, recurrent_dropout=0.4), [(3, 2)]),
    (GRU(2, dropout=0.3, recurrent_dropout=0.4, go_backwards=True), [(3, 2)]),
    (RNN([LSTMCell(2), GRUCell(3), SimpleRNNCell(2)], return_sequences=True), [(3, 2)]),
    (Attention(use_scale=True), [(3, 2), (4, 2)]),
    (Attention(use_scale=True, score_mode="concat", dropout=0.2), [(3, 2), (4, 2), (4, 2)]),
    (AdditiveAttention(), [(3, 2), (4, 2)]),
    (MultiHeadAttention(2, 3, value_dim=2, output_shape=3, use_gate=True), [(2, 4), (3, 3), (3, 2)]),
    (MultiHeadAttention(1, 2, sliding_window=2, use_bias=False, dropout=0.2), [(3, 2), (3, 2)]),
    (GroupQueryAttention(2, 4, 2), [(2, 3), (3, 3)]),
]


@pytest.mark.parametrize(("layer", "shapes"), LAYERS, ids=lambda part: getattr(part, "name", ""))
def test_a_layer_keeps_its_promises(layer: Layer, shapes: list[tuple[int, ...]]) -> None:
    check_layer(layer, *shapes, batch=2, judges=["differences"])


def test_embedding_keeps_its_promises() -> None:
    words = np.array([[1, 2, 0, 1], [4, 4, 4, 0], [3, 0, 1, 2]])
    check_layer(Embedding(5, 3), (4,), inputs=[words], whole_numbers=True, judges=["differences"])


# By hand -----------------------------------------------------------------------------------------


def test_a_simple_rnn_of_one_unit_by_hand() -> None:
    layer = SimpleRNN(1, activation=None, return_sequences=True)
    layer.build((None, 3, 1))
    layer.set_weights([[[1.0]], [[0.5]], [0.25]])
    y = layer(np.array([[[1.0], [2.0], [0.0]]], "float32"))
    np.testing.assert_allclose(y[0, :, 0], [1.25, 2.875, 1.6875])  # 1 + ½·0 + ¼; 2 + ½·1.25 + ¼; 0 + ½·2.875 + ¼


def sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def test_a_step_of_lstm_by_hand() -> None:
    layer = LSTM(1, return_state=True)
    layer.build((None, 1, 1))
    layer.set_weights([[[1.0, 2.0, 3.0, 4.0]], [[0.1, 0.2, 0.3, 0.4]], [0.0, 1.0, 0.0, 0.0]])
    x, h, c = 0.5, 0.2, -0.3
    y, last_h, last_c = layer(np.array([[[x]]]), initial_state=[np.array([[h]]), np.array([[c]])])
    i, f = sigmoid(1 * x + 0.1 * h), sigmoid(2 * x + 0.2 * h + 1)
    g, o = np.tanh(3 * x + 0.3 * h), sigmoid(4 * x + 0.4 * h)
    new_c = f * c + i * g
    np.testing.assert_allclose([y[0, 0], last_h[0, 0], last_c[0, 0]], [o * np.tanh(new_c)] * 2 + [new_c], rtol=1e-6)


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_step_of_gru_by_hand(reset_after: bool) -> None:
    layer = GRU(1, reset_after=reset_after)
    layer.build((None, 1, 1))
    biases = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]] if reset_after else [0.1, 0.2, 0.3]
    layer.set_weights([[[1.0, 2.0, 3.0]], [[0.7, 0.8, 0.9]], biases])
    x, h = 0.5, 0.2
    y = layer(np.array([[[x]]]), initial_state=np.array([[h]]))
    z = sigmoid(x + 0.7 * h + 0.1 + (0.4 if reset_after else 0))
    r = sigmoid(2 * x + 0.8 * h + 0.2 + (0.5 if reset_after else 0))
    n = np.tanh(3 * x + 0.3 + (r * (0.9 * h + 0.6) if reset_after else 0.9 * r * h))
    np.testing.assert_allclose(y[0, 0], z * h + (1 - z) * n, rtol=1e-6)


def test_attention_by_hand() -> None:
    query, value = np.array([[[1.0, 0.0]]]), np.array([[[2.0, 0.0], [0.0, 5.0]]])
    share = np.exp(2) / (np.exp(2) + 1)  # scores 2 and 0
    np.testing.assert_allclose(Attention()([query, value])[0, 0], [2 * share, 5 * (1 - share)])
    _, weights = Attention()([query, value], return_attention_scores=True)
    np.testing.assert_allclose(weights[0, 0], [share, 1 - share])


def test_causal_attention_sees_nothing_later() -> None:
    layer, draw = MultiHeadAttention(2, 3), np.random.default_rng(0)
    x = draw.normal(size=(1, 5, 4))
    y = layer(x, x, use_causal_mask=True)
    later = x.copy()
    later[:, 3:] += 1
    np.testing.assert_array_equal(layer(later, later, use_causal_mask=True)[:, :3], y[:, :3])
    assert not np.allclose(layer(later, later)[:, :3], layer(x, x)[:, :3])


def test_the_forget_gate_starts_open() -> None:
    layer = LSTM(2)
    layer.build((None, 3, 4))
    np.testing.assert_array_equal(layer.bias.numpy(), [0, 0, 1, 1, 0, 0, 0, 0])
    plain = LSTM(2, unit_forget_bias=False)
    plain.build((None, 3, 4))
    np.testing.assert_array_equal(plain.bias.numpy(), np.zeros(8))


# Walks and states --------------------------------------------------------------------------------

KINDS = [SimpleRNN, LSTM, GRU]


def sample(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def twin(layer: Any, **changed: Any) -> Any:
    """A layer of the same weights and other settings."""
    other = type(layer).from_config({**layer.get_config(), "name": "twin", **changed})
    other.build(layer.build_shapes[0])
    other.set_weights(layer.get_weights())
    return other


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_output_is_the_last_of_the_sequence(kind: Any) -> None:
    x = sample(2, 4, 3)
    layer = kind(3, return_sequences=True)
    np.testing.assert_array_equal(layer(x)[:, -1], twin_output(layer, x, return_sequences=False))


def twin_output(layer: Any, x: np.ndarray, **changed: Any) -> np.ndarray:
    return twin(layer, **changed)(x)


@pytest.mark.parametrize("kind", KINDS)
def test_going_backwards_is_reading_the_sequence_turned_round(kind: Any) -> None:
    x = sample(2, 4, 3)
    layer = kind(3, return_sequences=True, go_backwards=True)
    np.testing.assert_array_equal(layer(x), twin_output(layer, x[:, ::-1], go_backwards=False))


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_can_be_walked_in_two_parts(kind: Any) -> None:
    x = sample(2, 6, 3)
    layer = kind(3, return_sequences=True, return_state=True)
    whole, *_ = layer(x)
    first, *states = layer(x[:, :4])
    rest, *_ = layer(x[:, 4:], initial_state=states)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), whole, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stateful_layer_goes_on_where_the_batch_before_ended(kind: Any) -> None:
    x = sample(2, 6, 3)
    plain = kind(3)
    whole = plain(x)
    model = Sequential([Input(batch_shape=(2, 3, 3)), kind(3, stateful=True)])
    model.set_weights(plain.get_weights())
    for _ in range(2):
        model.predict(x[:, :3], verbose=0)
        np.testing.assert_allclose(model.predict(x[:, 3:], verbose=0), whole, rtol=1e-6, atol=1e-7)
        model.reset_states()
    model.compile("sgd", "mse")
    model.evaluate(x[:, :3], whole, verbose=0)
    np.testing.assert_allclose(model(x[:, 3:]), whole, rtol=1e-6, atol=1e-7)


def test_training_moves_the_states_too() -> None:
    model = Sequential([Input(batch_shape=(2, 3, 1)), LSTM(2, stateful=True)])
    model.compile("sgd", "mse")
    states = next(iter(model.numbers.state.values()))
    assert not states["state_0"].any()
    model.fit(sample(4, 3, 1), sample(4, 2), batch_size=2, verbose=0, shuffle=False)
    states = next(iter(model.numbers.state.values()))
    assert states["state_0"].any()
    assert states["state_1"].any()
    assert len(model.get_weights()) == 3  # states are no weights


def test_a_stateful_layer_needs_a_batch_size_and_keeps_to_it() -> None:
    with pytest.raises(ShapeError, match="fixed batch size"):
        Sequential([Input((3, 1)), LSTM(2, stateful=True)])
    layer = LSTM(2, stateful=True)
    layer(sample(4, 3, 1))
    with pytest.raises(ShapeError, match="stateful for batches of 4 samples, got 3"):
        layer(sample(3, 3, 1))


def test_initial_states_can_come_from_the_network() -> None:
    x, h = Input((4, 3)), Input((5,))
    y = GRU(5, return_sequences=True)(x, initial_state=h)
    model = Model([x, h], Dense(2)(y))
    model.compile("sgd", "mse")
    data = [sample(6, 4, 3), sample(6, 5, seed=1)]
    before = model.predict(data, verbose=0)
    assert not np.allclose(before, model.predict([data[0], 0 * data[1]], verbose=0))
    model.fit(data, sample(6, 4, 2), verbose=0)


def test_an_encoders_states_learn_through_the_decoder() -> None:
    x = Input((4, 3))
    _, h, c = LSTM(5, return_state=True, name="encoder")(x)
    y = LSTM(5, name="decoder")(x, initial_state=[h, c])
    model = Model(x, y)
    model.compile("sgd", "mse")
    before = model.get_layer("encoder").get_weights()
    model.fit(sample(6, 4, 3), sample(6, 5), verbose=0)
    after = model.get_layer("encoder").get_weights()
    assert not any(np.array_equal(one, two) for one, two in zip(before, after, strict=True))


def test_states_of_another_size_are_refused() -> None:
    x, h = Input((4, 3)), Input((6,))
    with pytest.raises(ShapeError, match="initial states of the sizes"):
        GRU(5)(x, initial_state=h)
    with pytest.raises(ShapeError, match=r"sequences shaped \(batch, time, features\)"):
        GRU(5)(Input((3,)))


def test_the_call_survives_a_file(tmp_path: Any) -> None:
    x, h = Input((4, 3)), Input((5,))
    y, state = GRU(5, return_sequences=True, return_state=True)(x, initial_state=h)
    z = MultiHeadAttention(2, 2)(y, y, use_causal_mask=True)
    model = Model([x, h], [z, state])
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    data = [sample(2, 4, 3), sample(2, 5)]
    for one, two in zip(model.predict(data, verbose=0), loaded.predict(data, verbose=0), strict=True):
        np.testing.assert_array_equal(one, two)


# Cells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "cell"), [(SimpleRNN, SimpleRNNCell), (LSTM, LSTMCell), (GRU, GRUCell)])
def test_a_layer_is_its_cell_walked_along(kind: Any, cell: Any) -> None:
    x = sample(2, 3, 4)
    layer, walked, step = kind(3), RNN(cell(3)), cell(3)
    y = layer(x)
    walked(x)
    walked.set_weights(layer.get_weights())
    np.testing.assert_array_equal(walked(x), y)
    states = step.get_initial_state(2)
    step(x[:, 0], states)
    step.set_weights(layer.get_weights())
    for t in range(3):
        output, states = step(x[:, t], states)
    np.testing.assert_allclose(output, y, rtol=1e-6, atol=1e-7)


def test_stacked_cells_are_layers_one_after_another() -> None:
    x = sample(2, 3, 4)
    stack = RNN([LSTMCell(3), GRUCell(2)], return_state=True)
    y, lower, upper = stack(x)
    one, two = LSTM(3, return_sequences=True), GRU(2)
    two(one(x))
    one.set_weights(stack.get_weights()[:3])
    two.set_weights(stack.get_weights()[3:])
    np.testing.assert_allclose(two(one(x)), y, rtol=1e-6, atol=1e-7)
    assert [len(lower), len(upper)] == [2, 1]
    assert isinstance(stack.cell, StackedRNNCells)
    again, *_ = stack(x, initial_state=[lower, upper])
    assert not np.allclose(again, y)


def test_a_cell_belongs_to_one_layer() -> None:
    cell = LSTMCell(3)
    RNN(cell, name="first")
    with pytest.raises(ValueError, match="part of first already"):
        RNN(cell)
    with pytest.raises(TypeError, match="needs the states before"):
        LSTMCell(2)(sample(1, 2))
    with pytest.raises(TypeError, match="needs a recurrent cell"):
        RNN(Dense(3))


def test_a_cells_weights_are_views_into_its_layer() -> None:
    layer = LSTM(2)
    layer(sample(1, 3, 4))
    layer.cell.bias.assign(np.arange(8))
    np.testing.assert_array_equal(layer.bias.numpy(), np.arange(8))
    assert layer.cell.kernel.path == f"{layer.name}/kernel"
    layer.trainable = False
    assert layer.cell.trainable is False
    assert not layer.cell.trainable_weights


class MinimalCell(Layer):
    """A cell in Keras's way."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(self.units, self.units), name="recurrent_kernel")

    def call(self, inputs: Any, states: Any) -> Any:
        h = inputs @ self.kernel + states[0] @ self.recurrent_kernel
        return h, [h]


@pytest.mark.parametrize("settings", [{}, {"return_sequences": True, "return_state": True, "go_backwards": True}])
def test_a_cell_of_ones_own_is_walked_like_ours(settings: dict[str, Any]) -> None:
    pytest.importorskip("jax")
    own, ours = RNN(MinimalCell(3), **settings), SimpleRNN(3, activation=None, use_bias=False, **settings)
    x, mask = sample(4, 5, 2), np.array([[1, 1, 1, 0, 1]] * 2 + [[0, 1, 1, 1, 0]] * 2, bool)
    own(x)
    ours(x)
    ours.set_weights(own.get_weights())
    params = ours.numbers.params
    results = [layer.forward(params, x, mask=mask) for layer in (own, ours)]
    dys = tuple(sample(*y.shape, seed=i) for i, y in enumerate(as_tuple(results[1][0])))
    for one, two in zip(*(as_tuple(y) for y, _ in results), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-6)
    (own_dx, own_grads), (dx, grads) = (
        layer.backward(params, cache, dys if len(dys) > 1 else dys[0])
        for layer, (_, cache) in zip((own, ours), results, strict=True)
    )
    np.testing.assert_allclose(own_dx, dx, rtol=1e-5, atol=1e-6)
    for name, grad in grads.items():
        np.testing.assert_allclose(own_grads[name], grad, rtol=1e-5, atol=1e-6)


def as_tuple(y: Any) -> tuple[Any, ...]:
    return y if isinstance(y, tuple) else (y,)


# Dropout, settings, names ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_drops_the_same_inputs_at_every_time_step(kind: Any) -> None:
    layer = kind(40, dropout=0.5)
    layer.build((None, 6, 40))
    params = layer.numbers.params
    x = np.ones((2, 6, 40), "float32")
    thin, _ = layer.cell.thinning(np.array([1, 2], "uint32"), np.swapaxes(x, 0, 1))
    assert thin.shape == (1, 2, 40)  # one for all time steps and gates
    assert set(np.unique(thin)) == {0.0, 2.0}
    assert not np.array_equal(thin[0, 0], thin[0, 1])
    once, _ = layer.forward(params, x, key=np.array([1, 2], "uint32"))
    again, _ = layer.forward(params, x, key=np.array([1, 2], "uint32"))
    other, _ = layer.forward(params, x, key=np.array([1, 3], "uint32"))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    np.testing.assert_array_equal(layer(x), twin_output(layer, x, dropout=0.0))  # not outside training


def test_recurrent_dropout_gives_each_gate_its_own() -> None:
    layer = LSTM(30, recurrent_dropout=0.5)
    _, thin = layer.cell.thinning(np.array([1, 2], "uint32"), np.ones((3, 2, 5), "float32"))
    assert thin.shape == (4, 2, 30)
    assert len({one.tobytes() for one in thin}) == 4


def test_penalties_and_constraints_find_the_recurrent_kernel() -> None:
    model = Sequential([LSTM(2, recurrent_regularizer="l2", kernel_constraint="non_neg", input_shape=(3, 1)), Dense(1)])
    model.compile("sgd", "mse")
    x, y = sample(4, 3, 1), sample(4, 1)
    plain = float(np.mean((model.predict(x, verbose=0) - y) ** 2))
    kernel = model.layers[0].recurrent_kernel.numpy()
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), plain + 0.01 * np.sum(kernel**2), rtol=1e-5)
    model.fit(x, y, verbose=0)
    assert model.layers[0].kernel.numpy().min() >= 0


def test_settings_are_checked_where_they_are_made() -> None:
    with pytest.raises(ValueError, match="units must be a positive whole number"):
        LSTM(0)
    with pytest.raises(ValueError, match="recurrent_dropout must be at least 0 and below 1"):
        GRU(2, recurrent_dropout=1.5)
    with pytest.raises(TypeError, match="unknown argument 'colour'"):
        SimpleRNN(2, colour="red")
    with pytest.raises(ValueError, match="multiple of num_key_value_heads"):
        GroupQueryAttention(4, 3, 2)
    with pytest.raises(ShapeError, match=r"weights .* the shape"):
        Embedding(3, 2, weights=[np.ones((3, 3))])


def test_an_old_program_is_understood() -> None:
    layer = LSTM(output_dim=3, init="uniform", inner_activation="hard_sigmoid", input_dim=2, input_length=4)
    assert (layer.units, layer.recurrent_activation.name) == (3, "hard_sigmoid")
    model = Sequential([Embedding(10, 4, input_length=5), layer])
    assert model.output_shape == (None, 3)


def test_embeddings_can_be_given() -> None:
    table = sample(4, 2)
    np.testing.assert_array_equal(Embedding(4, 2, weights=[table])(np.array([[3, 0]]))[0], table[[3, 0]])


def test_a_wrong_walk_back_is_found() -> None:
    class Forgetful(SimpleRNNCell):
        def step_back(self, *args: Any) -> Any:
            (dh,), slopes = super().step_back(*args)
            return (dh * 0.999,), slopes

    layer = SimpleRNN(2, return_sequences=True)
    layer.cell.__class__ = Forgetful
    with pytest.raises(AssertionError, match="central differences say"):
        check_layer(layer, (3, 2), batch=2, judges=["differences"])


def test_lstm_remembers_what_came_first() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(64, 6, 1)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    model = Sequential([LSTM(8, input_shape=(6, 1), kernel_initializer="he_normal"), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.03
    history = model.fit(x, y, epochs=40, batch_size=32, verbose=0)
    assert history.history["accuracy"][-1] > 0.95


# Ground ------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(index=st.lists(st.integers(0, 4), max_size=12))
def test_rows_of_one_index_add_up(index: list[int]) -> None:
    rows = np.arange(2.0 * len(index)).reshape(-1, 2)
    expected = np.zeros((5, 2))
    np.add.at(expected, np.array(index, dtype=int), rows)
    np.testing.assert_array_equal(add_rows(rows, np.array(index, dtype=int), 5), expected)


def test_a_walk_goes_both_ways_and_stacks_nested_results() -> None:
    xs = (np.arange(3.0)[:, None], None)

    def step(carry: Any, now: Any) -> Any:
        x, nothing = now
        assert nothing is None
        return carry + x, (carry, (x, None))

    last, (before, (seen, _)) = scan(step, np.zeros(1), xs, reverse=True)
    assert last.tolist() == [3.0]
    assert before[:, 0].tolist() == [3.0, 2.0, 0.0]
    assert seen[:, 0].tolist() == [0.0, 1.0, 2.0]
    _, (before, loose) = scan(step, np.zeros(1), xs, loose=1)
    assert isinstance(loose, list)
    assert [x[0].item() for x, _ in loose] == [0.0, 1.0, 2.0]


def test_a_recurrent_layer_behind_one_that_gives_no_sequence_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="return_sequences=True"):
        Sequential([Input((4, 2)), LSTM(3), LSTM(2)])
