"""Errors that say who complains, what arrived and what to do; and the checks that raise them.

Exception
├── ValueError
│   ├── ShapeError       an array or a layer's input has a shape that cannot work
│   ├── DataError        the data cannot be trained on: NaN, a label out of range, an empty array
│   ├── NotBuiltError    numbers were asked for before the input shape was known
│   └── FormatError      a file is damaged, or not of the format it claims
└── TypeError, KeyError  as everywhere in Python
"""

import numbers
import os
from collections.abc import Iterable
from typing import Any


class ShapeError(ValueError):
    """A shape that cannot work; the message names the layer or argument, the shape and the remedy."""


class DataError(ValueError):
    """Data that cannot be trained on; raised before anything has changed."""


class NotBuiltError(ValueError):
    """A layer or model has no numbers yet, because it has not seen an input shape."""


class FormatError(ValueError):
    """A file that is damaged or not what it claims to be; the message names file and reason.

    >>> str(FormatError("net.keras", "it is cut off"))
    'net.keras: it is cut off'
    """

    def __init__(self, file: str | os.PathLike[str], reason: str) -> None:
        super().__init__(os.fspath(file), reason)
        self.file, self.reason = self.args

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


def positive_int(value: Any, name: str) -> int:
    """value as an int, if it is a whole number of at least 1.

    >>> positive_int(0, "units")
    Traceback (most recent call last):
    ValueError: units must be a positive whole number, got 0.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} must be a positive whole number, got {value!r}.")
    return int(value)


def count(value: Any, name: str) -> int:
    """value as an int, if it is a whole number of at least 0.

    >>> count(-1, "epochs")
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 0, got -1.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 0:
        raise ValueError(f"{name} must be a whole number of at least 0, got {value!r}.")
    return int(value)


def pair(value: Any, name: str) -> tuple[int, int]:
    """value as two positive whole numbers; one number counts for both.

    >>> pair(3, "kernel_size")
    (3, 3)
    """
    values = tuple(value) if isinstance(value, Iterable) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} must be one number or two, got {value!r}.")
    return positive_int(values[0], name), positive_int(values[1], name)


def several(value: Any, count: int, name: str) -> tuple[int, ...]:
    """value as that many positive whole numbers; one number counts for all.

    >>> several(3, 2, "kernel_size")
    (3, 3)
    """
    values = tuple(value) if isinstance(value, Iterable) else (value,) * count
    if len(values) != count:
        raise ValueError(f"{name} must be one whole number{f' or {count}' if count > 1 else ''}, got {value!r}.")
    return tuple(positive_int(each, name) for each in values)


def one_of(value: Any, choices: Iterable[Any], name: str) -> Any:
    """value, if it is among the choices.

    >>> one_of("max", ("min", "max"), "mode")
    'max'
    """
    choices = tuple(choices)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}.")
    return value


def fraction(value: Any, name: str) -> float:
    """value as a float, if it lies in [0, 1).

    >>> fraction(1.5, "rate")
    Traceback (most recent call last):
    ValueError: rate must be at least 0 and below 1, got 1.5.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, got {value!r}.")
    return float(value)


_NOUNS = {"object": "objects", "str": "text", "bytes": "text", "complex": "complex numbers"}


def check_dtype(dtype: Any, name: str) -> None:
    """Raise DataError unless the dtype holds real numbers (bool counts as 0 and 1)."""
    if dtype.kind in "fiub" or dtype.name == "bfloat16":
        return
    if dtype.kind == "c":
        remedy = f"Take the parts that matter, such as {name}.real or np.abs({name})."
    elif dtype.kind == "O":
        remedy = (
            "Rows of different lengths? Pad them: pad_sequences(...). Numbers in an object array or a table of mixed "
            'columns? Convert them: np.asarray(..., dtype="float32").'
        )
    elif dtype.kind in "SUT":
        remedy = "Turn each word or category into a number first."
    else:
        remedy = 'Convert it first, for example with .astype("float32").'
    noun = next((noun for start, noun in _NOUNS.items() if dtype.name.startswith(start)), "no numbers")
    raise DataError(f"{name} holds {noun} (dtype {dtype}), but a model computes with real numbers. {remedy}")
