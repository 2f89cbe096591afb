"""Loss surface: the loss over a plane through the space of all weights.

    L(a, b) = loss(origin + a·x + b·y)

random plane    x and y are drawn at random; each filter of theirs is scaled to the length of the filter of the weights
                that it changes, so that 1 is as far as the weights are long. Biases and other vectors stay.
path plane      x and y are the two directions in which trainings moved most: principal components of their paths.
                How much of the movement they hold, and how far each point lies off the plane, is said beside it.

Source: Li, Xu, Taylor, Studer & Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS (2018), sections
4 and 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..engine import step as steps
from ..engine.batch import Batch
from ..engine.step import Numbers, Program, Runner
from ..engine.stretches import runner_for
from ..errors import positive_int
from ..random import generator, key
from .blocks import Block, Shown, Table
from .pca import principal
from .recording import Recording

MARGIN = 0.25  # of a path's width, left free on each side of it

Weights = dict[str, Array]  # by name, such as "dense/kernel"


@dataclass(frozen=True)
class Plane:
    """A plane through the space of all weights.

    origin, x, y   weights by name, such as "dense/kernel": where a = b = 0, and where a and b lead
    kind           "random" or "path"
    explained      (2,) share of the paths' variance along x and y; None for a random plane
    """

    origin: Weights
    x: Weights
    y: Weights
    kind: str
    explained: Array | None = None

    def at(self, a: float, b: float) -> Weights:
        """The weights at a place of the plane, each of its own type."""
        return {
            name: (array + a * self.x[name] + b * self.y[name]).astype(array.dtype)
            for name, array in self.origin.items()
        }

    def place(self, weights: Mapping[str, Array]) -> tuple[float, float, float]:
        """(a, b, distance off the plane) of the nearest point; the directions must have length 1 or 0."""
        gap = _joined({name: weights[name] - array for name, array in self.origin.items()})
        x, y = _joined(self.x), _joined(self.y)
        a, b = float(gap @ x), float(gap @ y)
        return a, b, float(np.linalg.norm(gap - a * x - b * y))


@dataclass(frozen=True)
class Path:
    """One training as a line on a surface.

    x, y    (T,) where it was
    loss    (T,) of the real weights, on the data that were watched; nan where it is not known
    off     (T,) how far the real weights lie off the plane, in units of its axes
    """

    label: str
    x: Array
    y: Array
    loss: Array
    off: Array


@dataclass(frozen=True, repr=False)
class LossSurface(Shown):
    """A loss over two axes, and the paths on it.

    name        in words, for a heading
    xs, ys      (C,), (R,) the axes
    loss        (R, C)
    kind        "random", "path" or "function"
    explained   (2,) share of the paths' variance along the axes; None where the plane was not made from paths
    minima      places of the lowest points, where these are known
    """

    name: str
    xs: Array
    ys: Array
    loss: Array
    kind: str
    paths: tuple[Path, ...] = ()
    explained: Array | None = None
    minima: tuple[tuple[float, float], ...] = ()

    def blocks(self) -> list[Block]:
        lowest = np.unravel_index(int(np.nanargmin(self.loss)), self.loss.shape)
        x, y = (_tidy(places, i) for places, i in ((self.xs, lowest[1]), (self.ys, lowest[0])))
        low = f"lowest {np.nanmin(self.loss):.4g} at ({x:.3g}, {y:.3g})"
        lines: list[Block] = [f"{self.name}: {self.loss.size:,} places, {low}, highest {np.nanmax(self.loss):.4g}."]
        if self.explained is not None:
            lines.append(f"The plane holds {self.explained.sum():.1%} of the paths' variance.")
        flat = self.kind == "function"  # nothing lies off the plane
        off = [() if flat else (float(path.off.max()),) for path in self.paths]
        rows = tuple((p.label, str(len(p.x)), p.loss[0], p.loss[-1], *o) for p, o in zip(self.paths, off, strict=True))
        heads = ("path", "points", "first loss", "last loss", *(() if flat else ("farthest off the plane",)))
        return [*lines, *([Table("Paths", heads, rows)] if rows else [])]


def _tidy(places: Array, i: Any) -> float:
    """One of evenly spaced places; what is 0 but for the rounding of the others is 0."""
    return float(places[i]) if abs(places[i]) > 1e-9 * np.ptp(places) else 0.0


def random_plane(model: Any, seed: int = 0) -> Plane:
    """A plane through the model's weights along two random directions, normalized filter by filter.

    A filter is what leads to one unit: a column of a dense kernel, a window of a convolution.
    """
    origin = trainable_weights(model)
    draw = generator(key(seed))
    x, y = ({name: _like_filters(draw, array) for name, array in origin.items()} for _ in range(2))
    return Plane(origin, x, y, "random")


def path_plane(*recordings: Recording) -> Plane:
    """The plane that holds most of these trainings' movement; it goes through where they ended (through the mean of
    the ends, of several).

    Raises ValueError for recordings of different networks, or with fewer than three frames together.
    """
    if sum(len(recording.frames) for recording in recordings) < 3:
        raise ValueError("path_plane: a plane needs three frames or more. Train longer, or watch with every=1.")
    frames = [[frame.part("weights") for frame in recording.frames] for recording in recordings]
    shapes = [{name: array.shape for name, array in path[0].items()} for path in frames]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError("path_plane: these recordings are of different networks; take those of one.")
    rows = np.stack([_joined(weights) for path in frames for weights in path])
    found = principal(rows)
    ends = [path[-1] for path in frames]
    origin = {name: np.mean([end[name] for end in ends], axis=0).astype(array.dtype) for name, array in ends[0].items()}
    x, y = (_parted(direction, origin) for direction in found.directions)
    return Plane(origin, x, y, "path", found.shares)


def loss_surface(
    model: Any,
    x: Any,
    y: Any,
    plane: Plane | None = None,
    paths: Mapping[str, Recording] | Recording | None = None,
    *,
    size: int = 31,
    span: float | None = None,
    sample_weight: Any = None,
) -> LossSurface:
    """The loss on these samples over a plane.

    plane    by default the paths' own, or a random one through the model's weights when there is no path
    paths    recordings to be drawn on it, by label
    size     places a side
    span     how far a random plane goes to each side, 1 by default: as far as the weights are long

    The model is not changed. Weights that do not learn, and states such as moving averages, stay the model's own;
    normalization uses these samples' mean and variance, as in training; dropout stands aside.

    Raises ValueError for a plane or a path of another network.
    """
    positive_int(size, "loss_surface: size")
    recordings = {"training": paths} if isinstance(paths, Recording) else dict(paths or {})
    if plane is None:
        plane = path_plane(*recordings.values()) if recordings else random_plane(model)
    samples = data.batch(x, y, sample_weight, inputs=model.input_slots(), targets=model.target_slots())
    program = model.program([target.shape for target in samples.y])
    numbers = model.numbers
    _check_fits(plane, numbers)
    lines = tuple(_path(label, recording, plane) for label, recording in recordings.items())
    if plane.kind == "random":
        reach = 1.0 if span is None else span
        columns = rows = np.linspace(-reach, reach, size)
    else:
        columns, rows = _around([line.x for line in lines], size), _around([line.y for line in lines], size)
    runner = runner_for(program.graph, program, model.engine, numbers.params, samples.x)
    with np.errstate(all="ignore"):  # far out, losses overflow: they are inf or nan there
        grid = [[loss_at(program, _with(numbers, plane.at(a, b)), samples, runner) for a in columns] for b in rows]
    name = (
        "Loss along two random directions"
        if plane.kind == "random"
        else "Loss around " + ("the training's path" if len(lines) < 2 else "the trainings' paths")
    )
    return LossSurface(name, columns, rows, np.array(grid), plane.kind, lines, plane.explained)


def loss_at(program: Program, numbers: Numbers, samples: Batch, runner: Runner) -> float:
    """What training makes smaller, penalties included, with these numbers on these samples."""
    ran = runner.run(
        program.graph, numbers.params, numbers.state, samples.x, training=True, caching=False,
        keep=program.watched.__contains__,
    )  # fmt: skip
    return float(steps.cost(program, numbers.params, ran.values, samples, masks=ran.masks, slopes=False).total)


def trainable_weights(model: Any) -> Weights:
    """The parameters that learn, by name such as "dense/kernel"."""
    learning = model.program([slot.shape for slot in model.target_slots()]).trainable
    return {
        f"{owner}/{name}": np.asarray(array)
        for owner, part in model.numbers.params.items()
        if owner in learning
        for name, array in part.items()
    }


def _like_filters(draw: np.random.Generator, weights: Array) -> Array:
    """A random direction whose filters are as long as these; vectors get none."""
    if weights.ndim < 2:
        return np.zeros(weights.shape)
    direction = draw.normal(size=weights.shape)
    axes = tuple(range(weights.ndim - 1))
    sizes = np.sqrt(np.sum(np.square(weights, dtype=np.float64), axis=axes))
    return direction * (sizes / np.sqrt(np.sum(direction**2, axis=axes)))


def _path(label: str, recording: Recording, plane: Plane) -> Path:
    frames = recording.frames
    places = np.array([plane.place(frame.part("weights")) for frame in frames])
    loss = [np.nan if frame.loss is None else frame.loss for frame in frames]
    return Path(label, places[:, 0], places[:, 1], np.array(loss), places[:, 2])


def _around(lines: list[Array], size: int) -> Array:
    """An axis along which these lines have room on both sides."""
    every = np.concatenate([*lines, np.zeros(1)])
    room = MARGIN * float(np.ptp(every)) or 1.0
    return np.linspace(every.min() - room, every.max() + room, size)


def _check_fits(plane: Plane, numbers: Numbers) -> None:
    own = {f"{owner}/{name}": array.shape for owner, part in numbers.params.items() for name, array in part.items()}
    strange = next((name for name, array in plane.origin.items() if own.get(name) != array.shape), None)
    if strange is not None:
        raise ValueError(
            f"loss_surface: the plane has {strange!r} shaped {plane.origin[strange].shape}, and the model "
            f"{'none' if strange not in own else f'one shaped {own[strange]}'}. Take a plane of this model."
        )


def _with(numbers: Numbers, weights: Weights) -> Numbers:
    params = {owner: dict(part) for owner, part in numbers.params.items()}
    for name, array in weights.items():
        owner, _, param = name.rpartition("/")
        params[owner][param] = array
    return numbers._replace(params=params)


def _joined(weights: Mapping[str, Array]) -> Array:
    """All these numbers as one vector."""
    return np.concatenate([np.asarray(array, dtype=np.float64).ravel() for array in weights.values()])


def _parted(vector: Array, like: Weights) -> Weights:
    """A vector as weights of these names and shapes."""
    found, start = {}, 0
    for name, array in like.items():
        found[name] = vector[start : start + array.size].reshape(array.shape)
        start += array.size
    return found
