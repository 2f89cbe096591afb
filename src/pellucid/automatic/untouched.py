"""Arrays handed to somebody's function: `x -= y` in it makes a new array, as it does with Keras's tensors.

def call(self, x):
    x -= x.mean()        the layer before keeps its output
    return x
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array


class Untouched(np.ndarray):
    """A NumPy array whose `+=` and its like leave it as it is.

    >>> x = np.array([1.0, 2.0])
    >>> y = untouched(x)
    >>> y -= 1
    >>> x, touchable(y)
    (array([1., 2.]), array([0., 1.]))
    """


def _making_new(name: str) -> Callable[[Any, Any], Any]:
    compute = getattr(operator, name)
    return lambda self, other: compute(self, other)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Untouched, f"__i{_name}__", _making_new(_name))


def untouched(x: Array) -> Array:
    """A NumPy array as such a one, without copying; other things, whose arrays cannot change, as they are."""
    return x.view(Untouched) if type(x) is np.ndarray else x


def touchable(x: Any) -> Any:
    """The plain NumPy array again."""
    return x.view(np.ndarray) if isinstance(x, Untouched) else x
