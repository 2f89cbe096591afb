"""DenseNet: each layer reads what all layers of its block before it have made.

    layer         x ── bn, relu, 1x1, 128 ── bn, relu, 3x3, 32 ── beside x
    transition    x ── bn, relu, 1x1, half the channels ── average pool 2x2

Source: Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks", CVPR (2017), table 1.
"""

from collections.abc import Callable, Sequence

from ..arrays import Array
from ..layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
    ZeroPadding2D,
)
from ..layers.symbolic import KerasTensor
from ..model import Model
from . import imagenet_utils
from .building import Asked, Published, asked_image, classified, maker, model_of
from .imagenet_utils import decode_predictions

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/densenet/"
_GROWTH = 32


def _densenet(layers: int, blocks: Sequence[int], md5: str, md5_without_top: str) -> Callable[..., Model]:
    """The function that makes the network with so many layers in each of the four blocks."""

    def build(asked: Asked) -> Model:
        image = asked_image(asked)
        x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(ZeroPadding2D(3)(image))
        x = _active(x, "conv1")
        x = MaxPooling2D(3, strides=2, name="pool1")(ZeroPadding2D(1)(x))
        for number, count in enumerate(blocks, 2):
            for i in range(1, count + 1):
                x = _layer(x, f"conv{number}_block{i}")
            if number < 5:
                x = _transition(x, f"pool{number}")
        x = BatchNormalization(epsilon=1.001e-5, name="bn")(x)
        x = Activation("relu", name="relu")(x)
        return model_of(image, classified(x, asked), asked.name, asked.weights, published, asked.include_top)

    published = Published(_ADDRESS, f"densenet{layers}", md5, md5_without_top)
    what = f"The network of {layers} layers with weights, for images prepared by `preprocess_input`."
    return maker(f"DenseNet{layers}", f"densenet{layers}", what, build)


def _layer(x: KerasTensor, name: str) -> KerasTensor:
    """x, and beside it what this layer makes of it."""
    new = Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(_active(x, f"{name}_0"))
    new = Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(_active(new, f"{name}_1"))
    return Concatenate(name=f"{name}_concat")([x, new])


def _transition(x: KerasTensor, name: str) -> KerasTensor:
    """Half the channels, half the rows and columns."""
    channels = x.shape[-1]
    assert channels is not None  # a convolution has made them
    x = Conv2D(channels // 2, 1, use_bias=False, name=f"{name}_conv")(_active(x, name))
    return AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _active(x: KerasTensor, name: str) -> KerasTensor:
    return Activation("relu", name=f"{name}_relu")(BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x))


DenseNet121 = _densenet(121, (6, 12, 24, 16), "9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738")
DenseNet169 = _densenet(169, (6, 12, 32, 32), "d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b")
DenseNet201 = _densenet(201, (6, 12, 48, 32), "1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1")


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255 as the network was trained on: each channel with mean 0 and deviation 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="torch")
