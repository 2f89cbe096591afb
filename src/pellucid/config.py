"""The two numbers that Keras lets a program set once for all: the float type and the fuzz factor."""

import numpy as np

_floatx = "float32"
_epsilon = 1e-7


def floatx() -> str:
    """The float type that new layers and data get unless they say otherwise.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Use this float type from now on: "float32" (the default), "float64" or "float16"."""
    global _floatx
    name = np.dtype(value).name
    if name not in ("float16", "float32", "float64"):
        raise ValueError(f"floatx must be 'float16', 'float32' or 'float64', got {value!r}.")
    _floatx = name


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite.

    >>> epsilon()
    1e-07
    """
    return _epsilon


def set_epsilon(value: float) -> None:
    """Use this fuzz factor from now on."""
    global _epsilon
    if not value > 0:
        raise ValueError(f"epsilon must be above 0, got {value!r}.")
    _epsilon = float(value)
