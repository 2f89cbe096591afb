"""The native engine computes what the plain step does: every kernel, on every instruction set that this CPU runs."""

import itertools
import os
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import pellucid
from native_checks import assert_same, native_steps, plain_steps, program_of, random_batches
from pellucid import Sequential, native
from pellucid.callbacks import LambdaCallback
from pellucid.data import Slot, source
from pellucid.engine.batch import Batch
from pellucid.engine.native import Compiled, Predictor
from pellucid.engine.step import Numbers, start_tallies
from pellucid.layers import (
    LSTM,
    Activation,
    AveragePooling1D,
    AveragePooling2D,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling1D,
    MaxPooling2D,
    Reshape,
)
from pellucid.optimizers import SGD, Adam, AdamW, RMSprop
from pellucid.optimizers.schedules import ExponentialDecay
from pellucid.random import key
from pellucid.training import TrainingWarning

pytestmark = pytest.mark.skipif(native.load() is None, reason="the native engine is not built here")

ODD_SIZES = (1, 3, 7, 63, 65, 127)


# Kernels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ODD_SIZES)
def test_dense_moves_as_the_plain_formula_at_odd_sizes(core: Any, size: int) -> None:
    for inputs, units in itertools.product(ODD_SIZES, repeat=2):
        model = Sequential([Dense(5, input_shape=(inputs,)), Dense(units), Dense(2)])
        model.compile(optimizer=SGD(1.0), loss="mse")
        (batch,) = random_batches((inputs,), "values", 2, size, 1)
        program, numbers = program_of(model, batch.y[0].shape)
        compiled = Compiled.of(program, core)
        assert compiled is not None
        expected, _ = plain_steps(program, numbers, [batch], 0.1)
        found, _ = native_steps(compiled, numbers, [batch], 0.1)
        assert_same(found.params, expected.params, 2e-6)


def test_sums_longer_than_one_block_are_added_up(core: Any) -> None:
    model = Sequential([Dense(9, input_shape=(1000,)), Dense(900), Dense(3)])
    model.compile(optimizer=SGD(), loss="mse")
    (batch,) = random_batches((1000,), "values", 3, 801, 1)
    program, numbers = program_of(model, batch.y[0].shape)
    expected, _ = plain_steps(program, numbers, [batch], 0.1)
    found, _ = native_steps(Compiled.of(program, core), numbers, [batch], 0.1)
    assert_same(found.params, expected.params, 4e-6)


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("units", ODD_SIZES)
def test_activations_and_their_slopes(core: Any, name: str, units: int) -> None:
    model = Sequential([Dense(units, activation=name, input_shape=(4,)), Activation(name), Dense(2)])
    model.compile(optimizer=SGD(), loss="mse")
    (batch,) = random_batches((4,), "values", 2, 7, 1)
    batch.x[0][0] *= 50  # far out, where exponentials overflow
    program, numbers = program_of(model, batch.y[0].shape)
    expected, _ = plain_steps(program, numbers, [batch], 0.1)
    found, _ = native_steps(Compiled.of(program, core), numbers, [batch], 0.1)
    assert_same(found.params, expected.params, 3e-6)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_elementary_functions_keep_their_digits(core: Any, name: str) -> None:
    x = np.concatenate([np.linspace(-95, 95, 4001), np.geomspace(1e-30, 1, 500), -np.geomspace(1e-30, 1, 500)])
    x = x.astype("float32")[:, None]
    model = Sequential([Activation(name, input_shape=(1,))])
    y = Predictor.of(model.graph, core).predict({}, x)
    exact = np.tanh(x.astype("float64")) if name == "tanh" else 1 / (1 + np.exp(-x.astype("float64")))
    assert (np.abs(y - exact) <= 4e-7 * np.abs(exact) + np.finfo("float32").tiny).all()


LOSSES = [
    ("mean_squared_error", "values", "linear"),
    ("mean_squared_error", "one_hot", "softmax"),
    ("categorical_crossentropy", "one_hot", "softmax"),
    ("sparse_categorical_crossentropy", "labels", "softmax"),
    ("binary_crossentropy", "bits", "sigmoid"),
]


@pytest.mark.parametrize(("loss", "kind", "last"), LOSSES)
@pytest.mark.parametrize("classes", [1, 3, 10, 17, 65])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_with_and_without_weights(
    core: Any, loss: str, kind: str, last: str, classes: int, weighted: bool
) -> None:
    model = Sequential([Dense(classes, activation=last, input_shape=(4,))])
    model.compile(optimizer=SGD(), loss=loss)
    (batch,) = random_batches((4,), kind, classes, 11, 1)
    if weighted:
        batch = batch._replace(weights=(np.random.default_rng(1).random(11).astype("float32"),))
    program, numbers = program_of(model, batch.y[0].shape)
    expected, (cost,) = plain_steps(program, numbers, [batch], 0.1)
    found, (found_cost,) = native_steps(Compiled.of(program, core), numbers, [batch], 0.1)
    assert found_cost == pytest.approx(cost, rel=2e-6, abs=1e-9)
    assert_same(found.params, expected.params, 2e-6)


OPTIMIZERS = {
    "sgd": SGD(0.05),
    "momentum": SGD(0.05, momentum=0.9),
    "nesterov": SGD(0.05, momentum=0.9, nesterov=True),
    "decay": SGD(0.05, weight_decay=0.1),
    "adam": Adam(0.01),
    "amsgrad": Adam(0.01, amsgrad=True),
    "adamw": AdamW(0.01, weight_decay=0.05),
    "rmsprop": RMSprop(0.01),
    "rmsprop with all": RMSprop(0.01, momentum=0.5, centered=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_hundred_steps_stay_with_the_plain_curve(core: Any, name: str) -> None:
    optimizer = OPTIMIZERS[name]
    model = Sequential([Dense(13, activation="tanh", input_shape=(7,)), Dense(3, activation="softmax")])
    model.compile(optimizer=optimizer, loss="categorical_crossentropy")
    batches = random_batches((7,), "one_hot", 3, 19, 20) * 10
    program, numbers = program_of(model, batches[0].y[0].shape)
    rate = optimizer.learning_rate
    expected, curve = plain_steps(program, numbers, batches, rate)
    found, found_curve = native_steps(Compiled.of(program, core), numbers, batches, rate)
    np.testing.assert_allclose(found_curve, curve, rtol=2e-4)
    assert_same(found.params, expected.params, 2e-3)
    assert_same(found.moments["slots"], expected.moments["slots"], 2e-2)


@pytest.mark.parametrize("spoiled", [0.0, 1e-4])
def test_the_curve_would_show_a_slightly_wrong_rate(core: Any, spoiled: float) -> None:
    model = Sequential([Dense(3, input_shape=(7,))])
    model.compile(optimizer=SGD(), loss="mse")
    batches = random_batches((7,), "values", 3, 19, 5)
    program, numbers = program_of(model, batches[0].y[0].shape)
    expected, _ = plain_steps(program, numbers, batches, 0.1)
    found, _ = native_steps(Compiled.of(program, core), numbers, batches, 0.1 * (1 + spoiled))
    (own,), (right,) = found.params.values(), expected.params.values()
    worst = max(np.abs(own[name] - right[name]).max() for name in ("kernel", "bias"))
    assert (worst < 1e-6) == (spoiled == 0.0)


def test_places_of_a_sequence_share_a_dense_layer(core: Any) -> None:
    layers = [Reshape((4, 6), input_shape=(24,)), Dense(5, activation="relu"), Flatten(), Dense(2)]
    model = Sequential(layers)
    model.compile(optimizer=SGD(), loss="mse")
    (batch,) = random_batches((24,), "values", 2, 9, 1)
    program, numbers = program_of(model, batch.y[0].shape)
    expected, _ = plain_steps(program, numbers, [batch], 0.1)
    found, _ = native_steps(Compiled.of(program, core), numbers, [batch], 0.1)
    assert_same(found.params, expected.params, 2e-6)


def test_frozen_layers_stay(core: Any) -> None:
    model = Sequential([Dense(5, activation="relu", input_shape=(4,)), Dense(6, activation="tanh"), Dense(2)])
    model.layers[1].trainable = False
    model.compile(optimizer=Adam(), loss="mse")
    (batch,) = random_batches((4,), "values", 2, 9, 1)
    program, numbers = program_of(model, batch.y[0].shape)
    expected, _ = plain_steps(program, numbers, [batch], 0.1)
    found, _ = native_steps(Compiled.of(program, core), numbers, [batch], 0.1)
    assert_same(found.params, expected.params, 2e-6)
    frozen = model.layers[1].name
    assert found.params[frozen] is numbers.params[frozen]


def test_frozen_layers_stay_for_many_batches_in_one_call(core: Any) -> None:
    model = Sequential([Dense(5, activation="relu", input_shape=(50,)), Dense(6, activation="tanh"), Dense(10)])
    model.layers[1].trainable = False
    model.compile(optimizer=SGD(), loss="mse")
    (data,) = random_batches((50,), "values", 10, 96, 1)
    program, numbers = program_of(model, data.y[0].shape)
    parts = [Batch((data.x[0][i : i + 32],), (data.y[0][i : i + 32],)) for i in range(0, 96, 32)]
    expected, _ = plain_steps(program, numbers, parts, 0.01)
    found, _, count = run_epoch(Compiled.of(program, core), numbers, data)
    assert count == 3
    assert_same(found.params, expected.params, 2e-6)


# Convolutions and pools ----------------------------------------------------------------------------

CONVOLUTIONS = [
    {"filters": 1, "kernel_size": 1},
    {"filters": 5, "kernel_size": (3, 2)},
    {"filters": 17, "kernel_size": 3, "padding": "same"},
    {"filters": 3, "kernel_size": (2, 3), "strides": (2, 3), "padding": "same"},
    {"filters": 65, "kernel_size": 3, "strides": 2},
    {"filters": 7, "kernel_size": 2, "dilation_rate": (2, 3)},
    {"filters": 7, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "use_bias": False},
]


@pytest.mark.parametrize("settings", CONVOLUTIONS)
@pytest.mark.parametrize("channels", [1, 3, 16, 33])
@pytest.mark.parametrize("first", [True, False])
def test_convolutions(core: Any, settings: dict[str, Any], channels: int, first: bool) -> None:
    """Alone on the data, and behind another layer, which needs dL/dx."""
    before = [] if first else [Conv2D(channels, 1, activation="tanh")]
    model = Sequential([Input((9, 8, channels)), *before, Conv2D(**settings), Activation("relu"), Flatten(), Dense(2)])
    assert_one_step_agrees(core, model, (9, 8, channels))


@pytest.mark.parametrize("pool", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize(
    "settings", [{}, {"pool_size": (3, 2), "strides": (1, 2)}, {"pool_size": 3, "strides": 2, "padding": "same"}]
)
@pytest.mark.parametrize("channels", [1, 17, 32])
def test_pools(core: Any, pool: Any, settings: dict[str, Any], channels: int) -> None:
    layers = [Conv2D(channels, 2, activation="relu"), pool(**settings), Activation("sigmoid"), Flatten(), Dense(2)]
    assert_one_step_agrees(core, Sequential([Input((10, 9, 2)), *layers]), (10, 9, 2))


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_sequences_are_images_of_one_row(core: Any, padding: str) -> None:
    layers = [Conv1D(9, 3, padding=padding), MaxPooling1D(2), Conv1D(4, 2), AveragePooling1D(2), Flatten(), Dense(2)]
    assert_one_step_agrees(core, Sequential([Input((17, 5)), *layers]), (17, 5))


@pytest.mark.parametrize("size", [1, 2, 7, 10])
def test_dropout_draws_the_bits_of_the_plain_formula(core: Any, size: int) -> None:
    layers = [Dropout(0.3), Dense(9, activation="relu"), Dropout(0.5), Dense(9), Dropout(0.2), Dense(2)]
    assert_one_step_agrees(core, Sequential([Input((13,)), *layers]), (13,), size)


@pytest.mark.parametrize("units", [1, 7, 33])
@pytest.mark.parametrize("features", [1, 5, 28])
@pytest.mark.parametrize("all_times", [False, True])
def test_lstm(core: Any, units: int, features: int, all_times: bool) -> None:
    behind = [LSTM(3, use_bias=False)] if all_times else []
    layers = [LSTM(units, return_sequences=all_times), *behind, Activation("tanh"), Dense(2)]
    assert_one_step_agrees(core, Sequential([Input((6, features)), *layers]), (6, features))


def assert_one_step_agrees(core: Any, model: Sequential, shape: tuple[int, ...], size: int = 5) -> None:
    """One update, by the core and by the plain formulas in float64."""
    model.compile(optimizer=SGD(), loss="mse")
    (batch,) = random_batches(shape, "values", 2, size, 1)
    program, numbers = program_of(model, batch.y[0].shape)
    compiled = Compiled.of(program, core)
    assert compiled is not None
    expected, (cost,) = plain_steps(program, numbers, [batch], 0.1)
    found, (found_cost,) = native_steps(compiled, numbers, [batch], 0.1)
    assert found_cost == pytest.approx(cost, rel=1e-5)
    assert_same(found.params, expected.params, 5e-6)


# Epochs --------------------------------------------------------------------------------------------


def shallow(optimizer: Any = None) -> Sequential:
    model = Sequential([Dense(33, activation="sigmoid", input_shape=(50,)), Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer or Adam(), loss="mse", metrics=["accuracy"])
    return model


def wide() -> Sequential:
    """Enough work for several threads, in matrices of several panels, the last of them narrow."""
    widths = [Dense(150, activation="relu"), Dense(80, activation="sigmoid"), Dense(203), Dense(64, activation="tanh")]
    model = Sequential([Input((50,)), *widths, Dense(10, activation="softmax")])
    model.compile(optimizer=Adam(), loss="mse", metrics=["accuracy"])
    return model


def recurrent() -> Sequential:
    layers = [LSTM(37, return_sequences=True), LSTM(24), Dense(10, activation="softmax")]
    model = Sequential([Input((50,)), Reshape((10, 5)), *layers])
    model.compile(optimizer=Adam(), loss="mse", metrics=["accuracy"])
    return model


def normalized() -> Sequential:
    layers = [Dense(150), BatchNormalization(), Dense(80, activation="relu"), Dense(10, activation="softmax")]
    model = Sequential([Input((50,)), *layers])
    model.compile(optimizer=Adam(), loss="mse", metrics=["accuracy"])
    return model


def run_epoch(compiled: Compiled, numbers: Numbers, data: Batch, order: Any = None) -> tuple[Numbers, Any, int]:
    tallies = start_tallies(compiled.plan.program)
    return compiled.train(numbers, tallies, data, order, (0, len(data.x[0])), 32, [0.01], key(0), 60.0)


@pytest.mark.parametrize("made", [shallow, wide, recurrent, normalized])
def test_bits_do_not_depend_on_the_number_of_threads(core: Any, made: Any) -> None:
    (data,) = random_batches((50,), "one_hot", 10, 600, 1)
    program, numbers = program_of(made(), data.y[0].shape)
    order = np.random.default_rng(0).permutation(600)
    found = []
    for threads in (1, 2, 3):
        core.set_num_threads(threads)
        compiled = Compiled.of(program, core)
        after, tallies, batches = run_epoch(compiled, numbers, data, order)
        assert batches == 19
        found.append(
            [getattr(after, part)[owner][name].tobytes() for part, owner, name, _ in compiled.plan.places]
            + [repr(tallies)]
        )
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("made", [shallow, wide, recurrent, normalized])
def test_an_epoch_in_one_call_is_its_batches_one_by_one(core: Any, made: Any) -> None:
    (data,) = random_batches((50,), "one_hot", 10, 100, 1)
    program, numbers = program_of(made(), data.y[0].shape)
    order = np.random.default_rng(0).permutation(100)
    compiled = Compiled.of(program, core)
    whole, tallies, count = run_epoch(compiled, numbers, data, order)
    assert count == 4
    step, apart = numbers, start_tallies(program)
    for first in range(0, 100, 32):
        rows = order[first : first + 32]
        batch = Batch((data.x[0][rows],), (data.y[0][rows],))
        step, apart, _ = compiled.train(step, apart, batch, None, (0, len(rows)), len(rows), [0.01], key(0), 1.0)
    assert int(whole.step) == int(step.step) == 4
    assert all((getattr(whole, p)[o][n] == getattr(step, p)[o][n]).all() for p, o, n, _ in compiled.plan.places)
    assert tallies["losses"]["loss"]["total"] == pytest.approx(apart["losses"]["loss"]["total"], rel=1e-12)
    (name,) = tallies["measures"]
    assert tallies["measures"][name]["total"] == apart["measures"][name]["total"]


def test_an_old_bundle_is_never_written_into(core: Any) -> None:
    (data,) = random_batches((50,), "one_hot", 10, 64, 1)
    program, numbers = program_of(shallow(), data.y[0].shape)
    compiled = Compiled.of(program, core)
    held = [(numbers, repr(numbers))]
    for _ in range(6):
        numbers, _, _ = run_epoch(compiled, numbers, data)
        held.append((numbers, repr(numbers)))
    assert all(repr(bundle) == text for bundle, text in held)


def test_buffers_that_nobody_holds_serve_again(core: Any) -> None:
    (data,) = random_batches((50,), "one_hot", 10, 64, 1)
    program, numbers = program_of(shallow(), data.y[0].shape)
    compiled = Compiled.of(program, core)
    _, owner, name, _ = compiled.plan.places[0]
    seen = set()
    for _ in range(10):
        numbers, _, _ = run_epoch(compiled, numbers, data)
        seen.add(id(numbers.params[owner][name]))
    assert len(seen) == 2  # taking turns
    view = numbers.params[owner][name][:1]
    before = view.copy()
    for _ in range(4):
        numbers, _, _ = run_epoch(compiled, numbers, data)
    assert (view == before).all()


def test_a_loss_that_is_no_number_teaches_nothing(core: Any) -> None:
    (data,) = random_batches((50,), "one_hot", 10, 96, 1)
    data.x[0][70] = np.nan
    program, numbers = program_of(shallow(), data.y[0].shape)
    after, tallies, count = run_epoch(Compiled.of(program, core), numbers, data)
    assert count == 3
    assert int(after.step) == 2
    assert np.isnan(tallies["losses"]["loss"]["total"])
    assert all(np.isfinite(a).all() for own in after.params.values() for a in own.values())


def test_predictions_are_the_forward_pass(core: Any) -> None:
    model = shallow()
    predictor = Predictor.of(model.graph, core)
    for count in (1, 2, 13, 600, 1500):
        x = np.random.default_rng(0).normal(size=(count, 50)).astype("float32")
        y = predictor.predict(model.bundle.entries, x)
        expected = model.compute(x)
        np.testing.assert_allclose(y, expected, rtol=2e-5, atol=1e-7)


def test_several_threads_may_predict_and_train_at_once(core: Any) -> None:
    (data,) = random_batches((50,), "one_hot", 10, 2000, 1)
    model = shallow()
    (program, numbers), entries = program_of(model, data.y[0].shape), model.bundle.entries
    compiled, predictor = Compiled.of(program, core), Predictor.of(program.graph, core)
    alone = [run_epoch(compiled, numbers, data)[0].params, predictor.predict(entries, data.x[0])]
    wrong = []

    def work(number: int) -> None:
        for _ in range(5):
            if number % 2:
                params = run_epoch(compiled, numbers, data)[0].params
                same = all((params[o][n] == alone[0][o][n]).all() for _, o, n, _ in compiled.plan.places)
            else:
                same = (predictor.predict(entries, data.x[0]) == alone[1]).all()
            if not same:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("size", [*ODD_SIZES, 100_003])
def test_one_number_that_is_none_is_found_wherever_it_stands(core: Any, size: int) -> None:
    x = np.random.default_rng(0).uniform(-3e38, 3e38, size).astype("float32")
    assert core.is_finite(x)
    for place in {0, size // 2, size - 1}:
        for wrong in (np.nan, np.inf, -np.inf):
            spoiled = x.copy()
            spoiled[place] = wrong
            assert not core.is_finite(spoiled)


def test_what_has_no_kernel_is_left_to_the_plain_step(core: Any) -> None:
    model = Sequential([Dense(3, activation="mish", input_shape=(4,))])
    model.compile(optimizer="sgd", loss="mse")
    assert Compiled.of(model.program([(None, 3)]), core) is None
    model = Sequential([Dense(3, kernel_regularizer="l2", input_shape=(4,))])
    model.compile(optimizer="sgd", loss="mse")
    assert Compiled.of(model.program([(None, 3)]), core) is None


@pytest.mark.parametrize("shuffle", [True, False, "batch"])
@pytest.mark.parametrize("steps", [None, 2])
def test_rows_of_a_source_are_its_batches(shuffle: Any, steps: int | None) -> None:
    x = np.arange(22, dtype="float32").reshape(11, 2)
    data = source(x, inputs=[Slot("x", (None, 2))], batch_size=3, shuffle=shuffle, steps=steps)
    for epoch in range(3):
        order, first, last = data.rows(key(1), epoch)
        whole = data.whole().x[0]
        ordered = (whole if order is None else whole[order])[first:last]
        parts = [batch.x[0] for batch in data.batches(key(1), epoch)]
        assert (np.concatenate(parts) == ordered).all()
        assert all(len(part) == 3 for part in parts[:-1])


# Through the public API ----------------------------------------------------------------------------


def fitted(engine: str, **settings: Any) -> tuple[Sequential, Any]:
    pellucid.utils.set_random_seed(5)
    (data,) = random_batches((50,), "one_hot", 10, 500, 1)
    model = Sequential([Dense(33, activation="sigmoid", input_shape=(50,)), Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"], engine=engine)
    return model, model.fit(data.x[0], data.y[0], epochs=3, verbose=0, validation_split=0.2, **settings)


@pytest.mark.parametrize(
    "settings",
    [{}, {"shuffle": False}, {"shuffle": "batch"}, {"batch_size": 7}, {"steps_per_epoch": 4}, {"class_weight": {1: 3}}],
)
def test_fit_gives_the_history_of_the_plain_engine(settings: dict[str, Any]) -> None:
    if "class_weight" in settings:
        settings = {"class_weight": {label: 1.0 + label / 10 for label in range(10)}}
    (model, native_history), (plain, plain_history) = fitted("native", **settings), fitted("numpy", **settings)
    assert native_history.history.keys() == plain_history.history.keys()
    for name, curve in plain_history.history.items():
        np.testing.assert_allclose(native_history.history[name], curve, rtol=2e-5, atol=1e-6, err_msg=name)
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-5)
    assert model.optimizer.iterations == plain.optimizer.iterations


def test_a_callback_that_hears_every_batch_gets_every_batch_and_the_same_bits() -> None:
    heard: list[int] = []
    listener = LambdaCallback(on_train_batch_end=lambda batch, logs: heard.append(batch))
    alone, _ = fitted("native")
    watched, _ = fitted("native", callbacks=[listener])
    assert heard == [*range(13)] * 3
    assert all((a == b).all() for a, b in zip(alone.get_weights(), watched.get_weights(), strict=True))


def test_a_schedule_sets_the_rate_of_each_update() -> None:
    (data,) = random_batches((5,), "values", 2, 200, 1)
    curves = []
    for engine in ("native", "numpy"):
        pellucid.utils.set_random_seed(5)
        model = Sequential([Dense(2, input_shape=(5,))])
        model.compile(SGD(ExponentialDecay(0.2, 3, 0.5)), loss="mse", engine=engine)
        curves.append(model.fit(data.x[0], data.y[0], batch_size=2, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-5)


def test_overflow_is_taken_back_and_reported_as_by_the_plain_engine() -> None:
    (data,) = random_batches((5,), "values", 2, 200, 1)
    found = []
    for engine in ("native", "numpy"):
        pellucid.utils.set_random_seed(5)
        model = Sequential([Dense(4, input_shape=(5,)), Dense(2)])
        model.compile(SGD(30.0), loss="mse", engine=engine)
        with np.errstate(all="ignore"), pytest.warns(TrainingWarning, match="not all numbers are finite") as warned:
            model.fit(data.x[0] * 10, data.y[0], batch_size=2, epochs=2, verbose=0)
        assert all(np.isfinite(weight).all() for weight in model.get_weights())
        found.append((str(warned[0].message), model.optimizer.iterations))
    assert found[0] == found[1]


def test_models_answer_and_predict_natively() -> None:
    model, _ = fitted("native")
    x = np.random.default_rng(0).normal(size=(70, 50)).astype("float32")
    plain = model.compute(x)
    for found in (model(x), model.predict(x, verbose=0), model.predict_on_batch(x), model(x.astype("float64"))):
        np.testing.assert_allclose(found, plain, rtol=2e-5, atol=1e-7)
    one = model.predict(x[:1], verbose=0)
    assert one.shape == (1, 10)
    x[0, 0] = np.nan
    with pytest.raises(pellucid.errors.DataError):
        model.predict(x[:1], verbose=0)


def test_the_environment_and_compile_choose_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Sequential([Dense(2, input_shape=(3,))])
    for environment, asked, expected in (
        ("numpy", None, False),
        ("auto", None, True),
        ("numpy", "native", True),
        ("native", "numpy", False),
    ):
        monkeypatch.setenv("PELLUCID_ENGINE", environment)
        model.compile(loss="mse", optimizer="sgd", engine=asked)
        assert (model.program_for([(None, 2)])[1] is not None) == expected
    with pytest.raises(ValueError, match="engine"):
        model.compile(loss="mse", optimizer="sgd", engine="nativ")


# Processes -----------------------------------------------------------------------------------------


def in_a_process(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script that begins with a model, its data and the core at hand."""
    beginning = """
import os, signal, sys, threading, time
import numpy as np
import pellucid
from pellucid import Sequential, native
from pellucid.callbacks import LambdaCallback
from pellucid.layers import Dense
x = np.random.default_rng(0).normal(size=(4000, 50)).astype("float32")
y = np.random.default_rng(1).normal(size=(4000, 10)).astype("float32")
model = Sequential([Dense(300, activation="sigmoid", input_shape=(50,)), Dense(10)])
model.compile(loss="mse", optimizer="sgd", engine="native")
"""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", beginning + script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_trains_too() -> None:
    done = in_a_process(
        """
before = model.predict(x, verbose=0)
model.fit(x, y, verbose=0)
child = os.fork()
if child == 0:
    model.fit(x, y, verbose=0)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
model.fit(x, y, verbose=0)
""",
        PELLUCID_NUM_THREADS="2",
    )
    assert done.stdout == "7\n", done.stderr


def test_ctrl_c_is_answered_in_mid_training_and_leaves_whole_numbers() -> None:
    done = in_a_process("""
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with Ctrl-C ignored
def press():
    while not model.optimizer.iterations:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press, daemon=True).start()
try:
    model.fit(x, y, verbose=0, epochs=10**6)
except KeyboardInterrupt:
    print(model.optimizer.iterations > 0, np.isfinite(model(x)).all())
""")
    assert done.stdout == "True True\n", done.stderr


@pytest.mark.parametrize("name", native.available())
def test_the_environment_chooses_build_and_threads(name: str) -> None:
    done = in_a_process(
        "print(native.instruction_set(), native.num_threads())", PELLUCID_ISA=name, PELLUCID_NUM_THREADS="3"
    )
    assert done.stdout == f"{name} 3\n", done.stderr


def test_an_unknown_build_is_refused() -> None:
    assert "PELLUCID_ISA" in in_a_process("", PELLUCID_ISA="avx1024").stderr


def test_labels_of_classes_do_not_leave_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("the plain step ran")

    monkeypatch.setattr("pellucid.engine.portions.train_step", refuse)
    monkeypatch.setattr("pellucid.engine.portions.eval_step", refuse)
    model = Sequential([Dense(3, activation="softmax", input_shape=(4,))])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="native")
    x = np.random.default_rng(0).random((20, 4), dtype="float32")
    for kind in ("int64", "uint8", "float32"):
        model.fit(x, np.arange(20).astype(kind) % 3, batch_size=8, verbose=0)
        model.evaluate(x, np.arange(20).astype(kind) % 3, verbose=0)
        model.train_on_batch(x, np.arange(20).astype(kind) % 3)
