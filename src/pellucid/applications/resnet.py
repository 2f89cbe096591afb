"""ResNet101, ResNet152, and ResNet50 under its family's name: residual networks of the first kind (residual.py)."""

from .residual import residual_network
from .resnet50 import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

ResNet101 = residual_network(
    "ResNet101",
    "The network of 101 layers with weights, for images prepared by `preprocess_input`.",
    1,
    (3, 4, 23, 3),
    "f1aeb4b969a6efcfb50fad2f0c20cfc5",
    "88cf7a10940856eca736dc7b7e228a21",
)
ResNet152 = residual_network(
    "ResNet152",
    "The network of 152 layers with weights, for images prepared by `preprocess_input`.",
    1,
    (3, 8, 36, 3),
    "100835be76be38e30d865e96f2aaae62",
    "ee4c566cf9a93f14d82f913c2dc6dd0c",
)
