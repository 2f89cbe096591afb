"""The past of a training: bundles at some batches, few enough to keep, near enough to work out all others anew."""

from typing import Any

import numpy as np

from ..engine.step import Numbers
from ..tree import leaves

MOST = 256  # bundles kept; beyond that every second one goes
LIMIT = 256 * 2**20  # bytes that they may take, where that is less …
LEAST = 8  # … but so many may be kept of the largest network


class Past:
    """What the numbers were before the batches of a training. Bundles are never edited: keeping one copies nothing."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Numbers, Any]] = {}
        self._pinned: set[int] = set()  # numbers that no batch led to: the first, and those changed by hand
        self._rates: dict[int, float] = {}
        self._stride = 1

    @property
    def _most(self) -> int:
        """How many bundles there is room for."""
        numbers = next(iter(self._kept.values()))[0]
        size = sum(np.asarray(array).nbytes for _, array in leaves(numbers._asdict()))
        return max(LEAST, min(MOST, LIMIT // max(size, 1)))

    def note(self, batch: int, numbers: Numbers, tallies: Any, pinned: bool) -> None:
        """Remember the numbers before this batch; pinned: what came before does not lead to them."""
        old = self._kept.get(batch)
        if pinned or (batch in self._pinned and old is not None and not same(old[0], numbers)):
            self.forget(batch)
        if pinned:
            self._pinned.add(batch)
        if pinned or batch % self._stride == 0:
            self._kept[batch] = numbers, tallies
        while len(self._kept) > LEAST and len(self._kept) > self._most + len(self._pinned):
            self._stride *= 2
            self._kept = {at: kept for at, kept in self._kept.items() if at % self._stride == 0 or at in self._pinned}

    def forget(self, batch: int) -> None:
        """Drop what is known of this batch and all after it: from here on things went another way."""
        self._kept = {at: kept for at, kept in self._kept.items() if at < batch}
        self._rates = {at: rate for at, rate in self._rates.items() if at < batch}
        self._pinned = {at for at in self._pinned if at < batch}

    def nearest(self, batch: int) -> tuple[int, Numbers, Any]:
        """The latest batch up to this one whose numbers are kept; its number, the numbers and the tallies before it."""
        at = max(known for known in self._kept if known <= batch)
        return at, *self._kept[at]

    def rate(self, batch: int, now: float) -> float:
        """The learning rate that this batch was learned with; `now`, if it was not yet."""
        return self._rates.get(batch, now)

    def set_rate(self, batch: int, rate: float) -> None:
        """Remember the rate of a batch; another one than before leads another way."""
        if self._rates.get(batch, rate) != rate:
            self.forget(batch + 1)
        self._rates[batch] = rate


def same(one: Numbers, other: Numbers) -> bool:
    """Whether two bundles hold the very same arrays (moments aside: these nobody changes by hand).

    >>> import numpy as np
    >>> a = Numbers({"dense": {"bias": np.zeros(1)}}, {}, {}, 0)
    >>> same(a, a._replace(step=1)), same(a, Numbers({"dense": {"bias": np.zeros(1)}}, {}, {}, 0))
    (True, False)
    """
    mine, theirs = ([array for _, array in leaves(n.params | {"": n.state})] for n in (one, other))
    return len(mine) == len(theirs) and all(a is b for a, b in zip(mine, theirs, strict=True))
