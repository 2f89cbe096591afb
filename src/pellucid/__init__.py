"""Pellucid: a deep-learning library with the Keras API that people can see through.

>>> from pellucid import Sequential
>>> from pellucid.layers import Dense
>>> model = Sequential([Dense(64, activation="sigmoid", input_shape=(784,)), Dense(10, activation="softmax")])
>>> model.compile(optimizer="sgd", loss="mean_squared_error", metrics=["accuracy"])
"""

import importlib
from typing import TYPE_CHECKING, Any

from . import (
    activations,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
    utils,
)
from .callbacks.by_argument import makers
from .layers import Input, InputLayer, KerasTensor, Layer
from .losses import Loss
from .metrics import Metric
from .model import Model
from .optimizers import Optimizer
from .sequential import Sequential
from .variable import Variable

if TYPE_CHECKING:
    from . import applications, backend, datasets, inside, ops, preprocessing  # noqa: F401

__version__ = "0.1.0"

_LATER = ("applications", "backend", "datasets", "inside", "ops", "preprocessing")


def __getattr__(name: str) -> Any:
    """What many programs do without is loaded when it is first asked for, so that `import pellucid` is quick."""
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _doctor(**settings: Any) -> Any:
    return importlib.import_module(f"{__name__}.inside.doctor").Doctor(**settings)


makers["doctor"] = _doctor

__all__ = [
    "Input",
    "InputLayer",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Sequential",
    "Variable",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "regularizers",
    "saving",
    "utils",
]
