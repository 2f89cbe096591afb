"""One image through the shallow network, already trained.

784 inputs, 64 sigmoid, 10 softmax; a single image in, ten probabilities out, as arrays of NumPy on both sides; one call
after another. All have the same weights, in float32.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from . import shallow
from .libraries import library
from .onnx_graph import OnnxGraph
from .workload import Peer, Turn, Workload, text


def image() -> Array:
    return np.random.default_rng(0).random((1, shallow.INPUTS), dtype=np.float32)


def calls(count: int, call: Callable[[Array], Any]) -> Turn:
    """A turn is so many calls; it returns the largest of the ten probabilities."""
    x = image()

    def turn() -> float:
        for _ in range(count):
            y = call(x)
        return float(np.asarray(y).max())

    return turn


def model_of(name: str) -> Any:
    model = shallow.network(library(name))
    model.set_weights(shallow.weights())
    return model


def numpy_engine() -> Turn:
    os.environ["PELLUCID_ENGINE"] = "numpy"
    return calls(FAST, model_of("pellucid"))


def pytorch() -> Turn:
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 64), nn.Sigmoid(), nn.Linear(64, 10), nn.Softmax(dim=1)).eval()
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), shallow.weights(), strict=True):
            parameter.copy_(torch.from_numpy(value.T.copy()))

    @torch.inference_mode()
    def call(x: Array) -> Any:
        return model(torch.from_numpy(x)).numpy()

    return calls(FAST, call)


def onnx_runtime() -> Turn:
    w1, b1, w2, b2 = shallow.weights()
    graph = OnnxGraph((1, shallow.INPUTS))
    graph.add("Gemm", w1, b1)
    graph.add("Sigmoid")
    graph.add("Gemm", w2, b2)
    graph.add("Softmax", axis=-1)
    session = graph.session()
    return calls(FAST, lambda x: session.run(None, {"x": x})[0])


def numpy_by_hand() -> Turn:
    w1, b1, w2, b2 = shallow.weights()

    def call(x: Array) -> Array:
        power = 1 / (1 + np.exp(-(x @ w1 + b1))) @ w2 + b2
        power = np.exp(power - power.max())
        return power / power.sum()

    return calls(FAST, call)


FAST, SLOW = 5000, 20  # calls in a turn
KERAS_TF, KERAS_JAX = ("keras", "tensorflow"), ("keras", "jax")


def _keras_call(backend: str) -> Turn:
    model = model_of(backend)
    return calls(SLOW * 10, lambda x: np.asarray(model(x)))


def _predict(name: str, count: int) -> Turn:
    model = model_of(name)
    return calls(count, lambda x: model.predict(x, verbose=0))


WORKLOAD = Workload(
    "one_sample",
    "One sample",
    text(__doc__),
    (
        Peer("Pellucid model(x)", lambda: calls(FAST, model_of("pellucid")), ("pellucid",), scale=1 / FAST, ours=True),
        Peer("Pellucid predict", lambda: _predict("pellucid", FAST), ("pellucid",), scale=1 / FAST, ours=True),
        Peer("Pellucid/NumPy model(x)", numpy_engine, ("pellucid", "numpy"), scale=1 / FAST, ours=True),
        Peer("ONNX Runtime", onnx_runtime, ("onnxruntime",), scale=1 / FAST),
        Peer("PyTorch", pytorch, ("torch",), scale=1 / FAST),
        Peer("NumPy", numpy_by_hand, ("numpy",), "the formulas written by hand", scale=1 / FAST),
        Peer("Keras/TensorFlow model(x)", lambda: _keras_call("tensorflow"), KERAS_TF, scale=1 / (SLOW * 10)),
        Peer("Keras/JAX model(x)", lambda: _keras_call("jax"), KERAS_JAX, scale=1 / (SLOW * 10)),
        Peer("Keras/TensorFlow predict", lambda: _predict("tensorflow", SLOW), KERAS_TF, scale=1 / SLOW),
        Peer("Keras/JAX predict", lambda: _predict("jax", SLOW), KERAS_JAX, scale=1 / SLOW),
    ),
    unit="µs a call",
    per_unit=1e6,
    shows="largest probability",
    alike=True,
    images=False,
)
