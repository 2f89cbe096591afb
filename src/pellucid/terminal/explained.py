"""What the inside explains, drawn: in the terminal with rich, in Jupyter as HTML, from the same sentences and tables.

Numbers are blue above zero and orange below it; the sign says the same.
"""

from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
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
        return Group(*(_line(block) if isinstance(block, str) else _grid(block) for block in self.thing.blocks()))

    def print(self, console: Console | None = None) -> None:
        """Print it to the terminal."""
        (console or Console()).print(self)

    def _repr_html_(self) -> str:
        return html(self.thing.blocks())

    def __repr__(self) -> str:
        return str(self.thing)


def _line(text: str) -> Text:
    return Text(text)


def _grid(table: Table) -> Grid:
    left = f"({table.left_out})" if table.left_out else None
    grid = Grid(
        title=Text(table.title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False,
        caption=left, caption_justify="left", caption_style=QUIET,
    )  # fmt: skip
    for place, name in enumerate(table.columns):
        grid.add_column(Text(name), justify="left" if place == 0 else "right", overflow="fold")
    for row in table.rows:
        grid.add_row(*(_text(value) for value in row))
    return grid


def _text(value: Any) -> Text:
    return Text(number(value), style={1: BLUE, -1: ORANGE}.get(sign(value), ""))
