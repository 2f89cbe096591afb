"""What cifar10 and cifar100 share: files in pickle format, inside a tar archive. They are read, never unpickled."""

from pathlib import Path

import numpy as np

from ..arrays import Array
from ..errors import FormatError
from ..utils.files import get_file, keras_home
from . import plain_pickle
from .published import published_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/"


def folder_of(name: str, archive: str, sha256: str) -> Path:
    """The folder with the files: where Keras 2 left it or its archive, else as Keras 3 fetches and unpacks it.

    Raises OSError without a network, naming the place where to put the archive by hand.
    """
    before = Path(keras_home()).expanduser() / "datasets" / name
    if before.is_dir():
        return before
    packed = before.with_name(f"{name}.tar.gz")
    if packed.is_file():
        return Path(get_file(packed.name, packed.resolve().as_uri(), extract=True), name)
    return Path(published_file(f"{name}-target", ORIGIN + archive, sha256, extract=True), name)


def read_batch(path: Path, label_key: str) -> tuple[Array, Array]:
    """Images (N, 32, 32, 3) uint8 and labels (N, 1) uint8 of one file.

    Raises FormatError when the file is damaged or holds anything else than plain data.
    """
    try:
        content = plain_pickle.loads(path.read_bytes())
        content = {key.decode() if isinstance(key, bytes) else key: value for key, value in content.items()}
        pixels, labels = content["data"], np.array(content[label_key], dtype=np.uint8)
        images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise FormatError(path, f"is not a file of CIFAR images: {error}.") from error
    if pixels.dtype != np.uint8 or labels.shape != (len(images),):
        raise FormatError(path, "does not hold as many labels as images of bytes.")
    return images, labels[:, None]
