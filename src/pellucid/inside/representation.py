"""Hidden representation: where a layer puts the samples, seen in two dimensions.

    PCA      the plane on which the layer's activations vary most: at once, and distances keep their meaning
    t-SNE    neighbours stay neighbours; distances between groups mean nothing

Sources: Pearson (1901), see pca.py; van der Maaten & Hinton, "Visualizing data using t-SNE", JMLR 9 (2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..errors import DataError, one_of
from .blocks import Block, Shown, Table, some_of
from .pca import principal
from .recording import MOST_LISTED, Recording
from .trace import Trace, trace
from .values import values_of

_METHODS = {"pca": "PCA", "tsne": "t-SNE"}


@dataclass(frozen=True)
class Projection:
    """One layer's activations in the plane.

    layer      its name; "inputs" for the samples themselves
    units      numbers that a sample has there
    points     (N, 2)
    explained  share of the variance that the plane holds; None for t-SNE
    nearest    share of the samples whose nearest neighbour, among all the layer's numbers, has their label; None
               without labels
    """

    layer: str
    units: int
    points: Array
    explained: float | None
    nearest: float | None


@dataclass(frozen=True, repr=False)
class Representation(Shown):
    """The samples in the inputs and in each layer.

    method    "pca" or "tsne"
    layers    one projection a layer, the inputs first
    labels    (N,) whole numbers, or None
    """

    method: str
    layers: tuple[Projection, ...]
    labels: Array | None

    def blocks(self) -> list[Block]:
        rows = tuple((one.layer, str(one.units), _share(one.explained), _share(one.nearest)) for one in self.layers)
        heads = ("layer", "units", "variance in the plane", "nearest neighbour of the same label")
        return [Table(f"Representation ({_METHODS[self.method]})", heads, rows)]


@dataclass(frozen=True, repr=False)
class RepresentationHistory(Shown):
    """One layer's activations over a training, on the axes that its last frame varies most along.

    steps, epochs   (T,) when
    points          (T, N, 2)
    explained       (T,) share of that frame's variance that the axes hold
    labels          (N,) or None
    """

    layer: str
    steps: Array
    epochs: Array
    points: Array
    explained: Array
    labels: Array | None

    def blocks(self) -> list[Block]:
        """One row a frame, of many some: how far the samples reach, and how much of it the axes hold."""
        reach = np.sqrt(np.square(self.points - self.points.mean(axis=1, keepdims=True)).sum(axis=2).mean(axis=1))
        rows = tuple(
            (str(self.steps[i]), str(self.epochs[i] + 1), float(reach[i]), _share(self.explained[i]))
            for i in some_of(len(self.steps), MOST_LISTED)
        )
        heads = ("step", "epoch", "distance from the middle", "variance on the axes")
        return [Table(f"{self.layer}: {self.points.shape[1]} samples over the training", heads, rows)]


def representation(
    model: Any,
    x: Any,
    y: Any = None,
    layers: Sequence[str] | None = None,
    method: str = "pca",
    seed: int = 0,
    batch_size: int | None = None,
) -> Representation:
    """Where each layer puts these samples.

    y           labels to colour by: whole numbers, or rows with a one
    layers      by default all whose activations are not the same numbers in another shape
    method      "pca" or "tsne"
    batch_size  samples that go through the network at a time, where the values of all layers have no room in memory
                for all of them; only those of `layers` are kept then

    Raises DataError for more labels than samples or fewer, and ImportError, with the command that installs it, where
    t-SNE lacks scikit-learn.
    """
    one_of(method, ("pca", "tsne"), "representation: method")
    if batch_size is None:
        parts = activations_of(trace(model, x), layers)
    elif layers is None:
        raise ValueError("representation: with batch_size, say which layers: the values of all have no room.")
    else:
        parts = _some_at_a_time(model, x, layers, batch_size)
    labels = None if y is None else as_labels(y)
    count = len(parts[0][1])
    if labels is not None and len(labels) != count:
        raise DataError(f"representation: needs a label for each sample, got {len(labels)} for {count}.")
    found = []
    for name, rows in parts:
        if method == "pca":
            axes = principal(rows)
            points, explained = axes.project(rows), float(axes.shares.sum())
        else:
            points, explained = tsne(rows, seed), None
        found.append(Projection(name, rows.shape[1], points, explained, _same_neighbour(rows, labels)))
    return Representation(method, tuple(found), labels)


def representation_over(recording: Recording, layer: str | None = None) -> RepresentationHistory:
    """One layer's activations on the probe batch, frame by frame; by default of the last hidden layer.

    Raises ValueError, with the layers there are, for a name that is not there.
    """
    description = recording.description
    names = description["layers"]
    if layer is None:
        layer = names[-2] if len(names) > 1 else names[-1]
    if layer not in names:
        raise ValueError(f"representation_over: no layer is called {layer!r}. There are: {', '.join(names)}.")
    value = _last_value(description, layer)
    steps, values = recording.series(f"values/{value}")
    rows = values.reshape(*values.shape[:2], -1)
    axes = principal(rows[-1])
    points = np.stack([axes.project(frame) for frame in rows])
    spread = np.square(rows - rows.mean(axis=1, keepdims=True)).sum(axis=(1, 2))
    kept = np.square(points - points.mean(axis=1, keepdims=True)).sum(axis=(1, 2))
    explained = np.divide(kept, spread, out=np.zeros(len(steps)), where=spread > 0)
    y = recording.probe.get("y/0")
    epochs = np.array([f.epoch for f in recording.frames if f"values/{value}" in f.arrays])
    return RepresentationHistory(layer, steps, epochs, points, explained, None if y is None else as_labels(y))


def activations_of(seen: Trace, layers: Sequence[str] | None = None) -> list[tuple[str, Array]]:
    """(name, (N, numbers)) of the inputs (of each, where there are several) and each layer; layers that only reshape
    are left out unless asked for.

    Raises ValueError for a name that no layer has.
    """
    for name in layers or ():
        if name != "inputs":
            seen.place(name)
    several = len(seen.batch.x) > 1
    found = [(f"{name} (input)" if several else "inputs", _flat(seen.values[name])) for name in seen.inputs]
    for name in seen.layers:
        rows = _flat(seen[name].a)
        if layers is not None or rows.shape != found[-1][1].shape or not np.array_equal(rows, found[-1][1]):
            found.append((name, rows))
    return found if layers is None else [one for one in found if one[0] in layers]


def _some_at_a_time(model: Any, x: Any, layers: Sequence[str], batch_size: int) -> list[tuple[str, Array]]:
    """As `activations_of` for these layers, of which alone the values are kept."""
    inputs = data.batch(x, inputs=model.input_slots()).x
    first = trace(model, [one[:1] for one in inputs])
    wanted = {name: first.value_after(name) for name in layers}
    found = values_of(model, list(inputs), wanted.values(), batch_size)
    return [(name, _flat(found[value])) for name, value in wanted.items()]


def tsne(rows: Array, seed: int = 0) -> Array:
    """(N, 2): t-SNE by scikit-learn, started from PCA.

    Raises ImportError, with the command that installs it, without scikit-learn.
    """
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise ImportError("t-SNE needs scikit-learn. Install it: pip install scikit-learn") from error
    perplexity = min(30.0, max(1.0, (len(rows) - 1) / 3))
    few = len(rows) < 2000  # several threads would wait for one another longer than they work
    with threadpool_limits(1 if few else None):
        return np.asarray(TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(rows))


def as_labels(y: Any) -> Array | None:
    """Class numbers from class numbers or from rows with a one; None for targets that are neither.

    >>> as_labels([[0, 1], [1, 0]]), as_labels([0.5, 0.25]) is None
    (array([1, 0]), True)
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        return y.argmax(axis=1)
    return y.astype(int) if y.ndim == 1 and y.size and np.all(y == np.floor(y)) else None


def _same_neighbour(rows: Array, labels: Array | None) -> float | None:
    if labels is None or len(rows) < 2:
        return None
    rows = np.asarray(rows, dtype=np.float64)
    squares = np.square(rows).sum(axis=1)
    gaps = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(gaps, np.inf)
    return float((labels[gaps.argmin(axis=1)] == labels).mean())


def _last_value(description: dict[str, Any], layer: str) -> str:
    """What a layer hands on: its value after the activation that belongs to it."""
    own = next(place for place in description["places"] if place["name"] == layer)
    readers = [place for place in description["places"] if own["makes"][0] in place["reads"]]
    follows = len(readers) == 1 and readers[0]["activation"] and readers[0]["name"] not in description["layers"]
    return str(readers[0]["makes"][0] if follows else own["makes"][0])


def _flat(values: Array) -> Array:
    return np.asarray(values).reshape(len(values), -1)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
