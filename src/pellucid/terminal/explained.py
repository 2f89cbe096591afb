"""What the inside explains, drawn: in the terminal with rich, in Jupyter as HTML, from the same sentences and tables.

Numbers are blue above zero and orange below it; the sign says the same.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from ..inside.blocks import Block, Showable, Table, number
from .colours import BLUE, ORANGE, QUIET

_STYLE = "border-collapse:collapse;margin:0 0 0.8em 0;font-variant-numeric:tabular-nums"
_CELL = "padding:0.1em 0.6em;border:0;text-align:"
_PLUS, _MINUS = "light-dark(#0b5cad,#6cb6ff)", "light-dark(#a84300,#ff9e5e)"


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


def html(blocks: Iterable[Block]) -> str:
    """Sentences and tables as HTML that needs nothing else."""
    return f'<div style="color-scheme:light dark">{"".join(map(_html, blocks))}</div>'


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
    return Text(number(value), style={1: BLUE, -1: ORANGE}.get(_sign(value), ""))


def _sign(value: Any) -> int:
    """1, -1, or 0 for zero and for words."""
    return 0 if isinstance(value, str) else int(value > 0) - int(value < 0)


def _html(block: Block) -> str:
    if isinstance(block, str):
        return f'<p style="margin:0 0 0.5em 0">{escape(block)}</p>'
    heads = "".join(
        f'<th scope="col" style="{_CELL}{"right" if place else "left"}">{escape(name)}</th>'
        for place, name in enumerate(block.columns)
    )
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in block.rows)
    note = (
        f"<tfoot><tr><td colspan={len(block.columns)}>({escape(block.left_out)})</td></tr></tfoot>"
        if block.left_out
        else ""
    )
    caption = f'<caption style="text-align:left;font-weight:bold">{escape(block.title)}</caption>'
    return f'<table style="{_STYLE}">{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>{note}</table>'


def _html_cell(value: Any) -> str:
    colour = {1: f";color:{_PLUS}", -1: f";color:{_MINUS}"}.get(_sign(value), "")
    side = "left" if isinstance(value, str) else "right"
    return f'<td style="{_CELL}{side}{colour}">{escape(number(value))}</td>'
