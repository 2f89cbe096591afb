"""VGG16 forward.

Eight images of 224x224 in colour through VGG16 with its dense head (Simonyan & Zisserman 2014): 138 million weights,
random, the same for all, in float32.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from .libraries import library
from .onnx_graph import OnnxGraph
from .workload import Peer, Turn, Workload, text

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions of 3x3 and their filters, then a pool
DENSE = (4096, 4096, 1000)
BATCH, SIDE = 8, 224


def shapes() -> list[tuple[int, ...]]:
    """Kernels and biases, in order."""
    found: list[tuple[int, ...]] = []
    channels = 3
    for count, filters in BLOCKS:
        for _ in range(count):
            found += [(3, 3, channels, filters), (filters,)]
            channels = filters
    inputs = 7 * 7 * channels
    for units in DENSE:
        found += [(inputs, units), (units,)]
        inputs = units
    return found


def flops() -> float:
    """Of the matrix products of one batch."""
    total, side, convolutions = 0, SIDE, iter(shapes()[::2])
    for count, _ in BLOCKS:
        total += sum(side * side * int(np.prod(next(convolutions))) for _ in range(count))
        side //= 2
    return 2 * BATCH * (total + sum(int(np.prod(shape)) for shape in convolutions))


def weights() -> list[Array]:
    """He's normal distribution, so that the numbers keep their size through the layers; biases are zeros."""
    draw = np.random.default_rng(1)
    return [
        np.zeros(shape, np.float32)
        if len(shape) == 1
        else draw.standard_normal(shape, dtype=np.float32) * np.float32((2 / np.prod(shape[:-1])) ** 0.5)
        for shape in shapes()
    ]


def images() -> Array:
    return np.random.default_rng(0).random((BATCH, SIDE, SIDE, 3), dtype=np.float32)


def forward(call: Callable[[Array], Any], x: Array) -> Turn:
    return lambda: float(np.asarray(call(x)).max())


def through(name: str) -> Turn:
    """`predict_on_batch` of the library's own VGG16."""
    model = library(name).applications.VGG16(weights=None)
    model.set_weights(weights())
    return forward(model.predict_on_batch, images())


def pytorch() -> Turn:
    import torch
    from torch import nn

    layers: list[nn.Module] = []
    channels = 3
    for count, filters in BLOCKS:
        for _ in range(count):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    inputs = 7 * 7 * channels
    for units in DENSE:
        layers += [nn.Linear(inputs, units), nn.ReLU() if units != DENSE[-1] else nn.Softmax(dim=1)]
        inputs = units
    model = nn.Sequential(*layers).eval()
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), _channels_first(weights()), strict=True):
            parameter.copy_(torch.from_numpy(value))
    x = images().transpose(0, 3, 1, 2)  # channels last in memory, which PyTorch sees and uses

    @torch.inference_mode()
    def call(x: Array) -> Any:
        return model(torch.from_numpy(x)).numpy()

    return forward(call, x)


def onnx_runtime() -> Turn:
    graph = OnnxGraph((BATCH, 3, SIDE, SIDE))
    left = iter(_channels_first(weights()))
    for count, _ in BLOCKS:
        for _ in range(count):
            graph.add("Conv", next(left), next(left), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
            graph.add("Relu")
        graph.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    graph.add("Flatten")
    for units in DENSE:
        graph.add("Gemm", next(left), next(left), transB=1)
        graph.add("Softmax" if units == DENSE[-1] else "Relu")
    session = graph.session()
    x = np.ascontiguousarray(images().transpose(0, 3, 1, 2))
    return forward(lambda x: session.run(None, {"x": x})[0], x)


def _channels_first(weights: list[Array]) -> list[Array]:
    """The same weights where channels come first: (F, C, KH, KW) and (O, I)."""
    first = next(value for value in weights if value.ndim == 2)
    units = first.shape[1]
    turned = []
    for value in weights:
        if value is first:
            value = value.reshape(7, 7, -1, units).transpose(2, 0, 1, 3).reshape(-1, units)
        turned.append(np.ascontiguousarray(value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T))
    return turned


WORKLOAD = Workload(
    "vgg16",
    "VGG16 forward",
    text(__doc__),
    (
        Peer("Pellucid", lambda: through("pellucid"), ("pellucid",), ours=True),
        Peer("Keras/TensorFlow", lambda: through("tensorflow"), ("keras", "tensorflow")),
        Peer("Keras/JAX", lambda: through("jax"), ("keras", "jax")),
        Peer("PyTorch", pytorch, ("torch",), "written by hand"),
        Peer("ONNX Runtime", onnx_runtime, ("onnxruntime",)),
    ),
    flops=flops(),
    unit="s a batch",
    shows="largest probability",
    alike=True,
    images=False,
)
