"""keras.random: numbers by chance."""

from typing import Any

from ...arrays import Array
from ...backend import random_normal, random_uniform
from ...config import floatx
from ...random import generator, key, next_key

__all__ = ["SeedGenerator", "normal", "randint", "shuffle", "uniform"]


class SeedGenerator:
    """A source of numbers by chance that starts from a seed."""

    def __init__(self, seed: int | None = None, name: str | None = None, **_: Any) -> None:
        self.draw = generator(next_key() if seed is None else key(seed))


def _draw(seed: Any) -> Any:
    if isinstance(seed, SeedGenerator):
        return seed.draw
    return generator(next_key() if seed is None else key(int(seed)))


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers from the bell curve."""
    if seed is None:
        return random_normal(shape, mean, stddev, dtype)
    return _draw(seed).normal(mean, stddev, tuple(shape)).astype(dtype or floatx())


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers spread evenly."""
    if seed is None:
        return random_uniform(shape, minval, maxval, dtype)
    return _draw(seed).uniform(minval, maxval, tuple(shape)).astype(dtype or floatx())


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Whole numbers from minval to maxval - 1."""
    return _draw(seed).integers(minval, maxval, tuple(shape)).astype(dtype)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Array:
    """A copy in another order."""
    return _draw(seed).permutation(x, axis=axis)
