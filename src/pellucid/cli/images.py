"""The images that `pellucid train` learns from: loaded, checked, scaled and split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..datasets import load
from ..errors import DataError

_CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_MOST_CLASSES = 1000


@dataclass(frozen=True)
class Images:
    """Images and their classes in three parts: to learn from, to validate with after every epoch, to test in the end.

    x_…     (N, features) float32
    y_…     (N,) classes, whole numbers from 0
    shape   of one image as it was loaded
    scale   what the pixels were divided by
    names   of the classes
    """

    source: str
    x_train: Array
    y_train: Array
    x_validation: Array
    y_validation: Array
    x_test: Array
    y_test: Array
    shape: tuple[int, ...]
    scale: float
    names: Sequence[str]

    @property
    def name(self) -> str:
        """A short name, good for files."""
        return Path(self.source).stem

    def pictures(self) -> Array | None:
        """The test images as (N, H, W) or (N, H, W, 3); None when they are not images."""
        grey = self.shape[:-1] if len(self.shape) == 3 and self.shape[-1] == 1 else self.shape
        is_image = len(grey) == 2 or (len(grey) == 3 and grey[-1] == 3)
        return self.x_test.reshape(-1, *grey) if is_image else None


def load_images(source: str) -> Images:
    """The images of "digits" (drawn at 28×28), "mnist", "fashion_mnist" or an .npz file.

    Every tenth training image is kept for validation. All pixels are divided by the largest training value, if that
    is above 1.

    Raises OSError, FormatError or DataError when they cannot be had or used.
    """
    (x, y), (x_test, y_test) = load(source, 28) if source == "digits" else load(source)
    for part, labels in (("y_train", y), ("y_test", y_test)):
        _check_labels(labels, f"{source}: {part}")
    _check_images(x, x_test, source)
    classes = int(max(y.max(), y_test.max())) + 1
    scale = max(float(np.abs(x).max()), 1.0)
    flat, flat_test = (images.reshape(len(images), -1).astype(np.float32) / np.float32(scale) for images in (x, x_test))
    kept = np.arange(len(x)) % 10 == 9
    return Images(
        source=source,
        x_train=flat[~kept],
        y_train=y[~kept],
        x_validation=flat[kept],
        y_validation=y[kept],
        x_test=flat_test,
        y_test=y_test,
        shape=x.shape[1:],
        scale=scale,
        names=_CLOTHES if source == "fashion_mnist" else [str(i) for i in range(classes)],
    )


def _check_images(x: Array, x_test: Array, source: str) -> None:
    """Whether these are numbers, enough of them, and of one shape."""
    if not {x.dtype.kind, x_test.dtype.kind} <= set("buif") or x.size == 0:
        raise DataError(f"{source}: x_train and x_test must hold numbers, got {x.dtype} {x.shape} and {x_test.dtype}.")
    if x.shape[1:] != x_test.shape[1:]:
        raise DataError(
            f"{source}: images must have one shape, got {x.shape[1:]} to learn from, {x_test.shape[1:]} to test."
        )
    if len(x) < 10:
        raise DataError(f"{source}: needs at least 10 images to learn from, got {len(x)}.")


def _check_labels(labels: Array, name: str) -> None:
    """Whether these are classes, one whole number an image."""
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise DataError(
            f"{name} must hold one whole number for each image, its class; got {labels.dtype} {labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= _MOST_CLASSES:
        least, most = labels.min(), labels.max()
        raise DataError(f"{name} must hold classes, numbered from 0 and below {_MOST_CLASSES}; got {least} to {most}.")
