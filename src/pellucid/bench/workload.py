"""What is measured: a workload is one piece of work, and the peers that do it."""

from collections.abc import Callable
from dataclasses import dataclass

Turn = Callable[[], float]  # does the work once; returns a number by which one sees that all did the same


@dataclass(frozen=True)
class Peer:
    """One contestant.

    start      makes the network and returns what does the work once
    modules    whose versions are noted
    note       what this peer does otherwise than the rest
    scale      what a turn's seconds are multiplied by: 1/1000 where a turn is a thousand calls
    ours       whether it is an engine of this package
    """

    name: str
    start: Callable[[], Turn]
    modules: tuple[str, ...]
    note: str = ""
    scale: float = 1.0
    ours: bool = False


@dataclass(frozen=True)
class Workload:
    """One piece of work; the first peer is the one that the others are compared with.

    work       what is done, in a sentence or two
    flops      floating-point operations of the matrix products in one turn; 0: no floor is measured
    unit       of the times shown: "s an epoch", "µs a call"
    per_second how many of the unit make a second
    shows      what the number is that a turn returns
    repeats    how often the work is done in a turn, whose time is their mean: for work of a few tenths of a second
    """

    name: str
    title: str
    work: str
    peers: tuple[Peer, ...]
    flops: float = 0.0
    unit: str = "s an epoch"
    per_second: float = 1.0
    shows: str = "loss"
    repeats: int = 1


def text(docstring: str | None) -> str:
    """The last paragraph of a module's docstring in one line: what the workload is."""
    return " ".join((docstring or "").strip().split("\n\n")[-1].split())
