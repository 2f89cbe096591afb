"""What a report is about: a model, the samples that it is looked at with, and the recording of its training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.channels import channels_order
from ..inside.recording import Recording
from ..inside.representation import as_labels

SAMPLES = 500  # that pictures are made from, at most
ROOM = 2**27  # numbers that one pass may keep


@dataclass(frozen=True)
class Subject:
    """A model and what is known about it.

    x, y                samples to look with, shaped as the model takes them, and their targets or None
    x_train, y_train    what it learned from, where that is known
    names               of the classes
    recording           of its training, where there is one
    """

    model: Any
    x: Array
    y: Array | None = None
    x_train: Array | None = None
    y_train: Array | None = None
    names: Sequence[str] | None = None
    recording: Recording | None = None

    @property
    def targets(self) -> Array | None:
        """y, where the model has a loss to hold it against."""
        return self.y if self.model.compiled else None

    @property
    def labels(self) -> Array | None:
        """(N,) the classes of the samples; None where targets are no classes, or fewer than two."""
        found = None if self.y is None or self.widths < 2 else as_labels(self.y)
        return None if found is None or found.min() < 0 or found.max() >= max(self.widths, 2) else found

    @property
    def widths(self) -> int:
        """Numbers that the model answers with; two for one probability."""
        shape = self.model.output_shape
        if not isinstance(shape, tuple) or len(shape) != 2 or shape[-1] is None:
            return 0
        last = self.model.layers[-1].get_config().get("activation") if shape[-1] == 1 else None
        return 2 if last == "sigmoid" else int(shape[-1])

    @property
    def image_shape(self) -> tuple[int, ...] | None:
        """(H, W) or (H, W, C) of the samples as images; flat ones of a square number of pixels count as grey images.

        >>> import numpy as np
        >>> Subject(None, np.zeros((3, 64))).image_shape, Subject(None, np.zeros((3, 13))).image_shape
        ((8, 8), None)
        """
        shape = self.x.shape[1:]
        if self._channels_first:
            shape = (*shape[1:], shape[0])
        if len(shape) == 3 and shape[-1] in (1, 3):
            return shape[:2] if shape[-1] == 1 else shape
        if len(shape) == 2 and min(shape) > 3:
            return shape
        side = math.isqrt(shape[0]) if len(shape) == 1 else 0
        return (side, side) if side >= 5 and side * side == shape[0] else None

    def some(self, most: int = SAMPLES) -> tuple[Array, Array | None]:
        """The first samples and their targets: so many that every value of the network has room in memory."""
        most = self.few(most)
        return self.x[:most], None if self.targets is None else self.targets[:most]

    def few(self, most: int) -> int:
        """At most so many samples, and fewer for a network that makes very many numbers of each."""
        shapes = self.model._graph.shapes.values()
        numbers = sum(math.prod(side or 1 for side in shape[1:]) for shape in shapes)
        return max(1, min(most, ROOM // max(numbers, 1)))

    def images(self) -> Array | None:
        """The samples as images, their channels last, or None."""
        shape = self.image_shape
        x = np.moveaxis(self.x, 1, -1) if self._channels_first else self.x
        return None if shape is None else x.reshape(-1, *shape)

    @property
    def _channels_first(self) -> bool:
        """Whether the samples are images that have their channels first, as the model wants them."""
        return self.x.ndim == 4 and channels_order(self.model._graph) == "channels_first"
