"""Datasets: `digits` is inside the package, `mnist` and `fashion_mnist` are fetched once, any .npz goes by its path."""

from . import digits, fashion_mnist, mnist
from .loading import load

__all__ = ["digits", "fashion_mnist", "load", "mnist"]
