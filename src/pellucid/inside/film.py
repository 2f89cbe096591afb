"""Films over a training: what kernels, feature maps or excited images looked like at each recorded moment.

film_of_kernels         the kernels of a convolution, frame by frame
film_of_feature_maps    what they make of one image of the probe batch
film_of_maximisation    images made to excite units, by the weights of each frame
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Tree
from .blocks import Block, Shown, Table, some_of
from .frame import Frame
from .recording import Recording
from .seeing import Place, maximise

FRAMES = 40  # of a film, at most


@dataclass(frozen=True, repr=False)
class Film(Shown):
    """Moments of a training as sheets of small images.

    title      what it shows
    captions   (T) of the moments: epoch, step, loss
    labels     (K) of the small images
    images     (T, K, H, W) or (T, K, H, W, C)
    signed     whether the numbers have a sign, as weights have
    left_out   "16 of 64 kernels", where not all are in it; else ""
    """

    title: str
    captions: tuple[str, ...]
    labels: tuple[str, ...]
    images: Array
    signed: bool
    left_out: str

    def __len__(self) -> int:
        return len(self.images)

    def blocks(self) -> list[Block]:
        moved = [float(np.abs(image - self.images[0]).mean()) for image in self.images]
        rows = tuple(zip(self.captions, moved, strict=True))
        return [Table(self.title, ("moment", "mean change since the first"), rows, self.left_out)]


def film_of_kernels(recording: Recording, layer: str, *, channel: int | None = None, most: int = 64) -> Film:
    """The kernels (KH, KW, C, F) of a convolution over the training.

    channel   which input channel; None: the sum over all
    most      kernels at most

    Raises ValueError for a layer without kernels of rows and columns.
    """
    frames = _chosen(recording)
    name = f"weights/{layer}/kernel"
    _need(frames, name)
    kernels = np.stack([frame.arrays[name] for frame in frames])  # (T, KH, KW, C, F)
    if kernels.ndim != 5:
        raise ValueError(f"film_of_kernels: {layer} has a kernel of {kernels.shape[1:]}, not of rows and columns.")
    images = kernels.sum(axis=3) if channel is None else kernels[:, :, :, channel]
    return _film(f"Kernels of {layer}", "kernel", frames, np.moveaxis(images, -1, 1), most, signed=True)


def film_of_feature_maps(recording: Recording, layer: str, *, sample: int = 0, most: int = 64) -> Film:
    """What a layer makes of one image of the probe batch, over the training.

    layer    the name of a value: a layer's sums ("conv") or its activation ("conv/relu")
    sample   of the probe batch
    """
    frames = _chosen(recording)
    name = f"values/{layer}"
    _need(frames, name)
    maps = np.stack([frame.arrays[name][sample] for frame in frames])  # (T, H, W, F)
    if maps.ndim != 4:
        raise ValueError(f"film_of_feature_maps: {layer} has no rows and columns, but {maps.shape[1:]}.")
    signed = bool((maps < 0).any())
    return _film(f"{layer} of probe image {sample}", "map", frames, np.moveaxis(maps, -1, 1), most, signed=signed)


def film_of_maximisation(
    model: Any, recording: Recording, layer: str, units: list[Place] | range, **options: Any
) -> Film:
    """Images made to excite units, with the weights of each recorded moment; `options` as for `maximise`.

    model   the network of the recording; it is not changed
    units   as for `maximise`
    """
    frames = _chosen(recording)
    found = [maximise(model, layer, units, params=_params(frame), **options).images for frame in frames]
    labels = tuple(f"unit {unit}" for unit in units)
    title = f"What excites units of {layer}"
    return Film(title, tuple(map(_caption, frames)), labels, np.stack(found), False, "")


def _film(title: str, noun: str, frames: list[Frame], images: Array, most: int, *, signed: bool) -> Film:
    count = images.shape[1]
    shown = min(count, most)
    labels = tuple(f"{noun} {i}" for i in range(shown))
    left_out = f"{shown} of {count} {noun}s" if shown < count else ""
    return Film(title, tuple(map(_caption, frames)), labels, images[:, :shown], signed, left_out)


def _chosen(recording: Recording) -> list[Frame]:
    """At most so many frames, evenly spread, the first and the last among them."""
    frames = recording.frames
    return [frames[i] for i in some_of(len(frames), FRAMES)]


def _need(frames: list[Frame], name: str) -> None:
    if not frames or name not in frames[0].arrays:
        kind = name.partition("/")[0]
        there = [known for known in (frames[0].arrays if frames else ()) if known.startswith(kind)]
        raise ValueError(f"film: no frame has {name!r}. There are: {', '.join(there) or 'no frames'}.")


def _params(frame: Frame) -> Tree:
    """The parameters of a frame, by owner."""
    found: Tree = {}
    for name, array in frame.part("weights").items():
        owner, _, param = name.rpartition("/")
        found.setdefault(owner, {})[param] = array
    return found


def _caption(frame: Frame) -> str:
    epoch = "before training" if frame.epoch < 0 else f"epoch {frame.epoch + 1}"
    loss = "" if frame.loss is None else f", loss {frame.loss:.4f}"
    return f"{epoch}, step {frame.step:,}{loss}"
