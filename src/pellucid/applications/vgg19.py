"""VGG19: 16 convolutions and 3 dense layers, 143,667,240 numbers."""

from ..arrays import Array
from . import imagenet_utils
from .imagenet_utils import decode_predictions
from .vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = vgg(19, (2, 2, 4, 4, 4), "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6")


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255, red, green, blue, as the network was trained on: blue first, less the means."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
