"""Residual networks: blocks that add a correction to what they were given. Two kinds of them.

    first     x ── 1x1, F ── 3x3, F ── 1x1, 4F ──(+)── relu     each convolution followed by batch normalization
              └───────── as it is, or 1x1, 4F ────┘             the latter where rows, columns or channels change

    second    x ── bn, relu ── 1x1, F ── 3x3, F ── 1x1, 4F ──(+)    normalization and relu come before a convolution
              └───── as it is, or its 1x1, 4F ────────────────┘

Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR (2016), table 1 and figure 5 (the
first kind; the first convolution of a block takes the stride, as in the authors' own program); the same, "Identity
mappings in deep residual networks", ECCV (2016), figure 1b (the second; the last block of a stack takes the stride).
"""

from collections.abc import Callable, Sequence

from ..layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D
from ..layers.symbolic import KerasTensor
from ..model import Model
from .building import Asked, Published, asked_image, classified, maker, model_of

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
_FILTERS = (64, 128, 256, 512)


def residual_network(
    function: str, what: str, kind: int, blocks: Sequence[int], md5: str, md5_without_top: str
) -> Callable[..., Model]:
    """The function that makes such a network, with so many blocks in each of the four stacks."""
    name = function.lower()

    def build(asked: Asked) -> Model:
        image = asked_image(asked)
        x = ZeroPadding2D(3, name="conv1_pad")(image)
        x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
        if kind == 1:
            x = _then(x, "conv1")
        x = ZeroPadding2D(1, name="pool1_pad")(x)
        x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
        for number, (filters, count) in enumerate(zip(_FILTERS, blocks, strict=True), 2):
            for i in range(1, count + 1):
                at = f"conv{number}_block{i}"
                if kind == 1:
                    x = _first_kind(x, filters, 2 if i == 1 and number > 2 else 1, i == 1, at)
                else:
                    x = _second_kind(x, filters, 2 if i == count and number < 5 else 1, i == 1, at)
        if kind == 2:
            x = _then(x, "post")
        return model_of(image, classified(x, asked), asked.name, asked.weights, published, asked.include_top)

    published = Published(_ADDRESS, name, md5, md5_without_top)
    return maker(function, name, what, build)


def _first_kind(x: KerasTensor, filters: int, stride: int, changes: bool, name: str) -> KerasTensor:
    """x and its correction, added; `changes` tells that rows, columns or channels do."""
    shortcut = x
    if changes:
        shortcut = _normalized(Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x), f"{name}_0")
    x = _then(Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x), f"{name}_1")
    x = _then(Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2")
    x = _normalized(Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3")
    return Activation("relu", name=f"{name}_out")(Add(name=f"{name}_add")([shortcut, x]))


def _second_kind(x: KerasTensor, filters: int, stride: int, changes: bool, name: str) -> KerasTensor:
    """x and its correction, added; `changes` tells that the channels do."""
    before = _then(x, f"{name}_preact")
    if changes:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(before)
    else:
        shortcut = MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = _then(Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(before), f"{name}_1")
    x = ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = _then(Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x), f"{name}_2")
    return Add(name=f"{name}_out")([shortcut, Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)])


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)


def _then(x: KerasTensor, name: str) -> KerasTensor:
    return Activation("relu", name=f"{name}_relu")(_normalized(x, name))
