"""A report on one model: every view that applies to it, as a single HTML file that needs nothing else.

subject.py   what is looked at: a model, samples, a recording
views.py     the table of views; a line more is a view more
page.py      pictures, tables and words as HTML
"""

from .subject import Subject
from .views import VIEWS, Picture, View
from .write import Report, make_report

__all__ = ["VIEWS", "Picture", "Report", "Subject", "View", "make_report"]
