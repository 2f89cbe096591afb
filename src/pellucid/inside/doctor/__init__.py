"""The doctor: what is wrong with a network, how one can tell, and what to do about it.

thresholds.py    the table of all thresholds
finding.py       what it says
before.py        before training: data_checks.py, network_checks.py
during.py        while training, as a callback: loss_checks.py, layer_checks.py on the chart.py of vitals.py
after.py         after it
prescriptions.py the fix, tried on a fork of the run
rate_finder.py   which learning rate
"""

from .after import look_back
from .before import examine, overfit_small_batch
from .during import Doctor
from .finding import Finding, Fix
from .prescriptions import Trial, try_it
from .rate_finder import RateSweep, find_learning_rate
from .thresholds import TABLE, Threshold

__all__ = [
    "TABLE",
    "Doctor",
    "Finding",
    "Fix",
    "RateSweep",
    "Threshold",
    "Trial",
    "examine",
    "find_learning_rate",
    "look_back",
    "overfit_small_batch",
    "try_it",
]
