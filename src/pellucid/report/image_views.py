"""The views of networks that read images or sequences: kernels, maps, fields, what units see, gates over time."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..inside.features import feature_maps, follow, kernels_of
from ..inside.receptive_field import receptive_field, receptive_fields
from ..inside.recurrent import unroll
from ..inside.seeing import maximise, saliency, strongest
from ..inside.trace import trace
from ..layers.bidirectional import Bidirectional
from ..layers.conv import Conv
from ..layers.rnn import RNN
from ..plots.feature_maps import feature_maps_picture
from ..plots.journey import journey_picture
from ..plots.kernels import kernels_picture
from ..plots.receptive_field import receptive_field_picture
from ..plots.recurrent import gradient_through_time_picture, recurrent_picture
from ..plots.seeing import maximised_picture, saliency_picture, strongest_picture
from .subject import BACK, PATIENCE, Subject
from .view import Picture

_KERNELS = 3  # convolutions whose kernels are drawn
_FIELDS = 4  # layers whose receptive fields are drawn
_UNITS = 4  # whose strongest images are drawn
_MADE = 10  # images made to excite units, at most
_STEPS = 64  # that each of these takes
_GRADIENTS = 8  # samples whose gradients are drawn beside kernels
_SEQUENCES = 32  # sequences whose gradients through time are measured


def journey_view(subject: Subject) -> Iterable[Picture]:
    if subject.image_shape is None:
        return
    journey = follow(subject.model, subject.first(1), None if subject.labels is None else subject.labels[:1])
    layers = ", ".join(stage.layer for stage in journey.stages)
    yield Picture(journey_picture(journey), f"One image, what each of {layers} makes of it, and the answer as bars.")


def kernels_view(subject: Subject) -> Iterable[Picture]:
    there = _convolutions(subject)
    if not there:
        return
    x, y = subject.some(_GRADIENTS, back=True)
    seen = None if y is None else trace(subject.model, x, y)
    for name in there[:_KERNELS]:
        found = kernels_of(subject.model, name, seen)
        alt = f"The {found.filters} kernels of {name}, each as a small image"
        alt += "." if y is None else ", and beside them the gradient of the loss for each."
        yield Picture(kernels_picture(found), alt, tuple(found.blocks()))
    if len(there) > _KERNELS:
        yield Picture(None, blocks=(f"{_KERNELS} of {len(there)} convolutions.",))


def feature_maps_view(subject: Subject) -> Iterable[Picture]:
    if _convolutions(subject):
        maps = feature_maps(subject.model, subject.first(1))
        sizes = ", ".join(f"{one.layer} {one.maps.shape[-1]} maps" for one in maps.layers)
        yield Picture(
            feature_maps_picture(maps), f"An image, and the maps that are made of it: {sizes}.", tuple(maps.blocks())
        )


def fields_view(subject: Subject) -> Iterable[Picture]:
    there, images = _convolutions(subject), subject.images()
    if not there or images is None:
        return
    size = subject.first(1).shape[1:]
    chosen = [there[i] for i in np.unique(np.linspace(0, len(there) - 1, min(len(there), _FIELDS)).astype(int))]
    fields = [receptive_field(subject.model, name, size=size) for name in chosen]
    seen = "; ".join(f"{field.layer} {' by '.join(str(b - a + 1) for a, b in field.ranges)} pixels" for field in fields)
    alt = f"An image with what the middle unit of each layer can see of it: {seen}."
    blocks = tuple(receptive_fields(subject.model, size=size).blocks())
    yield Picture(receptive_field_picture(images[0], fields), alt, blocks)


def seeing_view(subject: Subject) -> Iterable[Picture]:
    there = _convolutions(subject)
    if not there:
        return
    few = subject.first(subject.searched)
    model, last = subject.model, there[-1]
    units = range(min(_UNITS, model.get_layer(last).filters)) if len(few) > 1 else []
    if units:
        found = strongest(model, few, last, units, count=min(9, len(few)), batch_size=subject.few(64))
        alt = (
            f"For {len(found.units)} units of {last}, the images that excite each most, and what the unit sees of each."
        )
        yield Picture(strongest_picture(found), alt, tuple(found.blocks()))
    layer = model.layers[-1].name if subject.widths else last
    count = min(_MADE, subject.widths or model.get_layer(last).filters, model.output_shape[-1])
    seconds = BACK * subject.seconds * count * _STEPS
    if seconds > PATIENCE:
        words = f"{count} images made to excite units of {layer} would take some {seconds:,.2g} s"
        yield Picture(None, blocks=(f"Left out: {words}, {_STEPS} steps for each. See inside.maximise.",))
    else:
        low, high = float(few.min()), float(few.max())
        made = maximise(model, layer, range(count), steps=_STEPS, size=few.shape[1:], low=low, high=high)
        alt = f"Images made from grey to excite {count} units of {layer} as much as they can be excited."
        yield Picture(maximised_picture(made), alt, tuple(made.blocks()))
    hangs = saliency(model, subject.first(1))
    alt = (
        f"One image; the pixels that unit {hangs.unit} of {hangs.layer} hangs on; and what each pixel adds to its sum."
    )
    yield Picture(saliency_picture(hangs), alt, tuple(hangs.blocks()))


def recurrent_view(subject: Subject) -> Iterable[Picture]:
    x, y = subject.some(_SEQUENCES, back=True)
    layers = [node.name for node in subject.model._graph.nodes if isinstance(node.layer, RNN | Bidirectional)]
    insides: dict[str, Any] = {}
    for name in layers:
        for inside in unroll(subject.model, x, y, layer=name):
            gates = ", ".join(inside.gates)
            alt = f"Inside {inside.name}, time step by time step for one sample: its gates ({gates}) and states."
            yield Picture(recurrent_picture(inside), alt)
            insides[inside.name] = inside
    if insides and y is not None:
        alt = f"How strongly the loss reaches back to each time step of {', '.join(insides)}."
        yield Picture(gradient_through_time_picture(insides), alt)


def _convolutions(subject: Subject) -> list[str]:
    """The convolutions over images, by name."""
    if isinstance(subject.x, list) or subject.x.ndim != 4:
        return []
    nodes = subject.model._graph.nodes
    return [node.name for node in nodes if isinstance(node.layer, Conv) and node.layer.axes == 2]
