"""Convolution, stepped: the kernel is laid on one patch of the image after another, and each gives one number.

    y[r, c] = f(Σ patch(r, c) · kernel + bias)

Row by row, as one reads: `for pixel in convolve(image, kernel)`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import activations
from ..arrays import Array
from ..errors import ShapeError
from ..layers.conv import Conv, Conv2D
from ..windows import Slides
from .blocks import Block, Shown, matrix
from .trace import Trace, trace
from .unit import Pixel, channels_last, kernel_of, pixel

TOP_EDGE = np.array([[-1.0, -1, -1], [1, 1, 1], [0, 0, 0]])  # speaks where a row is brighter than the one above
SMALL_IMAGE = np.array(
    [
        [1.0, 2, 3, 4, 5, 5],
        [8, 5, 5, 3, 2, 1],
        [8, 4, 6, 6, 7, 4],
        [3, 1, 1, 0, 4, 2],
        [5, 3, 4, 4, 9, 7],
        [6, 2, 8, 5, 3, 1],
    ]
)


@dataclass(frozen=True, repr=False)
class Convolution(Shown):
    """One kernel on one image, and all that came of it. Iterating goes pixel by pixel.

    layer        its name
    image        (H, W, C): the channels that the kernel sees
    kernel       (KH, KW, C)
    slides       how the window slides
    z, a         (OH, OW): the sums, and what the activation made of them
    function     the activation; None: there is none
    filter       number of the feature map
    sample       number of the sample
    source       what the image is called, and the number of its first channel
    """

    layer: str
    image: Array
    kernel: Array
    bias: float
    slides: Slides
    z: Array
    a: Array
    function: Any
    filter: int
    sample: int
    source: tuple[str, int]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the feature map."""
        return self.z.shape

    def at(self, row: int, column: int) -> Pixel:
        """One step: the patch, the kernel, their products, the sum and the activation.

        Raises ValueError for a place that the feature map has not.
        """
        if not (0 <= row < self.z.shape[0] and 0 <= column < self.z.shape[1]):
            raise ValueError(f"convolution: the feature map has places within {self.z.shape}, got ({row}, {column}).")
        return pixel(
            self.layer, (row, column, self.filter), self.sample, self.source, self.image, self.kernel, self.slides,
            self.bias, self.z[row, column], self.a[row, column], self.function,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Pixel]:
        for row, column in np.ndindex(*self.z.shape):
            yield self.at(row, column)

    def __len__(self) -> int:
        return self.z.size

    def blocks(self) -> list[Block]:
        """Image, kernel and feature map, and the first step in numbers."""
        channels = self.image.shape[-1]
        of = [f" of channel {channel}" if channels > 1 else "" for channel in range(channels)]
        found: list[Block] = [matrix("image" + of[i], self.image[..., i]) for i in range(min(channels, 3))]
        found += [matrix("kernel" + of[i], self.kernel[..., i]) for i in range(min(channels, 3))]
        if channels > 3:
            found.append(f"3 of {channels} channels")
        found += [f"{self.layer}[0, 0]: {self.at(0, 0).formula}", matrix("feature map", self.a)]
        return found


def convolve(
    image: Any,
    kernel: Any,
    *,
    bias: float = 0.0,
    strides: Any = 1,
    padding: str = "valid",
    dilation_rate: Any = 1,
    activation: Any = None,
) -> Convolution:
    """Lay a kernel on every patch of an image.

    image     (H, W) or (H, W, C)
    kernel    (KH, KW) or (KH, KW, C)
    others    as for `Conv2D`

    Raises ShapeError when image and kernel do not fit together.

    >>> once = convolve(SMALL_IMAGE, TOP_EDGE)
    >>> print(once.at(0, 0).formula)
    1·(-1) + 2·(-1) + 3·(-1) + 8·1 + 5·1 + 5·1 + 8·0 + 4·0 + 6·0 = 12
    >>> once.a.astype(int).tolist()
    [[12, 4, -2, -8], [0, 3, 9, 11], [-13, -14, -14, -11], [7, 9, 12, 14]]
    >>> convolve(once.a, TOP_EDGE).a.astype(int).tolist()
    [[-2, 29], [-53, -62]]
    """
    image, kernel = (np.asarray(array, dtype=np.float64) for array in (image, kernel))
    if kernel.ndim == 2 or image.ndim == 2:
        image, kernel = (array[..., None] if array.ndim == 2 else array for array in (image, kernel))
    if image.ndim != 3 or kernel.ndim != 3 or image.shape[-1] != kernel.shape[-1]:
        raise ShapeError(
            f"convolve: needs an image (rows, columns, channels) and a kernel with as many channels, "
            f"got {image.shape} and {kernel.shape}."
        )
    layer = Conv2D(1, kernel.shape[:2], strides, padding, "channels_last", dilation_rate=dilation_rate, use_bias=False)
    layer.compute_output_shape((None, *image.shape))
    z = layer.forward({"kernel": kernel[..., None]}, image[None])[0][0, ..., 0] + bias
    function = None if activation is None else activations.get(activation)
    a = z if function is None else np.asarray(function(z))
    slides = layer.slides((1, *image.shape))
    return Convolution("y", image, kernel, float(bias), slides, z, a, function, 0, 0, ("x", 0))


def convolution(model: Any, x: Any, *, layer: str | None = None, filter: int = 0, sample: int = 0) -> Convolution:
    """One filter of a convolution layer on one sample, to be stepped through.

    layer    its name; by default the first Conv2D

    Raises ValueError for a layer, filter or sample that there is not.
    """
    return convolution_traced(model, trace(model, x), layer, filter, sample)


def convolution_traced(
    model: Any, seen: Trace, layer: str | None = None, filter: int = 0, sample: int = 0
) -> Convolution:
    """The same for a trace of the model."""
    node = _conv_node(model, seen, layer)
    own, look = node.layer, seen[node.name]
    for what, given, count in (("filters", filter, own.filters), ("samples", sample, len(look.z))):
        if not 0 <= given < count:
            raise ValueError(f"convolution: {node.name} has {count} {what}, counted from 0; got {given}.")
    kernel, first = kernel_of(own, look.params["kernel"], filter)
    x, z, a = (channels_last(own, array) for array in (look.x[0], look.z, look.a))
    return Convolution(
        layer=node.name, image=x[sample][..., first : first + kernel.shape[-1]], kernel=kernel,
        bias=float(look.params["bias"][filter]) if "bias" in look.params else 0.0, slides=own.slides(x.shape),
        z=z[sample, ..., filter], a=a[sample, ..., filter], function=own.output_activation,
        filter=filter, sample=sample, source=(node.inputs[0], first),
    )  # fmt: skip


def _conv_node(model: Any, seen: Trace, layer: str | None) -> Any:
    there = [node for node in model._graph.nodes if isinstance(node.layer, Conv) and node.layer.axes == 2]
    names = ", ".join(node.name for node in there) or "none"
    if layer is not None:
        seen.place(layer)
    found = [node for node in there if layer in (None, node.name)]
    if not found:
        raise ValueError(f"convolution: no Conv2D is called {layer!r}. There are: {names}.")
    return found[0]
