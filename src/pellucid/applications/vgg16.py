"""VGG16: 13 convolutions and 3 dense layers, 138,357,544 numbers."""

from ..arrays import Array
from . import imagenet_utils
from .imagenet_utils import decode_predictions
from .vgg import vgg

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

VGG16 = vgg(16, (2, 2, 3, 3, 3), "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc")


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255, red, green, blue, as the network was trained on: blue first, less the means."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
