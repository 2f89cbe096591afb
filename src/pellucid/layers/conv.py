"""Conv1D, Conv2D, Conv3D: the same small weighted sum, taken at every place of a sequence, an image or a volume.

Cut x into the patches that a window sees as it slides, then treat each patch as one
row of a Dense layer:

    forward    P       = unfold(x)
               y       = P @ kernel + bias
    backward   dkernel = Pᵀ @ dy
               dbias   = Σ dy
               dx      = fold(dy @ kernelᵀ)        each pixel adds up all the patches it was in

`fold` is the adjoint of `unfold` (windows.py), which is why it is the whole of the
chain rule here. Like every deep-learning library, we slide the kernel without flipping
it: strictly a cross-correlation. With groups, each group of filters sees only its own
share of the channels: as many such products side by side.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
recognition", Proc. IEEE 86 (1998), section II. The unfold-and-multiply form:
Chellapilla, Puri & Simard, "High performance convolutional neural networks for
document processing", IWFHR (2006).
"""

import math
from collections.abc import Iterator
from functools import reduce, wraps
from operator import add
from typing import Any, ClassVar

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError, positive_int, several
from ..windows import Slides, fold, unfold
from . import xla_convolution as xla
from .axis_order import axis_order, either_order
from .layer import ALL, Layer, Params, draw
from .old_names import CONVOLUTION, takes_old_names
from .spatial import known_channels, not_both, padding_name, slides_over, window_counts
from .symbolic import Shape
from .table import register_layer

PART = 1 << 25  # bytes of patches cut out at a time: enough for a large product, and no more memory than that
PIECE = 1 << 20  # bytes spread out at a time: what is added up again and again stays near the processor


def slide_kernel(x: Array, kernel: Array, slides: Slides, groups: int = 1) -> Array:
    """The kernel's weighted sum of every patch.

    x        (N, H, W, C)
    kernel   (KH, KW, C/G, F)
    returns  (N, OH, OW, F)
    """
    if xla.is_faster(x):
        return xla.slide_kernel(x, kernel, slides, groups)
    columns = _columns(kernel, groups)  # (G, KH·KW·C/G, F/G)
    parts = [_side_by_side(_rows(unfold(x[part], slides), groups) @ columns) for part in _patches(x, slides)]
    y = parts[0] if len(parts) == 1 else namespace(x).concat(parts)  # (N·OH·OW, F)
    return y.reshape(x.shape[0], *(slide.fits for slide in slides.values()), kernel.shape[-1])


def spread_kernel(y: Array, kernel: Array, slides: Slides, groups: int = 1) -> Array:
    """The adjoint of `slide_kernel`: each y sends out its kernel, weighted, to the places of its patch.

    y        (N, OH, OW, F)
    kernel   (KH, KW, C/G, F)
    returns  (N, H, W, C)
    """
    if xla.is_faster(y):
        return xla.spread_kernel(y, kernel, slides, groups)
    each, filters = kernel.shape[-2:]
    places = kernel.reshape(-1, each, groups, filters // groups)
    backs = [namespace(kernel).permute_dims(place, (1, 2, 0)) for place in places]  # (G, F/G, C/G) each

    def pieces(y: Array) -> Iterator[Array]:
        rows = namespace(y).moveaxis(y.reshape(-1, groups, filters // groups), 1, 0)  # (G, N·OH·OW, F/G)
        for back in backs:
            yield _side_by_side(rows @ back).reshape(*y.shape[:-1], each * groups)

    parts = [fold(pieces(y[part]), slides) for part in _parts(y, math.prod(y.shape[1:-1]) * each * groups, PIECE)]
    return parts[0] if len(parts) == 1 else namespace(y).concat(parts)


def kernel_gradient(x: Array, dy: Array, shape: tuple[int, ...], slides: Slides, groups: int = 1) -> Array:
    """dL/dkernel of `slide_kernel`, in the kernel's shape (KH, KW, C/G, F).

    x        (N, H, W, C)
    dy       (N, OH, OW, F)
    """
    if xla.is_faster(x):
        return xla.kernel_gradient(x, dy, shape, slides, groups)
    xp = namespace(dy)

    def columns(part: slice) -> Array:
        rows = xp.moveaxis(dy[part].reshape(-1, groups, shape[-1] // groups), 1, 0)  # (G, N·OH·OW, F/G)
        return xp.matrix_transpose(_rows(unfold(x[part], slides), groups)) @ rows  # (G, KH·KW·C/G, F/G)

    return xp.moveaxis(reduce(add, map(columns, _patches(x, slides))), 0, 1).reshape(shape)


def _parts(x: Array, one: int, most: int) -> list[slice]:
    """The batch, in parts of so many bytes where a sample takes `one` numbers (no compiler looks after that)."""
    if not isinstance(x, np.ndarray):
        return [slice(None)]
    step = max(1, most // max(1, one * x.itemsize))
    return [slice(first, first + step) for first in range(0, max(1, x.shape[0]), step)]


def _patches(x: Array, slides: Slides) -> list[slice]:
    """The batch, in parts whose patches take no more memory than they should."""
    return _parts(x, math.prod(slide.fits * slide.window for slide in slides.values()) * x.shape[-1], PART)


def channel_sums(dy: Array) -> Array:
    """dy (N, …, F) summed over all axes but the last; the batch first, which NumPy does faster."""
    return dy.sum(axis=0).reshape(-1, dy.shape[-1]).sum(axis=0)


def _rows(patches: Array, groups: int) -> Array:
    """Patches (N, OH, OW, K, C) as one row each and group: (G, N·OH·OW, K·C/G)."""
    places, channels = patches.shape[-2:]
    rows = patches.reshape(-1, places, groups, channels // groups)
    return namespace(patches).permute_dims(rows, (2, 0, 1, 3)).reshape(groups, -1, places * channels // groups)


def _columns(kernel: Array, groups: int) -> Array:
    """A kernel (KH, KW, C/G, F) as one column for each filter: (G, KH·KW·C/G, F/G)."""
    filters = kernel.shape[-1]
    return namespace(kernel).moveaxis(kernel.reshape(-1, groups, filters // groups), 1, 0)


def _side_by_side(y: Array) -> Array:
    """Groups (G, M, F) as one row of channels: (M, G·F)."""
    groups, rows, each = y.shape
    return namespace(y).moveaxis(y, 0, 1).reshape(rows, groups * each)


@either_order
class Conv(Layer):
    """Base of the convolutions over `axes` axes.

    Args:
        filters: number of outputs at each place, F.
        kernel_size: places in the window along each axis, or one number for all.
        strides: steps from one window to the next along each axis, or one number for all.
        padding: "valid" (no zeros around) or "same" (zeros so that y keeps ⌈size / stride⌉ places);
            for sequences also "causal" (zeros before only, so that no step sees a later one).
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        dilation_rate: steps from one place of the window to the next along each axis, or one number for all.
        groups: how many parts the channels are cut into; each part has filters / groups filters of its own.
        activation, use_bias, …_initializer, …_regularizer, …_constraint: as in `Dense`.
    """

    thrifty = activates = True
    axes: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    @takes_old_names(CONVOLUTION)
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if self.axes == 1 and "input_dim" in kwargs:  # the width of a step; how many there are may be free
            kwargs.setdefault("input_length", None)
        super().__init__(**kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = several(kernel_size, self.axes, "kernel_size")
        self.strides = several(strides, self.axes, "strides")
        self.padding = padding_name(padding, self.paddings)
        self.data_format = axis_order(data_format, self.axes)
        self.dilation_rate = several(dilation_rate, self.axes, "dilation_rate")
        not_both(self.strides, self.dilation_rate)
        self.groups = positive_int(groups, "groups")
        if self.filters % self.groups:
            raise ValueError(f"filters must be a multiple of groups, got {self.filters} and {self.groups}.")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def init(self, key: Array, *shapes: Shape) -> Params:
        channels = known_channels(self.name, shapes[0])
        if channels % self.groups:
            raise ShapeError(
                f"{self.name}: the channels must be a multiple of groups={self.groups}, but the input is {shapes[0]}."
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        params = {"kernel": draw(self.kernel_initializer, key, 0, shape, self.dtype)}
        if self.use_bias:
            params["bias"] = draw(self.bias_initializer, key, 1, (self.filters,), self.dtype)
        return params

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        counts = window_counts(self.name, shapes[0], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return shapes[0][0], *counts, self.filters

    def slides(self, shape: tuple[int, ...]) -> Slides:
        return slides_over(shape, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x (N, H, W, C), kernel (KH, KW, C/G, F), bias (F,) -> y (N, OH, OW, F); cache x.

        The patches, KH·KW times as large as x, are cut again in backward.
        """
        y = slide_kernel(x, params["kernel"], self.slides(x.shape), self.groups)
        if self.use_bias:
            y += params["bias"]  # y is our own: spare NumPy a copy
        return y, x

    def backward(self, params: Params, x: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Array, Params]:
        """dy (N, OH, OW, F) -> dx (N, H, W, C)"""
        kernel, slides = params["kernel"], self.slides(x.shape)
        grads: Params = {}
        if "params" in needs:
            grads["kernel"] = kernel_gradient(x, dy, kernel.shape, slides, self.groups)
            if self.use_bias:
                grads["bias"] = channel_sums(dy)
        return spread_kernel(dy, kernel, slides, self.groups) if "inputs" in needs else None, grads


@register_layer("Conv1D")
class Conv1D(Conv):
    """Convolution over the steps of (batch, steps, channels) sequences; arguments as in `Conv`.

    >>> Conv1D(8, 3, padding="causal").compute_output_shape((None, 100, 4))
    (None, 100, 8)
    """

    axes = 1
    paddings = ("valid", "same", "causal")


@register_layer("Conv2D")
class Conv2D(Conv):
    """Convolution over the rows and columns of (batch, height, width, channels) images; arguments as in `Conv`.

    >>> Conv2D(32, 3, padding="same").compute_output_shape((None, 28, 28, 1))
    (None, 28, 28, 32)
    """

    axes = 2


@register_layer("Conv3D")
class Conv3D(Conv):
    """Convolution over (batch, depth, height, width, channels) volumes; arguments as in `Conv`.

    >>> Conv3D(8, 3).compute_output_shape((None, 16, 16, 16, 1))
    (None, 14, 14, 14, 8)
    """

    axes = 3


class Convolution2D(Conv2D):
    """Conv2D as of old, when the rows and columns of the window were two arguments: Convolution2D(5, 3, 3).

    >>> Convolution2D(5, 3, 3, border_mode="same", subsample=(2, 2)).kernel_size
    (3, 3)
    """

    saved_as = "Conv2D"

    @wraps(Conv2D.__init__)  # type: ignore[misc]  # its arguments, and older ones
    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*one_kernel_size(args, 2), **settings)


class Convolution3D(Conv3D):
    """Conv3D as of old, when the window's sizes were three arguments: Convolution3D(5, 3, 3, 3)."""

    saved_as = "Conv3D"

    @wraps(Conv3D.__init__)  # type: ignore[misc]  # its arguments, and older ones
    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*one_kernel_size(args, 3), **settings)


def one_kernel_size(args: tuple[Any, ...], axes: int) -> tuple[Any, ...]:
    """The arguments, with the window's sizes in one where they came one by one."""
    sizes = args[1 : axes + 1]
    if len(sizes) < axes or not all(isinstance(size, int) for size in sizes):
        return args
    if len(args) > axes + 1:
        raise TypeError(f"after the sizes {sizes} of the window, give arguments by name, not {args[axes + 1]!r} alone.")
    return args[0], sizes


Convolution1D = Conv1D
AtrousConvolution1D, AtrousConvolution2D = Convolution1D, Convolution2D  # with atrous_rate=
