"""What a report is about: a model, the samples that it is looked at with, and the recording of its training."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.channels import channels_order
from ..inside.learning_speed import LearningSpeed, learning_speed
from ..inside.recording import Recording
from ..inside.representation import as_labels
from ..inside.samples import confusion_of_answers
from ..inside.values import values_of

SAMPLES = 500  # that pictures are made from, at most
ROOM = 100_000_000  # numbers that one pass may keep
BACK = 3  # times as many are kept where gradients follow
PATIENCE = 20.0  # seconds for one view
_ANSWERS = 8.0  # seconds for answers to samples
_FEW = 200  # samples whose gradients are taken, at most
_BATCH = 256  # samples that are answered to at a time
_TRIED = 32  # samples that tell how long one takes


@dataclass(frozen=True)
class Subject:
    """A model and what is known about it.

    x, y                samples to look with, shaped as the model takes them, and their targets or None; x a list for a
                        model of several inputs
    x_train, y_train    what it learned from, where that is known
    names               of the classes
    recording           of its training, where there is one
    """

    model: Any
    x: Array | list[Array]
    y: Array | None = None
    x_train: Array | list[Array] | None = None
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
        if isinstance(self.x, list):
            return None
        shape = self.x.shape[1:]
        if self._channels_first:
            shape = (*shape[1:], shape[0])
        if len(shape) == 3 and shape[-1] in (1, 3):
            return shape[:2] if shape[-1] == 1 else shape
        if len(shape) == 2 and min(shape) > 3:
            return shape
        side = math.isqrt(shape[0]) if len(shape) == 1 else 0
        return (side, side) if side >= 5 and side * side == shape[0] else None

    @property
    def count(self) -> int:
        """How many samples there are to look with."""
        return len(self.x[0] if isinstance(self.x, list) else self.x)

    def first(self, most: int) -> Any:
        """So many samples, from the first one on, as the model takes them."""
        return [one[:most] for one in self.x] if isinstance(self.x, list) else self.x[:most]

    def some(self, most: int = SAMPLES, back: bool = False) -> tuple[Any, Array | None]:
        """The first samples and their targets: so many that every value of the network has room in memory.

        back   whether gradients are wanted, too
        """
        most = self.few(most, back)
        return self.first(most), None if self.targets is None else self.targets[:most]

    def few(self, most: int, back: bool = False) -> int:
        """At most so many samples, and fewer for a network that makes very many numbers of each."""
        return max(1, min(most, self.count, ROOM // (max(self.numbers, 1) * (BACK if back else 1))))

    @cached_property
    def numbers(self) -> int:
        """How many numbers the network makes of one sample."""
        shapes = self.model._graph.shapes.values()
        return sum(math.prod(side or 1 for side in shape[1:]) for shape in shapes)

    @cached_property
    def seconds(self) -> float:
        """That the network takes to answer to a sample; those in which other programs had the machine not counted."""
        tried, best = self.few(_TRIED), math.inf
        for _ in range(2):
            start = time.thread_time()
            self._answers_to(tried)
            best = min(best, time.thread_time() - start)
        return best / tried

    @cached_property
    def judged(self) -> int:
        """How many samples the answers are judged by: all, or as many as the network answers to in good time."""
        return max(1, min(self.count, int(_ANSWERS / self.seconds)))

    @cached_property
    def searched(self) -> int:
        """How many samples other views may ask about: all, or half as many as the answers are judged by."""
        return self.judged if self.judged == self.count and self.judged * self.seconds < 1 else max(1, self.judged // 2)

    @cached_property
    def answers(self) -> list[Array]:
        """What the model says of these samples, output by output."""
        return self._answers_to(self.judged)

    def _answers_to(self, most: int) -> list[Array]:
        outputs = self.model._graph.outputs
        found = values_of(self.model, self.first(most), outputs, self.few(_BATCH))
        return [found[name] for name in outputs]

    @cached_property
    def confusion(self) -> Array | None:
        """How often the model took each class for each, (classes, classes); None where there are no classes."""
        return None if self.labels is None else confusion_of_answers(self.answers[0], self.labels[: self.judged])

    @cached_property
    def speed(self) -> LearningSpeed | None:
        """The learning speed of each layer now; None without targets."""
        x, y = self.some(_FEW, back=True)
        return None if y is None else learning_speed(self.model, x, y)

    def facts(self) -> list[str]:
        """What a reader must know of the samples: where a view looks at some of them only."""
        few, back, lines = self.few(SAMPLES), self.few(_FEW, back=True), []
        if few < min(SAMPLES, self.count) or back < min(_FEW, self.count):
            lines.append(
                f"This network makes {self.numbers / 1e6:,.3g} million numbers of one sample. Views that keep them all "
                f"look at {_first(few)}, those with gradients at {_first(back)}."
            )
        if self.labels is not None and self.judged < self.count:
            lines.append(
                f"Its answers are judged by {_first(self.judged)}: as many as it answers to in {_ANSWERS:.0f} seconds."
            )
        return lines

    def images(self) -> Array | None:
        """The samples as images, their channels last, or None."""
        shape = self.image_shape
        if shape is None or isinstance(self.x, list):
            return None
        x = np.moveaxis(self.x, 1, -1) if self._channels_first else self.x
        return x.reshape(-1, *shape)

    @property
    def _channels_first(self) -> bool:
        """Whether the samples are images that have their channels first, as the model wants them."""
        images = not isinstance(self.x, list) and self.x.ndim == 4
        return images and channels_order(self.model._graph) == "channels_first"


def _first(count: int) -> str:
    return "the first sample" if count == 1 else f"the first {count:,} samples"
