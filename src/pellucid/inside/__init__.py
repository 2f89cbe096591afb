"""Looking inside: what a network computes and why, as plain data. Nothing here draws or disturbs training.

trace            every number of one pass, forward and backward
explain          a unit, a layer, a network or the chain rule for one weight, in words and numbers
Stepper          training by operation, layer, sample, batch or epoch, forwards and back in time
Watch            a callback that records a training; its `recording` is saved to a file, and loaded again
saturation, learning_speed    which units are flat, which layers are slow; saturation_over, learning_speed_of: over time
network_view                  units and their strongest weights
loss_surface, explore         the loss over a plane through the weights; optimizers on one surface
representation, grid_warp, compare_features    where layers put the samples; learned against engineered features
capacity, hardest, confusion_of, duplicates    what sizes of networks learn; the data as the network sees them
convolve, convolution          a kernel stepped over an image, patch by patch
kernels, feature_maps, follow  what convolutions look for and find; an image followed to the answer
receptive_field, maximise, strongest, saliency    what a unit can see, likes to see, and hangs on
film_of_kernels, …_feature_maps, …_maximisation   the same over a recorded training
unroll                         gates, states and gradients of a recurrent layer, step by step
Doctor, examine, try_it       what is wrong with a network, before and while it learns, and the fix on a fork
Controls, fork, compare           hands on: change it while it learns, go another way from any step
perceptron.py, approximation.py    the course's first neuron, and one hidden layer for any function
try_starts, signals            what first weights lead to; unlearn, costs_of: what costs push for
train_until, gears_of          a training until it converges, and its gears; transfer: learned layers for another task
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .approximation import approximate, six_neurons
    from .capacity import capacity
    from .chain_rule import chain_rule
    from .controls import Controls
    from .convolution import convolution, convolve
    from .costs import costs_of, unlearn
    from .descent import LANDSCAPES, descend, explore, explore_training, landscape
    from .doctor import Doctor, examine, find_learning_rate, try_it
    from .explain import explain
    from .features import feature_maps, follow, kernels
    from .film import film_of_feature_maps, film_of_kernels, film_of_maximisation
    from .fork import compare, fork
    from .frame import Frame
    from .grid_warp import grid_warp
    from .initialization import signals, try_starts
    from .learning_speed import learning_speed, learning_speed_of
    from .loss_surface import loss_surface, path_plane, random_plane
    from .mark_one import MarkOne, teach_letters
    from .network_view import network_view
    from .perceptron import fire, learn, separability
    from .probing import compare_features, linear_probe
    from .receptive_field import receptive_field, receptive_fields
    from .recording import Recording
    from .recurrent import unroll
    from .representation import representation, representation_over
    from .samples import confusion_of, duplicates, hardest
    from .saturation import saturation
    from .saturation_history import saturation_over
    from .seeing import maximise, saliency, strongest
    from .stepper import Stepper
    from .trace import Trace, trace
    from .training_process import gears_of, stops_of, train_until
    from .transfer import transfer
    from .watch import Watch

__all__ = [
    "LANDSCAPES",
    "Controls",
    "Doctor",
    "Frame",
    "MarkOne",
    "Recording",
    "Stepper",
    "Trace",
    "Watch",
    "approximate",
    "capacity",
    "chain_rule",
    "compare",
    "compare_features",
    "confusion_of",
    "convolution",
    "convolve",
    "costs_of",
    "descend",
    "duplicates",
    "examine",
    "explain",
    "explore",
    "explore_training",
    "feature_maps",
    "film_of_feature_maps",
    "film_of_kernels",
    "film_of_maximisation",
    "find_learning_rate",
    "fire",
    "follow",
    "fork",
    "gears_of",
    "grid_warp",
    "hardest",
    "kernels",
    "landscape",
    "learn",
    "learning_speed",
    "learning_speed_of",
    "linear_probe",
    "loss_surface",
    "maximise",
    "network_view",
    "path_plane",
    "random_plane",
    "receptive_field",
    "receptive_fields",
    "representation",
    "representation_over",
    "saliency",
    "saturation",
    "saturation_over",
    "separability",
    "signals",
    "six_neurons",
    "stops_of",
    "strongest",
    "teach_letters",
    "trace",
    "train_until",
    "transfer",
    "try_it",
    "try_starts",
    "unlearn",
    "unroll",
]

_HOMES = {
    "approximation": "approximate six_neurons",
    "capacity": "capacity",
    "chain_rule": "chain_rule",
    "controls": "Controls",
    "convolution": "convolution convolve",
    "costs": "costs_of unlearn",
    "descent": "LANDSCAPES descend explore explore_training landscape",
    "doctor": "Doctor examine find_learning_rate try_it",
    "explain": "explain",
    "features": "feature_maps follow kernels",
    "film": "film_of_feature_maps film_of_kernels film_of_maximisation",
    "fork": "compare fork",
    "frame": "Frame",
    "grid_warp": "grid_warp",
    "initialization": "signals try_starts",
    "learning_speed": "learning_speed learning_speed_of",
    "loss_surface": "loss_surface path_plane random_plane",
    "mark_one": "MarkOne teach_letters",
    "network_view": "network_view",
    "perceptron": "fire learn separability",
    "probing": "compare_features linear_probe",
    "receptive_field": "receptive_field receptive_fields",
    "recording": "Recording",
    "recurrent": "unroll",
    "representation": "representation representation_over",
    "samples": "confusion_of duplicates hardest",
    "saturation": "saturation",
    "saturation_history": "saturation_over",
    "seeing": "maximise saliency strongest",
    "stepper": "Stepper",
    "trace": "Trace trace",
    "training_process": "gears_of stops_of train_until",
    "transfer": "transfer",
    "watch": "Watch",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}


class _Package(ModuleType):
    """Imports a module when something of it is first asked for: all of them together take longer than a short training.

    Where a function has its module's name, the name stands for the function.
    """

    def __getattr__(self, name: str) -> Any:
        if name in _HOME:
            found = getattr(import_module(f".{_HOME[name]}", __name__), name)
        elif name in _HOMES:
            found = import_module(f".{name}", __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        setattr(self, name, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        own = isinstance(value, ModuleType) and _HOME.get(name) == name  # as the import of a module sets it
        super().__setattr__(name, getattr(value, name) if own else value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
