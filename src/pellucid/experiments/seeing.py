"""Rows 18 to 20 of the course: convolution pixel by pixel, what kernels find, and what a network likes to see."""

import contextlib
import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..applications import VGG16
from ..errors import DataError, FormatError
from ..inside.channels import LAST, channels_order, last
from ..inside.convolution import SMALL_IMAGE, TOP_EDGE, convolve
from ..inside.features import feature_maps
from ..inside.features import kernels as kernels_of
from ..inside.receptive_field import FieldOfLayer, receptive_field, receptive_fields
from ..inside.seeing import Maximised, maximise, saliency, strongest
from ..layers import Conv2D, Rescaling
from ..models import load_model
from ..plots.convolution import convolution_picture
from ..plots.feature_maps import feature_maps_picture
from ..plots.kernels import kernels_picture
from ..plots.receptive_field import receptive_field_picture
from ..plots.seeing import maximised_picture, saliency_picture, strongest_picture
from ..plots.tiles import spread
from ..sequential import Sequential
from .data import Images, images, trained_conv_net
from .outcome import Heading, Outcome, Pixels, Progress, Ready, Told, silent, unwaited

_BLUE_FIRST = ("vgg16", "vgg19", "resnet50")  # networks that take pixels less their mean, blue first
_SMALL, _LARGE = 32, 96  # pixels a side of images that are made where a network leaves it open
_SEVERAL = 64  # pixels a side up to which there is time for more than a few of them
_MANY, _FEW = (9, 40), (3, 32)  # filters of a layer, and the steps that each image takes
_WITHOUT_TOP = 2e8  # bytes: VGG16's file without its top is smaller, the one with it larger
_OF_BYTES = 0.02  # a scale below it is meant for pixels from 0 to 255
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
        Heading("What the first five make of the first test image"),
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
    *,
    seed: int = 0,
    quick: bool = False,
    weights: str | Path | None = None,
    progress: Progress = silent,
    ready: Ready = unwaited,
) -> Outcome:
    """Row 20: what units like to see, and what an answer hangs on.

    weights   a network of convolutions of your own, saved as .keras or .h5, or the file of weights that Keras publishes
              for VGG16, with its top or without; by default a small network that reads digits
    ready     told of each picture of a network from a file as soon as it can be drawn
    """
    if weights is not None:
        progress(f"Reading {weights}")
        return _seen_in(load_seeing(weights), seed, quick, progress, ready)
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
        large = Path(path).is_file() and Path(path).stat().st_size > _WITHOUT_TOP
        for top in (large, not large):
            with contextlib.suppress(FormatError, ValueError):
                model = VGG16(weights=str(path), include_top=top)
                break
        if model is None:
            raise FormatError(path, f"is no saved network, nor VGG16's weights: {whole}") from None
    if not seeing_layers(model):
        raise DataError(f"{path}: the network has no convolution over images.")
    if len(model._graph.inputs) != 1:
        raise DataError(f"{path}: the network has {len(model._graph.inputs)} inputs; it must be one image.")
    if len(model.input_shape) != 4:
        raise DataError(f"{path}: the network takes {model.input_shape[1:]}, no images (rows, columns, channels).")
    return model


def seeing_layers(model: Any) -> list[str]:
    """The convolutions over images, by name, from the input up."""
    return [node.name for node in model._graph.nodes if isinstance(node.layer, Conv2D)]


def _seen_in(model: Any, seed: int, quick: bool, progress: Progress, ready: Ready) -> Outcome:
    """What convolutions of a network of any size like to see: the first, those between, and the last."""
    nodes = {node.name: node for node in model._graph.nodes}
    there = seeing_layers(model)
    chosen = spread(there, 2 if quick else 5)
    low, high, blue_first = _pixels(model)
    order = channels_order(model._graph)
    inputs = last((1, *model.input_shape[1:]), order)[1:]
    whole = _in_order(tuple(n or _LARGE for n in inputs), order)
    fields = receptive_fields(model, size=whole)
    by_layer = {one.layer: one for one in fields.layers}
    first = kernels_of(model, there[0])
    if blue_first:
        first = replace(first, kernel=first.kernel[:, :, ::-1])  # drawn red first
    pictures: dict[str, Any] = {"kernels": lambda: kernels_picture(first)}
    ready("kernels", pictures["kernels"])
    made: dict[str, Maximised] = {}
    for place, name in enumerate(chosen):
        field = by_layer.get(name, FieldOfLayer(name, "", (_LARGE, _LARGE), (1, 1)))  # where windows alone do not lead
        size = _room(model, field, inputs, order)
        many, steps = (4, 8) if quick else _FEW if min(size[:2]) > _SEVERAL else _MANY
        count = min(many, nodes[name].layer.filters)
        words = f"Layer {place + 1} of {len(chosen)}, {name}: images for {count} filters"
        found = maximise(
            model, name, range(count), steps=steps, size=_in_order(size, order), low=low, high=high, seed=seed,
            progress=_step_by_step(progress, words),
        )  # fmt: skip
        made[name] = replace(found, images=found.images[..., ::-1]) if blue_first else found
        pictures[name] = functools.partial(maximised_picture, made[name])
        ready(name, pictures[name])
    how_many = "; ".join(f"{name}: {len(one.units)} of {nodes[name].layer.filters}" for name, one in made.items())
    told: tuple[Told, ...] = (
        f"{model.name}: {len(there)} convolutions, {model.count_params():,} weights. What does each layer look for? "
        f"For the first filters of some layers ({how_many}) an image is made by gradient ascent on its pixels, which "
        f"go from {low:g} to {high:g}.",
        first,
        fields,
        *made.values(),
        "First layers like colours and edges, later ones textures, then parts; in a network that has learned nothing, "
        "there is nothing but noise to see.",
        f"Other filters, larger images and more steps take longer: pellucid.inside.maximise(model, {chosen[-1]!r}, "
        f"range(16), size={whole}, low={low:g}, high={high:g}, steps=256). Which of your own images excite "
        "the units most: pellucid look MODEL --data IMAGES.npz.",
    )
    return Outcome("vision", told, {name: one.final.tolist() for name, one in made.items()}, pictures)


def _pixels(model: Any) -> tuple[float, float, bool]:
    """The least and the greatest number that a pixel of its images can be, and whether they are blue first."""
    if model.name in _BLUE_FIRST:
        return -120.0, 130.0, True
    scales = [node.layer.scale for node in model._graph.nodes if isinstance(node.layer, Rescaling)]
    return 0.0, 255.0 if scales and np.all(np.abs(scales[0]) < _OF_BYTES) else 1.0, False


def _in_order(size: tuple[int, ...], order: str) -> tuple[int, ...]:
    """(rows, columns, channels) as the network has them."""
    return size if order == LAST else (size[-1], *size[:-1])


def _step_by_step(progress: Progress, words: str) -> Callable[[int, int], None]:
    return lambda done, of: progress(f"{words}, step {done + 1} of {of}")


def _room(model: Any, field: FieldOfLayer, shape: tuple[int | None, ...], order: str) -> tuple[int, ...]:
    """The size of an image to be made: the network's own, or where that is open or large, what the unit in the middle
    sees: more pixels would cost time, and change nothing.

    shape   of the inputs, the channels last
    """
    rows, columns, channels = shape[0], shape[1], shape[2] or 3
    if rows is not None and columns is not None and max(rows, columns) <= _LARGE:
        return rows, columns, channels
    step = max(field.step)
    for side in range(max(_SMALL, -(-max(field.size) // step) * step), _LARGE, step):
        size = (side, side, channels)
        ranges = receptive_field(model, field.layer, size=_in_order(size, order)).ranges
        if all(first >= 0 and end < side for first, end in ranges):
            return size
    return (_LARGE, _LARGE, channels)


def _trained(seed: int, quick: bool, progress: Progress) -> tuple[Images, Sequential, float]:
    """The digits, a small network that has learned them, and its accuracy on the test images."""
    data = images(size=SIDE)
    x, x_test = data.channels
    model = trained_conv_net(x, data.y, 2 if quick else 12, seed, progress)
    return data, model, float((model.predict(x_test, verbose=0).argmax(axis=1) == data.y_test).mean())
