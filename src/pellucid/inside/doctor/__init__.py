"""The doctor: what is wrong with a network, how one can tell, and what to do about it.

thresholds.py    the table of all thresholds
finding.py       what it says
roots.py         which finding explains which others
before.py        before training: data_checks.py, axes.py, design_checks.py, network_checks.py
during.py        while training, a callback: loss_, layer_, epoch_checks.py, on the chart.py of vitals.py
pace.py          how often, and what that may cost
sampling.py      on which samples
on_call.py       every training of a program
after.py         after it
prescriptions.py the fix, tried on a fork of the run
rate_finder.py   which learning rate
"""

from .after import look_back
from .before import examine, overfit_small_batch
from .during import Doctor
from .finding import Finding, Fix
from .on_call import Visit, on_call
from .prescriptions import Trial, try_it
from .rate_finder import RateSweep, find_learning_rate
from .roots import folded
from .thresholds import TABLE, Threshold

__all__ = [
    "TABLE",
    "Doctor",
    "Finding",
    "Fix",
    "RateSweep",
    "Threshold",
    "Trial",
    "Visit",
    "examine",
    "find_learning_rate",
    "folded",
    "look_back",
    "on_call",
    "overfit_small_batch",
    "try_it",
]
