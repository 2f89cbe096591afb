"""What an experiment gives: sentences, tables, curves and small images in order, the real numbers by name, pictures.

All of it is plain data. Pictures are drawn only when they are asked for, so that everything else works without
matplotlib.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..arrays import Array
from ..inside.blocks import Block, Heading, Showable, Shown, Table

Draw = Callable[[], Any]  # gives a matplotlib Figure
Progress = Callable[[str], None]  # told, in a few words, what is being computed
Ready = Callable[[str, Draw], None]  # told of a picture, by name, as soon as it can be drawn: before the others are


@dataclass(frozen=True, eq=False)
class Curves:
    """Lines over the same axis, the first in blue, the second in orange."""

    title: str
    lines: Mapping[str, Sequence[float]]


@dataclass(frozen=True, eq=False)
class Pixels:
    """Small images side by side, a caption under each; `signed`: of numbers with a sign."""

    images: Sequence[Array]
    captions: Sequence[str]
    signed: bool = False


Told = Block | Heading | Curves | Pixels | Showable


@dataclass(frozen=True, repr=False, eq=False)
class Outcome(Shown):
    """What came of an experiment.

    told       what there is to read, in order
    numbers    the results by name
    pictures   by name, what draws each

    >>> Outcome("sum", ("1 + 1 = 2",), {"sum": 2})
    1 + 1 = 2
    """

    name: str
    told: tuple[Told, ...]
    numbers: Mapping[str, Any]
    pictures: Mapping[str, Draw] = field(default_factory=dict)

    def draw(self, name: str | None = None) -> Any:
        """The picture of that name, by default the first, as a matplotlib Figure.

        Raises ValueError for a picture that there is not, ImportError without matplotlib.
        """
        name = next(iter(self.pictures), "") if name is None else name
        if name not in self.pictures:
            raise ValueError(f"{self.name}: there is no picture {name!r}. There are: {', '.join(self.pictures)}.")
        return self.pictures[name]()

    def parts(self) -> Iterator[Block | Heading | Curves | Pixels]:
        """What there is to read, explanations taken apart into their sentences and tables."""
        for part in self.told:
            if isinstance(part, str | Table | Curves | Pixels):
                yield part
            else:
                yield from part.blocks()

    def blocks(self) -> list[Block]:
        """Sentences and tables; the terminal shows curves and small images, too."""
        return [part for part in self.parts() if not isinstance(part, Curves | Pixels)]


def silent(words: str) -> None:
    """Progress that nobody follows."""


def unwaited(picture: str, draw: Draw) -> None:
    """A picture that can wait until all are there."""
