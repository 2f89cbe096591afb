"""A report on one model: every view that applies to it, as a single HTML file that needs nothing else.

subject.py                       what is looked at: a model, samples, a recording
views.py                         the table of views; a line more is a view more
common_views.py, image_views.py  what each of them draws
page.py                          pictures, tables and words as HTML
"""

from .subject import Subject
from .view import Picture, View
from .views import VIEWS
from .write import Report, make_report

__all__ = ["VIEWS", "Picture", "Report", "Subject", "View", "make_report"]
