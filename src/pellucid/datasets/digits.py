"""The digits 0 to 9, written by hand: 1,797 small images that are part of the package.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998),
https://doi.org/10.24432/C50P49. Licence: CC BY 4.0. The images are the test set of that collection, as in
scikit-learn's `load_digits`; each of its 8×8 places counts the dark points of a 4×4 block, 0 to 16.
"""

from pathlib import Path

import numpy as np

from ..arrays import Array
from ..errors import positive_int
from .npz import Dataset, read_arrays

_SIDE = 8


def load_data(size: int = _SIDE) -> Dataset:
    """(x_train, y_train), (x_test, y_test): 1,437 and 360 images and their labels.

    size     pixels a side; above 8 the images are enlarged smoothly, 28 is what programs for MNIST expect
    x        (N, size, size) uint8     0 is paper, 255 ink
    y        (N,) uint8                0 to 9

    The split is fixed: sorted by label, every fifth image is for testing, so each label has 34 to 37 there. Both
    parts keep the order of the collection, in which labels are mixed.

    >>> (x_train, y_train), (x_test, y_test) = load_data(size=28)
    >>> x_train.shape, x_test.shape, y_train[:5]
    ((1437, 28, 28), (360, 28, 28), array([1, 3, 5, 6, 7], dtype=uint8))
    """
    if positive_int(size, "digits: size") < _SIDE:
        raise ValueError(f"digits: size must be at least {_SIDE}, got {size}.")
    images, labels = read_arrays(Path(__file__).with_name("digits.npz"), ("images", "labels"))
    images = np.rint(enlarge(images.astype(np.float32) * (255 / 16), size)).astype(np.uint8)
    for_testing = np.zeros(len(labels), dtype=bool)
    for_testing[np.argsort(labels, kind="stable")[::5]] = True
    return (images[~for_testing], labels[~for_testing]), (images[for_testing], labels[for_testing])


def enlarge(images: Array, size: int) -> Array:
    """Images redrawn at size×size pixels by cubic interpolation, kept within 0 to 255.

    images   (N, H, H)  ->  (N, size, size)

    Source: R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29 (1981),
    equation 15.
    """
    side = images.shape[1]
    if size == side:
        return images
    where = (np.arange(size) + 0.5) * side / size - 0.5  # the centre of each new pixel, in old pixels
    weights = np.zeros((size, side), dtype=images.dtype)
    for offset in (-1, 0, 1, 2):
        neighbour = np.floor(where) + offset
        rows, columns = np.arange(size), np.clip(neighbour, 0, side - 1).astype(int)
        weights[rows, columns] += _cubic(np.abs(where - neighbour))
    return np.clip(weights @ images @ weights.T, 0, 255)


def _cubic(distance: Array) -> Array:
    """Keys's kernel: 1 at distance 0, and 0 at every other whole distance."""
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance <= 1, near, np.where(distance <= 2, far, 0.0))
