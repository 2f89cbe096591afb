"""What an explanation consists of: sentences and tables. Text, terminal and browser draw the same blocks.

    str      a line of words, numbers or a formula; a Heading: the title of what follows
    Table    a title, the names of the columns, and rows of numbers or words

Whatever can be shown has a method `blocks()`.
"""

import itertools
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

import numpy as np

from ..arrays import Array

MOST_ROWS = MOST_COLUMNS = 12  # of a matrix; what is left out is said

_STYLE = "border-collapse:collapse;margin:0 0 0.8em 0;font-variant-numeric:tabular-nums"
_CELL = "padding:0.1em 0.6em;border:0;text-align:"
# Which of the two it is, the page says; the first can be read on dark ground, too, where the page says nothing.
_PLUS, _MINUS = "light-dark(#1f75cb,#6cb6ff)", "light-dark(#bf5600,#ff9e5e)"


@dataclass(frozen=True)
class Table:
    """Rows of numbers or words under named columns; `left_out` says what is not shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    left_out: str = ""


class Heading(str):
    """A line that is the title of what follows."""


Block = str | Table  # a Heading is a str


class Showable(Protocol):
    """Anything that tells what it is in blocks."""

    def blocks(self) -> list[Block]: ...


class Shown:
    """Gives a class with `blocks()` its plain text, and its page in Jupyter."""

    def blocks(self) -> list[Block]:
        raise NotImplementedError(f"{type(self).__name__}: write blocks().")

    def __str__(self) -> str:
        at_a_terminal = sys.stdout is not None and sys.stdout.isatty()
        return as_text(self.blocks(), shutil.get_terminal_size().columns if at_a_terminal else None)

    __repr__ = __str__  # at a prompt, an explanation is what one wants to see

    def _repr_html_(self) -> str:
        return html(self.blocks())


def number(value: Any) -> str:
    """A number with four digits that count; words stay as they are.

    >>> number(0.80914), number(-12), number(1.5e-9), number("relu")
    ('0.8091', '-12', '1.5e-09', 'relu')
    """
    if isinstance(value, str):
        return value
    text = f"{float(value):.4g}"
    return "0" if text == "-0" else text


def factor(value: Any) -> str:
    """A number as the second factor of a product: in brackets when it is negative.

    >>> factor(3), factor(-0.5)
    ('3', '(-0.5)')
    """
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def sum_of(terms: Sequence[str], most: int = 8) -> str:
    """Terms with plus signs between them; of many, the first and the last, and how many are left out.

    >>> sum_of(["1", "-2", "3"]), sum_of(["1", "2", "3", "4"], most=2)
    ('1 - 2 + 3', '1 + … 2 more … + 4')
    """
    if len(terms) > most:
        terms = [*terms[: most - 1], f"… {len(terms) - most} more …", terms[-1]]
    if not terms:
        return "0"
    return terms[0] + "".join(f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in terms[1:])


def matrix(title: str, values: Array) -> Table:
    """An array as a table with its indices, the last axis across; of a large one the first rows and columns.

    >>> print(as_text([matrix("W", np.array([[1.0, 2.0], [3.0, 4.5]]))]))
    W (2, 2)
           0  1
        0  1  2
        1  3  4.5
    >>> matrix("x", np.zeros((2, 2, 3))).rows[3]
    ('1, 1', 0.0, 0.0, 0.0)
    """
    values = np.asarray(values)
    flat = values.reshape(1, -1) if values.ndim < 2 else values.reshape(-1, values.shape[-1])
    names = list(itertools.islice(np.ndindex(*values.shape[:-1]), MOST_ROWS)) if values.ndim > 1 else [(0,)]
    rows, columns = min(len(flat), MOST_ROWS), min(flat.shape[1], MOST_COLUMNS)
    left_out = (
        "" if (rows, columns) == flat.shape else f"{rows} of {len(flat)} rows, {columns} of {flat.shape[1]} columns"
    )
    heads = ("", *map(str, range(columns)))
    body = tuple((", ".join(map(str, names[i])), *flat[i, :columns].tolist()) for i in range(rows))
    return Table(f"{title} {values.shape}", heads, body, left_out)


def some_of(count: int, most: int) -> list[int]:
    """Places of at most so many things in a row, evenly spread, the first and the last among them.

    >>> some_of(3, 5), some_of(101, 5)
    ([0, 1, 2], [0, 25, 50, 75, 100])
    """
    return [int(place) for place in np.linspace(0, count - 1, min(count, most)).round()]


def cells(row: Iterable[Any]) -> list[str]:
    """The texts of one row."""
    return [number(value) for value in row]


def as_text(blocks: Iterable[Block], width: int | None = None) -> str:
    """Blocks as plain text; a table that is wider than `width` characters goes on below.

    >>> print(as_text([matrix("b", np.arange(4.0))], width=16))
    b (4,)
           0  1  2
        0  0  1  2
           3
        0  3
    """
    return "\n".join(block if isinstance(block, str) else _table_text(block, width) for block in blocks)


def _table_text(table: Table, width: int | None) -> str:
    lines = [list(table.columns), *map(cells, table.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.columns))]
    drawn = [
        "    " + "  ".join(line[i].ljust(widths[i]) for i in part).rstrip()
        for part in _parts_of(widths, width)
        for line in lines
    ]
    return "\n".join([table.title, *drawn, *([f"    ({table.left_out})"] if table.left_out else [])])


def _parts_of(widths: Sequence[int], width: int | None) -> list[list[int]]:
    """The columns that fit side by side; the first of all stands before each part."""
    parts, used = [[0]], 4 + widths[0]
    for i in range(1, len(widths)):
        if width is not None and used + 2 + widths[i] > width and len(parts[-1]) > 1:
            parts.append([0])
            used = 4 + widths[0]
        parts[-1].append(i)
        used += 2 + widths[i]
    return parts


def html(blocks: Iterable[Block]) -> str:
    """Sentences and tables as HTML that needs nothing else. Numbers are blue above zero and orange below it."""
    return f"<div>{''.join(map(_html, blocks))}</div>"


def sign(value: Any) -> int:
    """1, -1, or 0 for zero and for words."""
    return 0 if isinstance(value, str) else int(value > 0) - int(value < 0)


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f'<h4 style="margin:1em 0 0.5em 0">{escape(block)}</h4>'
    if isinstance(block, str):
        return f'<p style="margin:0 0 0.5em 0;white-space:pre-wrap">{escape(block)}</p>'
    heads = "".join(
        f'<th scope="col" style="{_CELL}{_side(row[place] for row in block.rows)}">{escape(name)}</th>'
        for place, name in enumerate(block.columns)
    )
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in block.rows)
    note = (
        f"<tfoot><tr><td colspan={len(block.columns)}>({escape(block.left_out)})</td></tr></tfoot>"
        if block.left_out
        else ""
    )
    caption = f'<caption style="text-align:left;font-weight:bold;white-space:nowrap">{escape(block.title)}</caption>'
    return f'<table style="{_STYLE}">{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>{note}</table>'


def _side(column: Iterable[Any]) -> str:
    """Where a column stands: words at the left, numbers at the right."""
    return "left" if all(isinstance(value, str) for value in column) else "right"


def _html_cell(value: Any) -> str:
    colour = {1: f";color:{_PLUS}", -1: f";color:{_MINUS}"}.get(sign(value), "")
    return f'<td style="{_CELL}{_side([value])}{colour}">{escape(number(value))}</td>'
