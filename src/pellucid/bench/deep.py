"""A deeper network of dense layers.

784 inputs, 512 relu, 512 relu, 10 softmax; cross-entropy; Adam; batches of 128 from 60,000 images, shuffled anew each
epoch. All begin with the same weights, in float32. Pellucid and Keras train through `fit` with accuracy on; the
hand-written ones keep only the loss.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import Array
from .by_hand import cross_entropy, jax_adam, jax_epoch, jax_peer, torch_epoch, torch_peers
from .images import glorot, load_images
from .libraries import JAX_BY_HAND, NO_ZEROS, trained, without_zeros
from .workload import Peer, Turn, Workload, text

IMAGES, SIZES, BATCH = 60_000, (784, 512, 512, 10), 128


def data() -> tuple[Array, Array]:
    """Images (N, 784) float32 and labels (N,)."""
    images, labels = load_images(IMAGES)
    return images.reshape(len(images), -1), labels


def weights() -> list[Array]:
    shapes = [shape for pair in pairwise(SIZES) for shape in (pair, pair[1:])]
    return glorot(*shapes)


def network(keras: Any, optimizer: Any = "adam") -> Any:
    layers = keras.layers
    hidden = [layers.Dense(units, activation="relu") for units in SIZES[1:-1]]
    model = keras.Sequential([keras.Input((SIZES[0],)), *hidden, layers.Dense(SIZES[-1], activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def pytorch(compiled: bool) -> Turn:
    import torch
    from torch import nn

    a, b, c, d = SIZES
    model = nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), weights(), strict=True):
            parameter.copy_(torch.from_numpy(value.T.copy()))
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    return torch_epoch(torch.compile(model) if compiled else model, optimizer, nn.CrossEntropyLoss(), data(), BATCH)


def jax_by_hand() -> Turn:
    import jax

    def loss(weights: Any, x: Any, y: Any) -> Any:
        for kernel, bias in (weights[:2], weights[2:4]):
            x = jax.nn.relu(x @ kernel + bias)
        return cross_entropy(x @ weights[4] + weights[5], y)

    first, move = jax_adam()
    return jax_epoch(loss, move, first(weights()), data(), BATCH)


def scikit_learn() -> Turn:
    from sklearn.neural_network import MLPClassifier

    x, y = data()
    model = MLPClassifier(SIZES[1:-1], batch_size=BATCH, alpha=0, epsilon=1e-7, random_state=0)

    def epoch() -> float:
        model.partial_fit(x, y, classes=np.arange(SIZES[-1]))
        return float(model.loss_)

    return epoch


WORKLOAD = Workload(
    "deep",
    "A deep network of dense layers",
    text(__doc__),
    (
        *trained(network, weights, data, BATCH),
        without_zeros(network, weights, data, BATCH),
        *torch_peers(pytorch),
        jax_peer(jax_by_hand),
        Peer("scikit-learn", scikit_learn, ("sklearn",), "MLPClassifier, weights of its own"),
    ),
    flops=2 * IMAGES * (2 * SIZES[0] * SIZES[1] + 3 * SIZES[1] * SIZES[2] + 3 * SIZES[2] * SIZES[3]),
    asides=(JAX_BY_HAND, NO_ZEROS),
)
