"""ResNet50: the residual network of 50 layers with weights, 25,636,712 numbers (residual.py)."""

from ..arrays import Array
from . import imagenet_utils
from .imagenet_utils import decode_predictions
from .residual import residual_network

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]

ResNet50 = residual_network(
    "ResNet50",
    "The network of 50 layers with weights, for images prepared by `preprocess_input`.",
    1,
    (3, 4, 6, 3),
    "2cb95161c43110f7111970584f804107",
    "4d473c1dd8becc155b73f8504c6f6626",
)


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255, red, green, blue, as the network was trained on: blue first, less the means."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
