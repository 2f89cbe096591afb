"""ResNet50 under the name of its family, as Keras has it, too."""

from .resnet50 import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
