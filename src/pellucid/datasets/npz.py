"""Reading the four arrays of a dataset from an .npz file, as Keras's mnist.npz holds them."""

import os
import zipfile
import zlib

import numpy as np

from ..arrays import Array
from ..errors import FormatError

Dataset = tuple[tuple[Array, Array], tuple[Array, Array]]  # (x_train, y_train), (x_test, y_test)

_NAMES = ("x_train", "y_train", "x_test", "y_test")


def read_arrays(path: str | os.PathLike[str], names: tuple[str, ...] = _NAMES) -> list[Array]:
    """The named arrays of an .npz file; nothing in the file is run.

    Raises FormatError when the file is damaged, lacks a name, or holds Python objects instead of numbers.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            missing = [name for name in names if name not in arrays]
            if missing:
                raise FormatError(path, f"has no array {', '.join(missing)}; it has {', '.join(arrays.files)}.")
            return [arrays[name] for name in names]
    except (FormatError, FileNotFoundError):
        raise
    except (ValueError, TypeError, AttributeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(path, f"is not an .npz file of plain arrays ({error}).") from error


def read_dataset(path: str | os.PathLike[str]) -> Dataset:
    """The arrays x_train, y_train, x_test and y_test of an .npz file; images and labels must be equally many."""
    x_train, y_train, x_test, y_test = read_arrays(path)
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if not x.ndim or not y.ndim or len(x) != len(y):
            raise FormatError(path, f"x_{part} {x.shape} and y_{part} {y.shape} do not have equally many samples.")
    return (x_train, y_train), (x_test, y_test)
