"""Operation: what an operator on symbolic values computes, `x / 255` or `x[:, 0]`, as a function and as plain data.

    {"operation": "truediv", "arguments": [{"input": 0}, 255.0]}
    {"operation": "getitem", "arguments": [{"input": 0}, {"tuple": [{"slice": [null, null, null]}, 0]}]}

is what a file holds of it. The table of operators is closed; none of them makes more of its arguments than there is in
them, and the shape of what comes out is known without computing it.
"""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from .forms import Hole, filled

ELEMENTWISE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "gt", "ge", "neg", "abs")
_KINDS = "biuf"  # of the numbers in an array that is an argument


class Operation:
    """An operator with its arguments.

    name        as Python's module `operator` has it
    arguments   arrays, numbers, an index; a Hole where an input goes

    >>> Operation("truediv", (Hole(0), 2.0))(np.array([3.0]))
    array([1.5])
    """

    def __init__(self, name: str, arguments: Sequence[Any]) -> None:
        self.name, self.arguments = name, tuple(arguments)
        self.inputs = sum(isinstance(argument, Hole) for argument in arguments)

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, given: Any) -> Array:
        values = [given] if self.inputs == 1 else given
        return getattr(operator, self.name)(*filled(self.arguments, values))

    def output(self, shapes: Sequence[Any], dtypes: Sequence[str]) -> tuple[Any, str] | None:
        """Shape and type of what it gives for inputs of these; None where computing must tell."""
        if self.name not in (*ELEMENTWISE, "getitem"):
            return None
        one, other = (self._shape([_sized(shape, free) for shape in shapes]) for free in (2, 3))
        shape = tuple(None if a != b else a for a, b in zip(one, other, strict=True))
        if self.name == "getitem":
            return shape, dtypes[0]
        small = [np.ones((1,) * len(shape), dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
        with np.errstate(all="ignore"):
            return shape, str(self(small if self.inputs > 1 else small[0]).dtype)

    def _shape(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        given = filled(self.arguments, [np.broadcast_to(np.zeros(()), shape) for shape in shapes])
        if self.name == "getitem":
            return given[0][given[1]].shape  # a view of one number, however large
        return np.broadcast_shapes(*(np.shape(argument) for argument in given))

    def data(self) -> dict[str, Any] | None:
        """The operation as plain data; None for one that no file may hold."""
        if self.name not in (*ELEMENTWISE, "getitem"):
            return None
        try:
            return {"operation": self.name, "arguments": [_plain(argument) for argument in self.arguments]}
        except TypeError:
            return None

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Operation":
        """The operation that `data` described.

        Raises ValueError for another name or form.
        """
        name, arguments = data.get("operation"), data.get("arguments")
        count = 1 if name in ("neg", "abs") else 2
        if name not in (*ELEMENTWISE, "getitem") or not isinstance(arguments, list) or len(arguments) != count:
            raise ValueError(f"Lambda: {str(data)[:80]} is no operation that a file may hold.")
        made = cls(name, [_made(argument) for argument in arguments])
        index = made.arguments[1] if name == "getitem" else None
        holes = [argument.place for argument in made.arguments if isinstance(argument, Hole)]
        in_order = bool(holes) and holes == list(range(len(holes)))
        if not in_order or (name == "getitem" and (len(holes) > 1 or not _is_index(index))):
            raise ValueError(f"Lambda: {str(data)[:80]} is no operation that a file may hold.")
        return made


def _sized(shape: Any, free: int) -> tuple[int, ...]:
    return tuple(free if size is None else size for size in shape)


def _is_index(value: Any) -> bool:
    """Whether it takes a part without copying it: whole numbers, slices, … and new axes."""
    parts = value if isinstance(value, tuple) else (value,)
    return all(part is None or part is Ellipsis or type(part) is int or isinstance(part, slice) for part in parts)


def _plain(value: Any) -> Any:
    """An argument as JSON has it.

    Raises TypeError for one that has no such form.
    """
    if isinstance(value, Hole):
        return {"input": value.place}
    if value is None or type(value) in (bool, int, float):
        return value
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, slice):
        return {"slice": [_plain(part) for part in (value.start, value.stop, value.step)]}
    if isinstance(value, tuple):
        return {"tuple": [_plain(part) for part in value]}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in _KINDS:
        return {"array": np.ravel(value).tolist(), "shape": list(value.shape), "dtype": value.dtype.name}
    raise TypeError(f"no plain data: {type(value).__name__}")


def _made(value: Any) -> Any:
    """What `_plain` wrote."""
    if not isinstance(value, Mapping):
        if value is None or type(value) in (bool, int, float):
            return value
    elif "input" in value and type(value["input"]) is int:
        return Hole(value["input"])
    elif "ellipsis" in value:
        return Ellipsis
    elif "slice" in value:
        parts = value["slice"]
        if isinstance(parts, list) and len(parts) == 3 and all(part is None or type(part) is int for part in parts):
            return slice(*parts)
    elif "tuple" in value and isinstance(value["tuple"], list):
        return tuple(_made(part) for part in value["tuple"])
    elif "array" in value:
        dtype = np.dtype(str(value.get("dtype")))
        if dtype.kind in _KINDS:
            return np.asarray(value["array"], dtype=dtype).reshape(value.get("shape"))[()]
    raise ValueError(f"Lambda: {str(value)[:80]} is no argument of an operation.")
