"""Each kernel of a layer, in whole steps and in stretches, against the plain formulas in float64."""

from typing import Any

import numpy as np
import pytest

from native_checks import assert_both_ways_agree, batch_for
from pellucid import Model, Sequential, native
from pellucid import activations as functions
from pellucid.engine.native import Predictor
from pellucid.layers import (
    ELU,
    GRU,
    LSTM,
    Activation,
    Add,
    Average,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    Input,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    Minimum,
    Multiply,
    ReLU,
    Reshape,
    SimpleRNN,
    Softmax,
    Subtract,
    TimeDistributed,
)

pytestmark = pytest.mark.skipif(native.load() is None, reason="the native engine is not built here")

ODD_SIZES = (1, 3, 7, 63, 65, 127)


def assert_agrees(core: Any, layers: list[Any], shape: tuple[int, ...], size: int = 5, **settings: Any) -> None:
    model = Sequential([Input(shape), *layers])
    assert_both_ways_agree(core, model, batch_for(model, size), **settings)


# Normalizations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 7, 65])
@pytest.mark.parametrize("units", ODD_SIZES)
def test_batch_normalization_of_vectors(core: Any, units: int, size: int) -> None:
    layers = [Dense(units), BatchNormalization(momentum=0.7), Activation("tanh"), Dense(2)]
    assert_agrees(core, layers, (4,), size, tolerance=1e-4 if size == 2 else 2e-5)


@pytest.mark.parametrize("settings", [{}, {"scale": False}, {"center": False}, {"scale": False, "center": False}])
@pytest.mark.parametrize("first", [True, False])
def test_batch_normalization_of_images(core: Any, settings: dict[str, Any], first: bool) -> None:
    before = [] if first else [Conv2D(5, 2)]
    layers = [*before, BatchNormalization(**settings), Activation("relu"), Flatten(), Dense(2)]
    assert_agrees(core, layers, (5, 4, 3), 6, tolerance=1e-5)


def test_a_frozen_batch_normalization_uses_its_averages(core: Any) -> None:
    frozen = BatchNormalization()
    layers = [Dense(7), frozen, Dense(5), BatchNormalization(), Dense(2)]
    model = Sequential([Input((4,)), *layers])
    frozen.set_weights([np.random.default_rng(1).random(7).astype("float32") + 0.5 for _ in range(4)])
    frozen.trainable = False
    assert_both_ways_agree(core, model, batch_for(model, 9), tolerance=1e-5)


def test_predictions_use_the_moving_averages(core: Any) -> None:
    model = Sequential([Input((4,)), Dense(7), BatchNormalization(), Dense(2)])
    model.layers[1].set_weights([np.random.default_rng(1).random(7).astype("float32") + 0.5 for _ in range(4)])
    x = np.random.default_rng(0).normal(size=(70, 4)).astype("float32")
    model.compile("sgd", "mse", engine="numpy")
    found = Predictor.of(model.graph, core).predict(model.bundle.entries, x)
    np.testing.assert_allclose(found, model.compute(x), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("units", ODD_SIZES[1:])
@pytest.mark.parametrize("settings", [{}, {"scale": False}, {"center": False}])
def test_layer_normalization(core: Any, units: int, settings: dict[str, Any]) -> None:
    layers = [Dense(units), LayerNormalization(**settings), Activation("tanh"), Flatten(), Dense(2)]
    assert_agrees(core, layers, (3, 4), 5, tolerance=2e-5)


# Recurrent layers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1, 7, 33, 65])
@pytest.mark.parametrize("features", [1, 5, 28])
@pytest.mark.parametrize("all_times", [False, True])
@pytest.mark.parametrize("layer", [SimpleRNN, GRU])
def test_recurrent_layers(core: Any, layer: Any, units: int, features: int, all_times: bool) -> None:
    behind = [layer(3, use_bias=False)] if all_times else []
    layers = [layer(units, return_sequences=all_times, bias_initializer="normal"), *behind, Dense(2)]
    assert_agrees(core, layers, (6, features), tolerance=1e-5)


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
def test_activations_of_a_simple_rnn(core: Any, activation: str) -> None:
    assert_agrees(core, [SimpleRNN(7, activation=activation, return_sequences=True), SimpleRNN(3)], (5, 4))


@pytest.mark.parametrize("layer", [SimpleRNN, GRU, LSTM])
@pytest.mark.parametrize("all_times", [False, True])
def test_going_backwards(core: Any, layer: Any, all_times: bool) -> None:
    layers = [Dense(5), layer(4, go_backwards=True, return_sequences=all_times), Dense(2)]
    assert_agrees(core, layers, (5, 3))


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul"])
@pytest.mark.parametrize("layer", [SimpleRNN, GRU, LSTM])
def test_both_ways_through_a_sequence(core: Any, layer: Any, mode: str) -> None:
    layers = [Bidirectional(layer(5, return_sequences=True), mode), Bidirectional(layer(3), mode), Dense(2)]
    assert_agrees(core, layers, (6, 4))


# Embedding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 7, 16, 65])
@pytest.mark.parametrize("rows", [1, 3, 50])
def test_embedding(core: Any, width: int, rows: int) -> None:
    model = Sequential([Input((6,)), Embedding(rows, width), Flatten(), Dense(2)])
    assert_both_ways_agree(core, model, batch_for(model, 9, rows=rows))


# Pools over everything -------------------------------------------------------------------------------


@pytest.mark.parametrize("units", ODD_SIZES)
@pytest.mark.parametrize("pool", [GlobalAveragePooling1D, GlobalMaxPooling1D])
def test_global_pools_of_sequences(core: Any, pool: Any, units: int) -> None:
    assert_agrees(core, [Dense(units, activation="relu"), pool(), Dense(2)], (6, 4))


@pytest.mark.parametrize("pool", [GlobalAveragePooling2D, GlobalMaxPooling2D])
@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pools_of_images(core: Any, pool: Any, keepdims: bool) -> None:
    assert_agrees(core, [Conv2D(5, 2, activation="relu"), pool(keepdims=keepdims), Flatten(), Dense(2)], (5, 4, 3))


# Activations -----------------------------------------------------------------------------------------

NAMES = [
    "elu", "selu", "gelu", "leaky_relu", "silu", "softplus", "softsign", "hard_sigmoid", "exponential", "relu6", "relu",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("units", [1, 7, 65])
def test_activations(core: Any, name: str, units: int) -> None:
    layers = [Dense(units, activation=name), Activation(name), Dense(2)]
    assert_agrees(core, layers, (4,), 7, steps=1, tolerance=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_activations_keep_their_digits(core: Any, name: str) -> None:
    x = np.concatenate([np.linspace(-80, 80, 4001), np.geomspace(1e-20, 1, 300), -np.geomspace(1e-20, 1, 300)])
    x = x.astype("float32")[:, None]
    y = Predictor.of(Sequential([Input((1,)), Activation(name)]).graph, core).predict({}, x)
    exact = functions.get(name)(x.astype("float64"))
    np.testing.assert_allclose(y, exact, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize(
    "layer",
    [
        ReLU(),
        ReLU(max_value=6),
        ReLU(negative_slope=0.1),
        LeakyReLU(),
        LeakyReLU(0.0),
        ELU(0.5),
        Softmax(),
        Softmax(-1),
    ],
)
def test_activation_layers(core: Any, layer: Any) -> None:
    fresh = type(layer).from_config(layer.get_config())
    assert_agrees(core, [Dense(7), fresh, Dense(2)], (4,))


@pytest.mark.parametrize("layer", [ReLU(threshold=1.0), ReLU(max_value=3), Softmax(axis=1)])
def test_settings_that_a_kernel_does_not_know_run_plainly(core: Any, layer: Any) -> None:
    fresh = type(layer).from_config(layer.get_config())
    assert_agrees(core, [Dense(7), fresh, Dense(2), Flatten(), Dense(2)], (3, 4), whole=False)


@pytest.mark.parametrize("name", [*NAMES, "sigmoid", "tanh", "softmax"])
def test_what_is_no_number_stays_none(core: Any, name: str) -> None:
    x = np.array([[1.0, np.nan, -1.0]] * 5, dtype="float32")
    y = Predictor.of(Sequential([Input((3,)), Activation(name)]).graph, core).predict({}, x)
    assert np.isnan(y[:, 1]).all()


@pytest.mark.parametrize("pool", [GlobalAveragePooling1D, GlobalMaxPooling1D])
@pytest.mark.parametrize("place", [0, 1, 4])
def test_pools_over_everything_let_nan_through(core: Any, pool: Any, place: int) -> None:
    x = np.ones((3, 5, 7), dtype="float32")
    x[1, place, 2] = np.nan
    y = Predictor.of(Sequential([Input((5, 7)), pool()]).graph, core).predict({}, x)
    assert np.isnan(y).sum() == 1
    assert np.isnan(y[1, 2])


# Branches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("merge", [Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate])
def test_merges(core: Any, merge: Any) -> None:
    x = Input((4,))
    one, two = Dense(7, activation="tanh")(x), Dense(7)(x)
    model = Model(x, Dense(2)(merge()([one, two])))
    assert_both_ways_agree(core, model, batch_for(model, 9))


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_concatenations_along_any_axis(core: Any, axis: int) -> None:
    x = Input((4, 3, 2))
    one, two = Conv2D(2, 1)(x), Conv2D(2, 1, activation="relu")(x)
    model = Model(x, Dense(2)(Flatten()(Concatenate(axis=axis)([one, two, x]))))
    assert_both_ways_agree(core, model, batch_for(model, 5))


def test_a_residual_network(core: Any) -> None:
    x = Input((6, 6, 3))
    y = Conv2D(8, 3, padding="same", activation="relu")(x)
    for _ in range(2):
        inner = BatchNormalization()(Conv2D(8, 3, padding="same")(y))
        y = Activation("relu")(Add()([y, Conv2D(8, 3, padding="same")(Activation("relu")(inner))]))
    model = Model(x, Dense(3)(GlobalAveragePooling2D()(y)))
    assert_both_ways_agree(core, model, batch_for(model, 5), tolerance=2e-5)


def test_several_inputs(core: Any) -> None:
    one, two = Input((4,)), Input((5, 3))
    joined = Concatenate()([Dense(6, activation="relu")(one), LSTM(4)(two), one])
    model = Model([one, two], Dense(2)(joined))
    assert_both_ways_agree(core, model, batch_for(model, 9))


def test_several_outputs_run_in_stretches(core: Any) -> None:
    x = Input((4,))
    y = Dense(6, activation="relu")(x)
    model = Model(x, [Dense(2)(y), Dense(3, activation="sigmoid")(y), y])
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)


def test_a_layer_used_twice_hears_from_both(core: Any) -> None:
    one, two, shared = Input((4,)), Input((4,)), Dense(5, activation="tanh")
    model = Model([one, two], Dense(2)(Subtract()([shared(one), shared(two)])))
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)


def test_a_value_may_be_read_unchanged_many_times(core: Any) -> None:
    x = Input((4,))
    y = Dense(4)(x)
    model = Model(x, Dense(2)(Add()([y, y, Activation("relu")(y), Reshape((4,))(y), x])))
    assert_both_ways_agree(core, model, batch_for(model, 9))


def test_dense_at_each_time_step(core: Any) -> None:
    assert_agrees(core, [TimeDistributed(Dense(5, activation="relu")), LSTM(3), Dense(2)], (6, 4))
