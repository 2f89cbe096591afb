"""How the time grows with the work.

784 inputs, two layers of 512 relu, 10 softmax; cross-entropy; Adam; batches of 128 from 20,000 images. Then twice the
images, layers twice as wide, twice as many layers: each time is divided by how many times more operations its matrix
products have, so that 1.00 times the first's time is growth as they say.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .images import load_images
from .libraries import library
from .workload import Peer, Turn, Workload, text


class Size(NamedTuple):
    images: int = 20_000
    units: int = 512
    layers: int = 2

    def flops(self) -> float:
        """Of the matrix products of an epoch: no gradient for the images themselves."""
        return 2 * self.images * (2 * 784 * self.units + 3 * (self.layers - 1) * self.units**2 + 3 * self.units * 10)


SIZES = {
    "the first": Size(),
    "twice the images": Size(images=40_000),
    "twice the units": Size(units=1024),
    "twice the layers": Size(layers=4),
}


def training(size: Size) -> Turn:
    keras = library("pellucid")
    hidden = [keras.layers.Dense(size.units, activation="relu") for _ in range(size.layers)]
    model = keras.Sequential([keras.Input((784,)), *hidden, keras.layers.Dense(10, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    images, labels = load_images(size.images)
    x = np.ascontiguousarray(images.reshape(len(images), -1))
    return lambda: float(model.fit(x, labels, batch_size=128, epochs=1, verbose=0).history["loss"][0])


def starter(size: Size) -> Callable[[], Turn]:
    return lambda: training(size)


WORKLOAD = Workload(
    "growth",
    "Growth",
    text(__doc__),
    tuple(
        Peer(name, starter(size), ("pellucid", "numpy"), scale=Size().flops() / size.flops(), ours=True)
        for name, size in SIZES.items()
    ),
    flops=Size().flops(),
    unit="s an epoch, for the first's work",
)
