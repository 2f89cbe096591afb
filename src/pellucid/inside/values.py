"""Some values of a network for many samples, a few at a time: where the values of all samples have no room."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..engine.stretches import runner_for


def values_of(model: Any, x: Any, names: Iterable[str], batch_size: int) -> dict[str, Array]:
    """The values of these names, (N, …) each; the native core makes them where it can, and keeps no others.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, kernel_initializer="ones", input_shape=(2,))])
    >>> found = values_of(model, [[1.0, 2.0], [3.0, 4.0]], model._graph.outputs, batch_size=1)
    >>> next(iter(found.values())).tolist()
    [[3.0], [7.0]]
    """
    graph, numbers = model._graph, model.numbers
    inputs = data.batch(x, inputs=model.input_slots()).x
    kept = frozenset(names)
    runner = runner_for(graph, None, model.engine, numbers.params, inputs, kept)
    found: dict[str, list[Array]] = {name: [] for name in kept}
    for start in range(0, len(inputs[0]), batch_size):
        part = [one[start : start + batch_size] for one in inputs]
        ran = runner.run(graph, numbers.params, numbers.state, part, caching=False, keep=kept.__contains__)
        for name, values in found.items():
            values.append(np.asarray(ran.values[name]))
    return {name: np.concatenate(values) for name, values in found.items()}
