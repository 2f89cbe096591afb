"""Keras, PyTorch and JAX judge the convolutions, poolings, resamplings and spatial dropouts."""

import inspect
import itertools
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid.layers import (
    borders,
    conv,
    conv_transpose,
    depthwise,
    global_pooling,
    pooling,
    resampling,
    spatial_dropout,
)
from pellucid.layers.borders import Cropping1D, Cropping2D, Cropping3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from pellucid.layers.conv import Conv1D, Conv2D, Conv3D
from pellucid.layers.conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from pellucid.layers.depthwise import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from pellucid.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from pellucid.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from pellucid.layers.resampling import UpSampling1D, UpSampling2D, UpSampling3D
from pellucid.layers.spatial_dropout import AlphaDropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from pellucid.layers.table import deserialize
from pellucid.testing import check_layer, keras_parity

STEPS, IMAGE, VOLUME = (7, 4), (6, 5, 4), (4, 5, 4, 2)

CASES: list[tuple[Any, tuple[int, ...]]] = [
    (Conv1D(4, 3), STEPS),
    (Conv1D(4, 3, strides=2, padding="causal", activation="tanh"), STEPS),
    (Conv1D(4, 3, dilation_rate=2, padding="causal", groups=2), STEPS),
    (Conv1D(4, 2, padding="same", use_bias=False), STEPS),
    (Conv2D(3, (3, 2), strides=(1, 2), padding="same"), IMAGE),
    (Conv2D(4, 2, dilation_rate=2, groups=4), IMAGE),
    (Conv2D(4, (2, 3), groups=2, strides=2, activation="relu"), IMAGE),
    (Conv2D(2, 1, strides=2), IMAGE),
    (Conv2D(2, 2, strides=3, padding="same"), (5, 5, 1)),
    (Conv3D(2, 2, strides=2, padding="same"), VOLUME),
    (Conv3D(2, (1, 2, 2), dilation_rate=(1, 2, 1), groups=2), VOLUME),
    (Conv1DTranspose(3, 4, strides=3, padding="same", output_padding=2), STEPS),
    (Conv1DTranspose(3, 2, strides=3), STEPS),
    (Conv2DTranspose(3, (3, 2), strides=(2, 1), padding="same", activation="sigmoid"), IMAGE),
    (Conv2DTranspose(2, 3, dilation_rate=2, padding="same"), IMAGE),
    (Conv2DTranspose(2, 3, strides=2, output_padding=(1, 0), use_bias=False), IMAGE),
    (Conv3DTranspose(2, 2, strides=2), VOLUME),
    (DepthwiseConv1D(3, depth_multiplier=2, padding="same"), STEPS),
    (DepthwiseConv2D(3, strides=2, depth_multiplier=2), IMAGE),
    (DepthwiseConv2D((2, 3), dilation_rate=2, activation="elu"), IMAGE),
    (SeparableConv1D(4, 3, strides=2), STEPS),
    (SeparableConv2D(3, (2, 3), depth_multiplier=2, padding="same"), IMAGE),
    (SeparableConv2D(3, 2, dilation_rate=2, use_bias=False), IMAGE),
    (MaxPooling1D(3, 2, "same"), STEPS),
    (MaxPooling2D(), IMAGE),
    (MaxPooling2D((3, 2), (2, 1), "same"), IMAGE),
    (MaxPooling2D(2, 3), IMAGE),
    (MaxPooling3D(3, 2, "same"), VOLUME),
    (AveragePooling1D(3, 2, "same"), STEPS),
    (AveragePooling2D(2), IMAGE),
    (AveragePooling2D((3, 2), (2, 1), "same"), IMAGE),
    (AveragePooling3D(3, 2, "same"), VOLUME),
    (GlobalMaxPooling1D(), STEPS),
    (GlobalMaxPooling2D(keepdims=True), IMAGE),
    (GlobalMaxPooling3D(), VOLUME),
    (GlobalAveragePooling1D(keepdims=True), STEPS),
    (GlobalAveragePooling2D(), IMAGE),
    (GlobalAveragePooling3D(), VOLUME),
    (UpSampling1D(3), STEPS),
    (UpSampling2D((2, 3)), IMAGE),
    (UpSampling2D((2, 3), interpolation="bilinear"), IMAGE),
    (UpSampling2D((3, 1), interpolation="bicubic"), IMAGE),
    (UpSampling2D(2, interpolation="lanczos3"), IMAGE),
    (UpSampling2D(2, interpolation="lanczos5"), IMAGE),
    (UpSampling3D((1, 2, 2)), VOLUME),
    (ZeroPadding1D((1, 2)), STEPS),
    (ZeroPadding2D(((1, 0), (2, 1))), IMAGE),
    (ZeroPadding3D((1, 0, 2)), VOLUME),
    (Cropping1D((2, 1)), STEPS),
    (Cropping2D(((1, 0), (2, 1))), IMAGE),
    (Cropping3D(), VOLUME),
    (SpatialDropout1D(0.3), STEPS),
    (SpatialDropout2D(0.3), IMAGE),
    (SpatialDropout3D(0.3), VOLUME),
    (AlphaDropout(0.3), STEPS),
]
FILES = (borders, conv, conv_transpose, depthwise, pooling, global_pooling, resampling, spatial_dropout)
CLASSES = sorted({type(layer) for layer, _ in CASES}, key=lambda cls: cls.__name__)


def name(case: Any) -> str:
    return type(case).__name__ if hasattr(case, "get_config") else ""


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=name)
def test_kerass_numbers(keras: ModuleType, layer: Any, shape: tuple[int, ...]) -> None:
    assert keras_parity(layer, shape) <= 1e-6


JUDGED = [case for case in CASES if not isinstance(case[0], borders.ZeroPadding | borders.Cropping)][::3]


@pytest.mark.parametrize(("layer", "shape"), JUDGED, ids=name)
def test_gradients_by_all_judges(torch: ModuleType, jax: ModuleType, layer: Any, shape: tuple[int, ...]) -> None:
    small = tuple(min(n, 5) for n in shape)
    check_layer(type(layer).from_config(layer.get_config()), small, batch=2)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_kerass_arguments_in_their_order(keras: ModuleType, cls: type) -> None:
    order: Any = sorted if cls is Conv3DTranspose else list  # Keras has data_format before output_padding only there
    ours, theirs = (
        order(n for n in inspect.signature(one).parameters if n not in ("kwargs", "name", "dtype"))
        for one in (cls, getattr(keras.layers, cls.__name__))
    )
    assert ours == theirs


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=name)
def test_kerass_settings_are_read(keras: ModuleType, layer: Any, shape: tuple[int, ...]) -> None:
    theirs = getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())
    again = deserialize(keras.layers.serialize(theirs))
    assert again.get_config() == layer.get_config()
    known = set(theirs.get_config())
    assert set(layer.get_config()) <= known
    theirs.build((None, *shape))
    layer.build((None, *shape))
    assert [(w.name, w.shape) for w in layer.weights] == [(w.name, tuple(w.shape)) for w in theirs.weights]


def test_every_old_alias_of_keras_is_here(keras: ModuleType) -> None:
    found = {alias for file in FILES for alias in vars(file)}
    families = (
        "Conv1D",
        "Conv2D",
        "Conv3D",
        "Convolution",
        "Pool",
        "UpSampling",
        "ZeroPadding",
        "Cropping",
        "SpatialDropout",
    )
    theirs = {alias for alias in dir(keras.layers) if any(family in alias for family in families)}
    missing = {alias for alias in theirs - found if not alias.startswith("Adaptive")}
    assert missing == set()


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_transposed_sizes_and_values_over_a_grid(keras: ModuleType, padding: str) -> None:
    x = np.arange(1.0, 5.0, dtype=np.float32).reshape(1, 4, 1)
    for window, stride, dilation, extra in itertools.product((1, 2, 3, 4, 5), (1, 2, 3), (1, 2), (None, 0, 1)):
        if (extra or 0) >= stride or (stride > 1 and dilation > 1):
            continue
        settings = {"strides": stride, "padding": padding, "dilation_rate": dilation, "output_padding": extra}
        layer, twin = Conv1DTranspose(1, window, **settings), keras.layers.Conv1DTranspose(1, window, **settings)
        weights = [np.arange(1.0, window + 1).reshape(-1, 1, 1), np.ones(1)]
        layer.build((None, 4, 1))
        twin.build((None, 4, 1))
        layer.set_weights(weights)
        twin.set_weights(weights)
        np.testing.assert_allclose(layer(x), np.asarray(twin(x)), rtol=1e-6, err_msg=f"{window} {settings}")


def test_of_equals_keras_chooses_the_same(keras: ModuleType, jax: ModuleType) -> None:
    x = np.random.default_rng(0).integers(0, 3, (2, 6, 6, 3)).astype(np.float32)
    for name, settings in itertools.product(
        ("MaxPooling2D", "GlobalMaxPooling2D"),
        ({}, {"pool_size": 3, "strides": 1}, {"pool_size": 3, "padding": "same"}),
    ):
        if name == "GlobalMaxPooling2D" and settings:
            continue
        file = pooling if name == "MaxPooling2D" else global_pooling
        layer, twin = getattr(file, name)(**settings), getattr(keras.layers, name)(**settings)
        y, cache = layer.forward({}, x)
        dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
        theirs = jax.grad(lambda given, twin=twin, dy=dy: (twin(given) * dy).sum())(x)
        np.testing.assert_allclose(layer.backward({}, cache, dy)[0], theirs, atol=1e-6, err_msg=f"{name} {settings}")


def test_of_equals_pytorch_chooses_the_same(torch: ModuleType) -> None:
    x = np.random.default_rng(0).integers(0, 3, (2, 6, 6, 3)).astype(np.float64)
    layer = MaxPooling2D(3, strides=2)
    y, cache = layer.forward({}, x)
    dy = np.random.default_rng(1).normal(size=y.shape)
    given = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
    torch.nn.functional.max_pool2d(given, 3, 2).backward(torch.tensor(np.moveaxis(dy, -1, 1)))
    np.testing.assert_allclose(layer.backward({}, cache, dy)[0], np.moveaxis(given.grad.numpy(), 1, -1), atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "settings", "shape"),
    [
        (Conv1D(6, 3, strides=2), {"stride": 2}, (9, 4)),
        (Conv2D(6, (3, 2), dilation_rate=(2, 1)), {"dilation": (2, 1)}, (7, 6, 4)),
        (Conv2D(6, 3, strides=(2, 1), groups=2), {"stride": (2, 1), "groups": 2}, (7, 6, 4)),
        (Conv2D(6, 3, padding="same"), {"padding": 1}, (7, 6, 4)),
        (Conv3D(6, 2, strides=2), {"stride": 2}, (4, 5, 4, 4)),
    ],
)
def test_pytorchs_convolutions_in_float64(
    torch: ModuleType, layer: Any, settings: dict[str, Any], shape: tuple[int, ...]
) -> None:
    draw, axes = np.random.default_rng(0), len(shape) - 1
    x = draw.normal(size=(3, *shape))
    params = {
        "kernel": draw.normal(size=(*layer.kernel_size, shape[-1] // layer.groups, 6)),
        "bias": draw.normal(size=6),
    }
    y, cache = layer.forward(params, x)
    dy = draw.normal(size=y.shape)
    dx, grads = layer.backward(params, cache, dy)
    first = (axes + 1, axes, *range(axes))  # (KH, KW, C, F) -> (F, C, KH, KW)
    given = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
    kernel = torch.tensor(params["kernel"].transpose(first), requires_grad=True)
    bias = torch.tensor(params["bias"], requires_grad=True)
    theirs = getattr(torch.nn.functional, f"conv{axes}d")(given, kernel, bias, **settings)
    theirs.backward(torch.tensor(np.moveaxis(dy, -1, 1)))
    back = np.argsort(first)
    for ours, expected in (
        (y, np.moveaxis(theirs.detach().numpy(), 1, -1)),
        (dx, np.moveaxis(given.grad.numpy(), 1, -1)),
        (grads["kernel"], kernel.grad.numpy().transpose(back)),
        (grads["bias"], bias.grad.numpy()),
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-10)


def test_pytorchs_transposed_and_depthwise_convolutions_in_float64(torch: ModuleType) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(2, 4, 5, 3))
    given = torch.tensor(np.moveaxis(x, -1, 1))
    kernel = draw.normal(size=(3, 2, 4, 3))
    y, _ = Conv2DTranspose(4, (3, 2), strides=2, use_bias=False).forward({"kernel": kernel}, x)
    theirs = torch.nn.functional.conv_transpose2d(given, torch.tensor(kernel.transpose(3, 2, 0, 1)), stride=2)
    theirs = np.moveaxis(theirs.numpy(), 1, -1)
    np.testing.assert_allclose(y, theirs, rtol=1e-10, atol=1e-10)
    kernel = draw.normal(size=(3, 2, 3, 2))
    y, _ = DepthwiseConv2D((3, 2), depth_multiplier=2, use_bias=False).forward({"kernel": kernel}, x)
    flat = torch.tensor(kernel.reshape(3, 2, 1, 6).transpose(3, 2, 0, 1))
    theirs = np.moveaxis(torch.nn.functional.conv2d(given, flat, groups=3).numpy(), 1, -1)
    np.testing.assert_allclose(y, theirs, rtol=1e-10, atol=1e-10)


def test_a_masked_mean_is_kerass(keras: ModuleType) -> None:
    x = np.random.default_rng(0).normal(size=(3, 5, 2)).astype(np.float32)
    mask = np.array([[1, 1, 0, 0, 1], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1]], dtype=bool)
    theirs = np.asarray(keras.layers.GlobalAveragePooling1D()(x, mask=mask))
    np.testing.assert_allclose(GlobalAveragePooling1D()(x, mask=mask), theirs, atol=1e-6)
