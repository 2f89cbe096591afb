"""The layers that prepare images keep their promises, in batches and alone, in training and in use."""

from typing import Any

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.errors import DataError, ShapeError
from pellucid.layers import (
    CenterCrop,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Normalization,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
    Rescaling,
    Resizing,
)
from pellucid.layers.warp import FILLS, warp, warp_back
from pellucid.preprocessing import Dataset
from pellucid.random import key, set_random_seed
from pellucid.testing import check_gradients, check_layer
from pellucid.utils import PyDataset

IMAGE = (5, 6, 2)
LAYERS: list[Any] = [
    Rescaling(1 / 127.5, offset=-1),
    Rescaling([2.0, 0.5], offset=[1.0, 0.0]),
    Normalization(),
    Normalization(axis=(1, 3), invert=True),
    Normalization(axis=None, mean=0.3, variance=4.0),
    Normalization(mean=[0.3, 1.0], variance=[4.0, 0.5], invert=True),
    Resizing(3, 8),
    Resizing(7, 3, "nearest"),
    Resizing(4, 4, "bicubic", crop_to_aspect_ratio=True),
    Resizing(4, 9, "lanczos3", pad_to_aspect_ratio=True, fill_value=0.5),
    Resizing(3, 3, antialias=True),
    CenterCrop(3, 3),
    CenterCrop(8, 4),
    RandomFlip(),
    RandomFlip("vertical"),
    RandomCrop(3, 4),
    RandomCrop(7, 4),
    RandomRotation(0.2),
    RandomRotation((0.05, 0.1), fill_mode="constant", fill_value=0.7),
    RandomZoom(0.3),
    RandomZoom((-0.3, -0.1), 0.2, fill_mode="wrap"),
    RandomTranslation(0.3, (0.1, 0.2), fill_mode="nearest"),
    RandomTranslation(0.3, 0.2, interpolation="nearest"),
    RandomShear((0.1, 0.3), 0.2),
    RandomContrast(0.4, value_range=(-9, 9)),
    RandomBrightness(0.4, value_range=(-1.0, 1.0)),
]
RANDOM = [layer for layer in LAYERS if type(layer).__name__.startswith("Random")]


def name(layer: Any) -> str:
    return type(layer).__name__


def fresh(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_the_promises_of_a_layer(layer: Any) -> None:
    check_layer(fresh(layer), IMAGE, judges=["differences"])


@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_one_image_alone(layer: Any) -> None:
    if isinstance(layer, Normalization) and 3 in layer.axis:
        return  # its axes are counted with the batch
    x = np.random.default_rng(0).uniform(size=IMAGE).astype(np.float32)
    alone, batch = fresh(layer)(x, training=False), fresh(layer)(x[None], training=False)
    np.testing.assert_allclose(alone, batch[0], atol=1e-6)
    params: dict[str, Any] = {}
    if layer in RANDOM:
        y, cache = layer.forward(params, x, key=key(3))
        same, _ = layer.forward(params, x[None], key=key(3))
        np.testing.assert_array_equal(y, same[0])
        assert layer.backward(params, cache, np.ones_like(y))[0].shape == x.shape


@pytest.mark.parametrize("layer", [*RANDOM, CenterCrop(3, 3), Rescaling(2.0)], ids=name)
def test_whole_numbers_come_out_as_floats(layer: Any) -> None:
    x = np.arange(120, dtype="uint8").reshape(2, *IMAGE)
    for training in (False, True):
        assert fresh(layer)(x, training=training).dtype == np.float32


def test_resizing_keeps_whole_numbers_whole() -> None:
    x = np.array([[[[0], [255]]]], dtype="uint8")
    y = Resizing(1, 4)(x)
    assert y.dtype == np.uint8
    assert y[0, 0, :, 0].tolist() == [0, 64, 191, 255]
    assert Resizing(1, 4, "bicubic")(x).max() == 255  # the curve goes beyond: cut off, not wrapped around


@pytest.mark.parametrize("layer", RANDOM, ids=name)
def test_random_layers_act_while_training_alone(layer: Any) -> None:
    x = np.random.default_rng(0).uniform(size=(8, *IMAGE)).astype(np.float32)
    layer = fresh(layer)
    if not isinstance(layer, RandomCrop):
        np.testing.assert_array_equal(layer(x, training=False), x)
    set_random_seed(1)
    first = layer(x)
    layer(x, training=True)
    set_random_seed(1)
    np.testing.assert_array_equal(layer(x, training=True), first)
    assert not np.array_equal(first, layer(x, training=False))


def test_every_image_is_changed_in_its_own_way() -> None:
    x = np.broadcast_to(np.random.default_rng(0).uniform(size=IMAGE), (16, *IMAGE)).astype(np.float32)
    flipped = RandomFlip("horizontal").forward({}, x, key=key(0))[0]
    kinds = {tuple(image.ravel()) for image in np.asarray(flipped)}
    assert kinds == {tuple(x[0].ravel()), tuple(x[0, :, ::-1].ravel())}
    turned = np.asarray(RandomRotation(0.2).forward({}, x, key=key(0))[0])
    assert len({tuple(image.ravel()) for image in turned}) == 16
    cut = np.asarray(RandomCrop(3, 3).forward({}, x, key=key(0))[0])
    assert len({tuple(image.ravel()) for image in cut}) == 1  # but for the crop, which is the same for a batch


def test_a_quarter_turn() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    turned = RandomRotation((0.25, 0.25)).forward({}, x, key=key(0))[0]
    np.testing.assert_allclose(turned[0, :, :, 0], [[2, 4], [1, 3]], atol=1e-9)


def test_a_shift_to_the_right_and_what_comes_in_from_the_left() -> None:
    x = np.arange(1.0, 5.0).reshape(1, 1, 4, 1)
    expected = {"reflect": [2, 1, 1, 2], "wrap": [3, 4, 1, 2], "nearest": [1, 1, 1, 2], "constant": [9, 9, 1, 2]}
    for fill in FILLS:
        layer = RandomTranslation((0, 0), (0.5, 0.5), fill_mode=fill, fill_value=9.0)
        assert layer.forward({}, x, key=key(0))[0].ravel().tolist() == expected[fill]


def test_a_warps_way_back_by_differences() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 2))
    matrix = np.array([[0.9, 0.3, -0.4, -0.2, 1.1, 0.3], [1.2, -0.5, 0.4, 0.3, 0.7, -2.3]])
    for fill in FILLS:
        check_gradients(
            lambda x, fill=fill: warp(x, _like(matrix, x), fill_mode=fill)[0],
            lambda x, dy, fill=fill: [warp_back(warp(x, _like(matrix, x), fill_mode=fill)[1], dy)],
            [x],
        )


def _like(matrix: np.ndarray, x: Any) -> Any:
    return x.__array_namespace__().asarray(matrix)


def test_the_middle_of_an_image() -> None:
    x = np.arange(16.0).reshape(1, 4, 4, 1)
    assert CenterCrop(2, 2)(x).ravel().tolist() == [5, 6, 9, 10]
    assert CenterCrop(3, 2)(x).ravel().tolist() == [1, 2, 5, 6, 9, 10]


def test_adapted_numbers() -> None:
    layer = Normalization()
    layer.adapt(np.array([[0.0, 10.0], [2.0, 30.0]]))
    np.testing.assert_allclose(layer.mean, [[1, 20]])
    np.testing.assert_allclose(layer.variance, [[1, 100]])
    np.testing.assert_allclose(layer(np.array([[3.0, 20.0]])), [[2, 0]])
    assert [w.name for w in layer.weights] == ["mean", "variance", "count"]
    assert layer.trainable_weights == []
    layer.adapt([[4.0, 4.0], [4.0, 4.0]])
    np.testing.assert_allclose(layer.mean, [[4, 4]])
    assert np.isfinite(layer(np.array([[4.0, 5.0]]))).all()  # a feature that never changes
    layer.reset_state()
    np.testing.assert_allclose(layer.variance, [[1, 1]])


class Halves(PyDataset):
    def __init__(self, x: np.ndarray) -> None:
        super().__init__()
        self.x = x

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        part = self.x[:3] if index == 0 else self.x[3:]
        return part, np.zeros(len(part))


def test_adapting_to_batches_is_adapting_to_all_of_them() -> None:
    x = np.random.default_rng(0).normal(3.0, 2.0, size=(10, 4))
    sources = [[x[:3], x[3:]], (part for part in (x[:1], x[1:])), Halves(x), Dataset.from_tensor_slices(x).batch(3)]
    for source in sources:
        layer = Normalization()
        layer.adapt(source)
        np.testing.assert_allclose(layer.mean[0], x.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(layer.variance[0], x.var(axis=0), rtol=1e-6)


def test_adapting_inside_a_model() -> None:
    x = np.random.default_rng(0).normal(3.0, 2.0, size=(32, 4)).astype(np.float32)
    layer = Normalization()
    model = Sequential([Input((4,)), layer, Dense(1)])
    model.compile("sgd", "mse")
    layer.adapt(x)
    before = layer.get_weights()
    model.fit(x, x[:, :1], epochs=1, verbose=0)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    inner = Sequential([Input((4,)), layer])
    np.testing.assert_allclose(inner.predict(x, verbose=0).mean(axis=0), np.zeros(4), atol=1e-5)


def test_the_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="both mean and variance"):
        Normalization(mean=1.0)
    with pytest.raises(ValueError, match="adapt would not change"):
        Normalization(mean=1.0, variance=1.0).adapt(np.ones(3))
    with pytest.raises(DataError, match="NaN"):
        Normalization().adapt(np.array([[np.nan]]))
    with pytest.raises(DataError, match="no data"):
        Normalization().adapt(iter([]))
    layer = Normalization()
    layer.adapt(np.ones((3, 2)))
    with pytest.raises(ShapeError, match="was built for"):
        layer.adapt(np.ones((3, 4)))
    with pytest.raises(ShapeError, match="Grey images"):
        RandomFlip()(np.ones((4, 4)))
    with pytest.raises(ValueError, match="factor must be one number or two"):
        RandomRotation(2.0)
    with pytest.raises(ValueError, match="interpolation must be one of"):
        Resizing(3, 3, "cubic")
    with pytest.raises(ValueError, match="leaves nothing"):
        RandomZoom(-1.0)


def test_in_front_of_a_network() -> None:
    x = np.random.default_rng(0).integers(0, 256, size=(16, 8, 8, 1)).astype("uint8")
    y = np.arange(16) % 2
    model = Sequential(
        [Input((8, 8, 1)), Rescaling(1 / 255), RandomFlip("horizontal"), RandomRotation(0.1), RandomZoom(0.1),
         Resizing(6, 6), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")]
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy")
    history = model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    "layer",
    [Resizing(3, 8, data_format="channels_first"), CenterCrop(3, 3, data_format="channels_first"),
     RandomFlip(data_format="channels_first"), RandomCrop(3, 4, data_format="channels_first"),
     RandomRotation(0.2, data_format="channels_first"), RandomZoom(0.3, data_format="channels_first"),
     RandomContrast(0.3, (-9, 9), data_format="channels_first")],
    ids=name,
)  # fmt: skip
def test_channels_first_is_the_same_image(layer: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 3))
    settings = layer.get_config()
    last = type(layer)(**{**{n: v for n, v in settings.items() if n != "name"}, "data_format": "channels_last"})
    extras = {"key": key(0)} if layer in RANDOM or "key" in layer.wants else {}
    expected, _ = last.forward({}, x, **extras)
    for moved, axis in ((np.moveaxis(x, -1, 1), 1), (np.moveaxis(x, -1, 1)[0], 0)):
        y, cache = layer.forward({}, moved, **extras)
        assert layer.compute_output_shape(moved.shape) == y.shape
        if axis == 1:
            np.testing.assert_allclose(np.moveaxis(y, 1, -1), expected)
        assert layer.backward({}, cache, np.ones_like(y))[0].shape == moved.shape


def test_a_model_called_by_itself_draws_as_its_layers_do() -> None:
    x = np.random.default_rng(0).uniform(size=(8, *IMAGE)).astype(np.float32)
    early, late = Sequential([Input(IMAGE), RandomFlip()]), Sequential([RandomFlip("horizontal"), RandomRotation(0.2)])
    for model in (early, late):
        first = np.asarray(model(x))
        assert not np.array_equal(first, x)
        assert not np.array_equal(model(x), first)
        np.testing.assert_array_equal(model(x, training=False), x)
        np.testing.assert_array_equal(model.predict(x, verbose=0), x)
        assert not np.array_equal(model(x, training=True), x)
    network = Sequential([Input(IMAGE), RandomFlip(), Flatten(), Dropout(0.5)])
    values = np.sort(np.asarray(network(x)), axis=1)
    np.testing.assert_array_equal(values, np.sort(x.reshape(8, -1), axis=1))  # turned round; nothing dropped
