"""Rows 18 to 20 of the course: convolution pixel by pixel, what kernels find, and what a network likes to see."""

import contextlib
import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..applications import VGG16
from ..errors import DataError, FormatError
from ..inside.channels import LAST, channels_order
from ..inside.convolution import SMALL_IMAGE, TOP_EDGE, convolve
from ..inside.features import feature_maps
from ..inside.features import kernels as kernels_of
from ..inside.receptive_field import receptive_field, receptive_fields
from ..inside.seeing import maximise, saliency, strongest
from ..layers import Conv2D
from ..models import load_model
from ..plots.convolution import convolution_picture
from ..plots.feature_maps import feature_maps_picture
from ..plots.kernels import kernels_picture
from ..plots.receptive_field import receptive_field_picture
from ..plots.seeing import maximised_picture, saliency_picture, strongest_picture
from ..plots.tiles import spread
from ..sequential import Sequential
from .data import Images, images, trained_conv_net
from .outcome import Heading, Outcome, Pixels, Progress, Told, silent

_BLUE_FIRST = ("vgg16", "vgg19", "resnet50")  # networks that take pixels less their mean, blue first
_SMALL, _LARGE = 32, 96  # pixels a side of images that are made where a network leaves it open
_SEVERAL = 64  # pixels a side up to which there is time for more than a few of them
SIDE = 16  # pixels a side of the digits that are looked at


def convolution() -> Outcome:
    """Row 18: a kernel stepped over a 6×6 image, pixel by pixel.

    >>> convolution().numbers["twice"]
    [[-2, 29], [-53, -62]]
    """
    once = convolve(SMALL_IMAGE, TOP_EDGE)
    twice = convolve(once.a, TOP_EDGE)
    steps = [(row, column) for row in range(2) for column in range(4)]
    told: tuple[Told, ...] = (
        "A kernel of 3×3 weights is laid on every patch of an image; products, added up, are one number of the feature "
        "map. This kernel subtracts the row above from the row in the middle: it speaks at the top edges of what is "
        "bright.",
        once,
        Heading("Step by step, the first two rows of the feature map"),
        *(f"[{row}, {column}]  {once.at(row, column).formula}" for row, column in steps),
        Heading("The kernel once more, on what it made"),
        twice,
        "Each number of the second map has looked at 5×5 pixels of the image. (A slide of the course prints -4 for the "
        "-2; the arithmetic above is right.)",
        f"One kernel, {TOP_EDGE.size} weights, however large the image: a dense layer from 36 pixels to 16 numbers has "
        f"{36 * 16}.",
    )
    numbers = {"once": once.a.astype(int).tolist(), "twice": twice.a.astype(int).tolist()}
    pictures = {
        "first-step": lambda: convolution_picture(once, 0, 0, so_far=True),
        "in-between": lambda: convolution_picture(once, 1, 2, so_far=True),
        "whole": lambda: convolution_picture(once, 3, 3),
        "twice": lambda: convolution_picture(twice, 1, 1),
    }
    return Outcome("convolution", told, numbers, pictures)


def kernels(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 19: learned kernels, feature maps, receptive fields."""
    data, model, right = _trained(seed, quick, progress)
    x, x_test = data.channels
    found = kernels_of(model, "edges", x[:50], data.y[:50])
    maps = feature_maps(model, x_test)
    fields = [receptive_field(model, name, size=(SIDE, SIDE, 1)) for name in ("edges", "half", "parts")]
    old = Sequential([Conv2D(5, (3, 3), input_shape=(SIDE, SIDE, 1))])
    told: tuple[Told, ...] = (
        "Nobody wrote these kernels: they began as noise, and learned to read digits "
        f"({right:.1%} right on {len(x_test)} test images). Convolution2D(5, 3, 3) in the courses' old spelling are "
        f"5 kernels of 3×3, {old.count_params()} numbers; here the first layer has 8 of them, the second 16.",
        Heading("The kernels of the first layer (blue adds, orange subtracts)"),
        Pixels([found.kernel[:, :, 0, i] for i in range(8)], [str(i) for i in range(8)], signed=True),
        found,
        Heading("What they make of the first test image"),
        Pixels([data.x_test[0], *(maps["edges"].maps[..., i] for i in range(5))],
               [f"a {data.y_test[0]}", *(f"map {i}" for i in range(5))]),
        maps,
        Heading("Receptive field: how much of the image a unit sees"),
        receptive_fields(model, size=(SIDE, SIDE, 1)),
    )  # fmt: skip
    numbers = {"accuracy": right, "fields": {field.layer: list(field.size) for field in fields}}
    pictures = {
        "kernels": lambda: kernels_picture(found),
        "maps": lambda: feature_maps_picture(maps),
        "fields": lambda: receptive_field_picture(x_test[int((data.y_test == 4).argmax())], fields),
    }
    return Outcome("kernels", told, numbers, pictures)


def vision(
    *, seed: int = 0, quick: bool = False, weights: str | Path | None = None, progress: Progress = silent
) -> Outcome:
    """Row 20: what units like to see, and what an answer hangs on.

    weights   a network of convolutions of your own, saved as .keras or .h5, or the file of weights that Keras publishes
              for VGG16, with its top or without; by default a small network that reads digits
    """
    if weights is not None:
        return _seen_in(load_seeing(weights), seed, quick, progress)
    data, model, right = _trained(seed, quick, progress)
    _, x_test = data.channels
    progress("Making images that excite units")
    made = maximise(model, "digit", range(10), steps=24 if quick else 96, size=(SIDE, SIDE, 1), seed=seed)
    loudest = strongest(model, x_test, "parts", range(16), count=1).z[:, 0]
    order: list[Any] = [int(unit) for unit in (-loudest).argsort()]
    parts = maximise(model, "parts", order[:10], steps=24 if quick else 96, size=(SIDE, SIDE, 1), seed=seed)
    loved = strongest(model, x_test, "parts", order[:4])
    answer = int(data.y_test[0])
    hangs = saliency(model, x_test, unit=answer)
    taken = model.predict(made.images, verbose=0)
    sure = [float(taken[i, i]) for i in range(10)]
    told: tuple[Told, ...] = (
        "What does a unit look for? Three questions to a network that reads digits "
        f"({right:.1%} right): which image would excite it most, which real images do, and which pixels count.",
        Heading("From grey to what each output likes best, by gradient ascent on the image"),
        Pixels([image[..., 0] for image in made.images[:6]], [f"{i}: {sure[i]:.0%}" for i in range(6)]),
        made,
        "For the network these are better digits than any that was ever written; for us they hardly are digits. It "
        "has learned what tells digits apart, not how they are drawn.",
        Heading("Four units of the second convolution, and the test images that excite them most"),
        loved,
        Heading(f"The pixels on which the {answer} hangs"),
        hangs,
        "The same of a large network: pellucid show vision --weights FILE, with a network of yours, or with the file "
        "that Keras publishes for VGG16, vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5.",
    )
    numbers = {"accuracy": right, "sure": sure}
    pictures = {
        "digits": lambda: maximised_picture(made, [str(i) for i in range(10)]),
        "parts": lambda: maximised_picture(parts),
        "strongest": lambda: strongest_picture(loved),
        "saliency": lambda: saliency_picture(hangs, f"the {answer}"),
    }
    return Outcome("vision", told, numbers, pictures)


def load_seeing(path: str | Path) -> Any:
    """A network from a file: a saved one, or VGG16 with these weights.

    Raises OSError and FormatError for a file that is neither, DataError for a network without convolutions over images.
    """
    try:
        model = load_model(path)
    except FormatError as whole:  # a file of weights says nothing of its network
        model = None
        for top in (False, True):
            with contextlib.suppress(FormatError, ValueError):
                model = VGG16(weights=str(path), include_top=top)
                break
        if model is None:
            raise FormatError(path, f"is no saved network, nor VGG16's weights: {whole}") from None
    if not seeing_layers(model):
        raise DataError(f"{path}: the network has no convolution over images.")
    if channels_order(model._graph) != LAST:
        raise DataError(f"{path}: the network has its channels first. Look at it from Python: inside.maximise.")
    return model


def seeing_layers(model: Any) -> list[str]:
    """The convolutions over images, by name, from the input up."""
    return [node.name for node in model._graph.nodes if isinstance(node.layer, Conv2D)]


def _seen_in(model: Any, seed: int, quick: bool, progress: Progress) -> Outcome:
    """What convolutions of a network of any size like to see: the first, those between, and the last."""
    there = seeing_layers(model)
    blue_first = model.name in _BLUE_FIRST
    low, high = (-120.0, 130.0) if blue_first else (0.0, 1.0)
    chosen = spread(there, 2 if quick else 5)
    shape = tuple(model.input_shape[1:])
    fields = {one.layer: one for one in receptive_fields(model, size=tuple(n or _LARGE for n in shape)).layers}
    made = {}
    for place, name in enumerate(chosen):
        progress(f"Making images for {name}, {place + 1} of {len(chosen)} layers")
        size = _room(shape, fields[name].size)
        count = min(4 if quick or min(size[:2]) > _SEVERAL else 9, model.get_layer(name).filters)
        found = maximise(model, name, range(count), steps=8 if quick else 40, size=size,
                         low=low, high=high, seed=seed)  # fmt: skip
        made[name] = replace(found, images=found.images[..., ::-1]) if blue_first else found
    first = kernels_of(model, there[0])
    if blue_first:
        first = replace(first, kernel=first.kernel[:, :, ::-1])  # drawn red first
    told: tuple[Told, ...] = (
        f"{model.name}: {len(there)} convolutions, {model.count_params():,} weights. What does each layer look for? "
        f"For {', '.join(chosen)}, an image is made for each of some filters, by gradient ascent on its pixels.",
        first,
        receptive_fields(model, size=tuple(n or _LARGE for n in shape)),
        *made.values(),
        "First layers like colours and edges, later ones textures, then parts; in a network that has learned nothing, "
        "there is nothing but noise to see. Which of your own images excite its units most: pellucid look MODEL --data "
        "IMAGES.npz.",
    )
    numbers = {name: one.final.tolist() for name, one in made.items()}
    pictures: dict[str, Any] = {"kernels": lambda: kernels_picture(first)}
    pictures |= {name: functools.partial(maximised_picture, one) for name, one in made.items()}
    return Outcome("vision", told, numbers, pictures)


def _room(shape: tuple[int | None, ...], field: tuple[int, ...]) -> tuple[int, ...]:
    """The size of an image to be made: the network's own, or where that is open or large, room for what a unit sees.

    shape   of the inputs, the channels last
    """
    sides = (
        min(max(_SMALL, 2 * seen), _LARGE) if own is None or own > _LARGE else own
        for own, seen in zip(shape[:2], field, strict=True)
    )
    return (*sides, shape[2] or 3)


def _trained(seed: int, quick: bool, progress: Progress) -> tuple[Images, Sequential, float]:
    """The digits, a small network that has learned them, and its accuracy on the test images."""
    data = images(size=SIDE)
    x, x_test = data.channels
    model = trained_conv_net(x, data.y, 2 if quick else 12, seed, progress)
    return data, model, float((model.predict(x_test, verbose=0).argmax(axis=1) == data.y_test).mean())
