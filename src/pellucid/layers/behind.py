"""Symbolic values that a function uses without being handed them: Keras 1 and 2 allowed it, in losses and in layers.

z_mean = Dense(2)(h)
def vae_loss(y_true, y_pred):
    return mse(y_true, y_pred) - 0.5 * K.mean(1 - K.square(z_mean), axis=-1)      # z_mean is behind it
"""

import inspect
import types
from collections.abc import Iterator
from typing import Any

from .symbolic import KerasTensor

_OWN = __name__.partition(".")[0]


def symbols_behind(function: Any) -> list[KerasTensor]:
    """The symbolic values that a function finds around it, and those behind the functions that it calls; each once.

    >>> z = KerasTensor((None, 2), "float32", None)
    >>> len(symbols_behind([z, (z, max)]))
    1
    """
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    waiting = [function]
    while waiting:
        value = waiting.pop()
        if isinstance(value, KerasTensor):
            found.setdefault(id(value), value)
        elif isinstance(value, list | tuple):
            waiting.extend(value)
        elif inspect.ismethod(value):
            waiting += [value.__func__, *_methods(value)]
        elif isinstance(value, types.FunctionType) and id(value) not in seen:
            seen.add(id(value))
            if value.__module__ is None or value.__module__.partition(".")[0] != _OWN:
                waiting += _around(value)
    return list(found.values())


def _around(function: types.FunctionType) -> Iterator[Any]:
    """What a function's names stand for, outside it."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for name in _names(function.__code__):
        yield function.__globals__.get(name)
    yield from function.__defaults__ or ()


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _methods(method: types.MethodType) -> Iterator[Any]:
    """What a method finds under the names of its own object: other methods, and symbolic values kept there."""
    for name in _names(method.__code__):
        here = vars(method.__self__).get(name) if hasattr(method.__self__, "__dict__") else None
        if isinstance(here, KerasTensor):
            yield here
        elif isinstance(there := inspect.getattr_static(type(method.__self__), name, None), types.FunctionType):
            yield there
