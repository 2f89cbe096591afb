"""Looking inside: what a network computes and why, as plain data. Nothing here draws or disturbs training.

trace            every number of one pass, forward and backward
explain          a unit, a layer, a network or the chain rule for one weight, in words and numbers
Stepper          training by operation, layer, sample, batch or epoch, forwards and back in time
Watch            a callback that records a training; recording_file saves and loads what it saw
saturation, learning_speed    which units are flat, which layers are slow
Doctor, examine, try_it       what is wrong with a network, before and while it learns, and the fix on a fork
perceptron.py, approximation.py    the course's first neuron, and one hidden layer for any function
"""

from .approximation import approximate, six_neurons
from .chain_rule import chain_rule
from .doctor import Doctor, examine, find_learning_rate, try_it
from .explain import explain
from .learning_speed import learning_speed, learning_speed_of
from .perceptron import fire, learn, separability
from .recording import Frame, Recording
from .saturation import saturation
from .stepper import Stepper
from .trace import Trace, trace
from .watch import Watch

__all__ = [
    "Doctor",
    "Frame",
    "Recording",
    "Stepper",
    "Trace",
    "Watch",
    "approximate",
    "chain_rule",
    "examine",
    "explain",
    "find_learning_rate",
    "fire",
    "learn",
    "learning_speed",
    "learning_speed_of",
    "saturation",
    "separability",
    "six_neurons",
    "trace",
    "try_it",
]
