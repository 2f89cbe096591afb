"""keras.random: numbers by chance."""

import math
from typing import Any

import numpy as np

from ...arrays import Array
from ...backend import random_normal, random_uniform
from ...config import floatx
from ...layers.dropout import Dropout
from ...random import generator, key, keys_from, next_key

__all__ = [
    "SeedGenerator",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


class SeedGenerator:
    """A source of numbers by chance that starts from a seed; each draw is another."""

    def __init__(self, seed: int | None = None, name: str | None = None, **_: Any) -> None:
        self.seed, self.draws = seed, 0
        self._start = next_key() if seed is None else key(int(seed))

    def next(self, ordered: bool = True) -> Array:
        """The key of the next draw."""
        with keys_from(self._start):
            for _ in range(self.draws + 1):
                found = next_key()
        self.draws += 1
        return found


def _key(seed: Any) -> Any:
    if isinstance(seed, SeedGenerator):
        return seed.next()
    return next_key() if seed is None else key(int(seed))


def _draw(seed: Any) -> np.random.Generator:
    return generator(_key(seed))


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers from the bell curve."""
    with keys_from(None if seed is None else _key(seed)):
        return random_normal(shape, mean, stddev, dtype)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers spread evenly."""
    with keys_from(None if seed is None else _key(seed)):
        return random_uniform(shape, minval, maxval, dtype)


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers from the bell curve within two standard deviations of the mean."""
    draw = _draw(seed)
    found = draw.normal(size=tuple(shape))
    while (beyond := abs(found) > 2).any():
        found[beyond] = draw.normal(size=int(beyond.sum()))
    return (found * stddev + mean).astype(dtype or floatx())


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Whole numbers from minval to maxval - 1."""
    return _draw(seed).integers(minval, maxval, tuple(shape)).astype(dtype)


def gamma(shape: Any, alpha: float, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers from the gamma distribution of this shape."""
    return _draw(seed).gamma(alpha, size=tuple(shape)).astype(dtype or floatx())


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Array:
    """How many of so many trials succeed."""
    found = _draw(seed).binomial(np.asarray(counts, "int64"), np.asarray(probabilities), size=tuple(shape))
    return found.astype(dtype or floatx())


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Class numbers by chance, (N, num_samples), from the logits (N, C) of each row."""
    logits = np.asarray(logits)
    noise = _draw(seed).gumbel(size=(len(logits), num_samples, logits.shape[-1]))
    return (logits[:, None, :] + noise).argmax(axis=-1).astype(dtype)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Array:
    """The inputs with this share of them at zero, and the rest scaled up."""
    if not 0 <= rate < 1 or math.isnan(rate):
        raise ValueError(f"dropout: rate must be at least 0 and below 1, got {rate!r}.")
    return Dropout(rate, noise_shape, name="dropout").forward({}, inputs, key=_key(seed))[0]


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Array:
    """A copy in another order."""
    return _draw(seed).permutation(x, axis=axis)
