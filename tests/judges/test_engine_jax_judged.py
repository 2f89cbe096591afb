"""The JAX engine trains as the plain formulas do: the same numbers, the same moments at which callbacks are told."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import Input, Model, Sequential
from pellucid.callbacks import BackupAndRestore, Callback, EarlyStopping, LambdaCallback
from pellucid.layers import (
    LSTM,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    MaxPooling2D,
    Reshape,
    conv,
    xla_convolution,
)
from pellucid.optimizers import SGD, Adam
from pellucid.schedules import ExponentialDecay
from pellucid.training import TrainingWarning
from pellucid.utils import set_random_seed
from pellucid.windows import slide

jax: Any = pytest.importorskip("jax")

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(70, 6)).astype("float32")
Y = (X @ [1.0, -1.0, 2.0, 0.5, 0.0, 1.0]).astype("float32")[:, None]


def network(engine: str = "jax", optimizer: Any = None, seed: int = 1) -> Sequential:
    set_random_seed(seed)
    model = Sequential([Dense(8, "tanh", input_shape=(6,)), Dense(1, kernel_regularizer="l2")])
    model.compile(optimizer or "adam", "mse", metrics=["mae"], engine=engine)
    return model


def drawing(seed: int = 1) -> Sequential:
    """A network that draws random numbers and carries averages."""
    set_random_seed(seed)
    model = Sequential([Dense(8, "tanh", input_shape=(6,)), BatchNormalization(), Dropout(0.3), Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], engine="jax")
    return model


def losses(model: Model, **settings: Any) -> list[float]:
    set_random_seed(7)
    return list(model.fit(X, Y, **{"batch_size": 16, "epochs": 3, "verbose": 0, **settings}).history["loss"])


def same_bits(one: Model, other: Model) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_losses_metrics_and_weights_are_those_of_the_plain_formulas() -> None:
    jax, numpy = network(), network("numpy")
    settings = {"validation_data": (X[:20], Y[:20]), "epochs": 3, "batch_size": 16, "verbose": 0}
    weights = np.linspace(0.5, 2, len(X)).astype("float32")
    set_random_seed(2)
    ours = jax.fit(X, Y, sample_weight=weights, **settings).history
    set_random_seed(2)
    plain = numpy.fit(X, Y, sample_weight=weights, **settings).history
    assert list(ours) == list(plain)
    for name in plain:
        np.testing.assert_allclose(ours[name], plain[name], rtol=1e-5, err_msg=name)
    for a, b in zip(jax.get_weights(), numpy.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    np.testing.assert_allclose(jax.predict(X, verbose=0), numpy.predict(X, verbose=0), atol=1e-5)
    np.testing.assert_allclose(jax(X[:3]), numpy(X[:3]), atol=1e-5)
    for call in ("train_on_batch", "test_on_batch"):
        np.testing.assert_allclose(getattr(jax, call)(X[:9], Y[:9]), getattr(numpy, call)(X[:9], Y[:9]), rtol=1e-5)
    np.testing.assert_allclose(jax.evaluate(X, Y, verbose=0), numpy.evaluate(X, Y, verbose=0), rtol=1e-5)


def test_batches_from_a_generator_are_learned_from_too() -> None:
    def batches() -> Any:
        while True:
            for first in range(0, 64, 16):
                yield X[first : first + 16], Y[first : first + 16]

    found = [
        network(name).fit(batches(), steps_per_epoch=4, epochs=2, verbose=0).history["loss"]
        for name in ("jax", "numpy")
    ]
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_the_same_seed_gives_the_same_bits_one_batch_or_many_at_a_time() -> None:
    """However many batches a call takes, which depends on the clock, and whoever listens."""
    one, other, told = drawing(), drawing(), []
    listener = LambdaCallback(on_train_batch_end=lambda batch, logs: told.append(logs["loss"]))
    assert losses(one) == losses(other, callbacks=[listener])
    assert len(told) == 15
    assert same_bits(one, other)


def test_an_old_bundle_stays_readable_and_read_only() -> None:
    model, kept = network(), []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.numbers))
    losses(model, callbacks=[keep])
    kernels = [next(iter(numbers.params.values()))["kernel"] for numbers in kept]
    assert all(type(kernel) is np.ndarray for kernel in kernels)
    assert not np.array_equal(kernels[0], kernels[1])
    assert not kernels[0].flags.writeable
    assert kept[0].step == 5


def test_nothing_is_compiled_again_from_epoch_to_epoch() -> None:
    from jax import monitoring

    compiled: list[str] = []

    def note(event: str, seconds: float, **more: Any) -> None:
        compiled.append(event)

    model = network(optimizer=SGD(0.01))
    losses(model, validation_data=(X[:20], Y[:20]))
    monitoring.register_event_duration_secs_listener(note)
    model.optimizer.learning_rate = 0.005
    losses(model, validation_data=(X[:20], Y[:20]))
    assert [event for event in compiled if "backend_compile" in event] == []


def test_schedules_and_early_stopping_work() -> None:
    found = []
    for name in ("jax", "numpy"):
        model = network(name, SGD(ExponentialDecay(0.05, 3, 0.7), momentum=0.9, clipnorm=1.0, use_ema=True))
        stop = EarlyStopping("val_loss", patience=1, restore_best_weights=True)
        losses(model, validation_data=(X[:20], Y[:20]), callbacks=[stop], epochs=6)
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("single", [False, True])
def test_a_loss_that_is_no_number_stops_training_with_the_last_good_numbers(single: bool) -> None:
    """As the plain formulas do, at the same batch."""
    found = []
    watch = [LambdaCallback(on_train_batch_end=lambda batch, logs: None)] if single else []
    for name in ("jax", "numpy"):
        model = Sequential([Dense(4, input_shape=(6,)), Dense(1)])
        model.set_weights([np.full(w.shape, 0.1) for w in model.get_weights()])
        model.compile(SGD(20.0), "mse", engine=name)
        with (
            np.errstate(all="ignore"),
            pytest.warns(TrainingWarning, match="not all numbers are finite") as warned,
        ):
            model.fit(X, Y, batch_size=4, epochs=5, verbose=0, shuffle=False, callbacks=watch)
        found.append((str(warned[0].message).split(",")[:2], model.numbers.step))
        assert all(np.isfinite(w).all() for w in model.get_weights())
    assert found[0] == found[1]


class Killed(Exception):
    """In place of kill -9."""


class Kill(Callback):
    """Ends everything before one step."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.model.numbers.step == self.step:
            raise Killed


@pytest.mark.parametrize("step", [3, 5])
def test_a_killed_training_goes_on_bit_for_bit(tmp_path: Path, step: int) -> None:
    whole = drawing()
    history = losses(whole)
    killed = drawing()
    with pytest.raises(Killed):
        losses(killed, callbacks=[BackupAndRestore(tmp_path, save_freq=1), Kill(step)])
    again = drawing(seed=5)
    assert losses(again, callbacks=[BackupAndRestore(tmp_path, save_freq=1)])[-1] == history[-1]
    assert same_bits(whole, again)


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals go to the main thread")
def test_ctrl_c_leaves_the_numbers_of_the_last_step() -> None:
    model = network()
    steps: list[int] = []

    def interrupt(batch: int, logs: Any) -> None:
        steps.append(int(model.numbers.step))
        if batch == 2:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            losses(model, callbacks=[LambdaCallback(on_train_batch_end=interrupt)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert model.numbers.step == steps[-1] == 3
    assert np.isfinite(losses(model)).all()


def test_a_trained_model_is_saved_copied_and_looked_into(tmp_path: Path) -> None:
    from pellucid.inside import trace
    from pellucid.models import load_model

    model = network()
    losses(model)
    model.save(tmp_path / "model.keras")
    expected = model.predict(X, verbose=0)
    np.testing.assert_allclose(load_model(tmp_path / "model.keras").predict(X, verbose=0), expected, atol=1e-5)
    found = trace(model, X[:4], Y[:4])
    np.testing.assert_allclose(np.asarray(found.values[model._graph.outputs[0]]), expected[:4], atol=1e-5)
    layer = model.layers[0]
    np.testing.assert_array_equal(layer.kernel.numpy(), layer.get_weights()[0])
    layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    assert not np.array_equal(model.predict(X, verbose=0), expected)
    assert np.isfinite(losses(model)).all()


def test_another_engine_goes_on_where_jax_stopped() -> None:
    model, plain = network(), network("numpy")
    losses(model)
    losses(plain)
    optimizer = model.optimizer
    model.compile(optimizer, "mse", metrics=["mae"], engine="numpy")
    plain.compile(plain.optimizer, "mse", metrics=["mae"], engine="numpy")
    np.testing.assert_allclose(losses(model), losses(plain), rtol=1e-5)


def test_states_of_stateful_layers_move_in_every_pass() -> None:
    found = []
    x, y = DRAW.normal(size=(8, 5, 3)).astype("float32"), DRAW.normal(size=(8, 1)).astype("float32")
    for name in ("jax", "numpy"):
        set_random_seed(2)
        model = Sequential([LSTM(4, stateful=True, batch_input_shape=(4, 5, 3)), Dense(1)])
        model.compile("sgd", "mse", engine=name)
        history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, validation_data=(x, y)).history
        seen = [*history["loss"], *history["val_loss"]]
        found.append([*seen, model.evaluate(x, y, batch_size=4, verbose=0), *model.predict(x, batch_size=4).ravel()])
        found[-1] += [*np.ravel(model.predict_on_batch(x[:4])), *np.ravel(model(x[:4]))]
    np.testing.assert_allclose(*found, atol=1e-5)


def test_several_inputs_outputs_shared_layers_and_masks() -> None:
    tokens, numbers = DRAW.integers(0, 9, size=(40, 7)), DRAW.normal(size=(40, 4)).astype("float32")
    targets = {"a": DRAW.normal(size=(40, 1)).astype("float32"), "b": DRAW.integers(0, 3, 40)}
    found = []
    for name in ("jax", "numpy"):
        set_random_seed(4)
        words, rest = Input((7,), name="words", dtype="int32"), Input((4,), name="rest")
        shared = Dense(5, activation="relu", name="shared")
        both = Concatenate()([GlobalAveragePooling1D()(Embedding(9, 4, mask_zero=True)(words)), rest])
        outputs = [Dense(1, name="a")(shared(shared(Dense(5)(both)))), Dense(3, activation="softmax", name="b")(both)]
        model = Model([words, rest], outputs)
        losses_by_name = {"a": "mse", "b": "sparse_categorical_crossentropy"}
        model.compile(Adam(0.01), losses_by_name, loss_weights={"a": 2.0, "b": 0.5}, metrics=[["mae"], ["accuracy"]],
                      engine=name)  # fmt: skip
        history = model.fit([tokens, numbers], targets, batch_size=12, epochs=3, verbose=0).history
        evaluated = model.evaluate([tokens, numbers], targets, verbose=0)  # a list: its order counts
        predicted = model.predict([tokens, numbers], verbose=0)
        found.append(np.concatenate([np.ravel(part) for part in (list(history.values()), evaluated, *predicted)]))
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)


def test_an_output_without_a_loss_is_not_trained() -> None:
    found = []
    for name in ("jax", "numpy"):
        set_random_seed(4)
        x = Input((6,))
        model = Model(x, [Dense(1, name="judged")(x), Dense(2, name="free")(x)])
        model.compile("adam", ["mse", None], engine=name)
        model.fit(X, [Y, np.zeros((70, 2))], batch_size=16, epochs=2, verbose=0)
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_loss_that_reads_values_is_refused_with_the_remedy() -> None:
    def spiteful(y_true: Any, y_pred: Any) -> Any:
        return (y_pred - y_true) ** 2 if float(y_pred.sum()) > 0 else (y_pred - y_true) ** 4

    model = Sequential([Dense(1, input_shape=(6,))])
    model.compile("sgd", spiteful, engine="jax")
    with pytest.raises(TypeError, match='engine="numpy"'):
        model.fit(X, Y, verbose=0)


def test_float64_stays_float64() -> None:
    pellucid.config.set_floatx("float64")
    try:
        found = [losses(network(name)) for name in ("jax", "numpy")]
    finally:
        pellucid.config.set_floatx("float32")
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_a_copy_of_a_trained_model_learns_by_itself() -> None:
    model = network()
    losses(model)
    weights = model.get_weights()
    twin = pellucid.models.clone_model(model)
    twin.set_weights(weights)
    twin.compile("sgd", "mse", engine="jax")
    losses(twin)
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


# Workloads, for 100 steps ------------------------------------------------------------------------


def shallow() -> Any:
    return Sequential([Dense(16, "sigmoid", input_shape=(10, 10, 1)), Flatten(), Dense(4, "softmax")])


def deep() -> Any:
    middle = [Dense(24, "relu"), BatchNormalization(), Dropout(0.2)]
    return Sequential([Flatten(input_shape=(10, 10, 1)), Dense(32, "relu"), *middle, Dense(4, "softmax")])


def convnet() -> Any:
    first = [Conv2D(6, 3, activation="relu", input_shape=(10, 10, 1)), MaxPooling2D()]
    return Sequential([*first, Conv2D(8, 3, padding="same"), MaxPooling2D(), Flatten(), Dense(4, "softmax")])


def recurrent() -> Any:
    return Sequential([Reshape((10, 10), input_shape=(10, 10, 1)), LSTM(12), Dense(4, "softmax")])


def two_inputs() -> Any:
    image = Input((10, 10, 1))
    flat = Flatten()(image)
    return Model([image], Dense(4, "softmax")(Concatenate()([Dense(8, "tanh")(flat), Dense(8, "relu")(flat)])))


@pytest.mark.parametrize("make", [shallow, deep, convnet, recurrent, two_inputs], ids=lambda make: make.__name__)
def test_a_hundred_steps_end_where_the_plain_formulas_do(make: Any) -> None:
    """100 steps of SGD with momentum over float32: weights and losses within 1e-5."""
    x = DRAW.normal(size=(80, 10, 10, 1)).astype("float32")
    y = np.eye(4, dtype="float32")[DRAW.integers(0, 4, 80)]
    found, history = [], []
    for name in ("jax", "numpy"):
        set_random_seed(3)
        model = make()
        model.compile(SGD(0.01, momentum=0.9), "categorical_crossentropy", metrics=["accuracy"], engine=name)
        history.append(model.fit(x, y, batch_size=16, epochs=20, verbose=0).history["loss"])
        found.append(model.get_weights())
    np.testing.assert_allclose(*history, rtol=1e-5)
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


# XLA's own convolutions --------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2)])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("groups", [1, 2])
def test_xla_convolves_as_the_formulas_do(axes: int, stride: int, dilation: int, padding: str, groups: int) -> None:
    """Forward, and both adjoints, in float64."""
    lengths, windows = (7, 6, 8)[:axes], (3, 2, 3)[:axes]
    slides = {
        axis + 1: slide(length, window, stride, padding, dilation)
        for axis, (length, window) in enumerate(zip(lengths, windows, strict=True))
    }
    x, kernel = DRAW.normal(size=(2, *lengths, 4)), DRAW.normal(size=(*windows, 4 // groups, 6))
    y = conv.slide_kernel(x, kernel, slides, groups)
    dy = DRAW.normal(size=y.shape)
    with jax.enable_x64(True):
        there = [jax.numpy.asarray(array) for array in (x, kernel, dy)]
        np.testing.assert_allclose(xla_convolution.slide_kernel(*there[:2], slides, groups), y, atol=1e-12)
        dx = xla_convolution.spread_kernel(there[2], there[1], slides, groups)
        np.testing.assert_allclose(dx, conv.spread_kernel(dy, kernel, slides, groups), atol=1e-12)
        dkernel = xla_convolution.kernel_gradient(there[0], there[2], kernel.shape, slides, groups)
        expected = conv.kernel_gradient(x, dy, kernel.shape, slides, groups)
        np.testing.assert_allclose(dkernel, expected, atol=1e-12)


def test_a_convnet_trains_the_same_with_xlas_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does on a GPU."""
    x, y = DRAW.normal(size=(32, 10, 10, 1)).astype("float32"), DRAW.integers(0, 4, 32)
    found = []
    for ours in (False, True):
        monkeypatch.setattr(xla_convolution, "is_faster", lambda array, ours=ours: not ours)
        set_random_seed(3)
        model = convnet()
        model.compile(SGD(0.01), "sparse_categorical_crossentropy", engine="jax")
        found.append(model.fit(x, y, batch_size=16, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-5)


# Several devices ---------------------------------------------------------------------------------

ON_DEVICES = """
import json, sys
import jax, numpy as np
from pellucid import Sequential
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.utils import set_random_seed
from pellucid.windows import slide

draw = np.random.default_rng(0)
x = draw.normal(size=(70, 6)).astype("float32")
y = draw.integers(0, 3, 70)
set_random_seed(1)
model = Sequential([Dense(8, "tanh", input_shape=(6,)), BatchNormalization(), Dropout(0.2), Dense(3, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="jax")
history = model.fit(x, y, batch_size=16, epochs=3, verbose=0, validation_data=(x[:20], y[:20])).history
kernel = model.held.params["dense"]["kernel"]
outputs = model.predict(x, verbose=0).ravel().tolist()
print(json.dumps([history["loss"], history["val_loss"], outputs, len(kernel.devices())]))
"""


def test_eight_devices_share_each_batch_and_end_where_one_does() -> None:
    found = []
    for count in (1, 8):
        flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={count}", "JAX_PLATFORMS": "cpu"}
        done = subprocess.run(
            [sys.executable, "-c", ON_DEVICES], env=os.environ | flags, capture_output=True, text=True, check=True
        )
        *numbers, devices = json.loads(done.stdout)
        assert devices == count
        found.append(np.concatenate(numbers))
    np.testing.assert_allclose(*found, atol=1e-5)
