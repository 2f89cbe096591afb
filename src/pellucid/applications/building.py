"""What the networks have in common: the shape of their images, their last layers, their published weights."""

import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import ShapeError, one_of
from ..layers import Dense, Dropout, GlobalAveragePooling2D, GlobalMaxPooling2D, Input, InputLayer
from ..layers.first_numbers import waiting_for
from ..layers.symbolic import KerasTensor
from ..model import Model
from ..utils.files import get_file


class Published(NamedTuple):
    """Where Keras's weights of a network are: the folder's address, and the md5 of the file with and without top.

    endings    how the two files' names end; None for an md5 that Keras does not say
    """

    address: str
    name: str
    md5: str | None
    md5_without_top: str | None
    endings: tuple[str, str] = (
        "_weights_tf_dim_ordering_tf_kernels.h5",
        "_weights_tf_dim_ordering_tf_kernels_notop.h5",
    )


class Asked(NamedTuple):
    """What a network is asked to be: the arguments that all of them have."""

    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str


def maker(function: str, name: str, what: str, build: Callable[[Asked], Model]) -> Callable[..., Model]:
    """The function `function` that makes a network: Keras's arguments, handed to `build`."""

    def make(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = name,
    ) -> Model:
        check(weights, include_top, classes, pooling, classifier_activation)
        asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        if weights is None:
            return build(asked)
        with waiting_for(sys.maxsize):  # the file's numbers take their place: to draw others first takes a minute
            return build(asked)

    make.__name__ = make.__qualname__ = function
    make.__doc__ = f"""{what}

    Args:
        include_top: whether with the mean over the image and the dense layer at its end.
        weights: None (fresh ones), "imagenet" (fetched once, kept in ~/.keras/models), or the path of a file.
        input_tensor: what an `Input` or a layer gave, to start from.
        input_shape: (rows, columns, channels) in place of the published network's.
        pooling: without top, "avg" or "max" for one vector an image; None keeps rows and columns.
        classes: how many to tell apart.
        classifier_activation: of the last layer; None for the plain sums.
    """
    return make


def check(weights: Any, include_top: bool, classes: int, pooling: str | None, activation: Any) -> None:
    """Check the settings that do not go together."""
    one_of(pooling, (None, "avg", "max"), "pooling")
    if weights not in (None, "imagenet") and not os.path.exists(weights):
        raise ValueError(f"weights must be None, 'imagenet' or the path of a file, got {weights!r}.")
    if weights == "imagenet" and include_top and classes != 1000:
        raise ValueError(f"weights='imagenet' with include_top=True tells 1000 classes apart, got classes={classes}.")
    if weights is not None and include_top and activation not in (None, "softmax"):
        raise ValueError(f"classifier_activation must be 'softmax' or None with given weights, got {activation!r}.")


def image_input(
    input_tensor: Any, input_shape: Any, include_top: bool, weights: Any, size: int = 224, least: int = 32
) -> KerasTensor:
    """The symbolic image: `size` rows and columns of 3 channels, unless said otherwise; at least `least` of each.

    Raises ShapeError for a shape that cannot work.
    """
    if input_tensor is not None:
        return input_tensor
    shape = (size, size, 3) if include_top and not input_shape else tuple(input_shape or (None, None, 3))
    if len(shape) != 3 or any(side is not None and side < least for side in shape[:2]):
        raise ShapeError(
            f"input_shape must be (rows, columns, channels), at least {least} rows and columns, got {shape}."
        )
    if weights == "imagenet" and shape[2] != 3:
        raise ShapeError(f"the published weights are for images of 3 channels, got input_shape={shape}.")
    if include_top and None in shape:
        raise ShapeError(f"with include_top=True all sizes of the image must be known, got input_shape={shape}.")
    if include_top and weights == "imagenet" and shape != (size, size, 3):
        raise ShapeError(
            f"the published weights with include_top=True are for {(size, size, 3)}, got input_shape={shape}."
        )
    return Input(shape)


def asked_image(asked: Asked, size: int = 224, least: int = 32) -> KerasTensor:
    """`image_input`, for what is asked."""
    return image_input(asked.input_tensor, asked.input_shape, asked.include_top, asked.weights, size, least)


def classified(x: KerasTensor, asked: Asked, dropout: float = 0.0, named: bool = True) -> KerasTensor:
    """The network's end: the mean over the image and a dense layer, or what `pooling` says.

    named    whether the pooling layers are called avg_pool and max_pool, not after their class
    """
    if not asked.include_top:
        return pooled(x, asked.pooling, ("avg_pool", "max_pool") if named else (None, None))
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    x = Dropout(dropout, name="top_dropout")(x) if dropout else x
    return Dense(asked.classes, activation=asked.classifier_activation, name="predictions")(x)


def around(x: KerasTensor, window: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The zeros with which a window in steps of 2 lies on an image as with "same" padding of an odd one."""
    half = window // 2
    rows, columns = ((half - (1 if size is None else 1 - size % 2), half) for size in x.shape[1:3])
    return rows, columns


def published_size(input_shape: Any, sizes: tuple[int, ...]) -> int:
    """The rows and columns of images for which weights are published: those asked for, or 224."""
    square = input_shape and input_shape[0] == input_shape[1] and input_shape[0] in sizes
    return input_shape[0] if square else 224


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
        file = published.name + published.endings[0 if top else 1]
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
