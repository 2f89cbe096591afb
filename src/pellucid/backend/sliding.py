"""Functions of `K` with a window: convolutions and pools, for layers and losses that programs write themselves.

Images are (N, H, W, C), sequences (N, T, C), and kernels (window…, C, F), as everywhere; data_format="channels_first"
has the channels at the second place.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..config import image_data_format
from ..errors import one_of, several
from ..windows import slide, views
from .symbols import array, on_symbols, shared


def _windows(x: Array, sizes: Sequence[int], strides: Any, padding: str, dilation: Any, fill: float) -> Any:
    """x as seen from each place of the window, one after another."""
    one_of(padding, ("valid", "same", "causal"), "padding")
    axes = len(sizes)
    strides, dilation = several(strides, axes, "strides"), several(dilation, axes, "dilation_rate")
    slides = {
        i + 1: slide(x.shape[i + 1], size, strides[i], padding, dilation[i]) for i, size in enumerate(sizes)
    }  # fmt: skip
    return views(x, slides, fill)


def _last(x: Array, data_format: str | None, xp: Any) -> tuple[Array, bool]:
    """x with the channels last, and whether they were first."""
    first = (data_format or image_data_format()) == "channels_first"
    return (xp.moveaxis(x, 1, -1) if first else x), first


def _convolution(x: Any, kernel: Any, strides: Any, padding: str, data_format: str | None, dilation: Any) -> Array:
    x, kernel = array(x), array(kernel)
    xp = shared(x, kernel)
    x, first = _last(x, data_format, xp)
    window = kernel.shape[:-2]
    places = np.ndindex(*window)
    parts = _windows(x, window, strides, padding, dilation, 0.0)
    y: Any = sum(xp.matmul(part, kernel[place]) for part, place in zip(parts, places, strict=True))
    return xp.moveaxis(y, -1, 1) if first else y


@on_symbols
def conv1d(
    x: Any, kernel: Any, strides: int = 1, padding: str = "valid", data_format: str | None = "channels_last",
    dilation_rate: int = 1,
) -> Array:  # fmt: skip
    """x (N, T, C) under a window of kernel (K, C, F) -> (N, T', F); padding "causal" looks at no later step."""
    return _convolution(x, kernel, strides, padding, data_format, dilation_rate)


@on_symbols
def conv2d(
    x: Any, kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Array:  # fmt: skip
    """x (N, H, W, C) under a window of kernel (KH, KW, C, F) -> (N, H', W', F)."""
    return _convolution(x, kernel, strides, padding, data_format, dilation_rate)


@on_symbols
def conv3d(
    x: Any, kernel: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Array:  # fmt: skip
    """x (N, D, H, W, C) under a window of kernel (KD, KH, KW, C, F) -> (N, D', H', W', F)."""
    return _convolution(x, kernel, strides, padding, data_format, dilation_rate)


@on_symbols
def depthwise_conv2d(
    x: Any, depthwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Array:  # fmt: skip
    """x (N, H, W, C), each channel under kernels of its own, (KH, KW, C, M) -> (N, H', W', C·M)."""
    x, kernel = array(x), array(depthwise_kernel)
    xp = shared(x, kernel)
    x, first = _last(x, data_format, xp)
    parts = _windows(x, kernel.shape[:2], strides, padding, dilation_rate, 0.0)
    places = np.ndindex(*kernel.shape[:2])
    y: Any = sum(part[..., None] * kernel[place] for part, place in zip(parts, places, strict=True))
    y = y.reshape(*y.shape[:-2], -1)
    return xp.moveaxis(y, -1, 1) if first else y


def _pool(x: Any, sizes: Any, strides: Any, padding: str, data_format: str | None, mode: str) -> Array:
    one_of(mode, ("max", "avg"), "pool_mode")
    x = array(x)
    xp = shared(x)
    x, first = _last(x, data_format, xp)
    parts = list(_windows(x, sizes, strides, padding, 1, -math.inf if mode == "max" else 0.0))
    if mode == "max":
        y = parts[0]
        for part in parts[1:]:
            y = xp.maximum(y, part)
    else:
        seen = _windows(np.ones((1, *x.shape[1:-1], 1), np.float32), sizes, strides, padding, 1, 0.0)
        y = sum(parts) / xp.asarray(sum(seen), dtype=x.dtype)  # what lies outside of x does not count
    return xp.moveaxis(y, -1, 1) if first else y


@on_symbols
def pool2d(
    x: Any, pool_size: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    pool_mode: str = "max",
) -> Array:  # fmt: skip
    """The greatest of each window, or their mean with pool_mode="avg": (N, H, W, C) -> (N, H', W', C)."""
    return _pool(x, several(pool_size, 2, "pool_size"), strides, padding, data_format, pool_mode)


@on_symbols
def pool3d(
    x: Any, pool_size: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: str | None = None,
    pool_mode: str = "max",
) -> Array:  # fmt: skip
    """The same for volumes."""
    return _pool(x, several(pool_size, 3, "pool_size"), strides, padding, data_format, pool_mode)


@on_symbols
def local_conv1d(inputs: Any, kernel: Any, kernel_size: Any, strides: Any, data_format: str | None = None) -> Array:
    """x (N, T, C) under a window with a kernel of its own at each of P places, (P, K·C, F) -> (N, P, F)."""
    x, kernel = array(inputs), array(kernel)
    xp = shared(x, kernel)
    seen = list(_windows(x, several(kernel_size, 1, "kernel_size"), strides, "valid", 1, 0.0))
    patches = xp.concatenate(seen, axis=-1)  # (N, P, K·C)
    return xp.einsum("npk,pkf->npf", patches, kernel)


@on_symbols
def asymmetric_spatial_2d_padding(
    x: Any, top_pad: int = 1, bottom_pad: int = 1, left_pad: int = 1, right_pad: int = 1, dim_ordering: str = "tf"
) -> Array:
    """Zeros around pictures, on each side as many as said."""
    x = array(x)
    around = [(0, 0), (top_pad, bottom_pad), (left_pad, right_pad)]
    around.insert(1 if dim_ordering in ("th", "channels_first") else 3, (0, 0))
    return shared(x).pad(x, around)
