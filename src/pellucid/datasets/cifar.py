"""What cifar10 and cifar100 share: files in pickle format, inside a tar archive. They are read, never unpickled."""

from pathlib import Path

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from . import plain_pickle

ORIGIN = "https://www.cs.toronto.edu/~kriz/"


def read_batch(path: Path, label_key: str) -> tuple[Array, Array]:
    """Images (N, 32, 32, 3) uint8 and labels (N, 1) uint8 of one file.

    Raises FormatError when the file is damaged or holds anything else than plain data.
    """
    try:
        content = plain_pickle.loads(path.read_bytes())
        pixels, labels = content["data"], np.array(content[label_key], dtype=np.uint8)
        images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise FormatError(path, f"is not a file of CIFAR images: {error}.") from error
    if pixels.dtype != np.uint8 or labels.shape != (len(images),):
        raise FormatError(path, "does not hold as many labels as images of bytes.")
    return images, labels[:, None]
