"""VGG: blocks of small convolutions, each block closed by a pooling that halves rows and columns.

    image ── [conv 3x3 ─ relu] x n ── max pool 2x2 ──   five times, with 64, 128, 256, 512, 512 kernels
          ── flatten ── 4096 ── 4096 ── 1000

Source: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition",
ICLR (2015), table 1.
"""

from collections.abc import Sequence
from typing import Any

from ..layers import Conv2D, Dense, Flatten, MaxPooling2D
from ..model import Model
from .building import Published, check, image_input, model_of, pooled

_FILTERS = (64, 128, 256, 512, 512)


def vgg(
    depths: Sequence[int],
    published: Published,
    include_top: bool,
    weights: Any,
    input_tensor: Any,
    input_shape: Any,
    pooling: str | None,
    classes: int,
    classifier_activation: Any,
    name: str,
) -> Model:
    """The network with so many convolutions in each of the five blocks."""
    check(weights, include_top, classes, pooling, classifier_activation)
    image = x = image_input(input_tensor, input_shape, include_top, weights)
    for block, (depth, filters) in enumerate(zip(depths, _FILTERS, strict=True), 1):
        for i in range(1, depth + 1):
            x = Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{i}")(x)
        x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if include_top:
        x = Flatten(name="flatten")(x)
        for i in (1, 2):
            x = Dense(4096, activation="relu", name=f"fc{i}")(x)
        x = Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling)
    return model_of(image, x, name, weights, published, include_top)
