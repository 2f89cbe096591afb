"""The shape of the first samples, for a model that was given no input shape."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np


def first_look(x: Any) -> tuple[Any, Any]:
    """x (put back together, if looking used it up), and the shape of its samples with a free batch axis.

    >>> first_look(np.zeros((5, 3)))[1]
    (None, 3)
    """
    if isinstance(x, Iterator):
        first = next(x, None)
        if first is None:
            raise ValueError("x gave no batch at all: the generator is empty.")
        return itertools.chain([first], x), _free(_inputs(first))
    if hasattr(x, "__getitem__") and not hasattr(x, "shape") and not isinstance(x, list | tuple | dict):
        return x, _free(_inputs(x[0]))
    if hasattr(x, "__iter__") and not hasattr(x, "shape") and not isinstance(x, list | tuple | dict):
        return x, _free(_inputs(next(iter(x))))
    return x, _free(x)


def _inputs(batch: Any) -> Any:
    return batch[0] if isinstance(batch, list | tuple) else batch


def _free(x: Any) -> Any:
    if isinstance(x, dict):
        return {name: _free(part) for name, part in x.items()}
    if isinstance(x, list | tuple) and x and hasattr(x[0], "shape") and x[0].ndim > 0:
        return _free(x[0]) if len(x) == 1 else [_free(part) for part in x]
    shape = np.shape(x)
    return (None, *shape[1:]) if len(shape) > 1 else (None, 1)
