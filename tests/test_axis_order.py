"""Channels first: the same numbers as channels last, with the axes in the other order."""

from collections.abc import Iterator

import numpy as np
import pytest

from pellucid import backend, layers
from pellucid.layers import Layer
from pellucid.sequential import Sequential
from pellucid.testing import check_layer

IMAGES = {
    "Conv2D": {"filters": 3, "kernel_size": (2, 3), "strides": 2, "padding": "same"},
    "Conv2DTranspose": {"filters": 2, "kernel_size": 3, "strides": 2},
    "DepthwiseConv2D": {"kernel_size": 3},
    "SeparableConv2D": {"filters": 3, "kernel_size": 3},
    "MaxPooling2D": {"pool_size": (2, 3)},
    "AveragePooling2D": {"padding": "same"},
    "GlobalMaxPooling2D": {},
    "GlobalAveragePooling2D": {"keepdims": True},
    "ZeroPadding2D": {"padding": ((1, 0), (2, 1))},
    "Cropping2D": {"cropping": ((1, 0), (2, 1))},
    "UpSampling2D": {"size": (2, 3)},
    "SpatialDropout2D": {"rate": 0.5},
}
OTHERS = {
    "Conv1D": ({"filters": 3, "kernel_size": 3}, (6, 4)),
    "MaxPooling1D": ({}, (6, 4)),
    "Conv3D": ({"filters": 2, "kernel_size": 2}, (3, 4, 5, 2)),
    "MaxPooling3D": ({}, (2, 4, 5, 2)),
    "UpSampling3D": ({}, (2, 1, 3, 2)),
}
ALL = {**{name: (settings, (5, 7, 4)) for name, settings in IMAGES.items()}, **OTHERS}


@pytest.fixture
def channels_first() -> Iterator[None]:
    backend.set_image_data_format("channels_first")
    yield
    backend.set_image_data_format("channels_last")


def to_front(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, -1, 1) if x.ndim > 2 else x


@pytest.mark.parametrize("name", ALL)
def test_channels_first_says_the_same(name: str) -> None:
    settings, shape = ALL[name]
    made = getattr(layers, name)
    first, last = made(data_format="channels_first", **settings), made(data_format="channels_last", **settings)
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    y = last(x)
    first.build((None, *to_front(x).shape[1:]))
    first.set_weights(last.get_weights())
    np.testing.assert_array_equal(first(to_front(x)), to_front(y))
    assert first.compute_output_shape(to_front(x).shape) == to_front(y).shape
    assert type(first).from_config(first.get_config()).data_format == "channels_first"


@pytest.mark.parametrize("name", ["Conv2D", "SeparableConv2D", "GlobalMaxPooling2D", "SpatialDropout2D"])
def test_channels_first_keeps_the_contract(name: str) -> None:
    check_layer(getattr(layers, name)(data_format="channels_first", **IMAGES[name]), (4, 5, 7))


def test_flatten_lays_numbers_out_in_one_order() -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    y = layers.Flatten(data_format="channels_first")(to_front(x))
    np.testing.assert_array_equal(y, layers.Flatten()(x))
    check_layer(layers.Flatten(data_format="channels_first"), (2, 3, 4))


@pytest.mark.usefixtures("channels_first")
def test_the_order_is_set_once_for_all() -> None:
    assert backend.image_dim_ordering() == "th"
    made: list[Layer] = [
        layers.Conv2D(2, 3),
        layers.MaxPooling2D(),
        layers.BatchNormalization(axis=1),
        layers.Flatten(),
    ]
    model = Sequential([layers.Input((1, 8, 8)), *made])
    assert [layer.output_shape[1:] for layer in made] == [(2, 6, 6), (2, 3, 3), (2, 3, 3), (18,)]
    assert layers.Conv1D(2, 3).data_format == "channels_last"
    assert model.predict(np.ones((2, 1, 8, 8)), verbose=0).shape == (2, 18)


def test_an_order_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="data_format"):
        layers.Conv2D(2, 3, data_format="channels_middle")
    with pytest.raises(ValueError, match="data_format must be"):
        backend.set_image_data_format("channels_middle")
