"""The shallow network of the course, trained by every library that is installed.

    python benchmarks/shallow.py

784 inputs, 64 sigmoid, 10 softmax; mean squared error; SGD with rate 0.01; batches of 128 from 60,000 images, shuffled
anew each epoch: 469 steps. All begin with the same weights, in float32. Pellucid and Keras train through `fit` with
accuracy on; the hand-written ones keep only the loss.
"""

import os
import sys
from typing import Any

import numpy as np

from harness import Epoch, Peer, load_images, main

IMAGES, INPUTS, HIDDEN, CLASSES, BATCH, RATE = 60_000, 784, 64, 10, 128, 0.01


def load_data() -> tuple[Any, Any]:
    """Images (N, 784) and one-hot labels (N, 10), both float32."""
    images, labels = load_images(IMAGES)
    return images.reshape(-1, INPUTS), np.eye(CLASSES, dtype=np.float32)[labels]


def first_weights() -> list[Any]:
    """kernel, bias, kernel, bias: Glorot's uniform distribution, and zeros."""
    draw = np.random.default_rng(1)
    weights = []
    for inputs, outputs in ((INPUTS, HIDDEN), (HIDDEN, CLASSES)):
        limit = (6 / (inputs + outputs)) ** 0.5
        weights.append(draw.uniform(-limit, limit, (inputs, outputs)).astype(np.float32))
        weights.append(np.zeros(outputs, dtype=np.float32))
    return weights


def pellucid(engine: str = "auto") -> Epoch:
    """Through the public API, as a user would."""
    from pellucid import Sequential
    from pellucid.layers import Dense
    from pellucid.optimizers import SGD

    x, y = load_data()
    model = Sequential(
        [Dense(HIDDEN, activation="sigmoid", input_shape=(INPUTS,)), Dense(CLASSES, activation="softmax")]
    )
    model.compile(loss="mean_squared_error", optimizer=SGD(learning_rate=RATE), metrics=["accuracy"], engine=engine)
    model.set_weights(first_weights())
    return lambda: model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0).history["loss"][0]


def keras_on(backend: str) -> Epoch:
    """Keras through `fit`, on one of its backends."""
    os.environ["KERAS_BACKEND"] = backend
    __import__(backend)
    import keras

    x, y = load_data()
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(HIDDEN, activation="sigmoid"),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=RATE), metrics=["accuracy"])
    model.set_weights(first_weights())
    return lambda: float(model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0).history["loss"][0])


def pytorch() -> Epoch:
    """A training loop written by hand."""
    import torch
    from torch import nn

    x, y = (torch.from_numpy(array) for array in load_data())
    model = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Sigmoid(), nn.Linear(HIDDEN, CLASSES), nn.Softmax(dim=1))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), first_weights(), strict=True):
            parameter.copy_(torch.from_numpy(value.T.copy()))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    mean_squared_error = nn.MSELoss()

    def epoch() -> float:
        total = torch.zeros(())
        for index in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss = mean_squared_error(model(x[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(index)
        return total.item() / len(x)

    return epoch


def jax_by_hand() -> Epoch:
    """The whole epoch as one compiled scan."""
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(array) for array in load_data())
    weights = [jnp.asarray(value) for value in first_weights()]
    whole = len(x) // BATCH * BATCH

    def mean_squared_error(weights: list[Any], x: Any, y: Any) -> Any:
        hidden = jax.nn.sigmoid(x @ weights[0] + weights[1])
        return jnp.mean((jax.nn.softmax(hidden @ weights[2] + weights[3]) - y) ** 2)

    def train(weights: list[Any], x: Any, y: Any, key: Any) -> tuple[list[Any], Any]:
        def step(weights: list[Any], index: Any) -> tuple[list[Any], Any]:
            loss, slopes = jax.value_and_grad(mean_squared_error)(weights, x[index], y[index])
            return [w - RATE * slope for w, slope in zip(weights, slopes, strict=True)], loss * len(index)

        order = jax.random.permutation(key, len(x))
        weights, losses = jax.lax.scan(step, weights, order[:whole].reshape(-1, BATCH))
        weights, last = step(weights, order[whole:])  # the 96 images that are left
        return weights, (losses.sum() + last) / len(x)

    train_compiled = jax.jit(train, donate_argnums=0)
    keys = iter(jax.random.split(jax.random.key(0), 1000))

    def epoch() -> float:
        nonlocal weights
        weights, loss = train_compiled(weights, x, y, next(keys))
        return float(loss)

    return epoch


def scikit_learn() -> Epoch:
    """One pass of MLPClassifier, which knows only the logarithmic loss."""
    from sklearn.neural_network import MLPClassifier

    x, y = load_data()
    labels = y.argmax(axis=1)
    model = MLPClassifier(
        (HIDDEN,),
        activation="logistic",
        solver="sgd",
        batch_size=BATCH,
        learning_rate_init=RATE,
        momentum=0,
        alpha=0,
        random_state=0,
    )

    def epoch() -> float:
        model.partial_fit(x, labels, classes=np.arange(CLASSES))
        return float(model.loss_)

    return epoch


def numpy_by_hand() -> Epoch:
    """The formulas in plain NumPy, one after another."""
    x, y = load_data()
    w1, b1, w2, b2 = first_weights()
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


PEERS = [
    Peer("Pellucid", pellucid, ("pellucid", "numpy")),
    Peer("Pellucid/NumPy", lambda: pellucid("numpy"), ("pellucid", "numpy"), "the plain formulas, no compiled code"),
    Peer("Keras/JAX", lambda: keras_on("jax"), ("keras", "jax")),
    Peer("Keras/TensorFlow", lambda: keras_on("tensorflow"), ("keras", "tensorflow")),
    Peer("Keras/PyTorch", lambda: keras_on("torch"), ("keras", "torch")),
    Peer("PyTorch", pytorch, ("torch",), "a loop written by hand; the loss alone, no accuracy"),
    Peer("JAX", jax_by_hand, ("jax",), "a whole epoch compiled by hand into one scan; the loss alone, no accuracy"),
    Peer(
        "scikit-learn",
        scikit_learn,
        ("sklearn",),
        "MLPClassifier, with the logarithmic loss and weights of its own",
    ),
    Peer("NumPy", numpy_by_hand, ("numpy",), "the formulas written by hand; the loss alone, no accuracy"),
]

if __name__ == "__main__":
    sys.exit(main("The shallow network", " ".join(__doc__.split("\n\n")[2].split()), PEERS, __file__))
