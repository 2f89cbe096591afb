"""The data that experiments learn from, and the networks that several of them share."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..callbacks import LambdaCallback
from ..datasets import load
from ..errors import DataError
from ..layers import Conv2D, Dense, Flatten, MaxPooling2D
from ..random import key, keys_from
from ..sequential import Sequential
from .outcome import Progress


@dataclass(frozen=True)
class Images:
    """Grey images from 0 to 1 and their classes, to learn from and to be tested with.

    x, x_test   (N, H, W) float32
    y, y_test   (N,) whole numbers
    """

    source: str
    x: Array
    y: Array
    x_test: Array
    y_test: Array

    @property
    def flat(self) -> tuple[Array, Array]:
        """Training and test images as rows of pixels."""
        return self.x.reshape(len(self.x), -1), self.x_test.reshape(len(self.x_test), -1)

    @property
    def channels(self) -> tuple[Array, Array]:
        """Training and test images with an axis of one channel."""
        return self.x[..., None], self.x_test[..., None]


def images(source: str = "digits", size: int = 8) -> Images:
    """The embedded digits drawn at size×size pixels, mnist, fashion_mnist, or an .npz file with such arrays.

    Raises OSError or DataError for what cannot be had or is no grey images.
    """
    (x, y), (x_test, y_test) = load(source, size) if source == "digits" else load(source)
    if x.ndim != 3 or x_test.shape[1:] != x.shape[1:] or y.ndim != 1:
        raise DataError(f"{source}: needs grey images (N, rows, columns) and their classes, got {x.shape}, {y.shape}.")
    scale = np.float32(max(float(x.max()), 1.0))
    parts = (x.astype(np.float32) / scale, y.astype(np.int64), x_test.astype(np.float32) / scale)
    return Images(source, *parts, y_test.astype(np.int64))


def classes_of(found: Images) -> int:
    """How many classes there are: one more than the greatest."""
    return int(max(found.y.max(), found.y_test.max())) + 1


def trained_conv_net(x: Array, y: Array, epochs: int, seed: int, progress: Progress) -> Sequential:
    """Two convolutions that have learned these images (N, H, W, 1) and their classes."""
    size = x.shape[1]
    with keys_from(key(seed)):
        model = Sequential(
            [
                Conv2D(8, 3, activation="relu", name="edges", input_shape=(size, size, 1)),
                MaxPooling2D(2, name="half"),
                Conv2D(16, 3, activation="relu", name="parts"),
                Flatten(name="flat"),
                Dense(10, activation="softmax", name="digit"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, epochs=epochs, verbose=0, callbacks=[telling(progress, epochs)])
    return model


def telling(progress: Progress, epochs: int) -> LambdaCallback:
    """A callback that tells which epoch is being learned."""
    return LambdaCallback(on_epoch_begin=lambda epoch, logs=None: progress(f"Learning, epoch {epoch + 1} of {epochs}"))
