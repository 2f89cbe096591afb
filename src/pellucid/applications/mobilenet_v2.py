"""MobileNetV2: blocks that widen, look, and narrow again, with a shortcut between the narrow ends; 3,538,984 numbers.

    block   x ── 1x1, six times the channels, bn, relu6 ── depthwise 3x3, bn, relu6 ── 1x1, bn ──(+)
            └────────────────────────────────── as it is, where nothing changed ────────────────┘

Source: Sandler, Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: inverted residuals and linear bottlenecks", CVPR (2018),
table 2; alpha is the width multiplier.
"""

from typing import Any

from ..arrays import Array
from ..errors import one_of
from ..layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    ReLU,
    ZeroPadding2D,
)
from ..layers.symbolic import KerasTensor
from ..model import Model
from . import imagenet_utils
from .building import Published, around, check, image_input, model_of, pooled, published_size
from .efficientnet import of_eight
from .imagenet_utils import decode_predictions

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
_SIZES = (96, 128, 160, 192, 224)
_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
_STAGES = ((16, 1, 1, 1), (24, 2, 2, 6), (32, 3, 2, 6), (64, 4, 2, 6), (96, 3, 1, 6), (160, 3, 2, 6), (320, 1, 1, 6))
# channels, blocks, stride of the first block, expansion


def MobileNetV2(
    input_shape: Any = None,
    alpha: float = 1.0,
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
        alpha: times as many channels; weights are published for 0.35, 0.5, 0.75, 1, 1.3 and 1.4.
        include_top: whether with the mean over the image and the dense layer at its end.
        weights: None (fresh ones), "imagenet" (fetched once, kept in ~/.keras/models), or the path of a file.
        input_tensor: what an `Input` or a layer gave, to start from.
        pooling: without top, "avg" or "max" for one vector an image; None keeps rows and columns.
        classes: how many to tell apart.
        classifier_activation: of the last layer; None for the plain sums.
        name: of the network; by default mobilenetv2_1.00_224, with alpha and rows.
    """
    check(weights, include_top, classes, pooling, classifier_activation)
    given = input_shape or (None if input_tensor is None else input_tensor.shape[1:])
    size = published_size(given, _SIZES)
    rows: int | None = size
    if weights == "imagenet":
        one_of(alpha, _ALPHAS, "alpha, with published weights,")
    elif given or not include_top:
        rows = given[0] if given else None
    image = image_input(input_tensor, input_shape, include_top, weights, size)
    x = Conv2D(of_eight(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(image)
    x = ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for channels, blocks, stride, expansion in _STAGES:
        for i in range(blocks):
            x = _block(x, of_eight(int(channels * alpha)), stride if i == 0 else 1, expansion, number)
            number += 1
    x = Conv2D(of_eight(1280 * alpha) if alpha > 1 else 1280, 1, use_bias=False, name="Conv_1")(x)
    x = ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    if include_top:
        x = Dense(classes, activation=classifier_activation, name="predictions")(GlobalAveragePooling2D()(x))
    else:
        x = pooled(x, pooling)
    file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{size}"
    published = Published(_ADDRESS, file, None, None, (".h5", "_no_top.h5"))
    return model_of(image, x, name or f"mobilenetv2_{alpha:0.2f}_{rows}", weights, published, include_top)


def _block(x: KerasTensor, filters: int, stride: int, expansion: int, number: int) -> KerasTensor:
    shortcut, channels = x, x.shape[-1]
    assert channels is not None  # a convolution has made them
    name = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = Conv2D(expansion * channels, 1, padding="same", use_bias=False, name=f"{name}expand")(x)
        x = ReLU(6.0, name=f"{name}expand_relu")(_normalized(x, f"{name}expand_BN"))
    if stride == 2:
        x = ZeroPadding2D(around(x, 3), name=f"{name}pad")(x)
    padding = "valid" if stride == 2 else "same"
    x = DepthwiseConv2D(3, strides=stride, padding=padding, use_bias=False, name=f"{name}depthwise")(x)
    x = ReLU(6.0, name=f"{name}depthwise_relu")(_normalized(x, f"{name}depthwise_BN"))
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_BN")
    return Add(name=f"{name}add")([shortcut, x]) if channels == filters and stride == 1 else x


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255 as the network was trained on: from -1 to 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
