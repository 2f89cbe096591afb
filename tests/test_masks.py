"""Masks: made from values, carried through the network, heeded by layers, losses and metrics."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential
from pellucid.engine.passes import run
from pellucid.layers import (
    GRU,
    LSTM,
    Activation,
    Add,
    Attention,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Masking,
    Maximum,
    MultiHeadAttention,
    Multiply,
    SimpleRNN,
    Softmax,
    TimeDistributed,
)
from pellucid.testing import check_gradients, check_layer

WORDS = np.array([[1, 2, 0, 0], [3, 1, 2, 4]])


def sample(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def padded(seed: int = 0) -> np.ndarray:
    """Three sequences of up to five time steps; the first has two, the second begins late."""
    x = sample(3, 5, 2, seed=seed)
    x[0, 2:] = x[1, :2] = 0
    return x


def masks_of(model: Model, *inputs: Any) -> dict[str, Any]:
    """The masks of all values."""
    found = run(model.graph, model.numbers.params, model.numbers.state, inputs, keep=lambda name: True)
    return {name: mask.tolist() for name, mask in found.masks.items()}


# Where they come from, and how far they go -------------------------------------------------------


def test_words_that_are_0_are_masked_where_asked() -> None:
    assert masks_of(Sequential([Input((4,)), Embedding(5, 3)]), WORDS) == {}
    model = Sequential([Input((4,)), Embedding(5, 3, mask_zero=True, name="words")])
    assert masks_of(model, WORDS) == {"words": [[True, True, False, False], [True] * 4]}


def test_time_steps_of_nothing_are_masked_and_emptied() -> None:
    x = np.array([[[1.0, 9.0], [9.0, 9.0]]], "float32")
    layer = Masking(9.0)
    np.testing.assert_array_equal(layer(x), [[[1.0, 9.0], [0.0, 0.0]]])
    assert layer.compute_mask(x).tolist() == [[True, False]]
    check_layer(Masking(0.5), (3, 2), judges=["differences"])


def test_masks_pass_layers_that_work_on_each_time_step_and_end_at_others() -> None:
    model = Sequential(
        [
            Input((5, 2)),
            Masking(name="start"),
            Dense(3, activation="tanh", name="dense"),
            Dropout(0.5, name="dropout"),
            LayerNormalization(name="norm"),
            Activation("relu", name="relu"),
            GRU(3, return_sequences=True, name="gru"),
            TimeDistributed(Dense(2), name="each"),
            Flatten(name="flat"),
            Dense(1, name="end"),
        ]
    )
    masks = masks_of(model, padded())
    assert list(masks) == ["start", "dense", "dense/tanh", "dropout", "norm", "relu", "gru", "each"]
    assert all(mask == masks["start"] for mask in masks.values())


def test_the_last_output_of_a_sequence_has_no_mask() -> None:
    model = Sequential([Input((5, 2)), Masking(name="start"), LSTM(2, name="lstm")])
    assert list(masks_of(model, padded())) == ["start"]


def test_masks_go_through_models_used_as_layers() -> None:
    inner = Sequential([Input((5, 2)), Dense(2)], name="inner")
    x = Input((5, 2))
    outer = Model(x, LSTM(3)(inner(Masking()(x))))
    flat = Sequential([Input((5, 2)), Masking(), Dense(2), LSTM(3)])
    flat.set_weights(outer.get_weights())
    np.testing.assert_array_equal(outer.predict(padded(), verbose=0), flat.predict(padded(), verbose=0))


def test_masks_are_forgotten_with_their_values() -> None:
    model = Sequential([Input((5, 2)), Masking(), Dense(2), LSTM(3)])
    found = run(model.graph, model.numbers.params, {}, (padded(),))
    assert found.masks == {}


# Recurrent layers --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU])
@pytest.mark.parametrize("backwards", [False, True])
def test_masked_time_steps_are_as_if_they_were_not_there(kind: Any, backwards: bool) -> None:
    model = Sequential([Input((None, 2)), Masking(), kind(3, go_backwards=backwards)])
    x = padded()
    y = model.predict(x, verbose=0)
    np.testing.assert_allclose(y[:1], model.predict(x[:1, :2], verbose=0), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(y[1:2], model.predict(x[1:2, 2:], verbose=0), rtol=1e-6, atol=1e-7)


def test_masked_time_steps_repeat_the_output_before_them_or_give_zeros() -> None:
    x = padded()
    held = Sequential([Input((5, 2)), Masking(), LSTM(3, return_sequences=True)])
    y = held.predict(x, verbose=0)
    np.testing.assert_array_equal(y[0, 2:], np.broadcast_to(y[0, 1], (3, 3)))
    assert not y[1, :2].any()  # nothing came before
    zeros = Sequential([Input((5, 2)), Masking(), LSTM(3, return_sequences=True, zero_output_for_mask=True)])
    zeros.set_weights(held.get_weights())
    z = zeros.predict(x, verbose=0)
    assert not z[0, 2:].any()
    np.testing.assert_array_equal(z[0, :2], y[0, :2])


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU])
@pytest.mark.parametrize("changed", [{}, {"zero_output_for_mask": True}, {"go_backwards": True, "return_state": True}])
def test_gradients_heed_the_mask(kind: Any, changed: dict[str, Any]) -> None:
    layer = kind(2, return_sequences=True, **changed)
    layer.build((None, 4, 2))
    mask = np.array([[1, 1, 0, 0], [0, 1, 0, 1]], bool)
    names = list(layer.numbers.params)

    def outputs(x: Any, *params: Any) -> list[Any]:
        y, _ = layer.forward(dict(zip(names, params, strict=True)), x, mask=mask)
        return list(y) if isinstance(y, tuple) else [y]

    def forward(*arrays: Any) -> Any:
        return np.concatenate([y.reshape(-1) for y in outputs(*arrays)])

    def backward(x: Any, *rest: Any) -> list[Any]:
        *params, dy = rest
        own = dict(zip(names, params, strict=True))
        y, cache = layer.forward(own, x, mask=mask)
        shapes = [one.shape for one in (y if isinstance(y, tuple) else (y,))]
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
        dys = [dy[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)]
        dx, grads = layer.backward(own, cache, dys[0] if len(dys) == 1 else tuple(dys))
        return [dx, *(grads[name] for name in names)]

    arrays = [sample(2, 4, 2), *layer.numbers.params.values()]
    check_gradients(forward, backward, arrays, judges=["differences"])


def test_a_mask_can_be_given() -> None:
    x, mask = sample(2, 4, 3), np.array([[1, 1, 0, 0], [0, 1, 1, 1]], bool)
    layer = LSTM(3)
    y = layer(x, mask=mask)
    np.testing.assert_allclose(y[:1], layer(x[:1, :2]), rtol=1e-6)
    sequence, given = Input((4, 3)), Input((4,), dtype="bool")
    model = Model([sequence, given], layer(sequence, mask=given))
    np.testing.assert_allclose(model.predict([x, mask], verbose=0), y, rtol=1e-6)
    model.compile("sgd", "mse")
    model.fit([x, mask], sample(2, 3), verbose=0)
    with pytest.raises(TypeError, match="heeds no mask"):
        Dense(3)(x, mask=mask)


def test_given_states_and_a_mask_that_comes_by_itself() -> None:
    """As in Keras 3: the mask is then not heeded, but handed on; mask= makes it heeded."""
    x, h = padded(), np.zeros((3, 3), "float32")
    plain, sequence, state = GRU(3), Input((5, 2)), Input((3,))
    model = Model([sequence, state], plain(Masking()(sequence), initial_state=state))
    np.testing.assert_allclose(model.predict([x, h], verbose=0), plain(x), rtol=1e-6)
    heeded = plain(x, initial_state=h, mask=Masking().compute_mask(x))
    np.testing.assert_allclose(heeded[:1], plain(x[:1, :2]), rtol=1e-6)


def test_both_directions_heed_the_mask() -> None:
    model = Sequential([Input((None, 2)), Masking(), Bidirectional(GRU(2, return_sequences=True))])
    x = padded()
    np.testing.assert_allclose(
        model.predict(x, verbose=0)[0, :2], model.predict(x[:1, :2], verbose=0)[0], rtol=1e-6, atol=1e-7
    )


# Losses and metrics ------------------------------------------------------------------------------


def test_the_loss_is_the_mean_over_what_is_not_masked() -> None:
    x, y = padded(), sample(3, 5, 1, seed=1)
    model = Sequential([Input((5, 2)), Masking(), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    errors = (model.predict(x, verbose=0) - y)[..., 0]
    counts = x.any(axis=-1)
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], np.mean(errors[counts] ** 2), rtol=1e-6)
    np.testing.assert_allclose(logs["mae"], np.mean(np.abs(errors[counts])), rtol=1e-6)
    np.testing.assert_allclose(logs["mse"], np.mean(errors[counts] ** 2), rtol=1e-6)


def test_masked_targets_do_not_matter() -> None:
    x, y = padded(), sample(3, 5, 1, seed=1)
    other = np.where(x.any(axis=-1, keepdims=True), y, 100.0).astype("float32")
    first = None
    for target in (y, other):
        model = Sequential([Input((5, 2)), Masking(), Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse", metrics=["mae"])
        model.fit(x, target, epochs=2, verbose=0, shuffle=False)
        first = first or model.get_weights()
        for one, two in zip(first, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


def test_sample_weights_multiply_the_mask() -> None:
    x, y, weights = padded(), sample(3, 5, 1, seed=1), np.array([1.0, 2.0, 0.5], "float32")
    model = Sequential([Input((5, 2)), Masking(), Dense(1)])
    model.compile("sgd", "mse", weighted_metrics=["mse"])
    errors = (model.predict(x, verbose=0) - y)[..., 0] ** 2
    counts = x.any(axis=-1)
    logs = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    each = counts * weights[:, None]
    np.testing.assert_allclose(logs["loss"], np.sum(errors * each) / counts.sum(), rtol=1e-6)
    np.testing.assert_allclose(logs["mse"], np.sum(errors * each) / each.sum(), rtol=1e-6)


# Other layers ------------------------------------------------------------------------------------


def test_merges_of_masked_inputs() -> None:
    a, b = np.array([[[2.0], [3.0], [0.0]]], "float32"), np.array([[[5.0], [0.0], [0.0]]], "float32")
    x, y = Input((3, 1), name="x"), Input((3, 1), name="y")
    one, two = Masking()(x), Masking()(y)

    def merged(layer: Any, inputs: Any) -> tuple[Any, Any]:
        model = Model([x, y], layer(inputs))
        found = masks_of(model, a, b).get(layer.name)
        return model.predict([a, b], verbose=0)[0, :, 0].tolist(), found and found[0]

    assert merged(Add(), [one, two]) == ([7.0, 3.0, 0.0], [True, True, False])
    assert merged(Add(), [one, y]) == ([7.0, 3.0, 0.0], None)  # without a mask all counts
    assert merged(Multiply(), [one, two]) == ([10.0, 3.0, 0.0], [True, True, False])
    assert merged(Maximum(), [one, two]) == ([5.0, 3.0, 0.0], [True, True, False])
    assert merged(Concatenate(), [one, y])[1] == [True, True, True]
    assert merged(Concatenate(), [one, two])[1] == [True, True, False]
    assert merged(Concatenate(axis=1), [one, two])[1] == [True, True, False, True, False, False]


@pytest.mark.parametrize("layer", [Maximum(), Multiply()], ids=lambda layer: layer.name)
def test_gradients_of_merges_heed_the_masks(layer: Any) -> None:
    masks = (np.array([[1, 0, 1, 0]], bool), np.array([[1, 1, 0, 0]], bool))

    def backward(a: Any, b: Any, dy: Any) -> Any:
        return layer.backward({}, layer.forward({}, a, b, mask=masks)[1], dy)[0]

    check_gradients(
        lambda a, b: layer.forward({}, a, b, mask=masks)[0],
        backward,
        [sample(1, 4, 2), sample(1, 4, 2, seed=1)],
        judges=["differences"],
    )


def test_batch_normalization_counts_only_what_is_not_masked() -> None:
    x, layer = padded(), BatchNormalization(momentum=0.0)
    layer.build((None, 5, 2))
    params, state = layer.numbers
    counts = x.any(axis=-1)
    _, cache = layer.forward(params, x, state=state, training=True, mask=counts)
    moved = layer.advance(state, cache)
    np.testing.assert_allclose(moved["moving_mean"], x[counts].mean(axis=0), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(moved["moving_variance"], x[counts].var(axis=0), rtol=1e-5)

    def run_layer(x: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
        return layer.forward({"gamma": gamma, "beta": beta}, x, state=state, training=True, mask=counts)

    def backward(x: Any, gamma: Any, beta: Any, dy: Any) -> list[Any]:
        dx, grads = layer.backward({"gamma": gamma, "beta": beta}, run_layer(x, gamma, beta)[1], dy)
        return [dx, grads["gamma"], grads["beta"]]

    arrays = [x, np.array([1.0, 2.0]), np.array([0.5, 0.0])]
    check_gradients(lambda *a: run_layer(*a)[0], backward, arrays, judges=["differences"])


def test_softmax_shares_among_the_unmasked() -> None:
    x, mask = np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), np.array([[1, 1, 0], [0, 0, 0]], bool)
    y = Softmax()(x, mask=mask)
    np.testing.assert_allclose(y, [[1 / (1 + np.e), np.e / (1 + np.e), 0], [0, 0, 0]], rtol=1e-6)


def test_attention_gives_no_weight_to_what_is_masked() -> None:
    query, value = sample(2, 3, 4), sample(2, 5, 4, seed=1)
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0]], bool)
    layer = Attention()
    y = layer([query, value], mask=[None, mask])
    np.testing.assert_allclose(y[:1], layer([query[:1], value[:1, :2]]), rtol=1e-5, atol=1e-6)
    heads = MultiHeadAttention(2, 3)
    y, weights = heads(query, value, value_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(y[:1], heads(query[:1], value[:1, :2]), rtol=1e-5, atol=1e-6)
    assert not weights[0, :, :, 2:].any()
    np.testing.assert_allclose(weights.sum(axis=-1), np.ones((2, 2, 3)), rtol=1e-6)


def test_attention_takes_the_masks_of_its_inputs() -> None:
    x, y = Input((5, 2)), Input((5, 2))
    layer = MultiHeadAttention(2, 3, name="heads")
    model = Model([x, y], layer(Masking()(x), Masking()(y)))
    data = [padded(), padded(seed=1)]
    masks = [one.any(axis=-1) for one in data]
    expected = layer(*data, query_mask=masks[0], value_mask=masks[1])
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-5, atol=1e-6)
    assert masks_of(model, *data)["heads"] == masks[0].tolist()
