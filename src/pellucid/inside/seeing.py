"""What a unit sees: an image made to excite it, the images that excite it most, and the pixels that an answer hangs on.

    maximise    image += rate · ∂z/∂image, over and over, while the image is shifted, turned and scaled a little
    strongest   of many images those with the largest z, with the patch that the unit sees
    saliency    ∂z/∂image, and image · ∂z/∂image

z is the unit's sum before its activation, so that a silent relu or a sure softmax still has a slope. For a filter of
a convolution it is the sum in the middle of the feature map, and the image is the part that this place sees. Images
that come are in the model's own order; images in a record have their channels last.

Sources: Erhan, Bengio, Courville & Vincent, "Visualizing higher-layer features of a deep network", tech. report 1341,
U. de Montréal (2009); Olah, Mordvintsev & Schubert, "Feature visualization", Distill (2017), for the moves; Zeiler &
Fergus, "Visualizing and understanding convolutional networks", ECCV (2014), for the nine strongest; Simonyan, Vedaldi &
Zisserman, "Deep inside convolutional networks", ICLR workshop (2014), for saliency.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import random
from ..arrays import Array
from ..engine.graph import Tree
from ..errors import DataError, positive_int
from .blocks import Block, Shown, Table, number
from .channels import to_last
from .features import alone
from .moves import Move, whiten
from .receptive_field import receptive_field
from .way import Place, Way, layer_names, several_units


@dataclass(frozen=True, repr=False)
class Maximised(Shown):
    """Images that excite units of one layer.

    units     K of them, each a number or a place
    images    (K, H, W, C), between `low` and `high`: the part of the input that the units see
    start     (K,) z of a grey image
    history   (K, steps) z at each step, of the image as it was moved then
    final     (K,) z of the finished images
    """

    layer: str
    units: tuple[Place, ...]
    images: Array
    low: float
    high: float
    start: Array
    history: Array
    final: Array

    def blocks(self) -> list[Block]:
        rows = tuple(
            (str(unit), float(start), float(final))
            for unit, start, final in zip(self.units, self.start, self.final, strict=True)
        )
        title = f"{self.layer}: images made to excite {len(self.units)} units, {self.history.shape[1]} steps"
        return [Table(title, ("unit", "z of a grey image", "z of the made image"), rows)]


@dataclass(frozen=True, repr=False)
class Strongest(Shown):
    """The images that excite units of one layer most.

    units     K of them
    count     of images searched
    index     (K, M) which images, the strongest first
    z         (K, M) the unit's sum there; of a feature map the largest
    places    K lists of M places in the feature map; empty tuples for a unit without places
    images    (K, M, H, W, C)
    boxes     K lists of M: the part of the image that the unit sees there
    """

    layer: str
    units: tuple[int, ...]
    count: int
    index: Array
    z: Array
    places: tuple[tuple[tuple[int, ...], ...], ...]
    images: Array
    boxes: tuple[tuple[tuple[slice, ...], ...], ...]

    def patch(self, unit: int, rank: int) -> Array:
        """The part of an image that the unit sees: `unit` and `rank` counted from 0 within this record."""
        return self.images[unit, rank][self.boxes[unit][rank]]

    def blocks(self) -> list[Block]:
        rows = tuple(
            (str(unit), ", ".join(map(str, index.tolist())), ", ".join(number(value) for value in z))
            for unit, index, z in zip(self.units, self.index, self.z, strict=True)
        )
        title = f"{self.layer}: the strongest {self.index.shape[1]} of {self.count:,} images"
        return [Table(title, ("unit", "images", "z"), rows)]


@dataclass(frozen=True, repr=False)
class Saliency(Shown):
    """Which pixels one unit's sum hangs on.

    image      (H, W, C)
    gradient   ∂z/∂image, in the same shape
    """

    layer: str
    unit: Place
    z: float
    image: Array
    gradient: Array

    @property
    def map(self) -> Array:
        """(H, W): the largest |∂z/∂pixel| over the channels."""
        return np.abs(self.gradient).max(axis=-1)

    @property
    def product(self) -> Array:
        """(H, W): pixel · ∂z/∂pixel, summed over the channels: what each pixel adds, to first order."""
        return (self.image * self.gradient).sum(axis=-1)

    def blocks(self) -> list[Block]:
        order = np.argsort(-np.abs(self.product), axis=None)[:10]
        spots = [np.unravel_index(i, self.product.shape) for i in order]
        rows = tuple(
            (str([int(i) for i in spot]), float(self.image[spot].sum()), float(self.gradient[spot].sum()),
             float(self.product[spot]))
            for spot in spots
        )  # fmt: skip
        title = f"{self.layer}[{self.unit}] = {number(self.z)}: the pixels that it hangs on most"
        return [Table(title, ("pixel", "value", "∂z/∂pixel", "value·∂z/∂pixel"), rows)]


def maximise(
    model: Any,
    layer: str,
    units: Place | list[Place] | range,
    *,
    steps: int = 128,
    rate: float = 0.03,
    size: Any = None,
    low: float = 0.0,
    high: float = 1.0,
    pad: int | None = None,
    jitter: float | None = None,
    turn: float = 5.0,
    scale: float = 0.05,
    smooth: float = 1.0,
    decay: float = 0.02,
    seed: int = 0,
    params: Tree | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Maximised:
    """Images that excite units of any layer, by gradient ascent on the input.

    layer        its name
    units        a filter, a Dense unit, or a place (row, column, filter); a list for several
    rate         how far each step goes, in shares of the range from low to high
    size         of the image in the model's own order, where the model leaves it open or another is wanted
    low, high    of the pixels that the model knows
    pad          pixels around the image that come into view as it moves; by default an eighth of its size
    jitter       pixels to shift by, at most; by default a sixteenth of what the unit sees
    turn         degrees to turn by, at most
    scale        to enlarge or shrink by, at most: 0.05 for 95 to 105 %
    decay        how far each step goes back to grey: what the unit does not care for fades
    smooth       how much slow changes of the image are preferred to quick ones; 0: not at all
    params       of another moment of the training, such as a frame's; by default the model's own
    progress     told before each step how many are done, and of how many

    With the same seed the same images. Raises ValueError for a layer or unit that there is not, and for no unit at all.
    """
    positive_int(steps, "steps")
    if not low < high:
        raise ValueError(f"maximise: low must be less than high, got {low!r} and {high!r}.")
    several = several_units(units)
    way = Way(model, layer, size, params)
    height, width, channels = way.image
    room = max(height, width) // 8 if pad is None else pad
    box = _shared_box(model, layer, way, several)
    shift = max(part.stop - part.start for part in box) / 16 if jitter is None else jitter
    spread, middle = high - low, (low + high) / 2
    wide = (len(several), height + 2 * room, width + 2 * room, channels)
    key = random.key(seed)
    noise = random.normal(random.fold_in(key, 0), (1, *wide[1:]))
    canvas = np.clip(middle + 0.02 * spread * np.asarray(noise) + np.zeros(wide, dtype=way.dtype), low, high)
    canvas = canvas.astype(way.dtype)
    centre = Move.still(wide[1:3], (height, width))
    history = np.empty((len(several), steps))
    for step in range(steps):
        if progress is not None:
            progress(step, steps)
        down, right, turned, scaled = np.asarray(random.uniform(random.fold_in(key, step + 1), (4,))) * 2 - 1
        zoom = 1 + scale * scaled
        move = Move.of(wide[1:3], (height, width), shift * down, shift * right, turn * turned, zoom)
        history[:, step], dx = way.slope(move.view(canvas), several)
        slope = move.back(dx)
        felt = (slope != 0).any(axis=3, keepdims=True)
        uphill = whiten(slope, smooth) * felt
        pixels = channels * np.maximum(felt.sum(axis=(1, 2, 3), keepdims=True), 1)
        length = np.sqrt(np.square(uphill).sum(axis=(1, 2, 3), keepdims=True) / pixels)
        left = 1 - step / steps  # the steps grow smaller, so that the image settles
        canvas = canvas + rate * spread * left * uphill / np.where(length > 0, length, 1)
        canvas = np.clip(canvas - decay * left * (canvas - middle), low, high).astype(way.dtype)
    grey = np.full((len(several), height, width, channels), middle, dtype=way.dtype)
    images = centre.view(canvas)
    start, final = (way.slope(x, several)[0] for x in (grey, images))
    return Maximised(layer, several, images[:, box[0], box[1]], low, high, start, history, final)


def strongest(
    model: Any,
    images: Any,
    layer: str,
    units: int | Sequence[int],
    *,
    count: int = 9,
    batch_size: int = 64,
) -> Strongest:
    """The images that excite units of a layer most, and the part of each that the unit sees.

    images   (N, H, W, C), or as the model has them
    units    a filter of a convolution, a unit of a Dense layer; or several

    Raises ValueError for a layer or unit that there is not, DataError for what is no batch of images.
    """
    images = np.asarray(images)
    if images.ndim < 4 or not len(images):
        raise DataError(f"strongest: needs a batch of images (N, rows, columns, channels), got {images.shape}.")
    numbers = (units,) if isinstance(units, int) else tuple(map(int, units))
    way = Way(model, layer, images.shape[1:], None)
    images = to_last(images, way.order)
    best, where = [], []
    for begin in range(0, len(images), batch_size):
        z = way.values(images[begin : begin + batch_size])
        way.check(numbers, z.shape[1:])
        flat = z.reshape(len(z), -1, z.shape[-1])[..., list(numbers)]  # (B, places, K)
        best.append(flat.max(axis=1))
        where.append(flat.argmax(axis=1))
    shape, found, spots = z.shape[1:-1], np.concatenate(best), np.concatenate(where)
    index = np.argsort(-found, axis=0, kind="stable")[:count].T  # (K, M)
    places, boxes = [], []
    for k, own in enumerate(index):
        at = [tuple(int(i) for i in np.unravel_index(spots[i, k], shape)) if shape else () for i in own]
        places.append(tuple(at))
        boxes.append(tuple(_seen(model, layer, place, numbers[k], way.size) for place in at))
    z_of = np.take_along_axis(found.T, index, axis=1)
    return Strongest(layer, numbers, len(images), index, z_of, tuple(places), images[index], tuple(boxes))


def saliency(model: Any, x: Any, *, layer: str | None = None, unit: Place | None = None, sample: int = 0) -> Saliency:
    """How much a unit's sum changes with every pixel of one image.

    layer    by default the last one
    unit     a filter, a place, a Dense unit; by default the strongest: for a classifier, the class that it says

    Raises ValueError for a layer or unit that there is not, DataError for a sample that there is not.
    """
    name = layer_names(model)[-1] if layer is None else layer
    image = alone(x, sample)
    way = Way(model, name, image.shape[1:], None)
    image = to_last(image, way.order)
    z = way.values(image)
    if unit is None:
        unit = int(z[0][tuple(n // 2 for n in z.shape[1:-1])].argmax())
    value, dx = way.slope(image, (unit,))
    return Saliency(name, unit, float(value[0]), image[0].astype(way.dtype), dx[0])


def _shared_box(model: Any, layer: str, way: Way, units: tuple[Place, ...]) -> tuple[slice, slice]:
    """The part of the input that these units see between them."""
    way.check(units, way.shape)
    places = {way.place(unit, way.shape)[:-1] for unit in units}
    boxes = [receptive_field(model, layer, place or 0, size=way.size).box for place in places]
    rows, columns = ([box[axis] for box in boxes] for axis in (0, 1))
    return tuple(  # type: ignore[return-value]  # two of them
        slice(min(part.start for part in parts), max(part.stop for part in parts)) for parts in (rows, columns)
    )


def _seen(model: Any, layer: str, place: tuple[int, ...], unit: int, size: Any) -> tuple[slice, ...]:
    return receptive_field(model, layer, (*place, unit), size=size).box
