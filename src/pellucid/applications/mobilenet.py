"""MobileNet: depthwise convolutions and mixes of their channels in turn, 4,253,864 numbers.

    block   x ── depthwise 3x3, bn, relu6 ── 1x1, bn, relu6          13 times

Source: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications",
arXiv:1704.04861 (2017), table 1; alpha is its width multiplier.
"""

from typing import Any

from ..arrays import Array
from ..errors import one_of
from ..layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)
from ..layers.symbolic import KerasTensor
from ..model import Model
from . import imagenet_utils
from .building import Published, check, image_input, model_of, pooled, published_size
from .imagenet_utils import decode_predictions

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/"
_SIZES = (128, 160, 192, 224)
_ALPHAS = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def MobileNet(
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """The network, for images prepared by `preprocess_input`.

    Args:
        input_shape: (rows, columns, channels) in place of (224, 224, 3).
        alpha: times as many channels; weights are published for 0.25, 0.5, 0.75 and 1.
        depth_multiplier: outputs of the depthwise convolutions for each channel.
        dropout: share of features to drop before the last layer.
        include_top: whether with the mean over the image and the last layer.
        weights: None (fresh ones), "imagenet" (fetched once, kept in ~/.keras/models), or the path of a file.
        input_tensor: what an `Input` or a layer gave, to start from.
        pooling: without top, "avg" or "max" for one vector an image; None keeps rows and columns.
        classes: how many to tell apart.
        classifier_activation: of the last layer; None for the plain sums.
        name: of the network; by default mobilenet_1.00_224, with alpha and rows.
    """
    check(weights, include_top, classes, pooling, classifier_activation)
    size = published_size(input_shape, _SIZES)
    rows: int | None = size
    if weights == "imagenet":
        one_of(alpha, _ALPHAS, "alpha, with published weights,")
        one_of(depth_multiplier, (1,), "depth_multiplier, with published weights,")
    elif input_shape or not include_top:
        rows = input_shape[0] if input_shape else None
    image = image_input(input_tensor, input_shape, include_top, weights, size)
    x = _active(Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(image), "conv1")
    for i, (filters, stride) in enumerate(_BLOCKS, 1):
        x = _block(x, int(filters * alpha), depth_multiplier, stride, i)
    if include_top:
        x = Dropout(dropout, name="dropout")(GlobalAveragePooling2D(keepdims=True)(x))
        x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
        x = Activation(classifier_activation, name="predictions")(Reshape((classes,), name="reshape_2")(x))
    else:
        x = pooled(x, pooling)
    file = f"mobilenet_{_ALPHAS.get(alpha)}_{size}_tf"
    published = Published(_ADDRESS, file, None, None, (".h5", "_no_top.h5"))
    return model_of(image, x, name or f"mobilenet_{alpha:0.2f}_{rows}", weights, published, include_top)


def _block(x: KerasTensor, filters: int, multiplier: int, stride: int, i: int) -> KerasTensor:
    if stride == 2:
        x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{i}")(x)
    padding, name = "valid" if stride == 2 else "same", f"conv_dw_{i}"
    x = DepthwiseConv2D(
        3, strides=stride, padding=padding, depth_multiplier=multiplier, use_bias=False, name=name
    )(x)  # fmt: skip
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{i}")(_active(x, name))
    return _active(x, f"conv_pw_{i}")


def _active(x: KerasTensor, name: str) -> KerasTensor:
    return ReLU(6.0, name=f"{name}_relu")(BatchNormalization(name=f"{name}_bn")(x))


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255 as the network was trained on: from -1 to 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
