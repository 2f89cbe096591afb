"""Batches taken apart and put together, and small questions that programs ask."""

from typing import Any

import numpy as np

from ..config import floatx
from ..layers.layer import names
from ..layers.symbolic import KerasTensor


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """x, (x, y) or (x, y, sample_weight): as much as is given.

    >>> pack_x_y_sample_weight([1.0], [0.0])
    ([1.0], [0.0])
    """
    if y is None:
        return x if not isinstance(x, tuple | list) else (x,)
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """x, y and sample_weight of a batch, None for what it has not.

    >>> unpack_x_y_sample_weight(([1.0], [0.0]))
    ([1.0], [0.0], None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"a batch is x, (x, y) or (x, y, sample_weight), got {len(data)} parts.")
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def is_keras_tensor(x: Any) -> bool:
    """Whether x is a symbolic value, what `Input` and layers called on it return."""
    return isinstance(x, KerasTensor)


def get_source_inputs(tensor: KerasTensor) -> list[KerasTensor]:
    """The inputs that a symbolic value is computed from."""
    if not tensor.call.inputs:
        return [tensor]
    found: dict[int, KerasTensor] = {}
    for before in tensor.call.inputs:
        found |= {id(source): source for source in get_source_inputs(before)}
    return list(found.values())


def standardize_dtype(dtype: Any) -> str:
    """The name of a number type; None is `floatx()`.

    >>> standardize_dtype(np.float64)
    'float64'
    """
    return floatx() if dtype is None else np.dtype(getattr(dtype, "name", dtype)).name


def clear_session(free_memory: bool = True) -> None:
    """Start automatic layer names anew: the next Dense is called dense again."""
    names.restart()
