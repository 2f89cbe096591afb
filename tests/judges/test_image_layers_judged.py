"""Keras judges the layers that prepare images: values, settings, files, gradients."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.layers import Input
from pellucid.layers.table import deserialize
from pellucid.layers.warp import warp
from pellucid.models import load_model
from pellucid.random import key
from pellucid.testing import check_layer, keras_parity

IMAGE = (6, 7, 2)
PLAIN: list[Any] = [
    layers.Rescaling(1 / 127.5, offset=-1),
    layers.Rescaling([2.0, 0.5], [1.0, 0.0]),
    layers.Normalization(),
    layers.Normalization(axis=(1, -1), invert=True),
    layers.Normalization(axis=None),
    layers.Normalization(mean=3.0, variance=2.0),
    layers.Normalization(axis=(1, 3), mean=[3.0, 1.0], variance=[2.0, 0.5]),
    layers.Normalization(mean=[3.0, 1.0], variance=[2.0, 0.5], invert=True),
    *(layers.Resizing(4, 9, kind) for kind in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")),
    *(layers.Resizing(3, 3, kind, antialias=True) for kind in ("bilinear", "bicubic", "lanczos3")),
    layers.Resizing(12, 14, "bicubic"),
    layers.Resizing(4, 9, crop_to_aspect_ratio=True),
    layers.Resizing(9, 4, crop_to_aspect_ratio=True),
    layers.Resizing(4, 9, pad_to_aspect_ratio=True),
    layers.Resizing(9, 4, "nearest", pad_to_aspect_ratio=True, fill_value=0.5),
    layers.Resizing(4, 9, data_format="channels_first"),
    layers.CenterCrop(3, 4),
    layers.CenterCrop(4, 1, data_format="channels_first"),
    layers.CenterCrop(6, 7),
    layers.CenterCrop(8, 5),
    layers.CenterCrop(20, 21),
]
RANDOM: list[Any] = [
    layers.RandomFlip("horizontal"),
    layers.RandomRotation(0.2),
    layers.RandomRotation((-0.1, 0.3), "constant", "nearest", fill_value=0.5),
    layers.RandomZoom(0.3),
    layers.RandomZoom((-0.3, -0.1), 0.2, fill_mode="wrap"),
    layers.RandomTranslation(0.3, (0.1, 0.2), fill_mode="nearest"),
    layers.RandomShear(0.3, (0.1, 0.2)),
    layers.RandomContrast(0.4),
    layers.RandomContrast((0.1, 0.4), value_range=(0, 1)),
    layers.RandomBrightness(0.4),
    layers.RandomCrop(3, 4),
]


def name(layer: Any) -> str:
    return type(layer).__name__


@pytest.mark.parametrize("layer", PLAIN, ids=name)
def test_kerass_numbers(keras: ModuleType, layer: Any) -> None:
    if isinstance(layer, layers.Normalization) and layer.given is None:
        x = np.random.default_rng(0).normal(2.0, 3.0, size=(9, *IMAGE)).astype(np.float32)
        twin = keras.layers.Normalization.from_config(layer.get_config())
        layer.adapt(x)
        twin.adapt(x)
        np.testing.assert_allclose(layer.mean, twin.mean, rtol=1e-6)
        np.testing.assert_allclose(layer.variance, twin.variance, rtol=1e-5)
        np.testing.assert_allclose(layer(x), twin(x), rtol=1e-5, atol=1e-5)
        assert [(w.name, w.shape) for w in layer.weights] == [(w.name, tuple(w.shape)) for w in twin.weights]
        return
    assert keras_parity(layer, IMAGE) <= 1e-6


def test_kerass_whole_numbers(keras: ModuleType) -> None:
    x = np.random.default_rng(0).integers(0, 256, size=(2, *IMAGE)).astype("uint8")
    for ours in (layers.Resizing(4, 9), layers.Resizing(9, 9, "bicubic"), layers.CenterCrop(3, 3), layers.Rescaling(2)):
        theirs = np.asarray(getattr(keras.layers, type(ours).__name__).from_config(ours.get_config())(x))
        y = np.asarray(ours(x))
        assert y.dtype == theirs.dtype
        np.testing.assert_allclose(y.astype(float), theirs, atol=1 if y.dtype == np.uint8 else 1e-5)  # halves


def test_single_images(keras: ModuleType) -> None:
    x = np.random.default_rng(0).normal(size=IMAGE).astype(np.float32)
    for ours in (layers.Resizing(4, 9), layers.CenterCrop(3, 3), layers.CenterCrop(9, 9)):
        theirs = getattr(keras.layers, type(ours).__name__).from_config(ours.get_config())(x)
        np.testing.assert_allclose(ours(x), theirs, atol=1e-6)


@pytest.mark.parametrize("fill", ["reflect", "wrap", "constant", "nearest"])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_kerass_warps(keras: ModuleType, fill: str, interpolation: str) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(5, *IMAGE)).astype(np.float32)
    matrix = (np.array([1, 0, 0, 0, 1, 0]) + draw.normal(size=(5, 6)) * [0.4, 0.4, 3, 0.4, 0.4, 3]).astype(np.float32)
    ours, _ = warp(x, matrix, interpolation, fill, 0.5)
    whole = np.concatenate([matrix, np.zeros((5, 2), np.float32)], axis=1)
    theirs = keras.ops.image.affine_transform(x, whole, interpolation, fill, 0.5, data_format="channels_last")
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize(
    "layer",
    [  # the least and the largest the same: nothing is left to chance
        layers.RandomRotation((0.13, 0.13)),
        layers.RandomRotation((0.13, 0.13), data_format="channels_first"),
        layers.RandomZoom((0.2, 0.2)),
        layers.RandomZoom((0.2, 0.2), (-0.3, -0.3), "constant"),
        layers.RandomTranslation((0.3, 0.3), (-0.2, -0.2), "wrap"),
        layers.RandomBrightness((0.2, 0.2), value_range=(-2, 2)),
        layers.RandomBrightness((-0.2, -0.2), value_range=(0, 1)),
    ],
    ids=name,
)
def test_kerass_changes(keras: ModuleType, layer: Any) -> None:
    x = np.random.default_rng(0).normal(size=(3, *IMAGE)).astype(np.float32)
    theirs = getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())(x, training=True)
    np.testing.assert_allclose(layer(x, training=True), theirs, atol=1e-5)


def test_kerass_shear_one_way_or_the_other(keras: ModuleType) -> None:
    x = np.random.default_rng(0).normal(size=(8, *IMAGE)).astype(np.float32)
    layer = layers.RandomShear((0.3, 0.3), (0.2, 0.2))
    twin = keras.layers.RandomShear((0.3, 0.3), (0.2, 0.2))
    ours = np.asarray(layer.forward({}, x, key=key(0))[0])
    ways = [
        np.asarray(twin.transform_images(x, {"shear_factor": np.tile(np.float32([[0.3, 0.2]]) * way, (8, 1))}))
        for way in (1, -1)
    ]
    for i in range(8):
        assert min(float(np.abs(ours[i] - way[i]).max()) for way in ways) <= 1e-5


def test_kerass_contrast_at_our_factors(keras: ModuleType) -> None:
    x = np.random.default_rng(0).uniform(0, 1, size=(8, *IMAGE)).astype(np.float32)
    for factor in (0.4, (0.2, 0.4)):
        layer = layers.RandomContrast(factor, value_range=(0.1, 0.9))
        twin = keras.layers.RandomContrast(factor, value_range=(0.1, 0.9))
        assert layer.factor == tuple(twin.factor)
        y, cache = layer.forward({}, x, key=key(0))
        theirs = twin.transform_images(x, {"contrast_factor": cache[0][0]})
        np.testing.assert_allclose(y, theirs, atol=1e-5)


@pytest.mark.parametrize("layer", [*PLAIN[::3], *RANDOM], ids=name)
def test_gradients_by_all_judges(torch: ModuleType, jax: ModuleType, layer: Any) -> None:
    check_layer(type(layer).from_config(layer.get_config()), (5, 6, 2), batch=2)


CLASSES = sorted({type(layer) for layer in [*PLAIN, *RANDOM]}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_kerass_arguments_in_their_order(keras: ModuleType, cls: type) -> None:
    ours, theirs = (
        [n for n in inspect.signature(one).parameters if n not in ("kwargs", "name", "dtype")]
        for one in (cls, getattr(keras.layers, cls.__name__))
    )
    assert ours == theirs


@pytest.mark.parametrize("layer", [*PLAIN, *RANDOM], ids=name)
def test_settings_both_ways(keras: ModuleType, layer: Any) -> None:
    theirs = getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())
    again = deserialize(keras.layers.serialize(theirs))
    loose = {"seed": None}  # Keras draws one for RandomCrop
    loose |= {"x_factor": None, "y_factor": None} if isinstance(layer, layers.RandomShear) else {}  # 0.3 is (-0.3, 0.3)
    assert {**again.get_config(), **loose} == {**layer.get_config(), **loose}
    assert set(layer.get_config()) <= set(theirs.get_config()) | {"data_format"}


def test_files_both_ways(keras: ModuleType, tmp_path: Path) -> None:
    x = np.random.default_rng(0).uniform(0, 255, size=(4, 8, 8, 3)).astype(np.float32)
    settings: list[tuple[str, Any]] = [
        ("Rescaling", (1 / 255,)), ("Normalization", ()), ("Resizing", (6, 6)), ("RandomFlip", ()),
        ("RandomRotation", (0.1,)), ("RandomZoom", (0.1,)), ("RandomTranslation", (0.1, 0.1)),
        ("RandomContrast", (0.1,)), ("RandomBrightness", (0.1,)), ("CenterCrop", (5, 5)), ("Flatten", ()),
        ("Dense", (2,)),
    ]  # fmt: skip
    theirs = keras.Sequential([keras.Input((8, 8, 3)), *(getattr(keras.layers, n)(*args) for n, args in settings)])
    theirs.layers[1].adapt(x / 255)
    theirs.save(tmp_path / "theirs.keras")
    ours = load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-5)
    mine = Sequential([Input((8, 8, 3)), *(getattr(layers, n)(*args) for n, args in settings)])
    mine.layers[1].adapt(x / 255)
    mine.save(tmp_path / "ours.keras")
    loaded = keras.models.load_model(tmp_path / "ours.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), mine.predict(x, verbose=0), atol=1e-5)
    for one, other in zip(mine.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
