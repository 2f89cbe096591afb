"""The shallow network of the course.

784 inputs, 64 sigmoid, 10 softmax; mean squared error; SGD with rate 0.01; batches of 128 from 60,000 images, shuffled
anew each epoch: 469 steps. All begin with the same weights, in float32. Pellucid and Keras train through `fit` with
accuracy on; the hand-written ones keep only the loss.
"""

from typing import Any

import numpy as np

from ..arrays import Array
from .by_hand import NOTE, jax_epoch, jax_peer, torch_epoch, torch_peers
from .images import glorot, load_images
from .libraries import JAX_BY_HAND, NO_ZEROS, trained, without_zeros
from .workload import Aside, Peer, Turn, Workload, text

IMAGES, INPUTS, HIDDEN, CLASSES, BATCH, RATE = 60_000, 784, 64, 10, 128, 0.01


def data() -> tuple[Array, Array]:
    """Images (N, 784) and one-hot labels (N, 10), both float32."""
    images, labels = load_images(IMAGES)
    return images.reshape(-1, INPUTS), np.eye(CLASSES, dtype=np.float32)[labels]


def weights() -> list[Array]:
    return glorot((INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,))


def network(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            layers.Dense(HIDDEN, activation="sigmoid"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=RATE), metrics=["accuracy"])
    return model


def pytorch_network() -> tuple[Any, Any, Any]:
    """Model, optimizer and loss."""
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Sigmoid(), nn.Linear(HIDDEN, CLASSES), nn.Softmax(dim=1))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), weights(), strict=True):
            parameter.copy_(torch.from_numpy(value.T.copy()))
    return model, torch.optim.SGD(model.parameters(), lr=RATE), nn.MSELoss()


def pytorch(compiled: bool) -> Turn:
    import torch

    model, optimizer, loss_of = pytorch_network()
    return torch_epoch(torch.compile(model) if compiled else model, optimizer, loss_of, data(), BATCH)


def jax_loss(weights: Any, x: Any, y: Any) -> Any:
    """The mean squared error of a batch."""
    import jax
    import jax.numpy as jnp

    hidden = jax.nn.sigmoid(x @ weights[0] + weights[1])
    return jnp.mean((jax.nn.softmax(hidden @ weights[2] + weights[3]) - y) ** 2)


def jax_by_hand() -> Turn:
    def move(numbers: Any, slopes: Any) -> Any:
        return {"weights": [w - RATE * slope for w, slope in zip(numbers["weights"], slopes, strict=True)]}

    return jax_epoch(jax_loss, move, {"weights": weights()}, data(), BATCH)


def scikit_learn() -> Turn:
    from sklearn.neural_network import MLPClassifier

    x, y = data()
    labels = y.argmax(axis=1)
    model = MLPClassifier(
        (HIDDEN,), activation="logistic", solver="sgd", batch_size=BATCH, learning_rate_init=RATE,
        momentum=0, alpha=0, random_state=0,
    )  # fmt: skip

    def epoch() -> float:
        model.partial_fit(x, labels, classes=np.arange(CLASSES))
        return float(model.loss_)

    return epoch


def numpy_by_hand(x: Array, y: Array) -> Turn:
    """The formulas; x and y are arrays in memory or on the disk."""
    w1, b1, w2, b2 = weights()
    draw = np.random.default_rng(0)

    def epoch() -> float:
        total = 0.0
        order = draw.permutation(len(x))
        for start in range(0, len(x), BATCH):
            index = order[start : start + BATCH]
            xs = x[index]
            hidden = 1 / (1 + np.exp(-(xs @ w1 + b1)))
            power = hidden @ w2 + b2
            power = np.exp(power - power.max(axis=1, keepdims=True))
            p = power / power.sum(axis=1, keepdims=True)
            miss = p - y[index]
            total += float((miss * miss).sum()) / CLASSES
            dp = miss * (2 / miss.size)
            dz2 = p * (dp - (dp * p).sum(axis=1, keepdims=True))
            dz1 = (dz2 @ w2.T) * hidden * (1 - hidden)
            w2[...] -= RATE * (hidden.T @ dz2)
            b2[...] -= RATE * dz2.sum(axis=0)
            w1[...] -= RATE * (xs.T @ dz1)
            b1[...] -= RATE * dz1.sum(axis=0)
        return total / len(x)

    return epoch


WORKLOAD = Workload(
    "shallow",
    "The shallow network",
    text(__doc__),
    (
        *trained(network, weights, data, BATCH),
        without_zeros(network, weights, data, BATCH),
        *torch_peers(pytorch),
        jax_peer(jax_by_hand),
        Peer("scikit-learn", scikit_learn, ("sklearn",), "MLPClassifier, logarithmic loss, weights of its own"),
        Peer("NumPy", lambda: numpy_by_hand(*data()), ("numpy",), NOTE),
    ),
    flops=2 * IMAGES * (2 * INPUTS * HIDDEN + 3 * HIDDEN * CLASSES),
    repeats=5,
    asides=(
        JAX_BY_HAND,
        NO_ZEROS,
        Aside("Keras/TensorFlow", "Pellucid/NumPy", "Our NumPy engine alone is {} times as fast as Keras/TensorFlow."),
    ),
)
