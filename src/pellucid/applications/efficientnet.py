"""EfficientNet: one small network, made deeper, wider and finer all at once: B0 to B7.

    block     x ── 1x1, expanded ── depthwise ── each channel weighed ── 1x1, projected ──(+)
              └───────────────────────────────────── as it is, where nothing changed ─────┘
    weighed   by a number from 0 to 1 that two small layers make of the channels' means

Each convolution is followed by batch normalization, and silu but for the last. The images'
preparation is a part of the network: pixels from 0 to 255 go in.

Source: Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML (2019), table 1 and
equation 3; the weighing: Hu, Shen & Sun, "Squeeze-and-excitation networks", CVPR (2018), figure 1.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from ..arrays import Array
from ..initializers import VarianceScaling
from ..layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Normalization,
    Rescaling,
    Reshape,
    ZeroPadding2D,
    add,
    multiply,
)
from ..layers.symbolic import KerasTensor
from ..model import Model
from .building import Asked, Published, around, asked_image, maker, model_of, pooled
from .imagenet_utils import decode_predictions

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

_ADDRESS = "https://storage.googleapis.com/keras-applications/"
_VARIANCES = (0.229, 0.224, 0.225)  # what the published networks divide by, under the root


class Stage(NamedTuple):
    """Some blocks of one kind: B0's."""

    window: int
    blocks: int
    inputs: int
    outputs: int
    expansion: int
    stride: int  # of the first block


_STAGES = (
    Stage(3, 1, 32, 16, 1, 1),
    Stage(3, 2, 16, 24, 6, 2),
    Stage(5, 2, 24, 40, 6, 2),
    Stage(3, 3, 40, 80, 6, 2),
    Stage(5, 3, 80, 112, 6, 1),
    Stage(5, 4, 112, 192, 6, 2),
    Stage(3, 1, 192, 320, 6, 1),
)


def of_eight(channels: float) -> int:
    """The nearest multiple of 8, not more than a tenth below.

    >>> of_eight(35.2), of_eight(32 * 0.35)
    (32, 16)
    """
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def _efficientnet(
    number: int, width: float, depth: float, size: int, dropout: float, md5: str, md5_without_top: str
) -> Callable[..., Model]:
    """The function that makes B`number`: B0 with `width` times the channels and `depth` times the blocks."""

    def build(asked: Asked) -> Model:
        image = asked_image(asked, size)
        x = Normalization()(Rescaling(1 / 255)(image))
        if asked.weights == "imagenet":
            x = Rescaling([1 / math.sqrt(variance) for variance in _VARIANCES])(x)
        x = ZeroPadding2D(around(x, 3), name="stem_conv_pad")(x)
        x = _convolved(x, of_eight(32 * width), "stem_conv", window=3, stride=2)
        x = _active(x, "stem_bn", "stem_activation")
        counts = [math.ceil(depth * stage.blocks) for stage in _STAGES]
        done = 0
        for s, (stage, count) in enumerate(zip(_STAGES, counts, strict=True), 1):
            inputs, outputs, stride = of_eight(stage.inputs * width), of_eight(stage.outputs * width), stage.stride
            for j in range(count):
                drop = 0.2 * done / sum(counts)
                x = _block(x, stage, inputs, outputs, stride, drop, f"block{s}{chr(97 + j)}_")
                inputs, stride, done = outputs, 1, done + 1
        x = _active(_convolved(x, of_eight(1280 * width), "top_conv"), "top_bn", "top_activation")
        return model_of(image, _end(x, asked, dropout), asked.name, asked.weights, published, asked.include_top)

    name = f"efficientnetb{number}"
    published = Published(_ADDRESS, name, md5, md5_without_top, (".h5", "_notop.h5"))
    return maker(f"EfficientNetB{number}", name, f"The network B{number}, for images of pixels from 0 to 255.", build)


def _block(x: KerasTensor, stage: Stage, inputs: int, outputs: int, stride: int, drop: float, name: str) -> KerasTensor:
    """One block; `drop` is how often its correction is left out while training."""
    shortcut, wide = x, inputs * stage.expansion
    if stage.expansion > 1:
        x = _active(_convolved(x, wide, f"{name}expand_conv"), f"{name}expand_bn", f"{name}expand_activation")
    if stride == 2:
        x = ZeroPadding2D(around(x, stage.window), name=f"{name}dwconv_pad")(x)
    x = DepthwiseConv2D(
        stage.window, strides=stride, padding="valid" if stride == 2 else "same", use_bias=False,
        depthwise_initializer=_first(), name=f"{name}dwconv",
    )(x)  # fmt: skip
    x = _active(x, f"{name}bn", f"{name}activation")
    weights = GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    weights = Reshape((1, 1, wide), name=f"{name}se_reshape")(weights)
    for filters, activation, part in ((max(1, inputs // 4), "silu", "reduce"), (wide, "sigmoid", "expand")):
        weights = Conv2D(
            filters, 1, padding="same", activation=activation, kernel_initializer=_first(), name=f"{name}se_{part}"
        )(weights)  # fmt: skip
    x = multiply([x, weights], name=f"{name}se_excite")
    x = BatchNormalization(name=f"{name}project_bn")(_convolved(x, outputs, f"{name}project_conv"))
    if stride > 1 or inputs != outputs:
        return x
    if drop:
        x = Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return add([x, shortcut], name=f"{name}add")


def _convolved(x: KerasTensor, filters: int, name: str, window: int = 1, stride: int = 1) -> KerasTensor:
    padding = "valid" if stride == 2 else "same"
    return Conv2D(
        filters, window, strides=stride, padding=padding, use_bias=False, kernel_initializer=_first(), name=name
    )(x)


def _active(x: KerasTensor, normalization: str, activation: str) -> KerasTensor:
    return Activation("silu", name=activation)(BatchNormalization(name=normalization)(x))


def _first() -> VarianceScaling:
    return VarianceScaling(2.0, "fan_out", "truncated_normal")


def _end(x: KerasTensor, asked: Asked, dropout: float) -> KerasTensor:
    if not asked.include_top:
        return pooled(x, asked.pooling, ("avg_pool", "max_pool"))
    x = Dropout(dropout, name="top_dropout")(GlobalAveragePooling2D(name="avg_pool")(x))
    first = VarianceScaling(1 / 3, "fan_out", "uniform")
    return Dense(asked.classes, asked.classifier_activation, kernel_initializer=first, name="predictions")(x)


_SIZES = (
    (1.0, 1.0, 224, 0.2, "902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
    (1.0, 1.1, 240, 0.2, "1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"),
    (1.1, 1.2, 260, 0.3, "b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"),
    (1.2, 1.4, 300, 0.3, "ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"),
    (1.4, 1.8, 380, 0.4, "18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"),
    (1.6, 2.2, 456, 0.4, "ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"),
    (1.8, 2.6, 528, 0.5, "165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"),
    (2.0, 3.1, 600, 0.5, "8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"),
)  # width, depth, size of images, dropout, md5 with and without top
(
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
) = (_efficientnet(number, *settings) for number, settings in enumerate(_SIZES))


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """x itself: the network prepares its images, pixels from 0 to 255, by its first layers."""
    return x
