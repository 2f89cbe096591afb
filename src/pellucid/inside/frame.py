"""Frame: one look at a model in training, as plain arrays under names such as "weights/dense/kernel".

weights/, state/    the model's numbers
moments/            the optimizer's memory, with which a fork goes on as the training did
gradients/          dL/dparameter on the probe batch
updates/            what the latest step added to each parameter
values/, dvalues/   every value of the network on the probe batch, and dL/dvalue
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays import Array
from .blocks import Block, Shown, Table, number

Seen = tuple[float | None, dict[str, Array]]  # the loss on the probe, and arrays by name


@dataclass(frozen=True, repr=False)
class Frame(Shown):
    """One look at a model in training.

    number         of the frame, counted from 0 also over frames that are gone
    step           updates made before it
    epoch, batch   counted from 0; -1 before the first
    seconds        since training began
    loss           on the probe batch; None without targets
    rate           the learning rate
    update_steps   how many steps "updates/" covers: 1, or more where an engine makes several at once; 0 for none
    logs           what the progress line said
    """

    number: int
    step: int
    epoch: int
    batch: int
    seconds: float
    loss: float | None
    rate: float
    update_steps: int
    logs: dict[str, float]
    arrays: Mapping[str, Array] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def blocks(self) -> list[Block]:
        """When it was, and one row a parameter."""
        when = "before the first batch" if self.epoch < 0 else f"epoch {self.epoch + 1}, batch {self.batch + 1}"
        loss = "" if self.loss is None else f", loss on the probe {number(self.loss)}"
        weights, slopes, moves = (self.part(name) for name in ("weights", "gradients", "updates"))
        rows = tuple(
            (
                name,
                str(array.shape),
                *(_length(part[name]) if name in part else "" for part in (weights, slopes, moves)),
            )
            for name, array in weights.items()
        )
        heads = ("parameter", "shape", "‖weights‖", "‖gradient‖", "‖update‖")
        return [Table(f"Frame after {self.step:,} updates: {when}, rate {number(self.rate)}{loss}", heads, rows)]

    def part(self, prefix: str) -> dict[str, Array]:
        """The arrays under a prefix, named without it: part("weights") -> {"dense/kernel": …}."""
        start = prefix + "/"
        return {name[len(start) :]: array for name, array in self.arrays.items() if name.startswith(start)}


def _length(array: Array) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))


class LateArrays(Mapping[str, Array]):
    """Arrays some of which are worked out when one of them is first asked for.

    known   those that are there
    sizes   bytes of each of the others, by name
    look    works the others out, with the loss

    >>> late = LateArrays({"a": 1}, {"b": 8}, lambda: (0.5, {"b": 2}))
    >>> list(late), "b" in late, late["b"], late.loss
    (['a', 'b'], True, 2, 0.5)
    """

    def __init__(self, known: dict[str, Array], sizes: Mapping[str, int], look: Callable[[], Seen]) -> None:
        self._known, self._sizes = known, sizes
        self._look: Callable[[], Seen] | None = look
        self._seen: Seen = None, {}

    @property
    def loss(self) -> float | None:
        return self._worked_out()[0]

    @property
    def size(self) -> int:
        """Bytes of all of them, whether they are worked out or not."""
        return sum(array.nbytes for array in self._known.values()) + sum(self._sizes.values())

    def __getitem__(self, name: str) -> Array:
        return self._known[name] if name in self._known else self._worked_out()[1][name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._sizes

    def __iter__(self) -> Iterator[str]:
        yield from self._known
        yield from self._sizes

    def __len__(self) -> int:
        return len(self._known) + len(self._sizes)

    def _worked_out(self) -> Seen:
        look = self._look
        if look is not None:  # two threads may both look: they see the same
            self._seen = look()
            self._look = None
        return self._seen


class LateFrame(Frame):
    """A frame whose loss, values and gradients are worked out, from its weights, when somebody asks for them.

    facts   what Frame is made of, without loss and arrays
    """

    arrays: LateArrays

    def __init__(self, facts: Mapping[str, Any], arrays: LateArrays) -> None:
        for name, value in {**facts, "arrays": arrays}.items():
            object.__setattr__(self, name, value)

    @property
    def loss(self) -> float | None:
        return self.arrays.loss

    @property
    def size(self) -> int:
        return self.arrays.size
