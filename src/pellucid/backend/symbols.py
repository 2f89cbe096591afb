"""What all functions of the backend share: arrays from whatever is given, and symbolic values as layers."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..arrays import Array, namespace
from ..config import floatx
from ..layers.lambda_layer import Lambda
from ..layers.symbolic import KerasTensor
from ..variable import Variable

Function = TypeVar("Function", bound=Callable[..., Any])


def array(x: Any) -> Array:
    """x as an array: a weight's numbers, a list's, a number's; an array stays what it is.

    A list's fractions are `floatx`, its whole numbers int32 where they fit.
    """
    if isinstance(x, Variable):
        return x.value
    if hasattr(x, "__array_namespace__"):
        return x
    found = np.asarray(x)
    if found.dtype == np.float64:
        return found.astype(floatx())
    fits = found.dtype == np.int64 and (found.astype(np.int32) == found).all()
    return found.astype(np.int32) if fits else found


def shared(*values: Any) -> Any:
    """The module whose functions suit all of these: that of the first array that is not NumPy's."""
    arrays = [value for value in values if hasattr(value, "__array_namespace__")]
    others = [value for value in arrays if not isinstance(value, np.ndarray | np.generic)]
    return namespace((others or arrays or [np.zeros(0)])[0])


def on_symbols(function: Function) -> Function:
    """Decorator: called on symbolic values, the function becomes a Lambda layer; lists may hold some, too."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        found = [*args, *kwargs.values()]
        if not any(map(_is_symbolic, found)):
            return function(*args, **kwargs)
        names = [*range(len(args)), *kwargs]
        symbols: list[KerasTensor] = []
        for value in found:
            parts = value if isinstance(value, list | tuple) else [value]
            symbols += [part for part in parts if isinstance(part, KerasTensor)]

        def compute(given: Any) -> Any:
            arrays = iter(given if len(symbols) > 1 else [given])

            def filled(value: Any) -> Any:
                if isinstance(value, list | tuple):
                    return [next(arrays) if isinstance(part, KerasTensor) else part for part in value]
                return next(arrays) if isinstance(value, KerasTensor) else value

            values = dict(zip(names, [filled(value) if _is_symbolic(value) else value for value in found], strict=True))
            return function(*(values[i] for i in range(len(args))), **{name: values[name] for name in kwargs})

        return Lambda(compute)(symbols if len(symbols) > 1 else symbols[0])

    return call  # type: ignore[return-value]


def _is_symbolic(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(part, KerasTensor) for part in value)
    return isinstance(value, KerasTensor)
