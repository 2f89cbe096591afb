"""The course's experiments, each a function that gives sentences, the real numbers and pictures: `pellucid show`.

`EXPERIMENTS` lists them in the order of a course. `neuron()` at a prompt, or as the last line of a notebook's cell,
tells what was found; `neuron().numbers` holds it as plain data, `neuron().draw()` is a matplotlib Figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

from .descending import costs, descent, surface
from .following import approximation, capacity
from .learned import features, transfer
from .matrices import backprop, forward
from .neurons import activations, mark_one, neuron, perceptron
from .outcome import Curves, Draw, Heading, Outcome, Pixels
from .reading import classifier, journey, saturation
from .seeing import convolution, kernels, vision
from .sequences import lstm
from .shallow_net import shallow
from .weights import initialization, training


@dataclass(frozen=True)
class Experiment:
    """One experiment: its name, its row of the course, what it shows in a line, and the function."""

    name: str
    row: int
    line: str
    function: Callable[..., Outcome]

    @property
    def options(self) -> frozenset[str]:
        """What the function can be told: "seed", "quick", "data" …"""
        return frozenset(signature(self.function).parameters)


def _listed(*functions: Callable[..., Outcome]) -> dict[str, Experiment]:
    """The experiments by name, read from the first lines of their docstrings: "Row 5: …"."""
    found = {}
    for function in functions:
        row, _, line = (function.__doc__ or "").partition("\n")[0].partition(": ")
        name = function.__name__.replace("_", "-")
        found[name] = Experiment(name, int(row.removeprefix("Row ")), line, function)
    return found


EXPERIMENTS = _listed(
    neuron, activations, perceptron, mark_one, initialization, training, costs, surface, descent, approximation,
    capacity, shallow, classifier, journey, saturation, forward, backprop, convolution, kernels, vision, lstm, features,
    transfer,
)  # fmt: skip
"""All experiments by name, in the order of the course."""

__all__ = [
    "EXPERIMENTS",
    "Curves",
    "Draw",
    "Experiment",
    "Heading",
    "Outcome",
    "Pixels",
    "activations",
    "approximation",
    "backprop",
    "capacity",
    "classifier",
    "convolution",
    "costs",
    "descent",
    "features",
    "forward",
    "initialization",
    "journey",
    "kernels",
    "lstm",
    "mark_one",
    "neuron",
    "perceptron",
    "saturation",
    "shallow",
    "surface",
    "training",
    "transfer",
    "vision",
]
