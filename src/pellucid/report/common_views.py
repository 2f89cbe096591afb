"""The views of any network: its layers, weights, learning, and what it makes of the samples."""

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..inside.blocks import Table, number
from ..inside.grid_warp import grid_warp
from ..inside.learning_speed import LearningSpeed, learning_speed_of
from ..inside.loss_surface import LossSurface, loss_surface, random_plane
from ..inside.network_view import network_view
from ..inside.probing import compare_features
from ..inside.representation import Representation, activations_of, representation, representation_over
from ..inside.samples import duplicates, hardest, most_confused
from ..inside.saturation import saturation
from ..inside.saturation_history import saturation_over
from ..inside.trace import trace
from ..plots.activations import sums_picture
from ..plots.grid_warp import grid_warp_picture
from ..plots.learning_curves import learning_curves_picture
from ..plots.learning_speed import learning_speed_picture
from ..plots.loss_surface import surface_picture
from ..plots.mosaic import columns_for
from ..plots.network import network_picture
from ..plots.representation import features_picture, representation_history_picture, representation_picture
from ..plots.samples import confusion_picture, hardest_picture
from ..plots.saturation import saturation_picture
from ..plots.style import new_figure
from ..plots.tiles import spread
from ..plots.weights import draw_weights
from .subject import PATIENCE, ROOM, SAMPLES, Subject
from .view import Picture

_FEW = 200  # samples of a loss surface
_MANY = 2000  # samples that classifiers learn from
_SIDES = (25, 17, 11)  # places a side of a loss surface: as many as there is time for
_PLACE = 1e-8  # seconds that it takes to move a weight to another place
_PROBED = 10  # layers whose features a classifier learns from
_DOTS = 32  # samples for which it is worth to leave out layers, where they are looked at as dots


def layers_view(subject: Subject) -> Iterable[Picture]:
    model = subject.model
    rows = tuple(
        (layer.name, layer.class_name, _shape(getattr(layer, "output", None)), f"{layer.count_params():,}")
        for layer in model.layers
    )
    total = f"{model.count_params():,} parameters."
    yield Picture(None, blocks=(Table(model.name, ("layer", "kind", "output", "parameters"), rows), total))


def graph_view(subject: Subject) -> Iterable[Picture]:
    view = network_view(subject.model, subject.first(1))
    if not view.edges:
        return
    strongest = "; ".join(
        f"between {view.columns[e.before].name} and {view.columns[e.after].name} up to {e.strongest:.2g}"
        for e in view.edges
    )
    columns = ", ".join(f"{c.name} {len(c.shown)} of {c.units}" for c in view.columns)
    yield Picture(network_picture(view), f"A graph of units and weights. Units drawn: {columns}. Weights: {strongest}.")


def weights_view(subject: Subject) -> Iterable[Picture]:
    shape = subject.image_shape
    first = next((layer for layer in subject.model.leaf_layers() if layer.count_params()), None)
    kernel = None if first is None or first.class_name != "Dense" else np.asarray(first.get_weights()[0])
    if shape is None or first is None or kernel is None or kernel.shape[0] != int(np.prod(shape)):
        return
    shown = min(kernel.shape[1], 64)
    columns = columns_for(shown)
    figure = new_figure(8, 0.8 + 6.6 * (-(-shown // columns) * (shape[0] + 1)) / (columns * (shape[1] + 1)))
    draw_weights(figure.subplots(), kernel, shape)
    yield Picture(figure, f"The weights of {shown} of {kernel.shape[1]} units of {first.name}, each drawn as an image.")


def sums_view(subject: Subject) -> Iterable[Picture]:
    seen = saturation(subject.model, subject.some()[0])
    if seen.layers:
        flat = "; ".join(f"{one.layer}: {one.flat:.0%} on the flat of {one.activation}" for one in seen.layers)
        yield Picture(
            sums_picture(seen), f"Histograms of each layer's sums under its activation. {flat}.", tuple(seen.blocks())
        )


def saturation_over_time_view(subject: Subject) -> Iterable[Picture]:
    if subject.recording is None:
        return
    history = saturation_over(subject.recording)
    if history.layers:
        ends = "; ".join(
            f"{name} ends with {history.saturated[-1, i]:.0%} saturated and {history.dead[-1, i]:.0%} dead"
            for i, name in enumerate(history.layers)
        )
        yield Picture(saturation_picture(history), f"Shares of units over the steps. {ends}.", tuple(history.blocks()))


def learning_speed_view(subject: Subject) -> Iterable[Picture]:
    watched = subject.recording is not None and subject.recording.latest
    if subject.recording is not None and watched and watched.part("gradients"):
        speed: LearningSpeed | None = learning_speed_of(subject.recording)
    else:
        speed = subject.speed
    if speed is not None and speed.layers:
        sizes = zip(speed.layers, speed.gradient[-1], strict=True)
        alt = "Length of the gradient by layer: " + ", ".join(f"{name} {number(size)}" for name, size in sizes) + "."
        yield Picture(learning_speed_picture(speed), alt, tuple(speed.blocks()))


def surface_view(subject: Subject) -> Iterable[Picture]:
    x, y = subject.some(_FEW, back=True)
    if y is None:
        return
    seconds = subject.seconds * subject.few(_FEW, back=True) + subject.model.count_params() * _PLACE
    plane = None
    if seconds * _SIDES[-1] ** 2 < PATIENCE:
        plane, start = random_plane(subject.model), time.thread_time()
        loss_surface(subject.model, x, y, plane, size=1)
        seconds = time.thread_time() - start
    side = next((side for side in _SIDES if side**2 * seconds < PATIENCE), None)
    if plane is None or side is None:
        words = f"Left out: the loss at one place takes about {seconds:.2g} s, and a surface has"
        yield Picture(None, blocks=(f"{words} {_SIDES[-1] ** 2} places at the least. See inside.loss_surface.",))
        return
    if subject.recording is not None and len(subject.recording.frames) >= 3:
        yield _surface_part(loss_surface(subject.model, x, y, paths=subject.recording, size=side))
    yield _surface_part(loss_surface(subject.model, x, y, plane, size=side))


def _surface_part(surface: LossSurface) -> Picture:
    return Picture(
        surface_picture(surface), f"Contours and a landscape. {surface.blocks()[0]}", tuple(surface.blocks())
    )


def representation_view(subject: Subject) -> Iterable[Picture]:
    few, labels = subject.few(SAMPLES), subject.labels
    if few < min(_DOTS, subject.count):
        seen, missing = _last_layers(subject)
    else:
        seen = representation(subject.model, subject.first(few), None if labels is None else labels[:few])
        missing = ""
    facts = "; ".join(f"{one.layer}: {one.units} numbers, {one.explained:.0%} of the variance" for one in seen.layers)
    yield Picture(
        representation_picture(seen), f"The samples as points, layer by layer. {facts}.", tuple(seen.blocks())
    )
    if missing:
        yield Picture(None, blocks=(missing,))
    if subject.recording is not None and len(subject.recording.description["layers"]) > 1:
        history = representation_over(subject.recording)
        alt = f"{history.layer} at several moments of the training, the samples as points that move apart."
        yield Picture(representation_history_picture(history), alt)


def _last_layers(subject: Subject) -> tuple[Representation, str]:
    """The last layers, which make few numbers, of more samples than there is room for of all; and what is missing."""
    count = min(SAMPLES, subject.searched)
    sizes = [(name, rows.shape[1]) for name, rows in activations_of(trace(subject.model, subject.first(1)))[1:]]
    room = np.cumsum([size * count for _, size in reversed(sizes)]) <= ROOM // 4
    layers = [name for name, _ in sizes[len(sizes) - max(1, int(room.sum())) :]]
    labels = None if subject.labels is None else subject.labels[:count]
    found = representation(subject.model, subject.first(count), labels, layers, batch_size=subject.few(count))
    missing = len(sizes) - len(layers)
    few = f" of {count} of {subject.count:,} samples" if count < subject.count else f" of {count} samples"
    return found, f"The first {missing} layers are left out: they make too many numbers{few}." if missing else ""


def features_view(subject: Subject) -> Iterable[Picture]:
    if subject.labels is None or subject.y is None or subject.x_train is None or subject.y_train is None:
        return
    if isinstance(subject.x_train, list) or isinstance(subject.x, list):
        return
    few = subject.few(_MANY, back=True)  # two passes at a time, and in double precision
    if few < _DOTS:
        yield Picture(None, blocks=("Left out: a classifier needs more samples than this network has room for.",))
        return
    names = [name for name, _ in activations_of(trace(subject.model, subject.first(2)))[1:]]
    layers = spread(names, _PROBED)
    found = compare_features(
        subject.model, subject.x_train[:few], subject.y_train[:few], subject.x[:few], subject.y[:few],
        subject.image_shape, layers,
    )  # fmt: skip
    rates = ", ".join(f"{row.name} {row.test:.1%}" for row in found.rows)
    yield Picture(features_picture(found), f"Accuracy of a linear classifier on: {rates}.", tuple(found.blocks()))
    if len(layers) < len(names):
        yield Picture(None, blocks=(f"{len(layers)} of {len(names)} layers.",))


def grid_warp_view(subject: Subject) -> Iterable[Picture]:
    model = subject.model
    two = any(layer.output.shape[1:] == (2,) for layer in model.layers[:-1] if hasattr(layer, "output"))
    if tuple(model.input_slots()[0].shape[1:]) == (2,) and two:
        warp = grid_warp(model, *subject.some(300))
        stages = ", then ".join(stage.name for stage in warp.stages)
        yield Picture(grid_warp_picture(warp), f"A square grid over the plane of inputs, carried through: {stages}.")


def confusion_view(subject: Subject) -> Iterable[Picture]:
    counts = subject.confusion
    if counts is None:
        return
    names = [str(i) for i in range(len(counts))] if subject.names is None else list(subject.names)
    right, total = int(np.trace(counts)), int(counts.sum())
    chosen = most_confused(counts)
    rows = tuple((names[i], *(str(counts[i, j]) for j in chosen)) for i in chosen)
    few = "" if len(chosen) == len(counts) else f"; the {len(chosen)} of {len(counts):,} with the most mistakes"
    table = Table(f"What each class (a row) was taken for{few}", ("", *(names[i] for i in chosen)), rows)
    alt = f"Confusion matrix: {right} of {total} samples are right."
    yield Picture(confusion_picture(counts, names if len(names) == len(counts) else None), alt, (table,))


def hardest_view(subject: Subject) -> Iterable[Picture]:
    if subject.targets is None:
        return
    most = subject.judged
    found = hardest(subject.model, subject.first(most), subject.targets[:most], min(24, most), subject.answers)
    names = subject.names if subject.labels is not None else None
    alt = f"The {len(found.places)} samples with the highest loss; they have {found.share:.0%} of the whole loss."
    yield Picture(hardest_picture(found, subject.images(), names), alt, tuple(found.blocks()))


def duplicates_view(subject: Subject) -> Iterable[Picture]:
    if subject.x_train is None or isinstance(subject.x_train, list) or isinstance(subject.x, list):
        return
    pairs = duplicates(subject.x_train, subject.x)
    if not pairs:
        yield Picture(None, blocks=(f"None of the {subject.count:,} test samples is among the training samples.",))
        return
    rows = tuple((str(mine), str(theirs)) for mine, theirs in pairs[:12])
    left_out = f"12 of {len(pairs)} pairs" if len(pairs) > 12 else ""
    table = Table("Equal samples", ("in the training data", "in the test data"), rows, left_out)
    yield Picture(None, blocks=(f"{len(pairs)} of {subject.count:,} test samples are training samples, too.", table))


def curves_view(subject: Subject) -> Iterable[Picture]:
    epochs = [] if subject.recording is None else subject.recording.epochs
    if not epochs:
        return
    history = {name: [epoch["logs"][name] for epoch in epochs if name in epoch["logs"]] for name in epochs[-1]["logs"]}
    history = {name: values for name, values in history.items() if name != "learning_rate"}
    ends = ", ".join(f"{name} {number(values[-1])}" for name, values in history.items())
    yield Picture(learning_curves_picture(history), f"Curves over {len(epochs)} epochs, which end at {ends}.")


def _shape(tensor: Any) -> str:
    return "" if tensor is None else str(getattr(tensor, "shape", ""))
