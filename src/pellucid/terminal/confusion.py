"""The confusion matrix: how often each class was taken for each.

confusion[i, j]   samples of class i that were taken for class j; the diagonal is what was right
"""

from collections.abc import Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from ..arrays import Array
from .colours import BLUE, ORANGE, QUIET


def mistakes(counts: Array) -> list[tuple[int, int, int]]:
    """(class, taken for, how often) of every mistake, the most frequent first.

    >>> mistakes(np.array([[1, 0, 2], [4, 9, 0], [0, 0, 3]]))
    [(1, 0, 4), (0, 2, 2)]
    """
    wrong = counts - np.diag(np.diag(counts))
    found = [(int(i), int(j), int(wrong[i, j])) for i, j in np.argwhere(wrong)]
    return sorted(found, key=lambda mistake: -mistake[2])


def in_words(counts: Array, names: Sequence[str], most: int = 5) -> str:
    """The most frequent mistakes as a sentence.

    >>> in_words(np.array([[1, 0, 2], [4, 9, 0], [0, 1, 3]]), ["a", "b", "c"], most=2)
    'Most often confused: b taken for a (4 times), a for c (twice); and 1 other mistake.'
    """
    found = mistakes(counts)
    if not found:
        return "Not one mistake."
    listed = [
        f"{names[i]} {'taken ' if place == 0 else ''}for {names[j]} ({_times(count)})"
        for place, (i, j, count) in enumerate(found[:most])
    ]
    others = sum(count for _, _, count in found[most:])
    rest = f"; and {others:,} other mistake{'s' if others > 1 else ''}" if others else ""
    return f"Most often confused: {', '.join(listed)}{rest}."


def confusion_table(counts: Array, names: Sequence[str]) -> Table:
    """The matrix for a terminal: a row for each class, a column for each class it was taken for."""
    table = Table(box=None, padding=(0, 0, 0, 1), header_style="bold")
    wrong = counts - np.diag(np.diag(counts))
    width = max(3, len(f"{counts.max():,}"))
    table.add_column("", justify="right", style="bold", no_wrap=True)
    for name in names:
        table.add_column(name[:width], justify="right", min_width=width, no_wrap=True)
    table.add_column("found", justify="right", min_width=7, no_wrap=True)
    for i, (name, row) in enumerate(zip(names, counts, strict=True)):
        cells = [Text(f"{count:,}" if count else ".", style=_style(count, wrong.max())) for count in row]
        cells[i] = Text(f"{row[i]:,}".rjust(width), style=f"bold white on {BLUE}")
        table.add_row(name, *cells, f"{row[i] / row.sum():.0%}" if row.sum() else "none")
    return table


def _style(count: int, largest: int) -> str:
    """How a mistake looks that was made so often, when the most frequent one was made `largest` times."""
    if not count:
        return QUIET
    return f"bold {ORANGE}" if 2 * count >= largest else ORANGE


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
