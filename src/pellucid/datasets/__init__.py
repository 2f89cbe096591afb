"""Datasets: `digits` is inside the package, the others are fetched once; any .npz file goes by its path."""

from . import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    digits,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)
from .loading import load

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "digits",
    "fashion_mnist",
    "imdb",
    "load",
    "mnist",
    "reuters",
]
