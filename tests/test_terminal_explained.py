"""Explanations are drawn in the terminal and as HTML, with the same sentences and numbers as their plain text."""

from html.parser import HTMLParser
from io import StringIO

import numpy as np
from rich.console import Console

from pellucid import Sequential, layers
from pellucid.inside.blocks import Table, html
from pellucid.inside.explain import explain
from pellucid.terminal.explained import Drawn


def explained() -> object:
    model = Sequential([layers.Dense(2, activation="softmax", name="out", input_shape=(3,))])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    model.set_weights([np.array([[1, -2], [0.5, 0.25], [3, -1]]), np.zeros(2)])
    return explain(model, [[1.0, 2.0, 3.0]], [1], layer="out", weight=(0, 1))


def printed(thing: object, width: int = 200) -> str:
    console = Console(width=width, color_system=None, record=True, file=StringIO())
    Drawn(thing).print(console)
    return console.export_text()


class Cells(HTMLParser):
    """The texts of an HTML page, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_terminal_shows_every_line_and_number_of_the_plain_text() -> None:
    thing = explained()
    shown = printed(thing)
    for word in str(thing).split():
        assert word in shown


def test_html_shows_every_line_and_number_of_the_plain_text() -> None:
    thing = explained()
    cells = Cells()
    cells.feed(thing._repr_html_())
    assert Drawn(thing)._repr_html_() == thing._repr_html_()
    assert cells.open == []
    shown = " ".join(cells.texts)
    for word in str(thing).split():
        assert word in shown


def test_what_a_network_is_called_cannot_break_the_page() -> None:
    page = html(["<script>", Table("<b>", ("<i>",), (("<td>",),), "<p>")])
    assert not any(tag in page for tag in ("<script>", "<b>", "<i>", "(<p>)"))
    assert page.count("<td") == 2


def test_square_brackets_are_no_markup() -> None:
    class Odd:
        def blocks(self) -> list[object]:
            return ["w[0] [red]plain[/red]", Table("t[1]", ("[a]",), (("[b]",),))]

    shown = printed(Odd())
    assert all(text in shown for text in ("[red]plain[/red]", "t[1]", "[a]", "[b]"))


def test_signs_have_colours() -> None:
    page = html([Table("t", ("a",), ((1.0,), (-1.0,), (0.0,)))])
    assert page.count("light-dark(") == 2


class One:
    """A single table, to be drawn."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def blocks(self) -> list[str | Table]:
        return [self.table]


def test_a_wide_table_goes_on_below_and_no_number_is_broken() -> None:
    values = [1.2345e-06 * 10**i for i in range(12)]
    wide = Table("Twelve sizes of one layer", ("step", *(f"size {i}" for i in range(12))), (("0", *values),))
    for width in (40, 60, 80):
        text = printed(One(wide), width)
        assert all(len(line.rstrip()) <= width for line in text.splitlines())
        words = text.split()
        assert all(f"{value:.4g}" in words for value in values)
        assert words.count("step") > 1  # every piece begins with the first column


def test_a_title_longer_than_its_table_stays_in_one_line() -> None:
    table = Table("Read right in the end, letter by letter", ("face", "right"), (("sans", "100%"),))
    assert printed(One(table), 80).splitlines()[0].rstrip() == table.title


def test_words_are_broken_between_words_only() -> None:
    table = Table("Costs", ("cost", *"abcdefgh"), (("categorical crossentropy", *([0.12345] * 8)),))
    words = printed(One(table), 80).split()
    assert "categorical" in words
    assert "crossentropy" in words


def test_the_chain_rule_fits_eighty_columns() -> None:
    text = printed(explained(), 80)
    assert "strongest path" in text
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
