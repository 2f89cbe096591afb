"""MNIST: 70,000 digits written by hand, 28×28.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits" (1998).
"""

from .npz import Dataset, read_dataset
from .published import published_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str = "mnist.npz") -> Dataset:
    """(x_train, y_train), (x_test, y_test): 60,000 and 10,000 images and their labels.

    path     the file's name in ~/.keras/datasets ($KERAS_HOME/datasets), where it is fetched to once (11 MB)
    x        (N, 28, 28) uint8     0 is paper, 255 ink
    y        (N,) uint8            0 to 9

    Raises OSError without a network, naming the place where to put the file by hand. For a file elsewhere:
    `pellucid.datasets.load("folder/mnist.npz")`.
    """
    return read_dataset(published_file(path, origin=_ORIGIN, file_hash=_SHA256))
