"""CIFAR-100: 60,000 small colour photographs, 32×32, of 100 kinds of things in 20 groups.

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from ..errors import one_of
from .cifar import folder_of, read_batch
from .npz import Dataset

_SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> Dataset:
    """(x_train, y_train), (x_test, y_test): 50,000 and 10,000 photographs and their labels.

    label_mode   "fine" for the kind, 0 to 99; "coarse" for the group, 0 to 19
    x            (N, 32, 32, 3) uint8
    y            (N, 1) uint8

    The archive (161 MB) is fetched once to ~/.keras/datasets ($KERAS_HOME/datasets).
    Raises OSError without a network, naming the place where to put it by hand.
    """
    key = one_of(label_mode, ("fine", "coarse"), "cifar100.load_data: label_mode") + "_labels"
    place = folder_of("cifar-100-python", "cifar-100-python.tar.gz", _SHA256)
    return read_batch(place / "train", key), read_batch(place / "test", key)
