"""Initializers that draw: from the bell curve, whole or cut off, evenly between limits, or at right angles."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import floatx
from ..errors import ShapeError
from ..random import Key, generator, key, next_key
from .initializer import Initializer, registry


class RandomInitializer(Initializer):
    """Draws its values: from its seed (the same each time), else from the key given, else from the program's next.

    A subclass says how, in `draw`, and gets float32 or float64 to draw in.
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
            raise ValueError(f"seed must be a whole number of at least 0, or None, got {seed!r}.")
        self.seed = seed if seed is None else int(seed)

    def draw(self, random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} needs a draw(random, shape, dtype).")

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        wanted = np.dtype(dtype or floatx())
        if wanted.kind != "f":
            raise ValueError(f"{type(self).__name__} draws real numbers, not {wanted}.")
        drawn_in = np.float64 if wanted == np.float64 else np.float32
        values = self.draw(generator(self._key(key)), tuple(shape), drawn_in)
        return np.ascontiguousarray(values, dtype=wanted).reshape(shape)  # a lone number becomes an array too

    def _key(self, given: Key | None) -> Key:
        if self.seed is not None:
            return key(self.seed)
        return next_key() if given is None else given

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


@registry.add("RandomNormal", "random_normal", "normal")
class RandomNormal(RandomInitializer):
    """From the bell curve.

    >>> RandomNormal(seed=1)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.mean + self.stddev * random.standard_normal(shape, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


@registry.add("TruncatedNormal", "truncated_normal")
class TruncatedNormal(RandomNormal):
    """From the bell curve, drawn anew where more than two standard deviations away.

    What is left has a standard deviation of 0.8796 · stddev.
    """

    def draw(self, random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.mean + self.stddev * truncated_draws(random, shape, dtype)


@registry.add("RandomUniform", "random_uniform", "uniform")
class RandomUniform(RandomInitializer):
    """Spread evenly between two limits.

    >>> bool(abs(RandomUniform(-0.1, 0.1)((9,))).max() <= 0.1)
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.minval + (self.maxval - self.minval) * random.random(shape, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


@registry.add("Orthogonal", "orthogonal", "OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """Rows or columns (whichever are fewer) at right angles and of length `gain`.

    A kernel of more than two axes is one matrix, its last axis the columns.
    Raises ShapeError for fewer than two axes.

    Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks", ICLR (2014); the signs that make every
    rotation equally likely: Mezzadri, "How to generate random matrices from the
    classical compact groups", Notices AMS 54 (2007), section 5.

    >>> kernel = Orthogonal(seed=1)((2, 5))
    >>> np.round(kernel @ kernel.T, 5) + 0.0
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def draw(self, random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal: needs at least two axes, got the shape {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns)), dtype=dtype))
        q = q * np.where(np.diagonal(r) < 0, -1, 1).astype(dtype)
        return self.gain * (q if rows >= columns else q.T).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


def truncated_draws(random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Bell curve draws, none of them beyond ±2."""
    values = random.standard_normal(math.prod(shape), dtype=dtype)
    while (outside := np.flatnonzero(np.abs(values) > 2)).size:
        values[outside] = random.standard_normal(outside.size, dtype=dtype)
    return values.reshape(shape)
