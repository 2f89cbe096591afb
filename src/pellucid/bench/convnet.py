"""A small convolutional network.

28x28 images; 32 kernels of 3x3, relu, max pooling; 64 kernels of 3x3, relu, max pooling; 10 softmax; cross-entropy;
Adam; batches of 128 from 6,400 images, shuffled anew each epoch. All begin with the same weights, in float32. Pellucid
and Keras train through `fit` with accuracy on; the hand-written ones keep only the loss. The matrix products are
counted for every place, though a gradient reaches only one in four past a pool.
"""

from typing import Any

import numpy as np

from ..arrays import Array
from .by_hand import cross_entropy, jax_adam, jax_epoch, jax_peer, torch_epoch, torch_peers
from .images import glorot, load_images
from .libraries import JAX_BY_HAND, trained
from .workload import Aside, Turn, Workload, text

IMAGES, BATCH = 6_400, 128


def data() -> tuple[Array, Array]:
    """Images (N, 28, 28, 1) float32 and labels (N,)."""
    images, labels = load_images(IMAGES)
    return images[..., None], labels


def weights() -> list[Array]:
    return glorot((3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (1600, 10), (10,))


def network(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def pytorch(compiled: bool) -> Turn:
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 10),
    )  # fmt: skip
    *kernels, dense, bias = weights()
    dense = dense.reshape(5, 5, 64, 10).transpose(2, 0, 1, 3).reshape(1600, 10)  # channels come first in PyTorch
    theirs = [value.transpose(3, 2, 0, 1) if value.ndim == 4 else value for value in kernels] + [dense.T, bias]
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), theirs, strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    x, y = data()
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    model = model.to(memory_format=torch.channels_last)  # the faster of the two orders on a CPU
    return torch_epoch(torch.compile(model) if compiled else model, optimizer, nn.CrossEntropyLoss(), (first, y), BATCH)


def jax_by_hand() -> Turn:
    """Convolution as unfold and one matrix product: on a CPU several times faster than lax.conv."""
    import jax
    import jax.numpy as jnp

    def convolve(x: Any, kernel: Any, bias: Any) -> Any:
        rows, columns = x.shape[1] - 2, x.shape[2] - 2
        patches = jnp.concatenate([x[:, i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=-1)
        return jax.nn.relu(patches @ kernel.reshape(-1, kernel.shape[-1]) + bias)

    def pool(x: Any) -> Any:
        rows, columns = x.shape[1] // 2, x.shape[2] // 2
        x = x[:, : 2 * rows, : 2 * columns]
        return x.reshape(x.shape[0], rows, 2, columns, 2, x.shape[3]).max(axis=(2, 4))

    def loss(weights: Any, x: Any, y: Any) -> Any:
        x = pool(convolve(x, *weights[:2]))
        x = pool(convolve(x, *weights[2:4]))
        return cross_entropy(x.reshape(len(x), -1) @ weights[4] + weights[5], y)

    first, move = jax_adam()
    return jax_epoch(loss, move, first(weights()), data(), BATCH)


WORKLOAD = Workload(
    "convnet",
    "A convolutional network",
    text(__doc__),
    (*trained(network, weights, data, BATCH), *torch_peers(pytorch), jax_peer(jax_by_hand)),
    flops=2 * IMAGES * (2 * 26 * 26 * 9 * 32 + 3 * 11 * 11 * 9 * 32 * 64 + 3 * 1600 * 10),
    repeats=2,
    asides=(
        JAX_BY_HAND,
        Aside("Pellucid/NumPy", "PyTorch", "Our NumPy engine alone takes {} times as long as PyTorch."),
    ),
)
