"""Keras and PyTorch judge the layers beyond the common ones: values, settings, files, gradients."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential, layers
from pellucid.layers import Input
from pellucid.layers.table import deserialize
from pellucid.models import load_model
from pellucid.testing import check_layer, keras_parity

CASES: list[tuple[Any, tuple[int, ...]]] = [
    (layers.GroupNormalization(2), (6,)),
    (layers.GroupNormalization(3, epsilon=0.1), (3, 2, 6)),
    (layers.GroupNormalization(4, axis=1, scale=False), (4, 3)),
    (layers.UnitNormalization(), (4,)),
    (layers.UnitNormalization(axis=[1, 2]), (3, 4)),
    (layers.RMSNormalization(), (3, 4)),
    (layers.RMSNormalization(axis=1, epsilon=0.1), (4,)),
    (layers.Identity(), (3,)),
    (layers.ActivityRegularization(0.1, 0.2), (3,)),
    (layers.AdaptiveAveragePooling1D(3), (7, 2)),
    (layers.AdaptiveAveragePooling2D((2, 5)), (5, 6, 2)),
    (layers.AdaptiveAveragePooling3D((2, 3, 4)), (4, 5, 6, 2)),
    (layers.AdaptiveMaxPooling1D(3), (7, 2)),
    (layers.AdaptiveMaxPooling2D((2, 5)), (5, 6, 2)),
    (layers.AdaptiveMaxPooling3D((2, 3, 4)), (4, 5, 6, 2)),
    (layers.EinsumDense("abc,cd->abd", (None, 3), activation="relu", bias_axes="d"), (2, 4)),
    (layers.EinsumDense("...x,xy->...y", 3, bias_axes="y"), (2, 4)),
    (layers.EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), (4, 2)),
    (layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="e"), (2, 4)),
    (layers.EinsumDense("abde,dec->abc", (None, 3)), (2, 2, 3)),
    (layers.ConvLSTM1D(2, 3), (3, 6, 2)),
    (layers.ConvLSTM1D(2, 3, return_sequences=True, padding="same", go_backwards=True), (3, 6, 2)),
    (layers.ConvLSTM2D(2, (2, 3), strides=(2, 1), padding="same"), (3, 5, 6, 2)),
    (layers.ConvLSTM2D(2, 2, dilation_rate=2, return_sequences=True, use_bias=False), (3, 5, 6, 2)),
    (layers.ConvLSTM2D(2, 3, recurrent_activation="hard_sigmoid", unit_forget_bias=False), (3, 5, 6, 2)),
    (layers.ConvLSTM3D(2, 2), (2, 3, 4, 3, 1)),
    (layers.ConvLSTM2D(2, 3, padding="same", data_format="channels_first", return_sequences=True), (3, 2, 5, 6)),
    (layers.AdaptiveMaxPooling2D((2, 5), data_format="channels_first"), (2, 5, 6)),
    (layers.SpectralNormalization(layers.Dense(3)), (4,)),
    (layers.SpectralNormalization(layers.Conv2D(3, 2, activation="relu")), (4, 4, 2)),
]
OTHERS = (layers.ReversibleEmbedding, layers.Wrapper)
CLASSES = sorted({*(type(layer) for layer, _ in CASES), *OTHERS}, key=lambda cls: cls.__name__)


def name(case: Any) -> str:
    return type(case).__name__ if hasattr(case, "get_config") else ""


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=name)
def test_kerass_numbers(keras: ModuleType, layer: Any, shape: tuple[int, ...]) -> None:
    assert keras_parity(type(layer).from_config(layer.get_config()), shape) <= 1e-6


@pytest.mark.parametrize(("layer", "shape"), CASES[::3], ids=name)
def test_gradients_by_all_judges(torch: ModuleType, jax: ModuleType, layer: Any, shape: tuple[int, ...]) -> None:
    if isinstance(layer, layers.SpectralNormalization):
        layer = layers.SpectralNormalization(layers.Dense(3), power_iterations=400)
    check_layer(type(layer).from_config(layer.get_config()), shape, batch=2)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_kerass_arguments_in_their_order(keras: ModuleType, cls: type) -> None:
    passed = {"args", "kwargs", "name", "dtype", "trainable", "first_layer"}
    passed |= {"lora_rank", "lora_alpha", "gptq_unpacked_column_size", "quantization_config"}
    ours, theirs = (
        [n for n in inspect.signature(one).parameters if n not in passed]
        for one in (cls, getattr(keras.layers, cls.__name__))
    )
    assert ours == theirs


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=name)
def test_settings_both_ways(keras: ModuleType, layer: Any, shape: tuple[int, ...]) -> None:
    theirs = getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())
    again = deserialize(keras.layers.serialize(theirs))
    assert again.get_config() == layer.get_config()
    theirs.build((None, *shape))
    again.build((None, *shape))
    ours = [(w.name.rpartition("/")[2], w.shape) for w in again.weights]
    assert ours == [(w.name, tuple(w.shape)) for w in theirs.weights]


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=name)
def test_files_both_ways(keras: ModuleType, tmp_path: Path, layer: Any, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    theirs = keras.Sequential(
        [keras.Input(shape), getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())]
    )
    draw = np.random.default_rng(1)
    theirs.set_weights([draw.uniform(0.1, 0.5, size=w.shape) for w in theirs.get_weights()])
    theirs.save(tmp_path / "theirs.keras")
    ours = load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-6)
    ours.save(tmp_path / "ours.keras")
    again = keras.models.load_model(tmp_path / "ours.keras")
    for one, other in zip(theirs.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_spectral_normalization_while_training(keras: ModuleType) -> None:
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    for iterations in (1, 3):
        ours = layers.SpectralNormalization(layers.Dense(3), iterations)
        theirs = keras.layers.SpectralNormalization(keras.layers.Dense(3), iterations)
        ours(x)
        theirs(x)
        weights = [np.random.default_rng(1).normal(size=w.shape).astype(np.float32) for w in theirs.weights]
        ours.set_weights(weights)
        theirs.set_weights(weights)
        np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), atol=1e-5)


def test_gradients_through_the_division(jax: ModuleType) -> None:
    jnp, layer = jax.numpy, layers.SpectralNormalization(layers.Dense(3, use_bias=False))
    draw = np.random.default_rng(0)
    x, w, u, dy = (draw.normal(size=size) for size in ((5, 4), (4, 3), (1, 3), (5, 3)))
    layer.build((None, 4))
    with jax.enable_x64(True):

        def loss(w: Any) -> Any:
            v = u @ w.T
            v = jax.lax.stop_gradient(v / jnp.linalg.norm(v))
            new = v @ w
            new = jax.lax.stop_gradient(new / jnp.linalg.norm(new))
            return (x @ (w / (v @ w @ new.T)[0, 0]) * dy).sum()

        expected = jax.grad(loss)(jnp.asarray(w))
    params, state = {"layer/kernel": w}, {"vector_u": u}
    _, cache = layer.forward(params, x, state=state, training=True)
    np.testing.assert_allclose(layer.backward(params, cache, dy)[1]["layer/kernel"], expected, atol=1e-9)


def test_convlstm_states(keras: ModuleType) -> None:
    """Masks are not asked for: Keras's ConvLSTM cannot lay them along its states on JAX."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(2, 4, 5, 5, 2)).astype(np.float32)
    ours = layers.ConvLSTM2D(3, 2, return_sequences=True, return_state=True)
    theirs = keras.layers.ConvLSTM2D(3, 2, return_sequences=True, return_state=True)
    ours(x)
    theirs(x)
    ours.set_weights([np.asarray(w) for w in theirs.get_weights()])
    for one, other in zip(ours(x), theirs(x), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    states = [draw.normal(size=(2, 4, 4, 3)).astype(np.float32) for _ in range(2)]
    for one, other in zip(ours(x, initial_state=states), theirs(x, initial_state=states), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_einsum_first_numbers_have_kerass_size(keras: ModuleType) -> None:
    ours = layers.EinsumDense("abc,cde->abde", (None, 40, 30))
    theirs = keras.layers.EinsumDense("abc,cde->abde", (None, 40, 30))
    ours.build((None, 2, 50))
    theirs.build((None, 2, 50))
    assert ours.kernel.numpy().std() == pytest.approx(np.asarray(theirs.kernel).std(), rel=0.02)


@pytest.mark.parametrize("settings", [{}, {"tie_weights": False}, {"logit_soft_cap": 1.5, "mask_zero": True}])
def test_reversible_embedding(keras: ModuleType, tmp_path: Path, settings: dict[str, Any]) -> None:
    x = np.array([[1, 2, 0], [4, 4, 3]], dtype="int32")
    entry = keras.Input((3,), dtype="int32")
    table = keras.layers.ReversibleEmbedding(5, 4, **settings)
    theirs = keras.Model(entry, table(table(entry), reverse=True))
    theirs.save(tmp_path / "theirs.keras")
    ours = load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-6)
    ours.save(tmp_path / "ours.keras")
    again = keras.models.load_model(tmp_path / "ours.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-6)


def test_pytorchs_group_normalization_and_adaptive_pooling(torch: ModuleType) -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 6))
    dy = np.random.default_rng(1).normal(size=(2, 3, 4, 6))
    moved = torch.tensor(np.moveaxis(x, -1, 1).copy(), requires_grad=True)
    for ours, theirs in (
        (layers.AdaptiveAveragePooling2D((3, 4)), torch.nn.AdaptiveAvgPool2d((3, 4))),
        (layers.AdaptiveMaxPooling2D((3, 4)), torch.nn.AdaptiveMaxPool2d((3, 4))),
    ):
        y, cache = ours.forward({}, x)
        out = theirs(moved)
        moved.grad = None
        out.backward(torch.tensor(np.moveaxis(dy, -1, 1).copy()))
        np.testing.assert_allclose(y, np.moveaxis(out.detach().numpy(), 1, -1), atol=1e-12)
        np.testing.assert_allclose(ours.backward({}, cache, dy)[0], np.moveaxis(moved.grad.numpy(), 1, -1), atol=1e-12)
    group = layers.GroupNormalization(3, epsilon=1e-5)
    params = {"gamma": np.linspace(0.5, 2, 6), "beta": np.linspace(-1, 1, 6)}
    y, _ = group.forward(params, x)
    theirs = torch.nn.functional.group_norm(
        moved.detach(), 3, torch.tensor(params["gamma"]), torch.tensor(params["beta"]), 1e-5
    )
    np.testing.assert_allclose(y, np.moveaxis(theirs.numpy(), 1, -1), atol=1e-12)


def test_a_model_of_all_of_them_trains_as_kerass(keras: ModuleType) -> None:
    shape = (3, 6, 6, 1)
    x = np.random.default_rng(0).normal(size=(8, *shape)).astype(np.float32)
    y = np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32)

    def build(k: Any, model: Any) -> Any:
        model = model(
            [
                k.ConvLSTM2D(4, 3, padding="same"),
                k.GroupNormalization(2),
                k.AdaptiveAveragePooling2D(2),
                k.Flatten(),
                k.UnitNormalization(),
                k.RMSNormalization(),
                k.Dense(3),
            ]
        )
        model.build((None, *shape))
        return model

    theirs, ours = build(keras.layers, keras.Sequential), build(layers, Sequential)
    ours.set_weights([np.asarray(w) for w in theirs.get_weights()])
    for model, optimizer in ((theirs, keras.optimizers.SGD(0.1)), (ours, "sgd")):
        model.compile(optimizer, "mse")
        if model is ours:
            model.optimizer.learning_rate = 0.1
        model.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


def test_a_wrapper_in_a_functional_model() -> None:
    entry = Input((3,))
    model = Model(entry, layers.SpectralNormalization(layers.Dense(2))(entry))
    assert model.count_params() == 3 * 2 + 2 + 2
