"""What the networks have in common: the shape of their images, their last layers, their published weights."""

import os
from typing import Any, NamedTuple

from ..errors import ShapeError, one_of
from ..layers import GlobalAveragePooling2D, GlobalMaxPooling2D, Input, InputLayer
from ..layers.symbolic import KerasTensor
from ..model import Model
from ..utils.files import get_file


class Published(NamedTuple):
    """Where Keras's weights of a network are: the folder's address, and the md5 of the file with and without top."""

    address: str
    name: str
    md5: str
    md5_without_top: str


def check(weights: Any, include_top: bool, classes: int, pooling: str | None, activation: Any) -> None:
    """Check the settings that do not go together."""
    one_of(pooling, (None, "avg", "max"), "pooling")
    if weights not in (None, "imagenet") and not os.path.exists(weights):
        raise ValueError(f"weights must be None, 'imagenet' or the path of a file, got {weights!r}.")
    if weights == "imagenet" and include_top and classes != 1000:
        raise ValueError(f"weights='imagenet' with include_top=True tells 1000 classes apart, got classes={classes}.")
    if weights is not None and include_top and activation not in (None, "softmax"):
        raise ValueError(f"classifier_activation must be 'softmax' or None with given weights, got {activation!r}.")


def image_input(input_tensor: Any, input_shape: Any, include_top: bool, weights: Any) -> KerasTensor:
    """The symbolic image: 224 rows and columns of 3 channels, unless said otherwise; at least 32 of each.

    Raises ShapeError for a shape that cannot work.
    """
    if input_tensor is not None:
        return input_tensor
    shape = (224, 224, 3) if include_top and not input_shape else tuple(input_shape or (None, None, 3))
    if len(shape) != 3 or any(size is not None and size < 32 for size in shape[:2]):
        raise ShapeError(f"input_shape must be (rows, columns, channels), at least 32 rows and columns, got {shape}.")
    if weights == "imagenet" and shape[2] != 3:
        raise ShapeError(f"the published weights are for images of 3 channels, got input_shape={shape}.")
    if include_top and None in shape:
        raise ShapeError(f"with include_top=True all sizes of the image must be known, got input_shape={shape}.")
    if include_top and weights == "imagenet" and shape != (224, 224, 3):
        raise ShapeError(f"the published weights with include_top=True are for (224, 224, 3), got input_shape={shape}.")
    return Input(shape)


def pooled(x: KerasTensor, pooling: str | None, names: tuple[str | None, str | None] = (None, None)) -> KerasTensor:
    """One vector an image, by mean or largest value; or x itself."""
    if pooling == "avg":
        return GlobalAveragePooling2D(name=names[0])(x)
    return GlobalMaxPooling2D(name=names[1])(x) if pooling == "max" else x


def model_of(
    image: KerasTensor, output: KerasTensor, name: str, weights: Any, published: Published, top: bool
) -> Model:
    """The network, with its weights in place."""
    model = Model(_source(image), output, name=name)
    if weights == "imagenet":
        ending = "" if top else "_notop"
        file = f"{published.name}_weights_tf_dim_ordering_tf_kernels{ending}.h5"
        md5 = published.md5 if top else published.md5_without_top
        weights = get_file(file, published.address + file, cache_subdir="models", file_hash=md5)
    if weights is not None:
        model.load_weights(weights)
    return model


def _source(tensor: KerasTensor) -> Any:
    """The inputs that a symbolic value comes from: one alone, or a list."""
    found: dict[int, KerasTensor] = {}
    waiting, seen = [tensor], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each.call.layer, InputLayer):
            found[id(each)] = each
        waiting.extend(each.call.inputs)
    inputs = list(found.values())
    return inputs[0] if len(inputs) == 1 else inputs
