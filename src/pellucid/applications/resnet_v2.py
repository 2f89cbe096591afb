"""ResNet50V2, ResNet101V2, ResNet152V2: residual networks of the second kind (residual.py)."""

from ..arrays import Array
from . import imagenet_utils
from .imagenet_utils import decode_predictions
from .residual import residual_network

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

ResNet50V2 = residual_network(
    "ResNet50V2",
    "The second network of 50 layers with weights, for images prepared by `preprocess_input`.",
    2,
    (3, 4, 6, 3),
    "3ef43a0b657b3be2300d5770ece849e0",
    "fac2f116257151a9d068a22e544a4917",
)
ResNet101V2 = residual_network(
    "ResNet101V2",
    "The second network of 101 layers with weights, for images prepared by `preprocess_input`.",
    2,
    (3, 4, 23, 3),
    "6343647c601c52e1368623803854d971",
    "c0ed64b8031c3730f411d2eb4eea35b5",
)
ResNet152V2 = residual_network(
    "ResNet152V2",
    "The second network of 152 layers with weights, for images prepared by `preprocess_input`.",
    2,
    (3, 8, 36, 3),
    "a49b44d1979771252814e80f8ec446f9",
    "ed17cf2e0169df9d443503ef94b23b33",
)


def preprocess_input(x: Array, data_format: str | None = None) -> Array:
    """Pixels from 0 to 255 as the network was trained on: from -1 to 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
