"""Xception: separable convolutions in residual blocks, 22,910,480 numbers.

    block   x ── (relu, separable 3x3, bn) twice, max pool 3x3 ──(+)      in and out, rows and columns are halved
            └── 1x1 in steps of 2, bn ─────────────────────────┘
            x ── (relu, separable 3x3, bn) three times ──(+)               eight times in the middle
            └────────────────────────────────────────────┘

Source: Chollet, "Xception: deep learning with depthwise separable convolutions", CVPR (2017), figure 5.
"""

from ..arrays import Array
from ..layers import Activation, BatchNormalization, Conv2D, MaxPooling2D, SeparableConv2D, add
from ..layers.symbolic import KerasTensor
from ..model import Model
from . import imagenet_utils
from .building import Asked, Published, asked_image, classified, maker, model_of
from .imagenet_utils import decode_predictions

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

_PUBLISHED = Published(
    "https://storage.googleapis.com/tensorflow/keras-applications/xception/",
    "xception",
    "0a58e3b7378bc2990ea3b43d5981f1f6",
    "b0042744bf5b25fce3cb969f33bebb97",
)


def _build(asked: Asked) -> Model:
    image = x = asked_image(asked, 299, 71)
    for i, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{i}"
        x = Conv2D(filters, 3, strides=stride, use_bias=False, name=name)(x)
        x = _active(_normalized(x, name), f"{name}_act")
    for block, filters in ((2, 128), (3, 256), (4, 728)):
        x = _halving(x, block, filters, filters)
    for block in range(5, 13):
        shortcut = x
        for i in (1, 2, 3):
            x = _separable(_active(x, f"block{block}_sepconv{i}_act"), 728, f"block{block}_sepconv{i}")
        x = add([x, shortcut])
    x = _halving(x, 13, 728, 1024)
    for i, filters in enumerate((1536, 2048), 1):
        x = _active(_separable(x, filters, f"block14_sepconv{i}"), f"block14_sepconv{i}_act")
    output = classified(x, asked, named=False)
    return model_of(image, output, asked.name, asked.weights, _PUBLISHED, asked.include_top)


def _halving(x: KerasTensor, block: int, first: int, second: int) -> KerasTensor:
    """A block that halves rows and columns."""
    shortcut = Conv2D(second, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = BatchNormalization()(shortcut)
    for i, filters in enumerate((first, second), 1):
        name = f"block{block}_sepconv{i}"
        if block > 2 or i > 1:  # the first input is active already
            x = _active(x, f"{name}_act")
        x = _separable(x, filters, name)
    x = MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return add([x, shortcut])


def _separable(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    return _normalized(SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x), name)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(name=f"{name}_bn")(x)


def _active(x: KerasTensor, name: str) -> KerasTensor:
    return Activation("relu", name=name)(x)


Xception = maker("Xception", "xception", "The network, for images prepared by `preprocess_input`.", _build)


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255 as the network was trained on: from -1 to 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
