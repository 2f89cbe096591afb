"""Operators on symbolic values: `x + y`, `2 * x`, `x[:, 0]` note a layer's call, as calling the layer does."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .forms import Hole
from .lambda_layer import Lambda
from .merge import Add, Multiply, Subtract
from .operation import Operation
from .symbolic import KerasTensor

_MERGES = {"add": Add, "sub": Subtract, "mul": Multiply}


def _constant(other: Any, dtype: str) -> Any:
    """An array of fractions takes the type of the symbolic value that it meets."""
    return other.astype(dtype) if isinstance(other, np.ndarray) and {other.dtype.kind, dtype[0]} == {"f"} else other


def _operators(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An operator with the symbolic value on its left and on its right."""

    def left(self: KerasTensor, other: Any) -> Any:
        if isinstance(other, KerasTensor):
            both = _MERGES[name]() if name in _MERGES else Lambda(Operation(name, (Hole(0), Hole(1))))
            return both([self, other])
        return Lambda(Operation(name, (Hole(0), _constant(other, self.dtype))))(self)

    def right(self: KerasTensor, other: Any) -> Any:
        return Lambda(Operation(name, (_constant(other, self.dtype), Hole(0))))(self)

    return left, right


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul", "pow"):
    _left, _right = _operators(_name)
    setattr(KerasTensor, f"__{_name}__", _left)
    setattr(KerasTensor, f"__r{_name}__", _right)
for _name in ("lt", "le", "gt", "ge"):
    setattr(KerasTensor, f"__{_name}__", _operators(_name)[0])


def _negative(self: KerasTensor) -> Any:
    return Lambda(Operation("neg", (Hole(0),)))(self)


def _absolute(self: KerasTensor) -> Any:
    return Lambda(Operation("abs", (Hole(0),)))(self)


def _item(self: KerasTensor, index: Any) -> Any:
    return Lambda(Operation("getitem", (Hole(0), index)))(self)


for _name, _method in (("__neg__", _negative), ("__abs__", _absolute), ("__getitem__", _item)):
    setattr(KerasTensor, _name, _method)
