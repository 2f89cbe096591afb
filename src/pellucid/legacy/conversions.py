"""Arrays as Keras 1, and Keras on Theano, kept them, turned into the arrays of today.

LSTM of 12 arrays      W, U, b for each gate i, c, f, o           kernel, recurrent_kernel, bias; gates i, f, c, o
GRU of 9               the same for z, r, h                       gates z, r, h
Convolution2D "th"     (F, C, KH, KW)                             (KH, KW, C, F)
Convolution1D          (K, 1, C, F)                               (K, C, F)
on Theano              kernels turned by 180 degrees              as they are laid on the image
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

_GATES = {("LSTM", 12): (0, 6, 3, 9), ("GRU", 9): (0, 3, 6)}  # where each gate's W is; U and b follow it
_CONVOLUTIONS = {f"Conv{axes}D{kind}": axes for axes in (1, 2, 3) for kind in ("", "Transpose")}


def in_new_form(layer: Any, arrays: Sequence[np.ndarray], keras_version: str, backend: str) -> list[np.ndarray]:
    """The layer's arrays in today's form and order; those of Keras 3 as they are."""
    if keras_version.startswith("3"):
        return list(arrays)
    inner = getattr(layer, "layer", None)
    if layer.class_name == "TimeDistributed" and inner is not None:
        return in_new_form(inner, arrays, keras_version, backend)
    if layer.class_name == "Bidirectional":
        half, directions = len(arrays) // 2, (layer.forward_layer, layer.backward_layer)
        halves = (arrays[:half], arrays[half:])
        return [
            array
            for direction, part in zip(directions, halves, strict=True)
            for array in in_new_form(direction, part, keras_version, backend)
        ]
    gates = _GATES.get((layer.class_name, len(arrays)))
    if gates and keras_version.startswith("1"):
        return [np.concatenate([arrays[gate + i] for gate in gates], axis=-1) for i in range(3)]
    axes = _CONVOLUTIONS.get(layer.class_name)
    if axes and arrays:
        return [_kernel(layer, arrays[0], axes, keras_version, backend), *arrays[1:]]
    return list(arrays)


def _kernel(layer: Any, kernel: np.ndarray, axes: int, keras_version: str, backend: str) -> np.ndarray:
    if keras_version.startswith("1"):
        if axes == 1 and kernel.ndim == 4:
            kernel = kernel[:, 0] if kernel.shape[1] == 1 else kernel.transpose(2, 3, 1, 0)[:, 0]
        elif axes > 1 and kernel.ndim == axes + 2 and kernel.shape != layer.kernel.shape:
            turned = np.moveaxis(kernel, (1, 0), (-2, -1))
            kernel = turned if turned.shape == layer.kernel.shape else kernel
    return np.flip(kernel, tuple(range(axes))) if backend == "theano" else kernel
