"""VGG19: 16 convolutions and 3 dense layers, 143,667,240 numbers."""

from typing import Any

from ..arrays import Array
from ..model import Model
from . import imagenet_utils
from .building import Published
from .imagenet_utils import decode_predictions
from .vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

_PUBLISHED = Published(
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/",
    "vgg19",
    "cbe5617147190e668d6c5d5026f83318",
    "253f8cb515780f3b799900260a226db6",
)


def VGG19(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "vgg19",
) -> Model:
    """The network of 19 layers with weights, for images prepared by `preprocess_input`.

    Args:
        include_top: whether with the dense layers at its end; without them it works on images of any size from 32.
        weights: None (fresh ones), "imagenet" (fetched once, kept in ~/.keras/models), or the path of a file.
        input_tensor: what an `Input` or a layer gave, to start from.
        input_shape: (rows, columns, channels) in place of (224, 224, 3).
        pooling: without top, "avg" or "max" for one vector an image; None keeps rows and columns.
        classes: how many to tell apart.
        classifier_activation: of the last layer; None for the plain sums.
    """
    return vgg(
        (2, 2, 4, 4, 4),
        _PUBLISHED,
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
    )


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255, red, green, blue, as the network was trained on: blue first, less the means."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
