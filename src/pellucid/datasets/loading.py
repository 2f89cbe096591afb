"""One door to all datasets: by name, or by the path of an .npz file."""

import os
from pathlib import Path

from . import digits, fashion_mnist, mnist
from .npz import Dataset, read_dataset

_FETCHED = {"mnist": mnist.load_data, "fashion_mnist": fashion_mnist.load_data}


def load(name_or_path: str | os.PathLike[str], size: int | None = None) -> Dataset:
    """(x_train, y_train), (x_test, y_test) of "digits", "mnist", "fashion_mnist" or an .npz file.

    size     pixels a side, for the digits alone: 8 unless given

    >>> (x_train, y_train), (x_test, y_test) = load("digits")
    >>> x_train.shape
    (1437, 8, 8)
    """
    name = os.fspath(name_or_path)
    if name == "digits":
        return digits.load_data() if size is None else digits.load_data(size)
    if size is not None:
        raise ValueError(
            f"datasets.load: only the digits come in sizes; {name!r} has its own, so leave out size={size}."
        )
    if name in _FETCHED:
        return _FETCHED[name]()
    if not Path(name).is_file():
        raise FileNotFoundError(
            f"datasets.load: {name!r} is no file, and not one of 'digits', {', '.join(map(repr, _FETCHED))}."
        )
    return read_dataset(name)
