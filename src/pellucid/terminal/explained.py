"""What the inside explains, drawn: in the terminal with rich, in Jupyter as HTML, from the same sentences and tables.

Numbers are blue above zero and orange below it; the sign says the same. A number is never broken over two lines: a
table that is too wide for the terminal goes on below, its first column said again.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from ..inside.blocks import Showable, Table, html, number, sign
from .colours import BLUE, ORANGE, QUIET


class Drawn:
    """Something with `blocks()`, to be looked at: the last line of a Jupyter cell, or `print()` in a terminal.

    >>> from pellucid.inside.perceptron import fire
    >>> Drawn(fire((3, 2, 6), 4, (1, 1, 0))).print()
    1·3 + 1·2 + 0·6 = 5 > 4 → 1
    """

    def __init__(self, thing: Showable) -> None:
        self.thing = thing

    def __rich__(self) -> RenderableType:
        return Group(*(_line(block) if isinstance(block, str) else _Wide(block) for block in self.thing.blocks()))

    def print(self, console: Console | None = None) -> None:
        """Print it to the terminal."""
        (console or Console()).print(self)

    def _repr_html_(self) -> str:
        return html(self.thing.blocks())

    def __repr__(self) -> str:
        return str(self.thing)


def _line(text: str) -> Text:
    return Text(text)


_BETWEEN, _EDGES = 3, 2  # blanks between two columns, and at both ends of a table


class _Wide:
    """A table in as many pieces as the terminal's width asks for."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield Text(self.table.title, style="bold")
        columns = [[row[i] for row in self.table.rows] for i in range(len(self.table.columns))]
        least = [_least(name, column) for name, column in zip(self.table.columns, columns, strict=True)]
        most = [_most(name, column) for name, column in zip(self.table.columns, columns, strict=True)]
        for piece in _pieces(least, options.max_width):
            yield _grid(self.table, piece, _widths([least[i] for i in piece], [most[i] for i in piece], options))


def _least(name: str, column: Iterable[Any]) -> int:
    """Blanks that a column needs, so that no number and no word is broken."""
    return max(map(len, [*name.split(), *(word for value in column for word in _unbroken(value))]), default=1)


def _most(name: str, column: Iterable[Any]) -> int:
    """Blanks that a column would take if it had its way."""
    return max(map(len, [name, *map(number, column)]), default=1)


def _unbroken(value: Any) -> list[str]:
    """What must stand on one line: numbers and short words whole, sentences word by word."""
    text = number(value)
    return text.split() if isinstance(value, str) and len(text) > 12 else [text]


def _pieces(least: list[int], width: int) -> Iterator[list[int]]:
    """The columns of each piece, by number; the first column leads each."""
    first = sum(least[:1]) + _EDGES
    piece, used = [0], first
    for place, need in enumerate(least[1:], 1):
        if used + _BETWEEN + need > width and len(piece) > 1:
            yield piece
            piece, used = [0], first
        piece.append(place)
        used += _BETWEEN + need
    if least:
        yield piece


def _widths(least: list[int], most: list[int], options: ConsoleOptions) -> list[int]:
    """As wide as the columns would be; where there is no room for that, those with most to spare give."""
    found = list(most)
    room = options.max_width - _EDGES - _BETWEEN * (len(found) - 1)
    while sum(found) > room:
        widest = max(range(len(found)), key=lambda i: (found[i] > least[i]) * found[i])
        if found[widest] == least[widest]:
            break
        found[widest] -= 1
    return found


def _grid(table: Table, piece: list[int], widths: list[int]) -> Grid:
    left = f"({table.left_out})" if table.left_out else None
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, caption=left, caption_justify="left", caption_style=QUIET)
    for place, width in zip(piece, widths, strict=True):
        words = all(isinstance(row[place], str) and (row[place] or "a")[0].isalpha() for row in table.rows)
        justify: Any = "left" if place == 0 or words else "right"
        grid.add_column(Text(table.columns[place]), justify=justify, overflow="fold", width=width)
    for row in table.rows:
        grid.add_row(*(_text(row[place]) for place in piece))
    return grid


def _text(value: Any) -> Text:
    return Text(number(value), style={1: BLUE, -1: ORANGE}.get(sign(value), ""))
