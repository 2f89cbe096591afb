"""ResNet50: blocks that add a correction to what they were given, 25,636,712 numbers.

    x ── 1x1, F ── 3x3, F ── 1x1, 4F ──(+)── relu       each convolution followed by batch normalization
    └───────── as it is, or 1x1, 4F ────┘               the latter where rows, columns or channels change

Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR (2016), table 1 and figure 5; the
first convolution of a block takes the stride, as in the authors' own program.
"""

from typing import Any

from ..arrays import Array
from ..layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ZeroPadding2D,
)
from ..layers.symbolic import KerasTensor
from ..model import Model
from . import imagenet_utils
from .building import Published, check, image_input, model_of, pooled
from .imagenet_utils import decode_predictions

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]

_PUBLISHED = Published(
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet/",
    "resnet50",
    "2cb95161c43110f7111970584f804107",
    "4d473c1dd8becc155b73f8504c6f6626",
)
_STACKS = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # kernels, blocks, stride of the first block


def ResNet50(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet50",
) -> Model:
    """The network of 50 layers with weights, for images prepared by `preprocess_input`.

    Args:
        include_top: whether with the mean over the image and the dense layer at its end.
        weights: None (fresh ones), "imagenet" (fetched once, kept in ~/.keras/models), or the path of a file.
        input_tensor: what an `Input` or a layer gave, to start from.
        input_shape: (rows, columns, channels) in place of (224, 224, 3).
        pooling: without top, "avg" or "max" for one vector an image; None keeps rows and columns.
        classes: how many to tell apart.
        classifier_activation: of the last layer; None for the plain sums.
    """
    check(weights, include_top, classes, pooling, classifier_activation)
    image = image_input(input_tensor, input_shape, include_top, weights)
    x = ZeroPadding2D(3, name="conv1_pad")(image)
    x = _normalized(Conv2D(64, 7, strides=2, name="conv1_conv")(x), "conv1")
    x = Activation("relu", name="conv1_relu")(x)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for number, (filters, blocks, stride) in enumerate(_STACKS, 2):
        for i in range(1, blocks + 1):
            x = _block(x, filters, stride if i == 1 else 1, i == 1, f"conv{number}_block{i}")
    if include_top:
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        x = Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling, ("avg_pool", "max_pool"))
    return model_of(image, x, name, weights, _PUBLISHED, include_top)


def _block(x: KerasTensor, filters: int, stride: int, changes: bool, name: str) -> KerasTensor:
    """x and its correction, added; `changes` tells that rows, columns or channels do."""
    shortcut = x
    if changes:
        shortcut = _normalized(Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x), f"{name}_0")
    x = _normalized(Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x), f"{name}_1")
    x = Activation("relu", name=f"{name}_1_relu")(x)
    x = _normalized(Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2")
    x = Activation("relu", name=f"{name}_2_relu")(x)
    x = _normalized(Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3")
    return Activation("relu", name=f"{name}_out")(Add(name=f"{name}_add")([shortcut, x]))


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255, red, green, blue, as the network was trained on: blue first, less the means."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
