"""The same program on Pellucid and on Keras: only the library in its first line differs."""

import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from .workload import Aside, Peer, Turn

JAX_BY_HAND = Aside("Pellucid/JAX", "JAX", "Our JAX engine takes {} of the time of JAX written by hand.")
NO_ZEROS = Aside(
    "Pellucid, no zeros", "Pellucid", "With small numbers in place of the images' zeros Pellucid takes {} of its time."
)

Network = Callable[[Any], Any]  # from the library (`keras` or `pellucid`) to a compiled model


def library(name: str) -> Any:
    """`pellucid`, or Keras on the backend of that name."""
    if name == "pellucid":
        return importlib.import_module("pellucid")
    os.environ["KERAS_BACKEND"] = name
    importlib.import_module(name)
    return importlib.import_module("keras")


def fitting(name: str, network: Network, weights: list[Array], data: tuple[Array, Array], batch: int) -> Turn:
    """One epoch of `fit`, shuffled, with accuracy among the metrics."""
    model = network(library(name))
    model.set_weights(weights)
    x, y = data
    return lambda: float(model.fit(x, y, batch_size=batch, epochs=1, verbose=0).history["loss"][0])


def trained(
    network: Network, weights: Callable[[], list[Array]], data: Callable[[], tuple[Array, Array]], batch: int
) -> tuple[Peer, ...]:
    """Pellucid on the engine it chooses, on NumPy alone and on JAX; Keras on its three backends."""

    def start(name: str, engine: str | None = None) -> Turn:
        if engine:
            os.environ["PELLUCID_ENGINE"] = engine
        return fitting(name, network, weights(), data(), batch)

    return (
        Peer("Pellucid", lambda: start("pellucid"), ("pellucid", "numpy"), ours=True),
        Peer(
            "Pellucid/NumPy", lambda: start("pellucid", "numpy"), ("pellucid", "numpy"),
            "the plain formulas, no compiled code", ours=True,
        ),
        Peer("Pellucid/JAX", lambda: start("pellucid", "jax"), ("pellucid", "jax"), "engine='jax'", ours=True),
        Peer("Keras/JAX", lambda: start("jax"), ("keras", "jax")),
        Peer("Keras/TensorFlow", lambda: start("tensorflow"), ("keras", "tensorflow")),
        Peer("Keras/PyTorch", lambda: start("torch"), ("keras", "torch")),
    )  # fmt: skip


def without_zeros(
    network: Network, weights: Callable[[], list[Array]], data: Callable[[], tuple[Array, Array]], batch: int
) -> Peer:
    """Pellucid on images of which no pixel is 0: on the others it leaves out columns that are."""

    def start() -> Turn:
        x, y = data()
        np.maximum(x, 1e-4, out=x)
        return fitting("pellucid", network, weights(), (x, y), batch)

    note = "the same images, 0.0001 in place of each 0: of columns that are 0 in all samples at hand no product is made"
    return Peer("Pellucid, no zeros", start, ("pellucid", "numpy"), note, ours=True)
