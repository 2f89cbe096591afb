"""What it takes: the same work done by Pellucid and by every other library that is installed, in one run.

    pellucid bench                   every workload
    pellucid bench shallow lstm      these two

workload.py     what a workload and a peer are
shallow, deep, convnet, lstm, one_sample, vgg16, growth, importing, size, memory, devices    the workloads
turns.py, worker.py    a process for each peer; they take turns
resident.py     how much memory a process has
restrict.py     every library kept to a lesser instruction set
floor.py        the time that the matrix products alone would take
report.py, page.py, chart.py    the numbers, tables to read, the bar chart
"""

from . import convnet, deep, devices, growth, importing, lstm, memory, one_sample, shallow, size, vgg16

_MODULES = (shallow, convnet, lstm, deep, one_sample, vgg16, memory, size, importing, growth, devices)
WORKLOADS = {module.WORKLOAD.name: module.WORKLOAD for module in _MODULES}

__all__ = ["WORKLOADS"]
