"""Makes the report: draws each view, and puts what came of it on one page."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .page import Part, Section, page
from .subject import Subject
from .view import Picture, View
from .views import VIEWS

DPI = 120
PIXELS = 86  # of the page, for an inch of a figure


@dataclass(frozen=True)
class Report:
    """A page, and what is on it.

    html       the whole page
    shown      the headings of the views that are on it
    left_out   what could not be drawn, and why
    stopped    whether somebody pressed Ctrl-C before all was drawn
    """

    html: str
    shown: tuple[str, ...]
    left_out: tuple[str, ...]
    stopped: bool = False


def make_report(
    subject: Subject,
    title: str,
    facts: Sequence[str] = (),
    views: Sequence[View] = VIEWS,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """All views that apply to the subject, on one page.

    facts      lines under the title
    progress   told each view's heading, its number from 1, and how many there are, before it is drawn

    A view that fails is left out, and the page says why; so are, after Ctrl-C, those that were not drawn yet. Raises
    ImportError without matplotlib, and KeyboardInterrupt where nothing was drawn before it.
    """
    sections: list[Section] = []
    left_out: list[str] = []
    stopped = False
    for number, view in enumerate(views, start=1):
        if progress is not None:
            progress(view.heading, number, len(views))
        try:
            parts = tuple(_part(picture) for picture in view.draw(subject))
        except ImportError:
            raise
        except KeyboardInterrupt:
            if not sections:
                raise
            left_out.append(f"{view.heading}, and what comes after it: stopped by hand before it was drawn.")
            stopped = True
            break
        except Exception as error:  # one view's trouble, with a model of any kind, must not cost the others
            left_out.append(f"{view.heading}: {error or type(error).__name__}")
            continue
        if parts:
            sections.append(Section(view.name, view.heading, view.words, parts))
    html = page(title, facts, sections, left_out)
    return Report(html, tuple(section.heading for section in sections), tuple(left_out), stopped)


def _part(picture: Picture) -> Part:
    if picture.figure is None:
        return Part(b"", picture.alt, picture.blocks)
    file = io.BytesIO()
    picture.figure.savefig(file, format="png", dpi=DPI)
    return Part(file.getvalue(), picture.alt, picture.blocks, round(PIXELS * picture.figure.get_figwidth()))
