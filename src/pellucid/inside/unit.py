"""What one unit of a layer did, product by product; for a pixel of a feature map, patch by kernel.

unit     a = f(Σ x·weight + bias)
pixel    a = f(Σ patch·kernel + bias)      the patch: what the window sees; beyond the edge it sees zeros
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array
from ..windows import Slides
from .blocks import Block, Shown, Table, factor, matrix, number, sum_of

MOST_PRODUCTS = 16  # products of a unit that are listed; of more, the largest
MOST_CHANNELS = 3  # of a patch that are drawn; of more, those that say most


@dataclass(frozen=True)
class Product:
    """One input of a unit, times its weight.

    source   the value it comes from, and where in it
    """

    source: str
    place: tuple[int, ...]
    x: float
    weight: float

    @property
    def value(self) -> float:
        return self.x * self.weight


@dataclass(frozen=True, repr=False)
class Unit(Shown):
    """How one unit came to its activation.

    products     input times weight, in the order of the inputs
    bias         what is added to them; 0 where there is none
    z, a         the weighted sum, and what the activation made of it
    slope        f'(z), where there is one
    """

    MOST_TERMS: ClassVar[int] = 8  # of a formula; of more, the first and the last

    layer: str
    place: tuple[int, ...]
    sample: int
    products: tuple[Product, ...]
    bias: float
    z: float
    activation: str | None
    a: float
    slope: float | None

    @property
    def sum_formula(self) -> str:
        """The weighted sum in one line."""
        terms = [f"{number(p.x)}·{factor(p.weight)}" for p in self.products]
        if self.bias:
            terms.append(number(self.bias))
        return f"{sum_of(terms, self.MOST_TERMS)} = {number(self.z)}"

    @property
    def formula(self) -> str:
        """The whole computation in one line."""
        line = self.sum_formula
        return f"{line} → {self.activation} → {number(self.a)}" if self.activation else line

    def blocks(self) -> list[Block]:
        """The formula, then each product."""
        listed = self.products
        if len(listed) > MOST_PRODUCTS:
            largest = sorted(listed, key=lambda p: -abs(p.value))[:MOST_PRODUCTS]
            listed = tuple(p for p in listed if p in largest)
        rest = sum(p.value for p in self.products) - sum(p.value for p in listed)
        rows: list[tuple[Any, ...]] = [(f"{p.source}{list(p.place)}", p.x, p.weight, p.value) for p in listed]
        if len(listed) < len(self.products):
            rows.append((f"{len(self.products) - len(listed)} smaller ones", "", "", rest))
        rows += [("bias", "", "", self.bias), ("sum z", "", "", self.z)]
        if self.activation:
            rows.append((f"{self.activation}(z)", "", "", self.a))
        title = f"{self.layer}{list(self.place)}, sample {self.sample}"
        slope = [] if self.slope is None else [f"f'(z) = {number(self.slope)}"]
        return [f"{title}: {self.formula}", Table(title, ("from", "x", "weight", "x·weight"), tuple(rows)), *slope]


@dataclass(frozen=True, repr=False)
class Pixel(Unit):
    """A unit of a convolution: one place of one feature map.

    patch    what the window sees, (…window, C): zeros beyond the edge of x
    kernel   what each number is multiplied by, in the same shape
    start    where in x the window begins; negative where it begins ahead of x
    """

    MOST_TERMS: ClassVar[int] = 10  # a window of 3 × 3, and the bias

    patch: Array
    kernel: Array
    start: tuple[int, ...]

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that say most, the loudest first."""
        said = np.abs((self.patch * self.kernel).sum(axis=tuple(range(self.patch.ndim - 1))))
        return tuple(np.argsort(-said, kind="stable")[:MOST_CHANNELS].tolist())

    def blocks(self) -> list[Block]:
        """The formula, then patch, kernel and products as pictures of numbers."""
        title = f"{self.layer}{list(self.place)}, sample {self.sample}"
        products, count = self.patch * self.kernel, self.patch.shape[-1]
        found: list[Block] = [f"{title}: {self.formula}"]
        if self.patch.ndim != 3:
            flat = (-1, count)
            named = (("patch", self.patch), ("kernel", self.kernel), ("patch·kernel", products))
            found += [matrix(name, array.reshape(flat)) for name, array in named]
        else:
            shown = self.channels
            for channel in sorted(shown):
                of = f" of channel {channel}" if count > 1 else ""
                named = (("patch", self.patch), ("kernel", self.kernel), ("patch·kernel", products))
                found += [matrix(name + of, array[..., channel]) for name, array in named]
            if len(shown) < count:
                rest = float(products.sum()) - float(products[..., list(shown)].sum())
                found.append(f"the other {count - len(shown)} channels add {number(rest)}")
        rows: list[tuple[Any, ...]] = [
            ("Σ patch·kernel", float(products.sum())),
            ("bias", self.bias),
            ("sum z", self.z),
        ]
        if self.activation:
            rows.append((f"{self.activation}(z)", self.a))
        if self.slope is not None:
            rows.append(("f'(z)", self.slope))
        return [*found, Table(title, ("", "value"), tuple(rows))]


def window_start(slides: Slides, place: tuple[int, ...]) -> tuple[int, ...]:
    """Where in x the window of this place begins; negative ahead of x."""
    return tuple(i * s.stride - s.before for s, i in zip(slides.values(), place, strict=False))


def patch_at(x: Array, slides: Slides, place: tuple[int, ...]) -> Array:
    """What the window of one place sees, zeros beyond the edge.

    x        (H, W, C), one sample; `slides` count its axes from 1, behind the batch's
    place    row and column of the feature map
    returns  (KH, KW, C)

    >>> from pellucid.windows import slide
    >>> x = np.arange(1.0, 10.0).reshape(3, 3, 1)
    >>> patch_at(x, {1: slide(3, 3, padding="same"), 2: slide(3, 3, padding="same")}, (0, 0))[..., 0].tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 4.0, 5.0]]
    """
    patch = x
    for axis, (s, start) in enumerate(zip(slides.values(), window_start(slides, place), strict=True)):
        spots = start + np.arange(s.window) * s.dilation
        inside = (spots >= 0) & (spots < s.length)
        taken = np.take(patch, np.clip(spots, 0, s.length - 1), axis=axis)
        patch = taken * inside.reshape(-1, *(1,) * (taken.ndim - axis - 1)).astype(x.dtype)
    return patch


def kernel_of(layer: Any, kernel: Array, filter: int) -> tuple[Array, int]:
    """One filter (…window, C/G) of a convolution's kernel, and the first channel of x that it sees."""
    own = kernel[..., filter]
    return own, filter // (layer.filters // layer.groups) * own.shape[-1]


def channels_last(layer: Any, array: Array) -> Array:
    """What a layer reads or makes, (N, …) with the channels at the end, whatever its `data_format`."""
    first = getattr(layer, "data_format", None) == "channels_first" and array.ndim > 2
    return np.moveaxis(array, 1, -1) if first else array


def pixel(
    layer: str,
    place: tuple[int, ...],
    sample: int,
    source: tuple[str, int],
    x: Array,
    kernel: Array,
    slides: Slides,
    bias: float,
    z: Any,
    a: Any,
    function: Any,
) -> Pixel:
    """One place of a feature map, from the image that its kernel slides over.

    place      row, column and filter
    source     what the image is called, and the number of its first channel
    x          (H, W, C): the channels that the kernel sees
    kernel     (KH, KW, C)
    z, a       the sum, and the activation
    function   the activation function, or None
    """
    start, patch = window_start(slides, place), patch_at(x, slides, place)
    products = []
    for at in np.ndindex(*kernel.shape):
        spot = tuple(b + i * s.dilation for b, i, s in zip(start, at, slides.values(), strict=False))
        if all(0 <= i < n for i, n in zip(spot, x.shape, strict=False)):
            spot = (*spot, source[1] + at[-1])
            products.append(Product(source[0], spot, float(patch[at]), float(kernel[at])))
    sloped = function is not None and getattr(function, "elementwise", False)
    return Pixel(
        layer=layer, place=place, sample=sample, products=tuple(products), bias=bias, z=float(z),
        activation=None if function is None else function.name, a=float(a),
        slope=float(function.derivative(np.asarray(z)[None])[0]) if sloped else None,
        patch=patch, kernel=kernel, start=start,
    )  # fmt: skip
