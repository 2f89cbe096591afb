"""Fashion-MNIST: 70,000 pictures of clothes, 28×28, with ten labels.

    0 T-shirt/top   1 trouser   2 pullover   3 dress   4 coat
    5 sandal        6 shirt     7 sneaker    8 bag     9 ankle boot

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
algorithms", arXiv:1708.07747 (2017). Licence: MIT.
"""

import gzip
import struct
import zlib

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from .npz import Dataset
from .published import published_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_MD5 = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}


def load_data() -> Dataset:
    """(x_train, y_train), (x_test, y_test): 60,000 and 10,000 images and their labels.

    x        (N, 28, 28) uint8     0 is background, 255 cloth
    y        (N,) uint8            0 to 9

    The four files (31 MB) are fetched once to ~/.keras/datasets/fashion-mnist ($KERAS_HOME/datasets/fashion-mnist).
    Raises OSError without a network, naming the place where to put the files by hand.
    """
    x_train, y_train, x_test, y_test = (
        read_idx(published_file(name, origin=_ORIGIN + name, file_hash=md5, cache_subdir="datasets/fashion-mnist"))
        for name, md5 in _MD5.items()
    )
    return (x_train, y_train), (x_test, y_test)


def read_idx(path: str) -> Array:
    """The array of bytes in a gzip-compressed IDX file.

    The file holds two zeros, the type 8, the number of axes, the length of each as four bytes, and the bytes.
    """
    with gzip.open(path) as file:
        try:
            zeros, kind, axes = struct.unpack(">HBB", file.read(4))
            shape = struct.unpack(f">{axes}I", file.read(4 * axes))
            data = np.frombuffer(file.read(), dtype=np.uint8)
        except (struct.error, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FormatError(path, f"is not a compressed IDX file ({error}).") from error
    if (zeros, kind) != (0, 8) or data.size != np.prod(shape, dtype=np.int64):
        raise FormatError(path, "is not an IDX file of bytes, or is not whole")
    return data.reshape(shape)
