"""Says whether an installed wheel has a native engine that learns what the plain formulas learn; exits 1 if not."""

import sys

import numpy as np

from pellucid import Sequential, native
from pellucid.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from pellucid.utils import set_random_seed


def losses(engine: str) -> list[float]:
    """The loss of each epoch of a small convolutional network."""
    set_random_seed(1)
    x = np.random.default_rng(0).random((50, 9, 9, 1), dtype="float32")
    layers = [
        Input((9, 9, 1)),
        Conv2D(5, 3, activation="relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(3, activation="softmax"),
    ]
    model = Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", engine=engine)
    return model.fit(x, np.arange(50) % 3, batch_size=16, epochs=5, verbose=0).history["loss"]


if __name__ == "__main__":
    if native.load() is None:
        sys.exit(native.why_not())
    np.testing.assert_allclose(losses("native"), losses("numpy"), rtol=1e-5)
    print(f"pellucid's native engine works here: {', '.join(native.available())}")
