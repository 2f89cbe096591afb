"""What a view is: a name, a heading, and a function from a subject to pictures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..inside.blocks import Block
from .subject import Subject


@dataclass(frozen=True)
class Picture:
    """One part of a view.

    figure   a matplotlib Figure; None where there are only blocks
    alt      what it shows, for those who cannot see it
    blocks   the numbers, as sentences and tables
    """

    figure: Any
    alt: str = ""
    blocks: tuple[Block, ...] = ()


class View(NamedTuple):
    """A line of the table: a name for links, a heading, a sentence under it, and what draws."""

    name: str
    heading: str
    words: str
    draw: Callable[[Subject], Iterable[Picture]]
