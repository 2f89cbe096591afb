"""What boston_housing and california_housing share: one table, shuffled and cut in two."""

import numpy as np

from ..errors import DataError
from .npz import Dataset, read_arrays


def read_table(path: str, test_split: float, seed: int, rows: int | None = None) -> Dataset:
    """(x_train, y_train), (x_test, y_test) of the arrays x and y in an .npz file, in the order that Keras gives."""
    if not 0 <= test_split < 1:
        raise DataError(f"load_data: test_split must be at least 0 and below 1, got {test_split!r}.")
    x, y = (array[:rows] for array in read_arrays(path, ("x", "y")))
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])
