"""mixed_bfloat16: numbers stay float32, layers compute in bfloat16 on the JAX engine; training goes as in float32."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pellucid import Sequential, config
from pellucid.compat.old import settings
from pellucid.engine import jax as engine
from pellucid.engine.batch import Batch
from pellucid.engine.mixed import Cast, rounded
from pellucid.engine.step import gradients
from pellucid.layers import (
    LSTM,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    LayerNormalization,
    MaxPooling2D,
)
from pellucid.models import load_model
from pellucid.utils import set_random_seed

needs_jax = pytest.mark.skipif(engine.why_not() is not None, reason=engine.why_not() or "")


@pytest.fixture(autouse=True)
def float32_again() -> Iterator[None]:
    yield
    config.set_dtype_policy("float32")


def images() -> tuple[np.ndarray, np.ndarray]:
    """Noise with one bright quarter, and which it is."""
    draw = np.random.default_rng(0)
    y = draw.integers(0, 4, 64)
    x = draw.normal(0, 0.3, (64, 8, 8, 3)).astype("float32")
    for image, place in zip(x, y, strict=True):
        image[place // 2 * 4 :, place % 2 * 4 :][:4, :4] += 1
    return x, y


def vgg(policy: str) -> Sequential:
    """The blocks of VGG16, small: convolutions of 3x3 in twos and a pool, then dense layers."""
    config.set_dtype_policy(policy)
    set_random_seed(0)
    blocks = [
        layer
        for filters in (8, 16)
        for layer in (*(Conv2D(filters, 3, padding="same", activation="relu") for _ in range(2)), MaxPooling2D())
    ]
    head = [Flatten(), Dense(32, activation="relu"), BatchNormalization(), Dropout(0.2), Dense(4, activation="softmax")]
    model = Sequential([Input((8, 8, 3)), *blocks, *head])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="jax")
    return model


@needs_jax
def test_a_vgg_learns_in_bfloat16_as_in_float32() -> None:
    x, y = images()
    losses = {}
    for policy in ("float32", "mixed_bfloat16"):
        model = vgg(policy)
        history = model.fit(x, y, batch_size=16, epochs=4, verbose=0).history
        losses[policy] = np.array(history["loss"])
        assert history["accuracy"][-1] > 0.9
        assert all(weight.dtype == np.float32 for weight in model.get_weights())
        assert model.predict(x[:2], verbose=0).dtype == np.float32
    np.testing.assert_allclose(*losses.values(), rtol=0.15)
    assert np.abs(np.subtract(*losses.values())).max() > 1e-5  # it was not float32 in disguise


@needs_jax
def test_gradients_are_those_of_float32_within_the_rounding_of_bfloat16() -> None:
    import jax

    x, y = images()
    config.set_dtype_policy("mixed_bfloat16")
    smooth = [Conv2D(8, 3, activation="tanh"), BatchNormalization(), Flatten(), Dense(4, activation="softmax")]
    model = Sequential([Input((8, 8, 3)), *smooth])  # nothing that a rounding could switch on or off
    model.compile("sgd", "sparse_categorical_crossentropy", engine="jax")
    program = model.program([(None,)])
    low = replace(program, graph=rounded(program.graph, program.watched))
    found = []
    for traced in (program, low):
        numbers = jax.tree.map(jax.numpy.asarray, model.numbers)
        batch = Batch((jax.numpy.asarray(x),), (jax.numpy.asarray(y),))
        grads, cost, _ = gradients(traced, numbers, batch, None)
        found.append((grads, cost))
    (wide, wide_cost), (narrow, narrow_cost) = found
    assert abs(narrow_cost.total / wide_cost.total - 1) < 0.02
    for owner, own in wide.items():
        for name, grad in own.items():
            assert narrow[owner][name].dtype == np.float32
            size = float(np.linalg.norm(grad))
            assert float(np.linalg.norm(narrow[owner][name] - grad)) < 0.02 * size + 1e-4, (owner, name)


@needs_jax
def test_recurrence_embedding_and_normalization_learn_too() -> None:
    config.set_dtype_policy("mixed_bfloat16")
    set_random_seed(0)
    layers = [Embedding(10, 8, mask_zero=True), LSTM(8), LayerNormalization(), Dense(1, dtype="float32")]
    model = Sequential([Input((6,), dtype="int32"), *layers])
    model.compile("adam", "mse", engine="jax")
    x = np.random.default_rng(0).integers(0, 10, (64, 6))
    history = model.fit(x, x[:, -1:] / 10.0, batch_size=16, epochs=8, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2


def test_which_layers_compute_in_bfloat16() -> None:
    config.set_dtype_policy("mixed_bfloat16")
    model = Sequential([Input((3,)), Dense(4), BatchNormalization(), Dense(4, "relu"), Dense(2, dtype="float32")])
    made = [node.layer for node in rounded(model.graph).nodes]
    assert all(isinstance(layer, Cast) for layer in made)
    found = [(layer.layer.class_name, layer.computes, layer.gives) for layer in made]  # type: ignore[attr-defined]
    assert found == [
        ("Dense", "bfloat16", "bfloat16"),
        ("BatchNormalization", "float32", "bfloat16"),
        ("Dense", "bfloat16", "bfloat16"),
        ("Activation", "bfloat16", "bfloat16"),
        ("Dense", "float32", "float32"),
    ]
    config.set_dtype_policy("float32")
    plain = Sequential([Input((3,)), Dense(4)])
    assert rounded(plain.graph) is plain.graph


def test_a_layer_tells_its_types_and_a_file_keeps_them(tmp_path: Path) -> None:
    config.set_dtype_policy("mixed_bfloat16")
    model = Sequential([Input((3,)), Dense(4), Dense(2, dtype="float32")])
    config.set_dtype_policy("float32")
    model.save(tmp_path / "m.keras")
    for found in (model, load_model(tmp_path / "m.keras")):
        first, last = found.layers
        assert (first.compute_dtype, first.variable_dtype, first.dtype) == ("bfloat16", "float32", "float32")
        assert (last.compute_dtype, last.variable_dtype) == ("float32", "float32")
        assert first.get_config()["dtype"] == "mixed_bfloat16"


def test_other_engines_say_that_they_compute_in_float32() -> None:
    model = Sequential([Input((3,)), Dense(2, dtype="mixed_bfloat16")])
    with pytest.warns(UserWarning, match=r"numpy engine computes in float32.*engine=\"jax\""):
        model.compile("sgd", "mse", engine="numpy")


def test_kerass_names_for_the_policy() -> None:
    settings.set_global_policy(settings.Policy("mixed_bfloat16"))
    policy = settings.global_policy()
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == ("mixed_bfloat16", "bfloat16", "float32")
    with pytest.warns(UserWarning, match="mixed_float16: computed in float32"):
        settings.set_global_policy("mixed_float16")
    assert settings.global_policy().name == "float32"
