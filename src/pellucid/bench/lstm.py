"""A recurrent network.

An image is read row by row: 28 steps of 28 numbers into an LSTM of 128 units, 10 softmax; cross-entropy; Adam; batches
of 128 from 6,400 images, shuffled anew each epoch. All begin with the same weights, in float32. Pellucid and Keras
train through `fit` with accuracy on; the hand-written ones keep only the loss.
"""

from typing import Any

import numpy as np

from ..arrays import Array
from .by_hand import cross_entropy, jax_adam, jax_epoch, jax_peer, torch_epoch, torch_peers
from .images import glorot, load_images
from .libraries import JAX_BY_HAND, trained
from .workload import Turn, Workload, text

IMAGES, SIDE, UNITS, CLASSES, BATCH = 6_400, 28, 128, 10, 128


def data() -> tuple[Array, Array]:
    """Images (N, 28, 28) float32 and labels (N,)."""
    return load_images(IMAGES)


def weights() -> list[Array]:
    kernel, recurrent, bias, *rest = glorot(
        (SIDE, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,), (UNITS, CLASSES), (CLASSES,)
    )
    bias[UNITS : 2 * UNITS] = 1.0  # the forget gates begin open, as in Keras
    return [kernel, recurrent, bias, *rest]


def network(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((SIDE, SIDE)), layers.LSTM(UNITS), layers.Dense(CLASSES, activation="softmax")]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def pytorch(compiled: bool) -> Turn:
    import torch
    from torch import nn

    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(SIDE, UNITS, batch_first=True)
            self.dense = nn.Linear(UNITS, CLASSES)

        def forward(self, x: Any) -> Any:
            return self.dense(self.lstm(x)[0][:, -1])

    model = Rows()
    kernel, recurrent, bias, dense, dense_bias = weights()
    theirs = [kernel.T, recurrent.T, bias, np.zeros_like(bias), dense.T, dense_bias]  # PyTorch has two biases
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), theirs, strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    return torch_epoch(torch.compile(model) if compiled else model, optimizer, nn.CrossEntropyLoss(), data(), BATCH)


def jax_by_hand() -> Turn:
    """The products of the input with its kernel are taken for all steps at once, before the scan over time."""
    import jax
    import jax.numpy as jnp

    def loss(weights: Any, x: Any, y: Any) -> Any:
        kernel, recurrent, bias, dense, dense_bias = weights
        given = jnp.swapaxes(x @ kernel + bias, 0, 1)  # (T, N, 4U)

        def step(carry: Any, given: Any) -> tuple[Any, None]:
            h, c = carry
            i, f, g, o = jnp.split(given + h @ recurrent, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((len(x), UNITS))
        (h, _), _ = jax.lax.scan(step, (zeros, zeros), given)
        return cross_entropy(h @ dense + dense_bias, y)

    first, move = jax_adam()
    return jax_epoch(loss, move, first(weights()), data(), BATCH)


WORKLOAD = Workload(
    "lstm",
    "A recurrent network",
    text(__doc__),
    (*trained(network, weights, data, BATCH), *torch_peers(pytorch), jax_peer(jax_by_hand)),
    flops=2 * IMAGES * (SIDE * (2 * SIDE * 4 * UNITS + 3 * UNITS * 4 * UNITS) + 3 * UNITS * CLASSES),
    repeats=2,
    asides=(JAX_BY_HAND,),
)
