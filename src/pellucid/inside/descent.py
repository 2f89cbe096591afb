"""Gradient descent, to be explored: several optimizers, rates and batch sizes from one start on one surface.

    on a function f(x, y)     the optimizers are the real ones; a batch of n samples is a gradient with noise of
                              standard deviation noise / √n
    on a network's loss       copies of the network learn, each its own way, and their paths are laid on one plane

Sources: Beale, "On an iterative method for finding a local minimum of a function of more than one variable" (1958);
Rosenbrock, "An automatic method for finding the greatest or least value of a function", Computer Journal 3 (1960);
Himmelblau, "Applied nonlinear programming" (1972).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import optimizers
from ..arrays import Array
from ..errors import positive_int
from ..random import generator, key, keys_from
from .fork import describe_model, rebuilt
from .loss_surface import LossSurface, Path, loss_surface
from .recording import Recording
from .watch import Watch

FRAMES = 200  # of a network's path, about

Function = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Landscape:
    """A function of two numbers to walk down.

    function    f(x, y), for numbers and arrays
    formula     in words of mathematics
    window      ((least x, greatest x), (least y, greatest y)): the part to be drawn
    start       where descents begin
    minima      the lowest points, where they are known
    """

    name: str
    function: Function
    formula: str
    window: tuple[tuple[float, float], tuple[float, float]]
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...] = ()

    def gradient(self, x: float, y: float) -> Array:
        """(∂f/∂x, ∂f/∂y) by central differences.

        >>> LANDSCAPES["saddle"].gradient(1.0, 1.0).round(6)
        array([ 2., -2.])
        """
        f, step = (
            self.function,
            6e-6 * max(1.0, abs(x), abs(y)),
        )  # near the cube root of the precision
        across = f(x + step, y) - f(x - step, y)
        return np.array([across, f(x, y + step) - f(x, y - step)]) / (2 * step)


def landscape(
    function: Function,
    window: tuple[tuple[float, float], tuple[float, float]] = ((-2.0, 2.0), (-2.0, 2.0)),
    start: tuple[float, float] | None = None,
    name: str = "f(x, y)",
) -> Landscape:
    """A function of your own as a landscape; descents begin near its window's corner unless told otherwise.

    >>> landscape(lambda x, y: x**2 + y**2).start
    (-1.6, 1.6)
    """
    if start is None:
        (left, right), (low, high) = window
        start = round(left + 0.1 * (right - left), 12), round(high - 0.1 * (high - low), 12)
    return Landscape(name, function, name, window, start)


LANDSCAPES = {
    one.name: one
    for one in (
        Landscape(
            "beale",
            lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
            "(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²",
            ((-0.5, 4.0), (-2.0, 1.8)), (1.0, 1.5), ((3.0, 0.5),),
        ),
        Landscape(
            "rosenbrock", lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, "(1 - x)² + 100 (y - x²)²",
            ((-2.0, 2.0), (-1.0, 3.0)), (-1.5, 2.5), ((1.0, 1.0),),
        ),
        Landscape(
            "himmelblau", lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2, "(x² + y - 11)² + (x + y² - 7)²",
            ((-5.0, 5.0), (-5.0, 5.0)), (-0.5, -1.0),
            ((3.0, 2.0), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)),
        ),
        Landscape(
            "saddle", lambda x, y: x**2 - y**2, "x² - y²", ((-1.5, 1.5), (-1.5, 1.5)), (-1.2, 0.01),
        ),
        Landscape(
            "valley", lambda x, y: 0.05 * x**2 + y**2, "0.05 x² + y²", ((-10.0, 4.0), (-3.5, 3.5)), (-9.0, 2.5),
            ((0.0, 0.0),),
        ),
    )
}  # fmt: skip
"""The landscapes that textbooks walk down, by name."""


def descend(
    ground: Landscape,
    optimizer: Any,
    start: tuple[float, float] | None = None,
    steps: int = 100,
    *,
    noise: float = 0.0,
    batch_size: int = 1,
    seed: int = 0,
    label: str = "",
) -> Path:
    """Walk down a landscape. A walk that leaves it for good ends there.

    optimizer    an optimizer, its name, or its config
    noise        standard deviation of one sample's gradient; a batch of n has the mean of n

    >>> path = descend(LANDSCAPES["valley"], optimizers.SGD(0.5), start=(1.0, 1.0), steps=2)
    >>> path.x.round(4), path.loss.round(4)
    (array([1.    , 0.95  , 0.9025]), array([1.05  , 0.0451, 0.0407]))
    """
    positive_int(steps, "descend: steps")
    if noise < 0:
        raise ValueError(f"descend: noise must be at least 0, got {noise!r}.")
    shake = noise / np.sqrt(positive_int(batch_size, "descend: batch_size"))
    optimizer, draw = optimizers.get(optimizer), generator(key(seed))
    params: dict[str, Any] = {"place": np.array(ground.start if start is None else start, dtype=np.float64)}
    moments = optimizer.init(params)
    places = [params["place"]]
    with np.errstate(all="ignore"):
        for step in range(steps):
            grads = {"place": ground.gradient(*places[-1]) + shake * draw.normal(size=2)}
            params, moments = optimizer.update(params, grads, moments, step, optimizer.rate_at(step))
            if not np.isfinite(ground.function(*params["place"])):
                break
            places.append(params["place"])
            if _far_out(params["place"], ground):
                break
    found = np.array(places)
    heights = np.array([float(ground.function(*place)) for place in places])
    return Path(label or _label(optimizer), found[:, 0], found[:, 1], heights, np.zeros(len(places)))


def explore(
    ground: Landscape | str,
    ways: Mapping[str, Any],
    start: tuple[float, float] | None = None,
    steps: int = 100,
    *,
    noise: float = 0.0,
    batch_sizes: Mapping[str, int] | None = None,
    seed: int = 0,
    size: int = 201,
) -> LossSurface:
    """Several optimizers on one landscape, each from the same start.

    ground        a landscape, or the name of one of LANDSCAPES
    ways          optimizers by label
    batch_sizes   by label; 1 where there is none (it counts only with noise)
    size          places a side of the surface

    Raises ValueError, with the landscapes there are, for another name.
    """
    if isinstance(ground, str):
        if ground not in LANDSCAPES:
            raise ValueError(f"explore: no landscape is called {ground!r}. There are: {', '.join(LANDSCAPES)}.")
        ground = LANDSCAPES[ground]
    sizes = batch_sizes or {}
    paths = tuple(
        descend(ground, way, start, steps, noise=noise, batch_size=sizes.get(label, 1), seed=seed, label=label)
        for label, way in ways.items()
    )
    xs, ys = (np.linspace(*ends, size) for ends in ground.window)
    heights = np.asarray(ground.function(*np.meshgrid(xs, ys)), dtype=np.float64)
    title = ground.name if ground.name == ground.formula else f"{ground.name.capitalize()}: {ground.formula}"
    return LossSurface(title, xs, ys, heights, "function", paths, minima=ground.minima)


def explore_training(
    model: Any,
    x: Any,
    y: Any,
    ways: Mapping[str, Any],
    *,
    epochs: int = 5,
    batch_sizes: Mapping[str, int] | int = 32,
    size: int = 31,
    seed: int = 0,
) -> LossSurface:
    """Copies of a compiled model learn, each with its own optimizer, and their paths lie on one plane of its loss.

    ways          optimizers by label
    batch_sizes   by label, or one for all

    The model is not changed. Each copy starts from the model's own weights and sees the samples in the same order.
    """
    recordings = {}
    for label, way in ways.items():
        batch_size = batch_sizes if isinstance(batch_sizes, int) else batch_sizes.get(label, 32)
        recordings[label] = _watched(model, x, y, way, epochs, batch_size, seed)
    return loss_surface(model, x, y, paths=recordings, size=size)


def _far_out(place: Array, ground: Landscape) -> bool:
    """Whether a place is more than the window's size beyond the window."""
    return any(not 2 * low - high <= at <= 2 * high - low for at, (low, high) in zip(place, ground.window, strict=True))


def _watched(model: Any, x: Any, y: Any, way: Any, epochs: int, batch_size: int, seed: int) -> Recording:
    """One copy's training."""
    description = describe_model(model) | {"optimizer": optimizers.serialize(optimizers.get(way))}
    learner = rebuilt(model, description, model.numbers._replace(moments={}, step=0))
    watch = Watch(every=max(1, -(-len(x) // batch_size) * epochs // FRAMES))
    with keys_from(key(seed)):
        learner.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[watch])
    assert watch.recording is not None  # fit made it
    return watch.recording


def _label(optimizer: Any) -> str:
    return f"{type(optimizer).__name__}, rate {float(optimizer.rate_at(0)):g}"
