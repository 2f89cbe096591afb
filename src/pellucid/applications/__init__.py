"""Famous networks for images, with the weights that Keras publishes.

>>> from pellucid.applications import VGG16
>>> model = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
>>> model.output_shape, model.count_params()
((None, 1, 1, 512), 14714688)
"""

from . import imagenet_utils, resnet, resnet50, vgg16, vgg19
from .resnet50 import ResNet50
from .vgg16 import VGG16
from .vgg19 import VGG19

__all__ = ["VGG16", "VGG19", "ResNet50", "imagenet_utils", "resnet", "resnet50", "vgg16", "vgg19"]
