"""InceptionV3: blocks of branches that see windows of different sizes, 23,851,784 numbers.

    branch    1x1 | 1x1, 5x5 | 1x1, 3x3, 3x3 | average pool, 1x1          side by side: a block
    7x7       is taken as 1x7, 7x1: fewer numbers for the same window

Each convolution is followed by batch normalization without a scale, and relu.

Source: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, "Rethinking the Inception architecture for computer vision", CVPR
(2016), table 1 and figures 5 to 7.
"""

from ..arrays import Array
from ..layers import Activation, AveragePooling2D, BatchNormalization, Conv2D, MaxPooling2D, concatenate
from ..layers.symbolic import KerasTensor
from ..model import Model
from . import imagenet_utils
from .building import Asked, Published, asked_image, classified, maker, model_of
from .imagenet_utils import decode_predictions

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

_PUBLISHED = Published(
    "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/",
    "inception_v3",
    "9a0d58056eeedaa3f26cb7ebd46da564",
    "bcbd6486424b2319ff4ef7d526e38f63",
)

Window = tuple[int, int, int]  # filters, rows, columns


def _build(asked: Asked) -> Model:
    image = asked_image(asked, 299, 75)
    x = _seen(image, (32, 3, 3), stride=2, padding="valid")
    x = _seen(x, (32, 3, 3), padding="valid")
    x = MaxPooling2D(3, strides=2)(_seen(x, (64, 3, 3)))
    x = _seen(x, (80, 1, 1), padding="valid")
    x = MaxPooling2D(3, strides=2)(_seen(x, (192, 3, 3), padding="valid"))
    for i, pooled in enumerate((32, 64, 64)):
        five, three = ((48, 1, 1), (64, 5, 5)), ((64, 1, 1), (96, 3, 3), (96, 3, 3))
        x = _block(x, f"mixed{i}", [((64, 1, 1),), five, three], pooled)
    x = _smaller(x, "mixed3", [((384, 3, 3),), ((64, 1, 1), (96, 3, 3), (96, 3, 3))])
    for i, c in enumerate((128, 160, 160, 192), 4):
        once = ((c, 1, 1), (c, 1, 7), (192, 7, 1))
        twice = ((c, 1, 1), (c, 7, 1), (c, 1, 7), (c, 7, 1), (192, 1, 7))
        x = _block(x, f"mixed{i}", [((192, 1, 1),), once, twice], 192)
    x = _smaller(x, "mixed8", [((192, 1, 1), (320, 3, 3)), ((192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3))])
    for i in (0, 1):
        x = _widest(x, i)
    output = classified(x, asked, named=False)
    return model_of(image, output, asked.name, asked.weights, _PUBLISHED, asked.include_top)


def _seen(x: KerasTensor, window: Window, stride: int = 1, padding: str = "same") -> KerasTensor:
    """A convolution, normalized and active."""
    filters, rows, columns = window
    x = Conv2D(filters, (rows, columns), strides=stride, padding=padding, use_bias=False)(x)
    return Activation("relu")(BatchNormalization(scale=False)(x))


def _branch(x: KerasTensor, windows: tuple[Window, ...]) -> KerasTensor:
    for window in windows:
        x = _seen(x, window)
    return x


def _pooled(x: KerasTensor, filters: int) -> KerasTensor:
    return _seen(AveragePooling2D(3, strides=1, padding="same")(x), (filters, 1, 1))


def _block(x: KerasTensor, name: str, branches: list[tuple[Window, ...]], pooled: int) -> KerasTensor:
    """Branches side by side, the last of them a pooling with so many filters."""
    return concatenate([*(_branch(x, branch) for branch in branches), _pooled(x, pooled)], name=name)


def _smaller(x: KerasTensor, name: str, branches: list[tuple[Window, ...]]) -> KerasTensor:
    """Branches side by side whose last window, and a pooling, goes in steps of 2."""
    made = [_seen(_branch(x, branch[:-1]), branch[-1], stride=2, padding="valid") for branch in branches]
    return concatenate([*made, MaxPooling2D(3, strides=2)(x)], name=name)


def _widest(x: KerasTensor, i: int) -> KerasTensor:
    """A block two of whose branches fork at their end."""
    one = _seen(x, (320, 1, 1))
    three = _seen(x, (384, 1, 1))
    three = concatenate([_seen(three, (384, 1, 3)), _seen(three, (384, 3, 1))], name=f"mixed9_{i}")
    twice = _branch(x, ((448, 1, 1), (384, 3, 3)))
    twice = concatenate([_seen(twice, (384, 1, 3)), _seen(twice, (384, 3, 1))])
    return concatenate([one, three, twice, _pooled(x, 192)], name=f"mixed{9 + i}")


InceptionV3 = maker("InceptionV3", "inception_v3", "The network, for images prepared by `preprocess_input`.", _build)


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255 as the network was trained on: from -1 to 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
