"""Axes: sequences that were reshaped where they should have been transposed, so that time and features are mixed.

    right    x.transpose(0, 2, 1)    (N, features, time) ──► (N, time, features)
    wrong    x.reshape(N, time, features)

Reshaping leaves the numbers where they are: one series after the other, each of `time` numbers. Where the series are
smooth, what lies end to end tells it: each number is near the next, but for the ends of the series, and nothing else
puts the only leaps at just these places.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ...arrays import Array
from ...engine.batch import Batch
from ...engine.graph import Graph
from ..blocks import number
from .finding import Finding, Fix

ENOUGH = 20  # samples
MOST = 1 << 16  # numbers that are looked at


def exchanged_axes(graph: Graph, samples: Batch, limits: Mapping[str, float]) -> Iterator[Finding]:
    """Inputs of a layer that goes along time, in which time and features seem to be exchanged."""
    for name, x in zip(graph.inputs, samples.x, strict=True):
        if x.ndim != 3 or x.dtype.kind != "f" or not _goes_along_time(graph, name):
            continue
        leap = _leap(x[: max(ENOUGH, MOST // max(x[0].size, 1))])
        if leap > limits["series_leap"]:
            time, features = x.shape[1:]
            yield Finding(
                "exchanged_axes", "warning",
                f"The inputs {name!r} hold {features} series of {time} numbers end to end, instead of side by side: "
                f"from one to the next the numbers leap, {number(leap)} times further than anywhere else.",
                f"They came as (samples, {features}, {time}) and were reshaped: that counts through the numbers anew, "
                "and a time step gets a stretch of one series instead of one number of each.",
                Fix("Use x.transpose(0, 2, 1) in place of reshape."), value=leap, threshold=limits["series_leap"],
                view="unroll",
            )  # fmt: skip


def _leap(x: Array) -> float:
    """The least step from the end of a series to the next one, over the largest step elsewhere; 0 where none can be."""
    time, features = x.shape[1:]
    if len(x) < ENOUGH or features < 3 or time < 4 or features % time == 0 or time % features == 0:
        return 0.0  # these ends lie between time steps, or groups of features: correct inputs may leap there, too
    flat = x.reshape(len(x), -1)
    steps = np.abs(np.diff(flat, axis=1)).mean(axis=0, dtype=np.float64)
    ends = np.zeros(len(steps), bool)
    ends[time - 1 :: time] = True
    elsewhere = float(steps[~ends].max())
    return float(steps[ends].min()) / elsewhere if elsewhere > 0 else 0.0


def _goes_along_time(graph: Graph, name: str) -> bool:
    """Whether a recurrent layer or a Conv1D reads this input, if through layers without kernels."""
    read = {name}
    for node in graph.nodes:
        if read.isdisjoint(node.reads):
            continue
        params = node.layer.numbers.params
        if node.layer.class_name == "Conv1D" or any(param.endswith("recurrent_kernel") for param in params):
            return True
        if not any(param.endswith("kernel") for param in params):
            read.update(node.makes)
    return False
