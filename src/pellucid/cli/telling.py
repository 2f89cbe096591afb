"""What an experiment tells, in the terminal: sentences, tables, curves and small images."""

from typing import Any

import numpy as np
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from ..experiments import Curves, Heading, Outcome, Pixels
from ..inside.blocks import Block, Shown, Table, number
from ..terminal import curves, image_row
from ..terminal.colours import BLUE, ORANGE, QUIET
from ..terminal.explained import Drawn
from ..terminal.signed import signed_image

_WIDTH = 96  # of sentences: longer lines are hard to read
_HEIGHT = 6  # of curves, in lines


class _One(Shown):
    """A single table, to be drawn as explanations are."""

    def __init__(self, block: Block) -> None:
        self.block = block

    def blocks(self) -> list[Block]:
        return [self.block]


def tell(console: Console, outcome: Outcome) -> None:
    """Print all that an outcome has to say."""
    colours = console.color_system is not None and not console.options.ascii_only
    width = min(console.width, _WIDTH)
    for part in outcome.parts():
        if isinstance(part, Heading):
            console.print(Padding(Text(part, style=f"bold {BLUE}"), (1, 0, 0, 0)), width=width)
        elif isinstance(part, str):
            console.print(Text(part), width=width)
            if len(part) > width:
                console.print()
        else:
            console.print(_drawn(part, colours, width))


def _drawn(part: Table | Curves | Pixels, colours: bool, width: int) -> RenderableType:
    if isinstance(part, Table):
        return Drawn(_One(part))
    if isinstance(part, Curves):
        return Padding(_curves(part, min(width - 12, 64)), (0, 0, 1, 0))
    return Padding(_pixels(part, colours), (0, 0, 1, 0))


def _curves(part: Curves, width: int) -> RenderableType:
    values = np.concatenate([np.asarray(line, dtype=float) for line in part.lines.values()])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    points = max(len(line) for line in part.lines.values())
    series = [(line, style) for line, style in zip(part.lines.values(), (BLUE, ORANGE), strict=False)]
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(justify="right", style=QUIET)
    for place, line in enumerate(curves(series, points, low, high, width, _HEIGHT)):
        grid.add_row({0: number(high), _HEIGHT - 1: number(low)}.get(place, ""), line)
    return Group(Text(part.title, style="bold"), grid)


def _pixels(part: Pixels, colours: bool) -> RenderableType:
    if not part.signed:
        return image_row(list(part.images), [Text(caption, style=QUIET) for caption in part.captions], colours)
    limit = max(float(np.abs(one).max()) for one in part.images)
    pairs = zip(part.images, part.captions, strict=True)
    drawn: list[Any] = [
        Group(signed_image(np.repeat(np.repeat(one, 2, 0), 2, 1), colours, limit), Text(caption, style=QUIET))
        for one, caption in pairs
    ]
    return Columns(drawn, padding=(0, 2))
