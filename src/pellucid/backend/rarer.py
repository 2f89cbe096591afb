"""Functions of `K` that programs ask for seldom: drawing, padding, loops over elements, tests of what a value is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..config import floatx
from ..layers.symbolic import KerasTensor
from ..random import generator, next_key
from ..variable import Variable
from .symbols import array, on_symbols, shared


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """An array that `set_value` can replace, in a loss's weight say: K.variable(0.5)."""
    return Variable(np.asarray(array(value), dtype=dtype or floatx()), name=name)


@on_symbols
def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Array:
    """x plus one number for each channel."""
    x, bias = array(x), array(bias)
    if data_format == "channels_first" and x.ndim > 2:
        bias = bias.reshape(bias.shape[0], *(1,) * (x.ndim - 2))
    return x + bias


@on_symbols
def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Array:
    """x with a share of its numbers set to 0 by chance, the others larger to make up for it."""
    x = array(x)
    draws = generator(next_key()).random(noise_shape or x.shape)
    return x * namespace(x).asarray((draws >= level) / (1 - level), dtype=x.dtype)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Array:
    """Ones with probability p, and zeros."""
    return (generator(next_key()).random(tuple(int(n) for n in shape)) < p).astype(dtype or floatx())


random_binomial = random_bernoulli


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers from the bell curve within two standard deviations."""
    draw, size = generator(next_key()), tuple(int(n) for n in shape)
    found = draw.normal(size=size)
    while (out := np.abs(found) > 2).any():
        found = np.where(out, draw.normal(size=size), found)
    return (mean + stddev * found).astype(dtype or floatx())


@on_symbols
def in_top_k(predictions: Any, targets: Any, k: int) -> Array:
    """Whether each row's target is among its k largest numbers."""
    predictions, targets = array(predictions), array(targets).astype("int32")
    xp = shared(predictions, targets)
    own = xp.take_along_axis(predictions, targets[:, None], axis=1)
    return (predictions > own).sum(axis=1) < k


@on_symbols
def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Array:
    """Zeros around pictures."""
    x, rows = array(x), [tuple(pair) for pair in padding]
    around = [(0, 0), (0, 0), *rows] if data_format == "channels_first" else [(0, 0), *rows, (0, 0)]
    return namespace(x).pad(x, around)


@on_symbols
def temporal_padding(x: Any, padding: Any = (1, 1)) -> Array:
    """Zeros before and after sequences."""
    return namespace(array(x)).pad(array(x), [(0, 0), tuple(padding), (0, 0)])


@on_symbols
def resize_images(x: Any, height_factor: int, width_factor: int, data_format: str | None = None, **_: Any) -> Array:
    """Pictures whose rows and columns stand there several times."""
    x, first = array(x), 2 if data_format == "channels_first" else 1
    xp = namespace(x)
    return xp.repeat(xp.repeat(x, height_factor, axis=first), width_factor, axis=first + 1)


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Array:
    """A function's results for the elements along the first axis, as one array."""
    elems = array(elems)
    found = [array(fn(element)) for element in elems]
    return shared(*found).stack(found)


def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """One value from all elements, from the first to the last: fn(so far, element)."""
    elements = iter(array(elems))
    total = next(elements) if initializer is None else initializer
    for element in elements:
        total = fn(total, element)
    return total


class Assignment:
    """A variable's new numbers, or what is added to them, for `K.function(…, updates=…)` to give it at each call.

    value    a symbolic value, or a variable, whose numbers then are the new ones
    sign     0: they replace the old numbers; 1, -1: they are added, taken away
    """

    def __init__(self, x: Variable, value: Any, sign: int = 0) -> None:
        self.x, self.value, self.sign = x, value, sign
        self.wanted = [value] if isinstance(value, KerasTensor) else []

    def make(self, found: Any) -> Any:
        """Give the variable its numbers; found holds those of the symbolic value."""
        numbers = array(found[0] if self.wanted else self.value)
        return self.x.assign(self.x.value + self.sign * numbers if self.sign else numbers)


def update(x: Variable, new_x: Any) -> Any:
    """Replace a variable's numbers: at once, or by a symbolic value when `K.function` is called."""
    return _assigned(x, new_x, 0)


def update_add(x: Variable, increment: Any) -> Any:
    """Add to a variable's numbers, at once or when `K.function` is called."""
    return _assigned(x, increment, 1)


def update_sub(x: Variable, decrement: Any) -> Any:
    """Take from a variable's numbers, at once or when `K.function` is called."""
    return _assigned(x, decrement, -1)


def _assigned(x: Variable, value: Any, sign: int) -> Any:
    later = Assignment(x, value, sign)
    now = None if later.wanted else later.make(())
    return later if isinstance(value, KerasTensor | Variable) else now


def is_keras_tensor(x: Any) -> bool:
    """Whether it is a symbolic value."""
    return isinstance(x, KerasTensor)


def is_tensor(x: Any) -> bool:
    """Whether it is a symbolic value, an array or a variable."""
    return isinstance(x, KerasTensor | Variable) or hasattr(x, "__array_namespace__")


def is_sparse(tensor: Any) -> bool:
    """False: there are no sparse arrays here."""
    return False
