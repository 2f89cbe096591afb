"""Convolution, ReLU and maximum as one node: the numbers of the plain formulas, whatever the sizes and the ties."""

from typing import Any

import numpy as np
import pytest

from native_checks import (
    assert_both_ways_agree,
    assert_same,
    batch_for,
    native_steps,
    plain_steps,
    program_of,
    random_batches,
)
from pellucid import Sequential, native
from pellucid.engine.batch import Batch
from pellucid.engine.native import Compiled, Predictor
from pellucid.layers import Activation, Conv1D, Conv2D, Dense, Flatten, Input, MaxPooling1D, MaxPooling2D
from pellucid.optimizers import SGD, Adam

pytestmark = pytest.mark.skipif(native.load() is None, reason="the native engine is not built here")


CONVOLUTIONS: list[dict[str, Any]] = [
    {"kernel_size": 1},
    {"kernel_size": 3},
    {"kernel_size": (2, 5), "padding": "same"},
    {"kernel_size": (4, 1), "strides": (1, 2)},
    {"kernel_size": (3, 2), "dilation_rate": (1, 3)},
    {"kernel_size": (2, 2), "dilation_rate": 2, "padding": "same", "use_bias": False},
]


@pytest.mark.parametrize("settings", CONVOLUTIONS)
@pytest.mark.parametrize(("channels", "filters"), [(1, 7), (3, 1), (7, 63), (16, 17), (33, 5), (127, 3), (3, 65)])
@pytest.mark.parametrize("first", [True, False])
def test_fused_convolutions(core: Any, settings: dict[str, Any], channels: int, filters: int, first: bool) -> None:
    """Alone on the data, and behind another layer, which needs dL/dx."""
    before = [] if first else [Conv2D(channels, 1, activation="tanh")]
    conv = Conv2D(filters, activation="relu", **settings)
    layers = [Input((9, 10, channels)), *before, conv, MaxPooling2D(), Flatten(), Dense(2)]
    model = Sequential(layers)
    assert_both_ways_agree(core, model, batch_for(model, 5))


@pytest.mark.parametrize(
    "pool",
    [
        {"pool_size": (3, 2)},
        {"pool_size": 2, "strides": 3},
        {"pool_size": 3, "padding": "same"},
        {"pool_size": (8, 7)},
        {"pool_size": 1},
        {"pool_size": 3, "strides": 2},  # windows overlap: three nodes after all
    ],
)
@pytest.mark.parametrize("activation", ["relu", "linear", "tanh"])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_pools_of_any_window(core: Any, pool: dict[str, Any], activation: str, size: int) -> None:
    layers = [Conv2D(6, 2, activation="tanh"), Conv2D(9, 2, activation=activation), MaxPooling2D(**pool)]
    model = Sequential([Input((10, 9, 2)), *layers, Flatten(), Dense(2)])
    assert_both_ways_agree(core, model, batch_for(model, size), steps=1, tolerance=1e-5)  # SSE2 rounds twice


def test_sequences(core: Any) -> None:
    layers = [Conv1D(9, 3, activation="relu"), MaxPooling1D(2), Conv1D(4, 2), MaxPooling1D(3), Flatten(), Dense(2)]
    model = Sequential([Input((23, 5)), *layers])
    assert_both_ways_agree(core, model, batch_for(model, 5))


def test_of_equal_numbers_the_first_learns(core: Any) -> None:
    """Few whole numbers: most windows have their largest number more than once."""
    model = Sequential([Input((8, 8, 2)), Conv2D(5, 2), MaxPooling2D(3, padding="same"), Flatten(), Dense(2)])
    model.compile(optimizer=SGD(), loss="mse")
    draw = np.random.default_rng(0)
    batch = Batch((draw.integers(-1, 2, (6, 8, 8, 2)).astype("float32"),), (draw.random((6, 2)).astype("float32"),))
    program, numbers = program_of(model, (6, 2))
    kernel = draw.integers(-1, 2, (2, 2, 2, 5)).astype("float32")
    owner = model.layers[0].name
    numbers = numbers._replace(params={**numbers.params, owner: {**numbers.params[owner], "kernel": kernel}})
    expected, _ = plain_steps(program, numbers, [batch], 0.1)
    found, _ = native_steps(Compiled.of(program, core), numbers, [batch], 0.1)
    assert_same(found.params, expected.params, 2e-6)


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_a_maximum_that_is_no_number_stays_one(core: Any, activation: str) -> None:
    model = Sequential([Input((6, 6, 1)), Conv2D(3, 1, activation=activation), MaxPooling2D(3)])
    for places in np.ndindex(6, 6):
        x = np.random.default_rng(0).normal(size=(1, 6, 6, 1)).astype("float32")
        x[0, *places] = np.nan
        y = Predictor.of(model.graph, core).predict(model.bundle.entries, x)
        assert (np.isnan(y[0, places[0] // 3, places[1] // 3])).all()
        assert np.isnan(y).sum() == 3


def convnet() -> Sequential:
    layers = [Conv2D(5, 3, activation="relu"), MaxPooling2D(), Conv2D(7, 3, activation="relu"), MaxPooling2D()]
    return Sequential([Input((14, 13, 1)), *layers, Flatten(), Dense(3), Activation("softmax")])


def test_two_hundred_steps_of_a_convnet_stay_with_the_plain_curve(core: Any) -> None:
    model = convnet()
    model.compile(optimizer=Adam(0.003), loss="categorical_crossentropy")
    batches = random_batches((14, 13, 1), "one_hot", 3, 9, 10) * 20
    program, numbers = program_of(model, batches[0].y[0].shape)
    expected, curve = plain_steps(program, numbers, batches, 0.003)
    found, found_curve = native_steps(Compiled.of(program, core), numbers, batches, 0.003)
    np.testing.assert_allclose(found_curve, curve, rtol=2e-3, atol=1e-5)
    assert_same(found.params, expected.params, 5e-3)


def test_bits_do_not_depend_on_the_number_of_threads(core: Any) -> None:
    model = convnet()
    model.compile(optimizer=Adam(), loss="categorical_crossentropy")
    batches = random_batches((14, 13, 1), "one_hot", 3, 130, 3)
    program, numbers = program_of(model, batches[0].y[0].shape)
    found = []
    for threads in (1, 2, 3):
        core.set_num_threads(threads)
        after, _ = native_steps(Compiled.of(program, core), numbers, batches, 0.001)
        found.append([value.tobytes() for params in after.params.values() for value in params.values()])
    assert found[0] == found[1] == found[2]
