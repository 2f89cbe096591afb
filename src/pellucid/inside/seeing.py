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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import random
from ..arrays import Array
from ..engine.graph import Graph, Tree
from ..engine.passes import backward, run
from ..errors import positive_int
from .blocks import Block, Shown, Table, number
from .channels import back, channels_order, last, to_last
from .moves import Move, whiten
from .receptive_field import receptive_field, shapes_of
from .trace import every

Place = int | tuple[int, ...]


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

    With the same seed the same images. Raises ValueError for a layer or unit that there is not.
    """
    positive_int(steps, "steps")
    several: tuple[Place, ...] = (units,) if isinstance(units, int | tuple) else tuple(units)
    path = _Path(model, layer, size, params)
    height, width, channels = path.image
    room = max(height, width) // 8 if pad is None else pad
    box = _shared_box(model, layer, path, several)
    shift = max(part.stop - part.start for part in box) / 16 if jitter is None else jitter
    spread, middle = high - low, (low + high) / 2
    wide = (len(several), height + 2 * room, width + 2 * room, channels)
    key = random.key(seed)
    noise = random.normal(random.fold_in(key, 0), (1, *wide[1:]))
    canvas = np.clip(middle + 0.02 * spread * np.asarray(noise) + np.zeros(wide, dtype=path.dtype), low, high)
    canvas = canvas.astype(path.dtype)
    centre = Move.still(wide[1:3], (height, width))
    history = np.empty((len(several), steps))
    for step in range(steps):
        down, right, turned, scaled = np.asarray(random.uniform(random.fold_in(key, step + 1), (4,))) * 2 - 1
        zoom = 1 + scale * scaled
        move = Move.of(wide[1:3], (height, width), shift * down, shift * right, turn * turned, zoom)
        history[:, step], dx = path.slope(move.view(canvas), several)
        slope = move.back(dx)
        felt = (slope != 0).any(axis=3, keepdims=True)
        uphill = whiten(slope, smooth) * felt
        pixels = channels * np.maximum(felt.sum(axis=(1, 2, 3), keepdims=True), 1)
        length = np.sqrt(np.square(uphill).sum(axis=(1, 2, 3), keepdims=True) / pixels)
        left = 1 - step / steps  # the steps grow smaller, so that the image settles
        canvas = canvas + rate * spread * left * uphill / np.where(length > 0, length, 1)
        canvas = np.clip(canvas - decay * left * (canvas - middle), low, high).astype(path.dtype)
    grey = np.full((len(several), height, width, channels), middle, dtype=path.dtype)
    images = centre.view(canvas)
    start, final = (path.slope(x, several)[0] for x in (grey, images))
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

    Raises ValueError for a layer or unit that there is not.
    """
    images = np.asarray(images)
    numbers = (units,) if isinstance(units, int) else tuple(units)
    path = _Path(model, layer, images.shape[1:], None)
    images = to_last(images, path.order)
    best, where = [], []
    for begin in range(0, len(images), batch_size):
        z = path.values(images[begin : begin + batch_size])
        path.check(numbers, z.shape[1:])
        flat = z.reshape(len(z), -1, z.shape[-1])[..., list(numbers)]  # (B, places, K)
        best.append(flat.max(axis=1))
        where.append(flat.argmax(axis=1))
    shape, found, spots = z.shape[1:-1], np.concatenate(best), np.concatenate(where)
    index = np.argsort(-found, axis=0, kind="stable")[:count].T  # (K, M)
    places, boxes = [], []
    for k, own in enumerate(index):
        at = [tuple(int(i) for i in np.unravel_index(spots[i, k], shape)) if shape else () for i in own]
        places.append(tuple(at))
        boxes.append(tuple(_seen(model, layer, place, numbers[k], path.size) for place in at))
    z_of = np.take_along_axis(found.T, index, axis=1)
    return Strongest(layer, numbers, len(images), index, z_of, tuple(places), images[index], tuple(boxes))


def saliency(model: Any, x: Any, *, layer: str | None = None, unit: Place | None = None, sample: int = 0) -> Saliency:
    """How much a unit's sum changes with every pixel of one image.

    layer    by default the last one
    unit     a filter, a place, a Dense unit; by default the strongest: for a classifier, the class that it says
    """
    name = _layers(model)[-1] if layer is None else layer
    image = np.asarray(x)[sample][None]
    path = _Path(model, name, image.shape[1:], None)
    image = to_last(image, path.order)
    z = path.values(image)
    if unit is None:
        unit = int(z[0][tuple(n // 2 for n in z.shape[1:-1])].argmax())
    value, dx = path.slope(image, (unit,))
    return Saliency(name, unit, float(value[0]), image[0].astype(path.dtype), dx[0])


class _Path:
    """The part of a network from its input to one layer's sums; its images and sums have their channels last."""

    def __init__(self, model: Any, layer: str, size: Any, params: Tree | None) -> None:
        graph, numbers = model._graph, model.numbers
        nodes = {node.name: node for node in graph.nodes}
        if layer not in nodes:
            raise ValueError(f"{model.name} has no layer called {layer!r}. There are: {', '.join(_layers(model))}.")
        if len(graph.inputs) != 1:
            raise ValueError(f"{model.name} has {len(graph.inputs)} inputs; only networks of one image can be asked.")
        self.layer, self.value = layer, nodes[layer].makes[0]
        self.graph = part_of(graph, self.value)
        self.params = numbers.params if params is None else params
        self.state = numbers.state
        shapes, self.order = shapes_of(self.graph, size), channels_order(graph)
        self.size = shapes[graph.inputs[0]][1:]
        self.image = last(shapes[graph.inputs[0]], self.order)[1:]
        self.shape = last(shapes[self.value], self.order)[1:]
        if len(self.image) != 3:
            raise ValueError(f"{model.name} takes inputs of {self.image}, and no images (rows, columns, channels).")
        owned = [array for part in self.params.values() for array in part.values()]
        self.dtype = owned[0].dtype if owned else np.dtype("float32")

    def values(self, x: Array) -> Array:
        """(N, …): the layer's sums for these images."""
        x = back(x.astype(self.dtype) if x.dtype.kind == "f" else x, self.order)
        return to_last(run(self.graph, self.params, self.state, (x,), caching=False).values[self.value], self.order)

    def slope(self, x: Array, units: tuple[Place, ...]) -> tuple[Array, Array]:
        """(K,) the sum of each unit for its own image, and ∂z/∂image (K, H, W, C)."""
        ran = run(self.graph, self.params, self.state, (back(x.astype(self.dtype), self.order),))
        z = to_last(ran.values[self.value], self.order)
        self.check(units, z.shape[1:])
        dz = np.zeros_like(z)
        for k, unit in enumerate(units):
            dz[(k, *self.place(unit, z.shape[1:]))] = 1
        slope = {self.value: back(dz, self.order)}
        found, _ = backward(self.graph, self.params, ran.caches, slope, trainable=frozenset(), keep=every)
        value = (z.astype(np.float64) * dz).reshape(len(z), -1).sum(axis=1)
        return value, to_last(found[self.graph.inputs[0]], self.order)

    def place(self, unit: Place, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Where in the layer's output a unit stands: a filter, in the middle."""
        return unit if isinstance(unit, tuple) else (*(n // 2 for n in shape[:-1]), int(unit))

    def check(self, units: tuple[Place, ...], shape: tuple[int, ...]) -> None:
        for unit in units:
            place = self.place(unit, shape)
            if len(place) != len(shape) or any(not 0 <= i < n for i, n in zip(place, shape, strict=True)):
                raise ValueError(f"{self.layer} has units within {shape}, got {unit!r}.")


def part_of(graph: Graph, value: str) -> Graph:
    """The nodes that a value needs, as a network of their own."""
    needed, nodes = {value}, []
    for node in reversed(graph.nodes):
        if needed.intersection(node.makes):
            nodes.append(node)
            needed.update(node.reads)
    owners = {node.owner: graph.owners[node.owner] for node in nodes if node.owner in graph.owners}
    inputs = tuple(name for name in graph.inputs if name in needed)
    return Graph(tuple(reversed(nodes)), inputs, (value,), graph.shapes, owners)


def _shared_box(model: Any, layer: str, path: _Path, units: tuple[Place, ...]) -> tuple[slice, slice]:
    """The part of the input that these units see between them."""
    path.check(units, path.shape)
    places = {path.place(unit, path.shape)[:-1] for unit in units}
    boxes = [receptive_field(model, layer, place or 0, size=path.size).box for place in places]
    rows, columns = ([box[axis] for box in boxes] for axis in (0, 1))
    return tuple(  # type: ignore[return-value]  # two of them
        slice(min(part.start for part in parts), max(part.stop for part in parts)) for parts in (rows, columns)
    )


def _seen(model: Any, layer: str, place: tuple[int, ...], unit: int, size: Any) -> tuple[slice, ...]:
    return receptive_field(model, layer, (*place, unit), size=size).box


def _layers(model: Any) -> list[str]:
    """The layers by name, in the order in which they run."""
    owned = model._graph.owners
    return [node.name for node in model._graph.nodes if node.owner in owned and node.reads]
