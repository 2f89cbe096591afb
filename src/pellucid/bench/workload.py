"""What is measured: a workload is one piece of work, and the peers that do it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Turn = Callable[[], float]  # does the work once; returns a number by which one sees that all did the same


class Measure(StrEnum):
    """What a workload compares."""

    TIME = "time"  # seconds of a turn
    MEMORY = "memory"  # MB (a million bytes): the most private memory that the process had during a turn
    NUMBER = "number"  # what a turn returns


@dataclass(frozen=True)
class Peer:
    """One contestant.

    start      makes the network and returns what does the work once
    modules    whose versions are noted
    note       what this peer does otherwise than the rest
    scale      what a turn's seconds are multiplied by: 1/1000 where a turn is a thousand calls
    ours       whether it is an engine of this package
    tells      what it says of itself, asked in its own process when it is ready; a second note
    """

    name: str
    start: Callable[[], Turn]
    modules: tuple[str, ...]
    note: str = ""
    scale: float = 1.0
    ours: bool = False
    tells: Callable[[], str] | None = None


class Aside(NamedTuple):
    """A sentence on two peers, where both ran: {} in it becomes what the first takes over what the second takes."""

    first: str
    second: str
    says: str


@dataclass(frozen=True)
class Workload:
    """One piece of work; the first peer is the one that the others are compared with.

    work       what is done, in a sentence or two
    flops      floating-point operations of the matrix products in one turn, which make the floor; 0: they make none
    floor      another floor: a peer that no other can be ahead of, its note being the sentence's beginning
    measure    what is compared
    unit       of the values shown: "s an epoch", "µs a call"
    per_unit   how many of the unit make a second, or a megabyte
    shows      what the number is that a turn returns
    alike      whether all must return the same number, so that the largest difference is told
    repeats    how often the work is done in a turn, whose time is their mean: for work of a few tenths of a second
    images     whether the data are those of images.py, and which they were is told
    inside     whether the work is done in the process that was started for it, whose peak memory is then told
    asides     further sentences
    """

    name: str
    title: str
    work: str
    peers: tuple[Peer, ...]
    flops: float = 0.0
    floor: Peer | None = None
    measure: Measure = Measure.TIME
    unit: str = "s an epoch"
    per_unit: float = 1.0
    shows: str = "loss"
    alike: bool = False
    repeats: int = 1
    images: bool = True
    inside: bool = True
    asides: tuple[Aside, ...] = ()


def text(docstring: str | None) -> str:
    """The last paragraph of a module's docstring in one line: what the workload is."""
    return " ".join((docstring or "").strip().split("\n\n")[-1].split())
