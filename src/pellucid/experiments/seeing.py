"""Rows 18 to 20 of the course: convolution pixel by pixel, what kernels find, and what a network likes to see."""

from typing import Any

from ..inside.convolution import SMALL_IMAGE, TOP_EDGE, convolve
from ..inside.features import feature_maps
from ..inside.features import kernels as kernels_of
from ..inside.receptive_field import receptive_field, receptive_fields
from ..inside.seeing import maximise, saliency, strongest
from ..layers import Conv2D
from ..plots.convolution import convolution_picture
from ..plots.feature_maps import feature_maps_picture
from ..plots.kernels import kernels_picture
from ..plots.receptive_field import receptive_field_picture
from ..plots.seeing import maximised_picture, saliency_picture, strongest_picture
from ..sequential import Sequential
from .data import Images, images, trained_conv_net
from .outcome import Heading, Outcome, Pixels, Progress, Told, silent

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


def vision(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 20: what units like to see, and what an answer hangs on."""
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
    )
    numbers = {"accuracy": right, "sure": sure}
    pictures = {
        "digits": lambda: maximised_picture(made, [str(i) for i in range(10)]),
        "parts": lambda: maximised_picture(parts),
        "strongest": lambda: strongest_picture(loved),
        "saliency": lambda: saliency_picture(hangs, f"the {answer}"),
    }
    return Outcome("vision", told, numbers, pictures)


def _trained(seed: int, quick: bool, progress: Progress) -> tuple[Images, Sequential, float]:
    """The digits, a small network that has learned them, and its accuracy on the test images."""
    data = images(size=SIDE)
    x, x_test = data.channels
    model = trained_conv_net(x, data.y, 2 if quick else 12, seed, progress)
    return data, model, float((model.predict(x_test, verbose=0).argmax(axis=1) == data.y_test).mean())
