"""Looking inside: what a network computes and why, as plain data. Nothing here draws or disturbs training.

trace            every number of one pass, forward and backward
explain          a unit, a layer, a network or the chain rule for one weight, in words and numbers
Stepper          training by operation, layer, sample, batch or epoch, forwards and back in time
Watch            a callback that records a training; recording_file saves and loads what it saw
saturation, learning_speed    which units are flat, which layers are slow; saturation_over, learning_speed_of: over time
network_view                  units and their strongest weights
loss_surface, explore         the loss over a plane through the weights; optimizers on one surface
representation, grid_warp, compare_features    where layers put the samples; learned against engineered features
capacity, hardest, confusion_of, duplicates    what sizes of networks learn; the data as the network sees them
Doctor, examine, try_it       what is wrong with a network, before and while it learns, and the fix on a fork
perceptron.py, approximation.py    the course's first neuron, and one hidden layer for any function
"""

from .approximation import approximate, six_neurons
from .capacity import capacity
from .chain_rule import chain_rule
from .descent import LANDSCAPES, descend, explore, explore_training, landscape
from .doctor import Doctor, examine, find_learning_rate, try_it
from .explain import explain
from .grid_warp import grid_warp
from .learning_speed import learning_speed, learning_speed_of
from .loss_surface import loss_surface, path_plane, random_plane
from .network_view import network_view
from .perceptron import fire, learn, separability
from .probing import compare_features, linear_probe
from .recording import Frame, Recording
from .representation import representation, representation_over
from .samples import confusion_of, duplicates, hardest
from .saturation import saturation
from .saturation_history import saturation_over
from .stepper import Stepper
from .trace import Trace, trace
from .watch import Watch

__all__ = [
    "LANDSCAPES",
    "Doctor",
    "Frame",
    "Recording",
    "Stepper",
    "Trace",
    "Watch",
    "approximate",
    "capacity",
    "chain_rule",
    "compare_features",
    "confusion_of",
    "descend",
    "duplicates",
    "examine",
    "explain",
    "explore",
    "explore_training",
    "find_learning_rate",
    "fire",
    "grid_warp",
    "hardest",
    "landscape",
    "learn",
    "learning_speed",
    "learning_speed_of",
    "linear_probe",
    "loss_surface",
    "network_view",
    "path_plane",
    "random_plane",
    "representation",
    "representation_over",
    "saturation",
    "saturation_over",
    "separability",
    "six_neurons",
    "trace",
    "try_it",
]
