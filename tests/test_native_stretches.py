"""What has kernels runs in the core, and the rest of the same step as plain formulas."""

import threading
from typing import Any

import numpy as np
import pytest

import pellucid
from native_checks import (
    assert_both_ways_agree,
    assert_same,
    batch_for,
    native_steps,
    plain_steps,
    program_of,
    random_batches,
)
from pellucid import Model, Sequential, backend, native
from pellucid.callbacks import LambdaCallback
from pellucid.engine.native import Compiled
from pellucid.engine.step import Numbers, Program, start_tallies
from pellucid.engine.stretches import Stretch, Stretches
from pellucid.layers import (
    GRU,
    LSTM,
    Activation,
    Add,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Input,
    Lambda,
    Layer,
    LayerNormalization,
    Masking,
    MaxPooling2D,
    MultiHeadAttention,
)
from pellucid.optimizers import SGD, Adam, RMSprop
from pellucid.random import key

pytestmark = pytest.mark.skipif(native.load() is None, reason="the native engine is not built here")


class Doubled(Layer):
    """A layer without a kernel."""

    supports_masking = True

    def forward(self, params: Any, x: Any) -> Any:
        return 2 * x, None

    def backward(self, params: Any, cache: Any, dy: Any) -> Any:
        return 2 * dy, {}


def stretches_of(core: Any, model: Model, *shapes: Any) -> tuple[Program, Any, Stretches]:
    program, numbers = program_of(model, *shapes)
    made = Stretches.of(program.graph, program, core)
    assert made is not None
    return program, numbers, made


def sizes_of(stretches: Stretches) -> list[int]:
    """How many nodes run in each stretch; 0 for a plain node."""
    return [len(part.nodes) if isinstance(part, Stretch) else 0 for part in stretches._parts]


# Cutting -------------------------------------------------------------------------------------------


def test_plain_nodes_stand_between_stretches(core: Any) -> None:
    model = Sequential([Input((4,)), Dense(5), Activation("relu"), Doubled(), Dense(6, activation="tanh"), Dense(2)])
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)
    _, _, stretches = stretches_of(core, model, (None, 2))
    assert sizes_of(stretches) == [2, 0, 3]
    assert stretches.missing == {"doubled": "there is no kernel for Doubled"}


def test_networks_without_any_kernel_are_not_cut() -> None:
    model = Sequential([Input((4,)), Doubled()])
    assert Stretches.of(model.graph) is None


@pytest.mark.parametrize("plain_first", [True, False])
def test_branches_between_plain_nodes(core: Any, plain_first: bool) -> None:
    x = Input((4,))
    y = Doubled()(x) if plain_first else Dense(4)(x)
    one = Dense(4, activation="relu")(y)
    two = Doubled()(one)
    model = Model(x, [Dense(2)(Add()([y, one, two])), Dense(3)(two)])
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)


def test_a_stretch_hears_the_slope_of_each_value_that_leaves_it(core: Any) -> None:
    x = Input((4,))
    y = Dense(5, activation="tanh")(x)
    z = Dense(5, activation="relu")(y)
    model = Model(x, Dense(2)(Add()([Doubled()(y), z, Doubled()(z)])))
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)


def test_frozen_layers_stay_and_pass_slopes_on(core: Any) -> None:
    model = Sequential([Input((4,)), Dense(5), Doubled(), Dense(6, trainable=False), Dense(2)])
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)


def test_models_inside_models(core: Any) -> None:
    inner = Sequential([Input((5,)), Dense(4, activation="relu"), Doubled(), Dense(3)])
    x, y = Input((5,)), Input((5,))
    model = Model([x, y], Dense(2)(Add()([inner(x), inner(y)])))
    assert_both_ways_agree(core, model, batch_for(model, 9), whole=False)


def test_attention_runs_plainly_among_kernels(core: Any) -> None:
    x = Input((6, 8))
    y = LayerNormalization()(Add()([x, MultiHeadAttention(2, 4)(x, x)]))
    model = Model(x, Dense(2)(GlobalAveragePooling1D()(Dense(8, activation="gelu")(y))))
    assert_both_ways_agree(core, model, batch_for(model, 5), whole=False, tolerance=2e-5)


# Masks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recurrent", [LSTM, GRU])
def test_masks_are_heeded(core: Any, recurrent: Any) -> None:
    layers = [Embedding(9, 6, mask_zero=True), Dense(5, activation="tanh"), recurrent(4), Dense(2)]
    model = Sequential([Input((7,)), *layers])
    batch = batch_for(model, 8, rows=9)
    assert (batch.x[0] == 0).any()
    assert_both_ways_agree(core, model, batch, whole=False, tolerance=1e-5)


def test_masks_travel_through_stretches_to_the_loss(core: Any) -> None:
    model = Sequential([Input((5, 3)), Masking(), Dense(4, activation="relu"), Dense(2)])
    batch = batch_for(model, 8)
    batch.x[0][:, 3:] = 0
    assert_both_ways_agree(core, model, batch, whole=False)


# What else a step does -------------------------------------------------------------------------------

RULES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "regularizer": ({"kernel_regularizer": "l2"}, SGD(), "mse"),
    "activity": ({"activity_regularizer": "l2"}, SGD(), "mse"),
    "constraint": ({"kernel_constraint": "unit_norm"}, SGD(), "mse"),
    "clipnorm": ({}, SGD(clipnorm=0.1), "mse"),
    "global_clipnorm": ({}, SGD(global_clipnorm=0.1), "mse"),
    "ema": ({}, Adam(use_ema=True), "mse"),
    "loss": ({}, SGD(), "huber"),
    "own loss": ({}, SGD(), lambda y, p: backend.mean(backend.square(y - p) ** 2, axis=-1)),
    "optimizer": ({}, "nadam", "mse"),
}


@pytest.mark.parametrize("name", RULES)
def test_rules_and_losses_without_kernels(core: Any, name: str) -> None:
    settings, optimizer, loss = RULES[name]
    model = Sequential([Input((6,)), Dense(7, activation="tanh", **settings), BatchNormalization(), Dense(2)])
    model.compile(optimizer=optimizer, loss=loss)
    batches = [batch_for(model, 9, seed=i) for i in range(3)]
    program, numbers, stretches = stretches_of(core, model, (None, 2))
    assert Compiled.of(program, core) is None
    assert sizes_of(stretches) == [4]
    expected, costs = plain_steps(program, numbers, batches, 0.05)
    found, found_costs = native_steps(stretches, numbers, batches, 0.05)
    assert found_costs == pytest.approx(costs, rel=2e-5)
    assert_same(found.params, expected.params, 2e-5)


def test_two_hundred_steps_stay_with_the_plain_curve(core: Any) -> None:
    layers = [Conv2D(5, 3, activation="relu"), BatchNormalization(), MaxPooling2D(), Doubled(), Flatten()]
    model = Sequential([Input((8, 8, 2)), *layers, Dense(9, activation="gelu"), Dense(3, activation="softmax")])
    model.compile(optimizer=Adam(0.01), loss="categorical_crossentropy")
    batches = random_batches((8, 8, 2), "one_hot", 3, 19, 20) * 10
    program, numbers, stretches = stretches_of(core, model, (None, 3))
    _, curve = plain_steps(program, numbers, batches, 0.01)
    _, found_curve = native_steps(stretches, numbers, batches, 0.01)
    np.testing.assert_allclose(found_curve, curve, rtol=2e-2, atol=1e-4)
    assert np.abs(np.array(found_curve[:50]) - curve[:50]).max() < 1e-3


@pytest.mark.parametrize("layer", [LSTM, GRU])
def test_two_hundred_steps_of_recurrent_layers(core: Any, layer: Any) -> None:
    model = Sequential([Input((6, 5)), layer(9, return_sequences=True), BatchNormalization(), layer(4), Dense(2)])
    model.compile(optimizer=SGD(0.05, momentum=0.9), loss="mse")
    batches = random_batches((6, 5), "values", 2, 19, 20) * 10
    program, numbers = program_of(model, (None, 2))
    _, curve = plain_steps(program, numbers, batches, 0.05)
    _, found_curve = native_steps(Compiled.of(program, core), numbers, batches, 0.05)
    np.testing.assert_allclose(found_curve, curve, rtol=2e-3)


# Threads and bits ----------------------------------------------------------------------------------


def bits_of(numbers: Numbers) -> list[bytes]:
    owners = (*numbers.params.values(), *numbers.state.values())
    return [array.tobytes() for own in owners for array in own.values()]


def everything() -> Model:
    x = Input((12, 12, 3))
    y = BatchNormalization()(Conv2D(17, 3, padding="same")(x))
    y = Add()([Activation("relu")(y), Conv2D(17, 1)(x)])
    y = Lambda(lambda v: v * 1.5)(MaxPooling2D()(y))
    y = Dropout(0.3)(Flatten()(y))
    model = Model(x, Dense(5, activation="softmax")(LayerNormalization()(Dense(70, activation="gelu")(y))))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def test_bits_do_not_depend_on_the_number_of_threads(core: Any) -> None:
    model = everything()
    batches = random_batches((12, 12, 3), "one_hot", 5, 37, 3)
    _, numbers, stretches = stretches_of(core, model, (None, 5))
    found = []
    for threads in (1, 2, 3):
        core.set_num_threads(threads)
        after, _ = native_steps(stretches, numbers, batches, 0.01)
        found.append(bits_of(after))
    assert found[0] == found[1] == found[2]


def test_bits_of_a_whole_step_do_not_depend_on_the_number_of_threads(core: Any) -> None:
    model = Sequential([Input((20,)), Embedding(200, 24), GRU(33, return_sequences=True), BatchNormalization()])
    for layer in (Bidirectional(LSTM(9)), BatchNormalization(), Dense(70, activation="elu"), Dense(3)):
        model.add(layer)
    model.compile("adam", "mse")
    batch = batch_for(model, 37, rows=200)
    program, numbers = program_of(model, (None, 3))
    compiled, found = Compiled.of(program, core), []
    for threads in (1, 2, 3):
        core.set_num_threads(threads)
        after, _ = native_steps(compiled, numbers, [batch] * 3, 0.01)
        found.append(bits_of(after))
    assert found[0] == found[1] == found[2]


def test_an_old_bundle_is_never_written_into(core: Any) -> None:
    model = everything()
    (batch,) = random_batches((12, 12, 3), "one_hot", 5, 7, 1)
    _, numbers, stretches = stretches_of(core, model, (None, 5))
    held = [(numbers, repr(numbers))]
    for _ in range(4):
        numbers, _ = native_steps(stretches, numbers, [batch], 0.01)
        held.append((numbers, repr(numbers)))
    assert all(repr(bundle) == text for bundle, text in held)


def test_averages_move_batch_by_batch_in_one_call(core: Any) -> None:
    model = Sequential([Input((50,)), Dense(8), BatchNormalization(momentum=0.8), Dense(10)])
    model.compile(SGD(), "mse")
    (data,) = random_batches((50,), "values", 10, 96, 1)
    program, numbers = program_of(model, data.y[0].shape)
    parts = [data._replace(x=(data.x[0][i : i + 32],), y=(data.y[0][i : i + 32],)) for i in range(0, 96, 32)]
    expected, _ = plain_steps(program, numbers, parts, 0.01)
    found, _, count = Compiled.of(program, core).train(
        numbers, start_tallies(program), data, None, (0, 96), 32, [0.01], key(0), 60.0
    )
    assert count == 3
    assert_same(found.params, expected.params, 1e-5)
    assert_same(found.state, expected.state, 1e-5)


# Course programs, through the public face ------------------------------------------------------------


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("a plain formula ran")


def digits(classes: int = 4) -> tuple[Any, Any]:
    draw = np.random.default_rng(0)
    return draw.random((48, 12, 12, 1), dtype="float32"), draw.integers(classes, size=48)


def words(length: int = 12) -> tuple[Any, Any]:
    draw = np.random.default_rng(0)
    return draw.integers(50, size=(48, length)), draw.integers(2, size=48)


def mlp_with_batch_normalization() -> tuple[Model, Any, Any]:
    layers = [
        Flatten(),
        Dense(32),
        BatchNormalization(),
        Activation("relu"),
        Dropout(0.3),
        Dense(4, activation="softmax"),
    ]
    model = Sequential([Input((12, 12, 1)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="native")
    return model, *digits()


def lenet() -> tuple[Model, Any, Any]:
    layers = [
        Conv2D(6, 3, activation="tanh", padding="same"), MaxPooling2D(), Conv2D(16, 3, activation="tanh"),
        MaxPooling2D(), Flatten(), Dense(24, activation="tanh"), Dense(4, activation="softmax"),
    ]  # fmt: skip
    model = Sequential([Input((12, 12, 1)), *layers])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="native")
    return model, *digits()


def sentiment() -> tuple[Model, Any, Any]:
    layers = [Embedding(50, 8), Conv1D(16, 3, activation="relu"), GlobalMaxPooling1D(), Dense(1, activation="sigmoid")]
    model = Sequential([Input((12,)), *layers])
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"], engine="native")
    return model, *words()


def reading_both_ways() -> tuple[Model, Any, Any]:
    layers = [Embedding(50, 8), Bidirectional(LSTM(8, return_sequences=True)), Bidirectional(GRU(8)), Dropout(0.5)]
    model = Sequential([Input((12,)), *layers, Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], engine="native")
    return model, *words()


def two_inputs() -> tuple[Model, Any, Any]:
    image, text = Input((12, 12, 1)), Input((12,), dtype="int32")
    seen = Flatten()(MaxPooling2D()(Conv2D(4, 3, activation="relu")(image)))
    joined = pellucid.layers.concatenate([seen, LSTM(8)(Embedding(50, 8)(text))])
    model = Model([image, text], Dense(4, activation="softmax")(joined))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="native")
    x, y = digits()
    return model, [x, words()[0]], y


WHOLE = [mlp_with_batch_normalization, lenet, sentiment, reading_both_ways, two_inputs]


@pytest.mark.parametrize("program", WHOLE)
def test_course_programs_run_in_whole_steps(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.engine.portions.train_step", refuse)
    monkeypatch.setattr("pellucid.engine.portions.eval_step", refuse)
    monkeypatch.setattr("pellucid.engine.passes.run_node", refuse)
    monkeypatch.setattr("pellucid.engine.stretches.train_step", refuse)
    model, x, y = program()
    model.fit(x, y, batch_size=16, epochs=2, verbose=0, validation_split=0.25)
    model.evaluate(x, y, verbose=0)
    model.train_on_batch(x, y)
    model.predict(x, verbose=0)


def with_a_custom_loss() -> tuple[Model, Any, Any]:
    model, x, y = lenet()
    model.compile("adam", lambda y, p: backend.mean(backend.square(y - p), axis=-1), engine="native")
    return model, x, np.eye(4, dtype="float32")[y]


def with_penalties() -> tuple[Model, Any, Any]:
    layers = [Flatten(), Dense(32, activation="relu", kernel_regularizer="l2"), Dense(4, activation="softmax")]
    model = Sequential([Input((12, 12, 1)), *layers])
    model.compile(Adam(clipnorm=1.0), "sparse_categorical_crossentropy", metrics=["accuracy"], engine="native")
    return model, *digits()


def with_two_outputs() -> tuple[Model, Any, Any]:
    x, y = digits()
    image = Input((12, 12, 1))
    inner = Dense(16, activation="relu")(Flatten()(image))
    model = Model(image, [Dense(4, activation="softmax", name="kind")(inner), Dense(1, name="size")(inner)])
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"], engine="native")
    return model, x, [y, y.astype("float32")]


def of_any_length() -> tuple[Model, Any, Any]:
    layers = [Embedding(50, 8), LSTM(8), Dense(1, activation="sigmoid")]
    model = Sequential([Input((None,)), *layers])
    model.compile("adam", "binary_crossentropy", engine="native")
    return model, *words(17)


STRETCHED = [with_a_custom_loss, with_penalties, with_two_outputs, of_any_length]


@pytest.mark.parametrize("program", STRETCHED)
def test_layers_of_other_programs_run_in_stretches(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.engine.passes.run_node", refuse)
    model, x, y = program()
    model.fit(x, y, batch_size=16, epochs=2, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.train_on_batch(x, y)
    model.predict(x, verbose=0)


@pytest.mark.parametrize("program", WHOLE + STRETCHED)
def test_course_programs_give_the_history_of_the_plain_engine(program: Any) -> None:
    curves = []
    for engine in ("native", "numpy"):
        backend.clear_session()
        pellucid.utils.set_random_seed(3)
        model, x, y = program()
        model.engine = engine
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history
        curves.append((history, model.predict(x, verbose=0)))
    assert curves[0][0].keys() == curves[1][0].keys()
    for name, curve in curves[1][0].items():
        np.testing.assert_allclose(curves[0][0][name], curve, rtol=2e-4, err_msg=name)
    for one, other in zip(*(p if isinstance(p, list) else [p] for _, p in curves), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_a_callback_that_hears_every_batch_sees_the_same_bits() -> None:
    found = []
    for callbacks in ([], [LambdaCallback(on_train_batch_end=lambda batch, logs: None)]):
        backend.clear_session()
        pellucid.utils.set_random_seed(3)
        model, x, y = mlp_with_batch_normalization()
        model.fit(x, y, batch_size=16, epochs=2, verbose=0, callbacks=callbacks)
        found.append([weight.tobytes() for weight in model.get_weights()])
    assert found[0] == found[1]


# Reports -------------------------------------------------------------------------------------------


def test_the_report_says_what_runs_where_and_why() -> None:
    model = Sequential([Input((6,)), Dense(4, activation="relu"), Doubled(), Dense(2)])
    model.compile(Adam(clipnorm=1.0), "huber", engine="native")
    found = model.engine_report()
    assert found.engine.startswith("native (")
    assert "Doubled" in found.steps
    assert [layer.runs for layer in found.layers] == ["native", "native", "plain formula", "native"]
    assert "there is no kernel for Doubled" in str(found)
    model.compile("adam", "mse", engine="numpy")
    assert "plain formula" in str(model.engine_report())


def test_the_report_of_a_whole_step_knows_of_data_that_it_did_not_take() -> None:
    model = Sequential([Input((4, 3)), Dense(4), Dense(2)])
    model.compile("adam", "mse", engine="native")
    assert model.engine_report().steps == "whole, in one call"
    x, y = np.ones((8, 4, 3), "float32"), np.ones((8, 4, 2), "float32")
    model.fit(x, y, sample_weight=np.ones((8, 4)), verbose=0)
    assert "time steps" in model.engine_report().steps
    model.fit(x, y, verbose=0)
    assert model.engine_report().steps == "whole, in one call"


def test_optimizers_move_between_stretches_as_their_formulas_do(core: Any) -> None:
    for optimizer in (SGD(0.05), SGD(0.05, momentum=0.9, nesterov=True), Adam(0.01, amsgrad=True, weight_decay=0.05),
                      RMSprop(0.01, momentum=0.5, centered=True, global_clipnorm=0.5)):  # fmt: skip
        model = Sequential([Input((6,)), Dense(7, activation="tanh"), Doubled(), Dense(2)])
        model.compile(optimizer, "mse")
        program, numbers, stretches = stretches_of(core, model, (None, 2))
        assert stretches.moves_in_core
        batches = [batch_for(model, 9, seed=i) for i in range(4)]
        expected, _ = plain_steps(program, numbers, batches, 0.05)
        found, _ = native_steps(stretches, numbers, batches, 0.05)
        assert_same(found.params, expected.params, 2e-5)
        assert_same(found.moments["slots"], expected.moments["slots"], 1e-4)


# Threads of Python, and Ctrl-C -----------------------------------------------------------------------


def test_several_threads_may_train_and_predict_at_once(core: Any) -> None:
    model = everything()
    (batch,) = random_batches((12, 12, 3), "one_hot", 5, 37, 1)
    _, numbers, stretches = stretches_of(core, model, (None, 5))
    alone = bits_of(native_steps(stretches, numbers, [batch] * 2, 0.01)[0])
    found: list[list[bytes]] = []

    def work() -> None:
        found.extend(bits_of(native_steps(stretches, numbers, [batch] * 2, 0.01)[0]) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 9
    assert all(bits == alone for bits in found)
