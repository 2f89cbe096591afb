"""What the programs of doctor_foreign.py and doctor_foreign_healthy.py share: their list, and their data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.datasets import load

SPARSE, CROSS, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
TOO_HIGH = r"learning rate is (far )?too high"
TOO_LOW = r"learning rate is too low|learning rate is 0|rate.*too small"
SCALE = r"[Ss]cale the inputs|not scaled"


@dataclass(frozen=True)
class Course:
    """A program; `teacher` is what should be said of it, "" for nothing."""

    name: str
    kind: str
    teacher: str
    program: Callable[[np.random.Generator], None]


PROGRAMS: list[Course] = []


def fault(kind: str, teacher: str) -> Callable[[Any], Any]:
    return lambda program: PROGRAMS.append(Course(program.__name__, kind, teacher, program)) or program


def healthy(kind: str) -> Callable[[Any], Any]:
    return fault(kind, "")


# Data --------------------------------------------------------------------------------------------


def digits(draw: np.random.Generator, count: int = 1200) -> tuple[np.ndarray, np.ndarray]:
    """8×8 images as bytes 0-255, and their labels."""
    (x, y), _ = load("digits")
    rows = draw.permutation(len(x))[:count]
    return x[rows], y[rows].astype("int64")


def blobs(
    draw: np.random.Generator, count: int = 1000, classes: int = 4, features: int = 12, spread: float = 1.0
) -> Any:
    """Clouds around random centres, standardised."""
    y = draw.integers(0, classes, count)
    x = draw.normal(size=(classes, features))[y] + spread * draw.normal(size=(count, features))
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y


def moons(draw: np.random.Generator, count: int = 800, noise: float = 0.15) -> Any:
    y = draw.integers(0, 2, count)
    angle = draw.random(count) * np.pi
    x = np.stack([np.cos(angle) + y, np.sin(angle) * (1 - 2 * y) + 0.5 * y], axis=1)
    return (x + noise * draw.normal(size=x.shape)).astype("float32"), y


def houses(draw: np.random.Generator, count: int = 800) -> Any:
    """Raw features of very different size, prices in hundred thousands."""
    area, rooms, age = draw.uniform(30, 250, count), draw.integers(1, 8, count), draw.uniform(0, 90, count)
    tax = draw.uniform(180, 720, count)
    price = 0.8 + 0.012 * area + 0.1 * rooms - 0.006 * age - 0.001 * tax + 0.15 * draw.normal(size=count)
    return np.stack([area, rooms, age, tax], axis=1).astype("float32"), price.astype("float32")


def standard(x: np.ndarray) -> np.ndarray:
    return ((x - x.mean(0)) / x.std(0)).astype("float32")


def curve(draw: np.random.Generator, count: int = 600) -> Any:
    x = draw.uniform(-3, 3, (count, 1)).astype("float32")
    return x, (np.sin(x) + 0.1 * draw.normal(size=x.shape)).astype("float32")


def smooth(draw: np.random.Generator, count: int = 1000, features: int = 6) -> Any:
    """A regression with products and a sine; standardised, the targets too."""
    x = draw.normal(size=(count, features)).astype("float32")
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.2 * draw.normal(size=count)
    return x, ((y - y.mean()) / y.std()).astype("float32")


def waves(draw: np.random.Generator, length: int = 20, count: int = 700, size: float = 1.0, level: float = 0.0) -> Any:
    """Windows of a noisy sine, and the next value."""
    series = level + size * (np.sin(np.arange(count + length) * 0.3) + 0.1 * draw.normal(size=count + length))
    x = np.stack([series[i : i + length] for i in range(count)])[..., None]
    return x.astype("float32"), series[length : length + count, None].astype("float32")


def signs(draw: np.random.Generator, count: int = 800, length: int = 15) -> Any:
    """Sequences of numbers; is their sum above 0?"""
    x = draw.normal(size=(count, length, 1)).astype("float32")
    return x, (x.sum(axis=(1, 2)) > 0).astype("float32")


def texts(draw: np.random.Generator, count: int = 1000, words: int = 500, length: int = 30) -> Any:
    """Word numbers: kind words are below 50, harsh ones from 50 to 99; which are more?"""
    x = draw.integers(100, words, (count, length))
    y = draw.integers(0, 2, count)
    for row, kind in enumerate(y):
        places = draw.permutation(length)[: draw.integers(3, 8)]
        x[row, places] = draw.integers(0, 50, len(places)) + 50 * kind
    return x, y.astype("float32")


def shapes(draw: np.random.Generator, count: int = 800, size: int = 12) -> Any:
    """Images with a bright bar: lying, standing, or slanted; bytes 0-255."""
    y = draw.integers(0, 3, count)
    x = draw.integers(0, 60, (count, size, size, 1))
    for row, kind in enumerate(y):
        start, long = draw.integers(0, size - 6), 6
        at = draw.integers(0, size - 6)
        for k in range(long):
            place = [(at, start + k), (start + k, at), (at + k, start + k)][kind]
            x[row, place[0], place[1], 0] = draw.integers(180, 256)
    return x.astype("uint8"), y


def circles(draw: Any, n: int = 700) -> Any:
    """Two rings, one within the other."""
    y = draw.integers(0, 2, n)
    a = draw.random(n) * 2 * np.pi
    r = 1 + y + 0.15 * draw.normal(size=n)
    return (np.stack([r * np.cos(a), r * np.sin(a)], 1).astype("float32"), y)


def stocks(draw: Any, n: int = 600, w: int = 30) -> Any:
    """Windows of a random walk between 0 and 1, and the next value."""
    s = 100 + np.cumsum(draw.normal(size=n + w) * 1.2)
    lo, hi = (s.min(), s.max())
    s = (s - lo) / (hi - lo)
    x = np.stack([s[i : i + w] for i in range(n)])[..., None]
    return (x.astype("float32"), s[w : w + n].astype("float32"))


def batches(x: np.ndarray, y: np.ndarray, size: int, draw: Any) -> Iterator[Any]:
    while True:
        rows = draw.integers(0, len(x), size)
        yield x[rows], y[rows]
