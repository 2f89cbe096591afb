"""The images that the benchmarks learn from: real MNIST where it is at hand, else noise of that shape."""

import os
from pathlib import Path

import numpy as np

from ..arrays import Array


def find_mnist() -> Path | None:
    """Real MNIST: $PELLUCID_MNIST, ../shared/data/mnist.npz beside the folder one works in, or Keras's own copy."""
    places = [
        os.environ.get("PELLUCID_MNIST"),
        Path.cwd().parent / "shared" / "data" / "mnist.npz",
        Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / "mnist.npz",
    ]
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


def load_images(count: int) -> tuple[Array, Array]:
    """Training images (count, 28, 28) float32 in [0, 1] and labels (count,) int64."""
    path = find_mnist()
    if path is None:
        draw = np.random.default_rng(0)
        return draw.random((count, 28, 28), dtype=np.float32), draw.integers(0, 10, count)
    with np.load(path, allow_pickle=False) as arrays:
        pixels, labels = arrays["x_train"][:count], arrays["y_train"][:count].astype(np.int64)
    return np.divide(pixels, 255, dtype=np.float32), labels


def glorot(*shapes: tuple[int, ...]) -> list[Array]:
    """First weights: Glorot's uniform distribution for matrices and kernels, zeros for biases; always the same."""
    draw = np.random.default_rng(1)
    weights = []
    for shape in shapes:
        if len(shape) == 1:
            weights.append(np.zeros(shape, np.float32))
            continue
        window = int(np.prod(shape[:-2]))
        limit = (6 / (window * (shape[-2] + shape[-1]))) ** 0.5
        weights.append(draw.uniform(-limit, limit, shape).astype(np.float32))
    return weights
