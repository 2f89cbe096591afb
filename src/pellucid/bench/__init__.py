"""How fast: the same work done by Pellucid and by every other library that is installed, in one run.

    pellucid bench                   every workload
    pellucid bench shallow lstm      these two

workload.py     what a workload and a peer are
shallow, deep, convnet, lstm, one_sample, vgg16, importing, growth    the workloads
turns.py, worker.py    a process for each peer; they take turns
restrict.py     every library kept to a lesser instruction set
floor.py        the time that the matrix products alone would take
report.py, chart.py    tables and the bar chart
"""

from . import convnet, deep, growth, importing, lstm, one_sample, shallow, vgg16
from .workload import Peer, Turn, Workload

_MODULES = (shallow, convnet, lstm, deep, one_sample, vgg16, importing, growth)
WORKLOADS = {module.WORKLOAD.name: module.WORKLOAD for module in _MODULES}

__all__ = ["WORKLOADS", "Peer", "Turn", "Workload"]
