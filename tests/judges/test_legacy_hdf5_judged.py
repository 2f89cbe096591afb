"""Keras opens the older HDF5 files that we write, and we open those that it writes: weights bit for bit."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.formats import legacy_hdf5

X = np.random.default_rng(0).normal(size=(8, 6, 4)).astype("float32")


def dense(library: Any) -> Any:
    layers = library.layers
    body = [layers.Dense(3, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5)]
    return library.Sequential(
        [library.Input((6, 4)), *body, layers.LayerNormalization(), layers.Flatten(), layers.Dense(2)]
    )


def nested(library: Any) -> Any:
    layers, x = library.layers, library.Input((6, 4))
    body = library.Sequential([library.Input((6, 3)), layers.Dense(3), layers.BatchNormalization()], name="body")
    inner_x = library.Input((6, 3))
    inner = library.Model(inner_x, layers.Dense(3)(inner_x), name="inner")
    return library.Model(x, layers.Dense(2)(layers.Flatten()(inner(inner(body(layers.Dense(3)(x)))))))


def branches(library: Any) -> Any:
    layers, x = library.layers, library.Input((6, 4))
    twice = layers.Dense(4, name="twice", kernel_regularizer="l2")
    joined = layers.Concatenate()([layers.Add()([twice(x), twice(twice(x))]), layers.Dense(2, name="side")(x)])
    return library.Model(x, layers.Dense(2, activation="tanh")(layers.Flatten()(joined)))


def frozen(library: Any) -> Any:
    layers = library.layers
    body = library.Sequential([library.Input((6, 4)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(4)])
    body.layers[0].trainable = False
    return library.Sequential([library.Input((6, 4)), body, layers.Flatten(), layers.Dense(2)])


def convolutions(library: Any) -> Any:
    layers = library.layers
    body = [layers.Conv2D(4, 2, padding="same"), layers.DepthwiseConv2D(2), layers.SeparableConv2D(3, 2)]
    body += [layers.Conv2DTranspose(2, 3, strides=2), layers.PReLU(), layers.MaxPooling2D(2)]
    return library.Sequential(
        [library.Input((6, 4)), layers.Conv1D(8, 3, padding="causal"), layers.Reshape((6, 4, 2)), *body,
         layers.Flatten(), layers.Dense(2)]
    )  # fmt: skip


def recurrent(library: Any) -> Any:
    layers = library.layers
    body = [layers.LSTM(3, return_sequences=True, dropout=0.1), layers.TimeDistributed(layers.Dense(4))]
    body += [layers.Bidirectional(layers.GRU(3, return_sequences=True)), layers.SimpleRNN(4, return_sequences=True)]
    return library.Sequential([library.Input((6, 4)), *body, layers.Bidirectional(layers.LSTM(2)), layers.Dense(2)])


NETWORKS = [dense, nested, branches, frozen, convolutions, recurrent]


def trained(library: Any, make: Callable[[Any], Any], optimizer: str) -> Any:
    model = make(library)
    loss, metric = library.losses.MeanSquaredError(), library.metrics.MeanAbsoluteError(name="off")
    model.compile(optimizer, loss, metrics=[metric])
    model.fit(X, X[:, 0, :2], verbose=0)
    return model


def same(ours: Any, theirs: Any) -> None:
    """The same weights bit for bit, the same predictions, the same loss."""
    pairs = zip(ours.get_weights(), theirs.get_weights(), strict=True)
    assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)
    assert np.abs(ours.predict(X, verbose=0) - theirs.predict(X, verbose=0)).max() <= 1e-6


@pytest.mark.parametrize("make", NETWORKS)
def test_keras_opens_ours(keras: ModuleType, make: Callable[[Any], Any], tmp_path: Path) -> None:
    model = trained(pellucid, make, "adam")
    model.save(tmp_path / "net.h5")
    opened = keras.models.load_model(tmp_path / "net.h5")
    same(model, opened)
    assert int(opened.optimizer.iterations) == model.optimizer.iterations == 1
    target = X[:, 0, :2]
    losses = [each.evaluate(X, target, verbose=0, return_dict=True)["loss"] for each in (model, opened)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("make", NETWORKS)
def test_keras_loads_our_weights(keras: ModuleType, make: Callable[[Any], Any], by_name: bool, tmp_path: Path) -> None:
    keras.backend.clear_session()
    model, other = make(pellucid), make(keras)
    for ours, theirs in zip(model.layers, other.layers, strict=True):
        theirs.name = ours.name
    model.save_weights(tmp_path / "w.hdf5")
    other.load_weights(tmp_path / "w.hdf5", by_name=by_name)
    same(model, other)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "nadam"])
@pytest.mark.parametrize("make", NETWORKS)
def test_we_open_keras_files(keras: ModuleType, make: Callable[[Any], Any], optimizer: str, tmp_path: Path) -> None:
    if make is not dense and optimizer != "adam":
        pytest.skip("one network tries all optimizers")
    model = trained(keras, make, optimizer)
    model.save(tmp_path / "net.h5")
    opened = pellucid.models.load_model(tmp_path / "net.h5")
    same(opened, model)
    stored = pellucid.saving.optimizer_numbers(opened) or []
    memory = [variable.numpy() for variable in model.optimizer.variables]
    assert all(np.array_equal(a, b) for a, b in zip(stored, memory, strict=True))
    assert opened.optimizer.iterations == 1
    other = make(pellucid)
    other.load_weights(tmp_path / "net.h5")
    same(other, model)


def test_a_loss_given_as_a_name_is_written_so_that_keras_reads_it(keras: ModuleType, tmp_path: Path) -> None:
    model = dense(pellucid)
    model.compile("sgd", "mse", metrics=["mae", "accuracy"])
    model.save(tmp_path / "net.h5")
    opened = keras.models.load_model(tmp_path / "net.h5")
    assert opened.loss.name == "mean_squared_error"


def test_layers_as_keras_writes_them(keras: ModuleType, tmp_path: Path) -> None:
    """Our own file lists the same layers as Keras's of the same model, with the same weights in the same order."""
    keras.backend.clear_session()
    pellucid.backend.clear_session()
    for library, name in ((keras, "theirs.h5"), (pellucid, "ours.h5")):
        frozen(library).save(tmp_path / name)
    ours, theirs = (
        {
            layer: [(name.rpartition("/")[2], array.shape) for name, array in weights.items()]
            for layer, weights in layers
        }
        for layers in (legacy_hdf5.read(tmp_path / name).layers.items() for name in ("ours.h5", "theirs.h5"))
    )
    assert ours == theirs
