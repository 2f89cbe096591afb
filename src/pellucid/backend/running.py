"""`K.function`, the learning phase, and sessions: how old programs ran their graphs."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..layers.input import Input
from ..layers.symbolic import KerasTensor
from ..model import Model
from ..optimizers.by_hand import Step
from ..variable import Variable
from .rarer import Assignment


class LearningPhase(int):
    """0, or 1 while learning; given to `K.function` among the inputs, it stands for what the call says."""


_phase = LearningPhase(0)


def learning_phase() -> LearningPhase:
    """0 outside training. Among the inputs of `K.function`, it lets each call say whether it is for learning."""
    return _phase


def set_learning_phase(value: int) -> None:
    """What `learning_phase` says from now on. `fit`, `evaluate` and `predict` know theirs in any case."""
    global _phase
    _phase = LearningPhase(int(value))


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x while learning, else alt; functions are called."""
    chosen = x if (training if training is not None else _phase) else alt
    return chosen() if callable(chosen) and not isinstance(chosen, KerasTensor) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """alt while learning, else x."""
    return in_train_phase(alt, x, training)


def function(inputs: Sequence[Any], outputs: Any, updates: Any = None, **_: Any) -> Callable[[Sequence[Any]], Any]:
    """A function from arrays to the arrays of the outputs: K.function([model.input], [layer.output]).

    updates    what each call does after the outputs are known: from `optimizer.get_updates`, `K.update` of a symbolic
               value or a variable, or (variable, new value) pairs

    Raises ValueError for updates of other kinds, and for outputs that are no layers' outputs.
    """
    one = not isinstance(outputs, list | tuple)
    wanted = [outputs] if one else list(outputs)
    steps = [_step(update) for update in updates or ()]
    for value in wanted:
        if not isinstance(value, KerasTensor):
            raise ValueError(
                f"K.function: outputs must be what layers return on an Input, such as layer.output, got {value!r:.60}."
            )
    places = [i for i, value in enumerate(inputs) if isinstance(value, KerasTensor)]
    asked = wanted + [value for step in steps for value in step.wanted]
    model = Model([inputs[i] for i in places], asked) if asked else None

    def call(values: Any) -> Any:
        given = list(values) if isinstance(values, list | tuple) else [values]
        flags = [given[i] for i, value in enumerate(inputs) if isinstance(value, LearningPhase) and i < len(given)]
        arrays = [np.asarray(given[i], dtype=inputs[i].dtype) for i in places]
        found = model.compute(*arrays, training=bool(flags and flags[0])) if model is not None else []
        several = list(found) if isinstance(found, list | tuple) else [found]
        rest = iter(several[len(wanted) :])
        for step in steps:
            step.make([next(rest) for _ in step.wanted])
        return several[0] if one else several[: len(wanted)]

    return call


def _step(update: Any) -> Step | Assignment:
    """What a call of K.function does, from one of its updates."""
    if isinstance(update, Step | Assignment):
        return update
    if isinstance(update, tuple) and len(update) == 2 and isinstance(update[1], KerasTensor | Variable):
        return Assignment(*update)
    raise ValueError(
        "K.function: updates come from optimizer.get_updates, or from K.update of a symbolic value or a variable, got "
        f"{update!r:.60}. Numbers that are computed from weights are known at once here: give weights new ones with "
        "layer.set_weights or K.set_value."
    )


class Session:
    """In the place of a TensorFlow session, which nothing here needs: it can be made, set and closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.graph = None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def as_default(self) -> "Session":
        """A block without effect."""
        return self

    def close(self) -> None:
        """Nothing is open."""

    def run(self, fetches: Any, feed_dict: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Symbolic values computed from those of feed_dict, as `K.function` does; nothing to run for initializers
        (None); anything else is raw TensorFlow."""
        asked = list(fetches) if isinstance(fetches, list | tuple) else [fetches]
        if all(fetch is None for fetch in asked):
            return None
        if all(isinstance(fetch, KerasTensor) for fetch in asked):
            given = dict(feed_dict or {})
            found = function(list(given), asked)(list(given.values()))
            return found if isinstance(fetches, list | tuple) else found[0]
        raise TypeError("session.run is raw TensorFlow, which pellucid does not have: use model.predict or K.function.")


def get_session() -> Session:
    """A session in name only: nothing here needs one."""
    return Session()


def set_session(session: Any) -> None:
    """Accepted, and without effect: nothing here needs a session."""


def manual_variable_initialization(value: bool) -> None:
    """Accepted, and without effect: weights have their first numbers from the start."""


def name_scope(name: str) -> Any:
    """A block without effect: layers have their names."""
    return nullcontext()


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: str | None = None
) -> KerasTensor:
    """A symbolic input of this shape, with the batch axis; of ndim axes of any sizes. `K.function` gives it numbers."""
    if shape is None and ndim is None:
        raise ValueError("K.placeholder: give its shape, or ndim, the number of its axes.")
    return Input(batch_shape=tuple(shape) if shape is not None else (None,) * int(ndim or 0), dtype=dtype, name=name)
