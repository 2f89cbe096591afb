"""Derivatives of what comes without a backward written out: a loss, a Lambda, a layer of somebody's own.

vjp.py        dL/d(arguments) from dL/d(result), for any function of arrays
recorded.py   arrays that note how they were computed, and the walk back along the notes
rules.py      the functions that may be used, each with its derivative beside it
untouched.py  arrays that such a function cannot change by `x += y`
"""

from .recorded import Recorded
from .untouched import touchable, untouched
from .vjp import vjp

__all__ = ["Recorded", "touchable", "untouched", "vjp"]
