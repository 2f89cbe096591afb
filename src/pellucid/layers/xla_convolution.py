"""The three formulas of a convolution by XLA's own operation: what a GPU or TPU runs instead of unfold and multiply.

    slide_kernel       y        = kernel ⋆ x
    spread_kernel      dx       = the same, transposed along x
    kernel_gradient    dkernel  = the same, transposed along the kernel

They take and give what their namesakes in conv.py do. On a CPU XLA's convolution is slower than one large product.
"""

from typing import Any

import numpy as np

from ..arrays import Array
from ..windows import Slides


def is_faster(x: Array) -> bool:
    """Whether x is, or while being traced will be, on a device for which XLA has better convolutions than ours."""
    if isinstance(x, np.ndarray):
        return False
    from jax import default_backend

    return default_backend() != "cpu"


def slide_kernel(x: Array, kernel: Array, slides: Slides, groups: int = 1) -> Array:
    """The kernel's weighted sum of every patch."""
    from jax.lax import conv_general_dilated

    places = "DHW"[-len(slides) :]
    return conv_general_dilated(
        x,
        kernel,
        window_strides=[slide.stride for slide in slides.values()],
        padding=[(slide.before, slide.after) for slide in slides.values()],
        rhs_dilation=[slide.dilation for slide in slides.values()],
        dimension_numbers=(f"N{places}C", f"{places}IO", f"N{places}C"),
        feature_group_count=groups,
    )


def spread_kernel(y: Array, kernel: Array, slides: Slides, groups: int = 1) -> Array:
    """The adjoint of `slide_kernel` along x."""
    shape = (y.shape[0], *(slide.length for slide in slides.values()), kernel.shape[-2] * groups)
    return _adjoint(lambda x: slide_kernel(x, kernel, slides, groups), shape, y)


def kernel_gradient(x: Array, dy: Array, shape: tuple[int, ...], slides: Slides, groups: int = 1) -> Array:
    """The adjoint of `slide_kernel` along the kernel, which has this shape."""
    return _adjoint(lambda kernel: slide_kernel(x, kernel, slides, groups), shape, dy)


def _adjoint(linear: Any, shape: tuple[int, ...], y: Array) -> Array:
    import jax

    (found,) = jax.linear_transpose(linear, jax.ShapeDtypeStruct(shape, y.dtype))(y)
    return found
