"""Where the numbers of layers live: one bundle for all the layers that are trained together.

A layer alone has a bundle of its own; models that share a layer share one
bundle. Its entries are replaced in one assignment and never edited, so another
thread always sees either all of a step or none of it, and an old dict of
entries is a free snapshot.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from ..arrays import Array
from ..automatic import Recorded
from ..tree import leaves, tree_map

T = TypeVar("T", bound=tuple[Any, ...])


class LayerNumbers(NamedTuple):
    """What one layer keeps: params are moved by gradients, state is carried along."""

    params: dict[str, Array]
    state: dict[str, Array]


class OptimizerNumbers(NamedTuple):
    """What one optimizer keeps: its memory of each parameter, and the number of updates made."""

    moments: dict[str, Any]
    step: int


def on_host(numbers: T) -> T:
    """The same LayerNumbers, OptimizerNumbers or Numbers as NumPy arrays.

    Arrays that an engine left on a device are fetched, those of a CPU only looked at; either way they are for reading.
    """
    trees = [part for part in numbers if isinstance(part, dict)]
    if not any(_elsewhere(leaf) for tree in trees for _, leaf in leaves(tree)):
        return numbers
    fetched = (tree_map(_fetched, part) if isinstance(part, dict) else part for part in numbers)
    return type(numbers)(*fetched)


def _elsewhere(leaf: Any) -> bool:
    return hasattr(leaf, "__array_namespace__") and not isinstance(leaf, np.ndarray | np.generic | Recorded)


def _fetched(leaf: Any) -> Any:
    return np.asarray(leaf) if _elsewhere(leaf) else leaf


class Member(Protocol):
    """Something that has numbers in a bundle: a layer, or what `compile` made of an optimizer."""

    bundle: "Bundle | None"


class Bundle:
    """The numbers of several members, by member."""

    def __init__(self) -> None:
        self.entries: dict[Any, Any] = {}
        self.moved_to: Bundle | None = None  # the bundle that took everything in

    def put(self, changes: dict[Any, Any]) -> None:
        """Replace the numbers of these members, all at once."""
        for member in changes:
            if member.bundle is None:
                member.bundle = self
        self.entries = {**self.entries, **changes}

    def drop(self, member: Any) -> None:
        """Forget this member's numbers."""
        self.entries = {other: numbers for other, numbers in self.entries.items() if other is not member}

    def take_in(self, other: "Bundle") -> None:
        """Everything of the other bundle lives here from now on."""
        other.moved_to = self
        self.entries = {**self.entries, **other.entries}
        for member in other.entries:
            member.bundle = self


def settle(members: Iterable[Member]) -> Bundle:
    """One bundle for all of these members, and for whoever they already lived with."""
    bundles = list({id(m.bundle): m.bundle for m in members if m.bundle is not None}.values())
    home = max(bundles, key=lambda bundle: len(bundle.entries), default=Bundle())
    for bundle in bundles:
        if bundle is not home:
            home.take_in(bundle)
    return home
