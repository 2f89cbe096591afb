"""Saturation: units whose activation hardly changes with their sum, so that nothing before them can learn.

    saturated    f'(z) below 5 % of its largest value, on more than 90 % of the samples
    dead         f'(z) = 0 on every sample: a relu that never fires

Source of the idea: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
AISTATS (2010); the thresholds are our calibration.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import activations
from ..arrays import Array
from .blocks import Block, Shown, Table
from .trace import Trace, trace

FLAT = 0.05  # of the largest slope: below it, a unit is flat
OFTEN = 0.9  # of the samples: flat on more of them, it is saturated
GRADES = ((0.8, "severe"), (0.4, "warning"), (0.1, "notice"))  # share of a layer's units


@dataclass(frozen=True)
class LayerSaturation:
    """One layer's activations, unit by unit (all places of a feature map count as samples of one unit).

    z, slope            (samples, units): the sums, and f' there
    flat                share of all f'(z) below 5 % of the largest
    saturated, dead     (units,) true where a unit is
    grade               "severe", "warning", "notice" or "": how many units are saturated or dead
    """

    layer: str
    activation: str
    z: Array
    slope: Array
    flat: float
    saturated: Array
    dead: Array

    @property
    def grade(self) -> str:
        return grade(float((self.saturated | self.dead).mean()))


@dataclass(frozen=True, repr=False)
class Saturation(Shown):
    """Every layer with an activation that can saturate."""

    layers: tuple[LayerSaturation, ...]

    def blocks(self) -> list[Block]:
        rows = tuple(
            (one.layer, one.activation, f"{one.flat:.0%}", _of(one.saturated), _of(one.dead), one.grade)
            for one in self.layers
        )
        heads = ("layer", "activation", "flat places", "saturated units", "dead units", "grade")
        return [Table("Saturation", heads, rows)]


def saturation(model: Any, x: Any) -> Saturation:
    """How flat the activations of a model are on these samples.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(2, "relu", name="hidden", input_shape=(1,))])
    >>> model.set_weights([np.array([[1.0, 1.0]]), np.array([0.0, -9.0])])
    >>> print(saturation(model, [[1.0], [2.0]]))
    Saturation
        layer   activation  flat places  saturated units  dead units  grade
        hidden  relu        50%          1 of 2           1 of 2      warning
    """
    return saturation_of(trace(model, x))


def saturation_of(seen: Trace) -> Saturation:
    """The same for a trace."""
    found = []
    for name in seen.layers:
        look = seen[name]
        if look.slope is None or look.activation == "linear":
            continue
        z, slope = (array.reshape(-1, array.shape[-1]) for array in (look.z, look.slope))
        flat = np.abs(slope) < FLAT * steepest(look.activation or "")
        found.append(
            LayerSaturation(
                name, look.activation or "", z, slope, float(flat.mean()), flat.mean(axis=0) > OFTEN,
                (slope == 0).all(axis=0),
            )
        )  # fmt: skip
    return Saturation(tuple(found))


def steepest(activation: str) -> float:
    """The largest slope of an activation function.

    >>> steepest("sigmoid"), steepest("relu")
    (0.25, 1.0)
    """
    slopes = activations.get(activation).derivative(np.linspace(-10, 10, 2001))
    return float(np.max(np.abs(slopes))) or 1.0


def grade(share: float) -> str:
    """How bad a share of saturated units is.

    >>> grade(0.05), grade(0.5)
    ('', 'warning')
    """
    return next((name for least, name in GRADES if share >= least), "")


def _of(units: Array) -> str:
    return f"{int(units.sum())} of {units.size}"
