"""CIFAR-10: 60,000 small colour photographs, 32×32, of ten kinds of things.

    0 airplane   1 automobile   2 bird    3 cat     4 deer
    5 dog        6 frog         7 horse   8 ship    9 truck

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

import numpy as np

from .cifar import folder_of, read_batch
from .npz import Dataset

_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> Dataset:
    """(x_train, y_train), (x_test, y_test): 50,000 and 10,000 photographs and their labels.

    x        (N, 32, 32, 3) uint8
    y        (N, 1) uint8            0 to 9

    The archive (163 MB) is fetched once to ~/.keras/datasets ($KERAS_HOME/datasets).
    Raises OSError without a network, naming the place where to put it by hand.
    """
    place = folder_of("cifar-10-batches-py", "cifar-10-python.tar.gz", _SHA256)
    parts = [read_batch(place / f"data_batch_{i}", "labels") for i in range(1, 6)]
    x_train, y_train = (np.concatenate(part) for part in zip(*parts, strict=True))
    return (x_train, y_train), read_batch(place / "test_batch", "labels")
