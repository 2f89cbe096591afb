"""What the doctor found, drawn: the gravest first, each with its evidence, its cause and the fix."""

from collections.abc import Sequence
from typing import Protocol

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .colours import BLUE, ORANGE, QUIET

_MARKS = {"hint": "·", "notice": "○", "warning": "●", "severe": "▲", "error": "■"}
_STYLES = {"hint": QUIET, "notice": BLUE, "warning": ORANGE, "severe": f"bold {ORANGE}", "error": f"bold {ORANGE}"}


class Found(Protocol):
    """What is drawn of a finding."""

    @property
    def grade(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def evidence(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def explains(self) -> str: ...
    @property
    def view(self) -> str: ...


def findings(found: Sequence[Found], hints: bool = True) -> RenderableType:
    """The findings below each other; without the hints if so wished.

    >>> from rich.console import Console
    >>> Console(width=60).print(findings([]))
    The doctor found nothing to complain of.
    """
    grades = list(_MARKS)
    shown = [one for one in found if hints or one.grade != "hint"]
    if not shown:
        return Text("The doctor found nothing to complain of.")
    ordered = sorted(shown, key=lambda one: -grades.index(one.grade))
    return Group(*(Padding(_one(one), (0, 0, 1, 0)) for one in ordered))


def _one(finding: Found) -> RenderableType:
    style = _STYLES[finding.grade]
    head = Table.grid(padding=(0, 1))
    head.add_column(no_wrap=True)
    head.add_column(overflow="fold")
    head.add_row(Text(f"{_MARKS[finding.grade]} {finding.grade}", style=style), Text(finding.what))
    body = Table.grid(padding=(0, 2))
    body.add_column(style=QUIET, no_wrap=True)
    body.add_column(overflow="fold")
    rows = (
        ("where", finding.where), ("measured", finding.evidence), ("likely", finding.cause), ("do", finding.advice),
        ("explains", finding.explains), ("look at", finding.view),
    )  # fmt: skip
    for name, text in rows:
        if text:
            body.add_row(name, Text(text))
    return Group(head, Padding(body, (0, 0, 0, 2)))
