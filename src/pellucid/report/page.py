"""Pictures, tables and words as one HTML page that loads nothing and runs nothing.

Everything is inline: the style, the pictures. A content policy forbids all else. The page follows the reader's light
or dark setting, fits a phone, and can be read without its pictures.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..inside.blocks import Block, html

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Part:
    """A picture as PNG bytes, or b"" for none; what it shows, in words; the numbers; its width on the page."""

    image: bytes
    alt: str
    blocks: tuple[Block, ...]
    width: int = 800  # pixels of the page, where there is room


@dataclass(frozen=True)
class Section:
    """A view on the page: a name for links, a heading, a sentence, its parts."""

    name: str
    heading: str
    words: str
    parts: tuple[Part, ...]


def page(title: str, facts: Sequence[str], sections: Sequence[Section], left_out: Sequence[str]) -> str:
    """The whole page.

    facts      lines under the title
    left_out   what is not on it, and why
    """
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    contents = "".join(f'<li><a href="#{escape(one.name)}">{escape(one.heading)}</a></li>' for one in sections)
    body = "".join(map(_section, sections))
    missing = "".join(f"<li>{escape(line)}</li>" for line in left_out)
    missing = f'<section><h2 id="left-out">Left out</h2><ul>{missing}</ul></section>' if missing else ""
    lines = "".join(f"<p>{escape(fact)}</p>" for fact in facts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<header><h1>{escape(title)}</h1>{lines}</header>\n<nav aria-label="Contents"><ol>{contents}</ol></nav>\n'
        f"<main>{body}{missing}</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    name, parts = escape(section.name), "".join(map(_part, section.parts))
    heading = f'<h2 id="{name}">{escape(section.heading)}</h2>'
    return f'<section aria-labelledby="{name}">{heading}<p>{escape(section.words)}</p>{parts}</section>\n'


def _part(part: Part) -> str:
    numbers = (
        f'<div class="wide" tabindex="0" role="group" aria-label="Table">{html(part.blocks)}</div>'
        if part.blocks
        else ""
    )
    if not part.image:
        return numbers
    data = base64.b64encode(part.image).decode("ascii")
    picture = f'<img src="data:image/png;base64,{data}" width="{part.width}" alt="{escape(part.alt)}">'
    details = f"<details><summary>The numbers</summary>{numbers}</details>" if numbers else ""
    return f'<figure><div class="wide">{picture}</div>{details}</figure>'
