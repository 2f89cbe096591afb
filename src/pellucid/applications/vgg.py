"""VGG: blocks of small convolutions, each block closed by a pooling that halves rows and columns.

    image ── [conv 3x3 ─ relu] x n ── max pool 2x2 ──   five times, with 64, 128, 256, 512, 512 kernels
          ── flatten ── 4096 ── 4096 ── 1000

Source: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition",
ICLR (2015), table 1.
"""

from collections.abc import Callable, Sequence

from ..layers import Conv2D, Dense, Flatten, MaxPooling2D
from ..model import Model
from .building import Asked, Published, asked_image, maker, model_of, pooled

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/"
_FILTERS = (64, 128, 256, 512, 512)


def vgg(layers: int, depths: Sequence[int], md5: str, md5_without_top: str) -> Callable[..., Model]:
    """The function that makes the network with so many convolutions in each of the five blocks."""
    name = f"vgg{layers}"

    def build(asked: Asked) -> Model:
        image = x = asked_image(asked)
        for block, (depth, filters) in enumerate(zip(depths, _FILTERS, strict=True), 1):
            for i in range(1, depth + 1):
                x = Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{i}")(x)
            x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
        if asked.include_top:
            x = Flatten(name="flatten")(x)
            for i in (1, 2):
                x = Dense(4096, activation="relu", name=f"fc{i}")(x)
            x = Dense(asked.classes, activation=asked.classifier_activation, name="predictions")(x)
        else:
            x = pooled(x, asked.pooling)
        return model_of(image, x, asked.name, asked.weights, published, asked.include_top)

    published = Published(f"{_ADDRESS}{name}/", name, md5, md5_without_top)
    what = f"The network of {layers} layers with weights, for images prepared by `preprocess_input`."
    return maker(name.upper(), name, what, build)
