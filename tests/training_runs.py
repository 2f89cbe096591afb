"""Runs the trainings of training_networks.py with one library; as a program, with Keras in float64.

KERAS_BACKEND=torch python training_runs.py results.pickle name…
"""

import pickle
import sys
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from training_networks import HELD_BACK, NETWORKS


class Outcome(NamedTuple):
    """The weights before and after, and the log of each epoch."""

    first: list[np.ndarray]
    last: list[np.ndarray]
    logs: dict[str, list[float]]


def learn(k: ModuleType, name: str, floatx: str, first: Any = None, **compiled: Any) -> Outcome:
    """The training from these first weights, or else from the network's own, rounded to float32."""
    k.backend.set_floatx(floatx)
    model, x, y, given, fit, weights = NETWORKS[name](k)
    first = first or [weight.astype("float32") for weight in model.get_weights()]
    model.set_weights([weight.astype(floatx) for weight in first])
    model.compile(**given, **compiled)
    use, held = (
        [_rows(data, keep, floatx) for data in (x, y, weights) if data is not None]
        for keep in (slice(None, -HELD_BACK), slice(-HELD_BACK, None))
    )
    settings = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0, **fit}
    data = dict(zip(("x", "y", "sample_weight"), use, strict=False))
    history = model.fit(**data, validation_data=tuple(held), **settings).history
    return Outcome(first, model.get_weights(), {log: [float(v) for v in values] for log, values in history.items()})


def _rows(data: Any, keep: slice, floatx: str) -> Any:
    """Some rows of an array, or of a list or dict of them."""
    if isinstance(data, dict):
        return {name: _rows(part, keep, floatx) for name, part in data.items()}
    if isinstance(data, list):
        return [_rows(part, keep, floatx) for part in data]
    return data[keep].astype(floatx) if data.dtype.kind == "f" else data[keep]


def main(target: str, names: list[str]) -> None:
    import keras
    from keras.src.backend.common import dtypes

    settings = {}
    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(1)  # the networks are small
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # else Keras falls back to float32 in every mean
    else:
        settings["jit_compile"] = False  # which takes longer than the training
    found = {name: tuple(learn(keras, name, "float64", **settings)) for name in names}
    with open(target, "wb") as file:
        pickle.dump(found, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
