"""Recurrent layers, masks, wrappers and attention, judged by Keras, PyTorch and JAX."""

import json
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.engine.batch import Batch
from pellucid.engine.step import start_tallies, train_step
from pellucid.layers.table import serialize
from pellucid.models import load_model
from pellucid.testing import check_layer, keras_parity
from pellucid.training import ready

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Keras tells where masks end

OURS = types.SimpleNamespace(**{**vars(layers), "Model": pellucid.Model})
KERAS = types.SimpleNamespace(**{**vars(keras.layers), "Model": keras.Model})

Build = Callable[..., Any]


def sample(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def padded(seed: int = 0) -> np.ndarray:
    """Sequences of which one ends early, one begins late, one holds nothing."""
    x = sample(4, 5, 3, seed=seed)
    x[0, 3:] = x[1, :2] = x[2] = 0
    return x


def pair(build: Build, *xs: np.ndarray, words: bool = False) -> tuple[Any, Any]:
    """The same model of ours and of Keras's, with the same weights."""
    models = []
    for library in (OURS, KERAS):
        inputs = [library.Input(x.shape[1:], dtype="int32" if words else "float32") for x in xs]
        models.append(library.Model(inputs, build(library, *inputs)))
    ours, theirs = models
    weights = [0.5 * np.abs(sample(*w.shape, seed=i)) for i, w in enumerate(ours.weights)]
    weights = [w * np.sign(sample(*w.shape, seed=99)) if w.ndim > 1 else w for w in weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def outputs(model: Any, *xs: np.ndarray) -> list[np.ndarray]:
    found = model.predict(list(xs), verbose=0)
    return [np.asarray(y) for y in as_list(found)]


def agree(build: Build, *xs: np.ndarray, words: bool = False) -> None:
    ours, theirs = pair(build, *xs, words=words)
    for one, two in zip(outputs(ours, *xs), outputs(theirs, *xs), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-6)


# Gradients ---------------------------------------------------------------------------------------

JUDGED = [
    (layers.SimpleRNN(2, return_sequences=True, recurrent_dropout=0.3), [(3, 2)]),
    (layers.LSTM(2, return_sequences=True, return_state=True, go_backwards=True), [(3, 2)]),
    (layers.LSTM(2, dropout=0.3, recurrent_dropout=0.3), [(3, 2)]),
    (layers.GRU(2, return_sequences=True), [(3, 2)]),
    (layers.GRU(2, reset_after=False, dropout=0.3, recurrent_dropout=0.3), [(3, 2)]),
    (layers.RNN([layers.LSTMCell(2), layers.GRUCell(2)]), [(3, 2)]),
    (layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode="mul"), [(3, 2)]),
    (layers.TimeDistributed(layers.BatchNormalization()), [(3, 2)]),
    (layers.Attention(use_scale=True, score_mode="concat", dropout=0.3), [(3, 2), (4, 2)]),
    (layers.AdditiveAttention(), [(3, 2), (4, 2), (4, 2)]),
    (layers.MultiHeadAttention(2, 2, use_gate=True, dropout=0.2), [(3, 2), (4, 3)]),
    (layers.GroupQueryAttention(2, 4, 2), [(3, 3), (3, 3)]),
]


@pytest.mark.parametrize(("layer", "shapes"), JUDGED, ids=lambda part: getattr(part, "name", ""))
def test_gradients_by_every_judge(layer: Any, shapes: list[tuple[int, ...]]) -> None:
    check_layer(layer, *shapes, batch=2)


def test_embedding_by_every_judge() -> None:
    words = np.array([[1, 2, 0, 1], [4, 4, 4, 0]])
    check_layer(layers.Embedding(5, 3), (4,), inputs=[words], whole_numbers=True)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
def test_outputs_and_gradients_are_pytorchs(name: str) -> None:
    """In float64, with the columns in PyTorch's order: LSTM i, f, g, o as here; GRU r, z, n there and z, r, n here."""
    torch = pytest.importorskip("torch")
    n, t, i, u = 3, 6, 4, 5
    kind = {"LSTM": layers.LSTM, "GRU": layers.GRU, "RNN": layers.SimpleRNN}[name]
    layer = kind(u, return_sequences=True, dtype="float64")
    layer.build((None, t, i))
    draw = np.random.default_rng(0)
    params = {key: draw.normal(size=array.shape) for key, array in layer.numbers.params.items()}
    judge = getattr(torch.nn, name)(i, u, batch_first=True, dtype=torch.float64)
    order = {"LSTM": [0, 1, 2, 3], "GRU": [1, 0, 2], "RNN": [0]}[name]

    def theirs(array: np.ndarray) -> Any:
        blocks = np.split(array, len(order), axis=-1)
        return torch.tensor(np.concatenate([blocks[k] for k in order], axis=-1).T)

    bias = params["bias"] if name == "GRU" else np.stack([params["bias"], 0 * params["bias"]])
    with torch.no_grad():
        judge.weight_ih_l0.copy_(theirs(params["kernel"]))
        judge.weight_hh_l0.copy_(theirs(params["recurrent_kernel"]))
        judge.bias_ih_l0.copy_(theirs(bias[0]))
        judge.bias_hh_l0.copy_(theirs(bias[1]))
    x, dy = draw.normal(size=(n, t, i)), draw.normal(size=(n, t, u))
    y, cache = layer.forward(params, x)
    dx, grads = layer.backward(params, cache, dy)
    given = torch.tensor(x, requires_grad=True)
    result, _ = judge(given)
    result.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, result.detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(dx, given.grad.numpy(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(theirs(grads["kernel"]), judge.weight_ih_l0.grad, rtol=0, atol=1e-10)
    np.testing.assert_allclose(theirs(grads["recurrent_kernel"]), judge.weight_hh_l0.grad, rtol=0, atol=1e-10)
    own = grads["bias"] if name == "GRU" else np.stack([grads["bias"]] * 2)
    np.testing.assert_allclose(theirs(own[0]), judge.bias_ih_l0.grad, rtol=0, atol=1e-10)
    np.testing.assert_allclose(theirs(own[1]), judge.bias_hh_l0.grad, rtol=0, atol=1e-10)


# Keras's numbers ---------------------------------------------------------------------------------

LIKE_KERAS = [
    (layers.SimpleRNN(3), (4, 2)),
    (layers.SimpleRNN(3, activation="relu", use_bias=False, return_sequences=True), (4, 2)),
    (layers.LSTM(3), (4, 2)),
    (layers.LSTM(3, return_sequences=True, go_backwards=True, recurrent_activation="hard_sigmoid"), (4, 2)),
    (layers.LSTM(3, activation="softmax", use_bias=False), (4, 2)),
    (layers.GRU(3, return_sequences=True), (4, 2)),
    (layers.GRU(3, reset_after=False), (4, 2)),
    (layers.GRU(3, use_bias=False, go_backwards=True), (4, 2)),
    (layers.RNN([layers.LSTMCell(3), layers.GRUCell(2), layers.SimpleRNNCell(4)]), (4, 2)),
    (layers.Bidirectional(layers.LSTM(3, return_sequences=True)), (4, 2)),
    (layers.Bidirectional(layers.GRU(3), merge_mode="sum"), (4, 2)),
    (layers.Bidirectional(layers.GRU(3), merge_mode="mul"), (4, 2)),
    (layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), merge_mode="ave"), (4, 2)),
    (layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), merge_mode=None), (4, 2)),
    (layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(2, go_backwards=True)), (4, 2)),
    (layers.TimeDistributed(layers.Dense(3, activation="tanh")), (4, 2)),
    (layers.TimeDistributed(layers.LSTM(2)), (3, 4, 2)),
]


@pytest.mark.parametrize(("layer", "shape"), LIKE_KERAS, ids=lambda part: getattr(part, "name", ""))
def test_numbers_are_keras(layer: Any, shape: tuple[int, ...]) -> None:
    assert keras_parity(layer, shape) <= 1e-6


def test_normalization_at_each_time_step_is_keras() -> None:
    assert keras_parity(layers.TimeDistributed(layers.BatchNormalization()), (4, 2), training=True) <= 1e-6


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"return_sequences": True},
        {"return_state": True},
        {"return_sequences": True, "go_backwards": True, "return_state": True},
        {"return_sequences": True, "zero_output_for_mask": True},
        {"zero_output_for_mask": True},
    ],
    ids=lambda settings: "-".join(settings) or "plain",
)
def test_masked_sequences_are_keras(kind: str, settings: dict[str, Any]) -> None:
    agree(lambda lib, x: getattr(lib, kind)(3, **settings)(lib.Masking()(x)), padded())


MASKED: dict[str, Build] = {
    "both": lambda lib, x: lib.Bidirectional(lib.LSTM(3, return_sequences=True))(lib.Masking()(x)),
    "both, last": lambda lib, x: lib.Bidirectional(lib.GRU(3), merge_mode="sum")(lib.Masking()(x)),
    "stacked": lambda lib, x: lib.RNN([lib.LSTMCell(3), lib.GRUCell(2)], return_sequences=True)(lib.Masking()(x)),
    "each": lambda lib, x: lib.LSTM(3)(lib.TimeDistributed(lib.Dense(2))(lib.Masking()(x))),
    "through": lambda lib, x: lib.GRU(3)(lib.LayerNormalization()(lib.Dense(3, activation="tanh")(lib.Masking()(x)))),
}


@pytest.mark.parametrize("name", MASKED)
def test_masks_go_where_they_go_in_keras(name: str) -> None:
    agree(MASKED[name], padded())


MERGED: dict[str, Build] = {
    "one mask": lambda lib, x, y: lib.LSTM(2)(lib.Add()([lib.Masking()(x), y])),
    "product": lambda lib, x, y: lib.LSTM(2)(lib.Multiply()([lib.Masking()(x), lib.Masking()(y)])),
    "largest": lambda lib, x, y: lib.LSTM(2)(lib.Maximum()([lib.Masking()(x), lib.Masking()(y)])),
    "side by side": lambda lib, x, y: lib.LSTM(2)(lib.Concatenate()([lib.Masking()(x), lib.Masking()(y)])),
    "one after another": lambda lib, x, y: lib.LSTM(2)(lib.Concatenate(axis=1)([x, lib.Masking()(y)])),
    "attention": lambda lib, x, y: lib.LSTM(2)(lib.Attention()([lib.Masking()(x), lib.Masking()(y)])),
    "causal": lambda lib, x, y: lib.Attention(use_scale=True)([x, lib.Masking()(y)], use_causal_mask=True),
    "scores": lambda lib, x, y: lib.AdditiveAttention()(
        [lib.Masking()(x), lib.Masking()(y)], return_attention_scores=True
    ),
    "heads": lambda lib, x, y: lib.LSTM(2)(lib.MultiHeadAttention(2, 3)(lib.Masking()(x), lib.Masking()(y))),
    "causal heads": lambda lib, x, y: lib.MultiHeadAttention(2, 3)(
        lib.Masking()(x), lib.Masking()(y), key=lib.Masking()(y), use_causal_mask=True
    ),
    "window": lambda lib, x, y: lib.MultiHeadAttention(2, 3, sliding_window=2, use_gate=True)(x, y),
    "groups": lambda lib, x, y: lib.GroupQueryAttention(3, 4, 2, use_gate=True)(x, y, use_causal_mask=True),
    "given states": lambda lib, x, y: lib.GRU(3, return_sequences=True)(
        lib.Masking()(x), initial_state=lib.SimpleRNN(3)(y)
    ),
}


@pytest.mark.parametrize("name", MERGED)
def test_masks_of_several_inputs_go_where_they_go_in_keras(name: str) -> None:
    agree(MERGED[name], padded(), padded(seed=1))


@pytest.mark.parametrize(
    "call",
    [
        {"attention_mask": np.random.default_rng(0).random((4, 5, 5)) > 0.3},
        {"return_attention_scores": True, "value_mask": padded().any(axis=-1) | (np.arange(5) == 0)},
        {"use_causal_mask": True, "attention_mask": np.random.default_rng(1).random((4, 5, 5)) > 0.1},
    ],
    ids=lambda call: "-".join(call),
)
def test_heads_heed_given_masks_as_keras_does(call: dict[str, Any]) -> None:
    ours = layers.MultiHeadAttention(2, 3)
    theirs = keras.layers.deserialize(json.loads(json.dumps(serialize(ours))))
    x, y = sample(4, 5, 4), sample(4, 5, 4, seed=1)
    ours(x, y, **call)
    theirs(x, y, **call)
    theirs.set_weights(ours.get_weights())
    found, expected = ours(x, y, **call), theirs(x, y, **call)
    for one, two in zip(as_list(found), as_list(expected), strict=True):
        np.testing.assert_allclose(one, np.asarray(two), rtol=0, atol=1e-6)


def as_list(found: Any) -> list[Any]:
    return list(found) if isinstance(found, list | tuple) else [found]


# Training ----------------------------------------------------------------------------------------

TRAINED: dict[str, tuple[Build, tuple[int, ...]]] = {
    "all time steps": (
        lambda lib, x: lib.Dense(2)(lib.LSTM(3, return_sequences=True)(lib.Masking()(x))),
        (4, 5, 2),
    ),
    "normalized": (lambda lib, x: lib.Dense(2)(lib.BatchNormalization()(lib.Masking()(x))), (4, 5, 2)),
    "mask lost": (
        lambda lib, x: lib.Dense(2)(lib.Flatten()(lib.GRU(3, return_sequences=True)(lib.Masking()(x)))),
        (4, 2),
    ),
    "penalized": (
        lambda lib, x: lib.Dense(2)(
            lib.Bidirectional(
                lib.GRU(3, recurrent_regularizer="l1", activity_regularizer="l2", kernel_constraint="max_norm")
            )(x)
        ),
        (4, 2),
    ),
}


@pytest.mark.parametrize("name", TRAINED)
def test_masked_training_is_keras(name: str) -> None:
    build, shape = TRAINED[name]
    x, y = padded(), sample(*shape, seed=3)
    ours, theirs = pair(build, x)
    losses = []
    for model in (ours, theirs):
        model.compile("adam", "mse", metrics=["mae"])
        first = model.evaluate(x, y, verbose=0)
        history = model.fit(x, y, epochs=2, batch_size=2, shuffle=False, verbose=0).history["loss"]
        losses.append([*first, *history])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0, atol=1e-6)
    for one, two in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=2e-6)


def test_masked_words_are_keras() -> None:
    words = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0], [1, 1, 2, 3]])
    agree(lambda lib, x: lib.LSTM(3)(lib.Embedding(5, 3, mask_zero=True)(x)), words, words=True)


def test_a_step_under_jit_is_the_step_on_numpy(jax: Any) -> None:
    model = pellucid.Sequential(
        [
            pellucid.Input((4,)),
            layers.Embedding(6, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.3, recurrent_dropout=0.2)),
            layers.GRU(3, return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    batch = Batch((np.array([[1, 2, 0, 0], [3, 4, 5, 1]]),), (sample(2, 4, 2),))
    program = model.program([(2, 4, 2)])
    numbers, tallies, key = ready(program, model.numbers), start_tallies(program), pellucid.random.key(7)

    def step(numbers: Any, tallies: Any, batch: Any) -> Any:
        return train_step(program, numbers, tallies, batch, jax.numpy.asarray(key), 0.01)

    plain, _ = train_step(program, numbers, tallies, batch, key, 0.01)
    compiled, _ = jax.jit(step)(numbers, tallies, batch)
    for one, two in zip(jax.tree.leaves(plain.params), jax.tree.leaves(compiled.params), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-6)


# States ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda lib: lib.LSTM(3, stateful=True),
        lambda lib: lib.GRU(3, stateful=True, return_sequences=True),
        lambda lib: lib.Bidirectional(lib.SimpleRNN(3, stateful=True)),
        lambda lib: lib.RNN([lib.LSTMCell(3), lib.GRUCell(2)], stateful=True),
    ],
)
def test_states_over_several_batches_are_keras(build: Any) -> None:
    """Layer by layer: Keras's `predict` on JAX forgets the states."""
    ours, theirs = build(OURS), build(KERAS)
    for layer in (ours, theirs):
        layer.build((2, 3, 2))
    theirs.set_weights(ours.get_weights())
    for seed in range(3):
        x = sample(2, 3, 2, seed=seed)
        np.testing.assert_allclose(ours(x), np.asarray(theirs(x)), rtol=0, atol=1e-6)
    assert not np.allclose(ours(x), build_like(build, ours)(x))


def build_like(build: Any, layer: Any) -> Any:
    """A fresh layer of the same weights."""
    fresh = build(OURS)
    fresh.build((2, 3, 2))
    fresh.set_weights(layer.get_weights())
    return fresh


# Files -------------------------------------------------------------------------------------------


def everything(lib: Any, words: Any, state: Any) -> Any:
    e = lib.Embedding(6, 3, mask_zero=True)(words)
    y, h = lib.GRU(4, return_sequences=True, return_state=True)(e)
    z = lib.LSTM(4, return_sequences=True)(y, initial_state=[h, state])
    both = lib.Bidirectional(lib.LSTM(2, return_sequences=True))(e)
    stacked = lib.RNN([lib.LSTMCell(4), lib.GRUCell(3)], return_sequences=True)(z)
    found = lib.Attention(use_scale=True)([z, both])
    heads = lib.MultiHeadAttention(2, 3)(z, both, use_causal_mask=True)
    groups = lib.GroupQueryAttention(2, 2, 1)(stacked, stacked)
    each = lib.TimeDistributed(lib.Dense(3, activation="tanh"))(lib.Concatenate()([heads, found, groups]))
    return lib.LSTM(2)(each)


def test_files_go_both_ways(tmp_path: Any) -> None:
    words, state = np.array([[1, 2, 3, 0, 0], [3, 4, 0, 0, 0], [1, 2, 3, 4, 5]]), sample(3, 4)
    made = {}
    for name, library in (("ours", OURS), ("keras", KERAS)):
        inputs = [library.Input((5,), dtype="int32"), library.Input((4,))]
        made[name] = library.Model(inputs, everything(library, *inputs))
        made[name].save(tmp_path / f"{name}.keras")
    for name, load in (("keras", load_model), ("ours", keras.models.load_model)):
        loaded = load(tmp_path / f"{name}.keras")
        np.testing.assert_allclose(
            outputs(loaded, words, state)[0], outputs(made[name], words, state)[0], rtol=0, atol=1e-6
        )


def test_models_at_every_time_step_go_both_ways(tmp_path: Any) -> None:
    x = sample(3, 4, 2, 2)

    def build(lib: Any, film: Any) -> Any:
        frame = lib.Input((2, 2))
        eye = lib.Model(frame, lib.Dense(3)(lib.Flatten()(frame)))
        return lib.GRU(2)(lib.TimeDistributed(eye)(film))

    ours, theirs = pair(build, x)
    np.testing.assert_allclose(outputs(ours, x)[0], outputs(theirs, x)[0], rtol=0, atol=1e-6)
    theirs.save(tmp_path / "k.keras")
    ours.save(tmp_path / "o.keras")
    np.testing.assert_allclose(outputs(load_model(tmp_path / "k.keras"), x)[0], outputs(ours, x)[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        outputs(keras.models.load_model(tmp_path / "o.keras"), x)[0], outputs(ours, x)[0], rtol=0, atol=1e-6
    )
