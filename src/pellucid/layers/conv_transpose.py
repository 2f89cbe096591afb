"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose: a convolution run backwards, from few places to many.

Each x sends out its kernel, weighted, to a patch of y; where patches overlap, they add up:

    forward    y       = fold(x @ kernelᵀ) + bias
    backward   dx      = unfold(dy) @ kernel
               dkernel = unfold(dy)ᵀ @ x
               dbias   = Σ dy

This is what a Conv layer's backward does with dy, and its backward is a Conv layer's
forward: hence the name. The kernel is shaped (KH, KW, F, C), as if y were the input.

Source: Zeiler, Krishnan, Taylor & Fergus, "Deconvolutional networks", CVPR (2010);
Dumoulin & Visin, "A guide to convolution arithmetic for deep learning",
arXiv:1603.07285 (2016), section 4.
"""

from typing import Any, ClassVar

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array
from ..errors import ShapeError, positive_int, several
from ..windows import Slide, Slides
from .axis_order import axis_order, either_order
from .conv import channel_sums, kernel_gradient, slide_kernel, spread_kernel
from .layer import ALL, Layer, Params, draw
from .old_names import CONVOLUTION, takes_old_names
from .spatial import check_rank, known_channels, not_both, padding_name
from .symbolic import Shape
from .table import register_layer


def slide_back(n: int, window: int, stride: int, padding: str, dilation: int, extra: int | None) -> Slide:
    """How the window slides along an axis of y, when the windows on it are the n places of x.

    extra    output_padding: how much longer y is than the windows reach; None leaves Keras to choose, so
             that "same" gives n · stride places and "valid" as many as hold every window and stride
    """
    span = (window - 1) * dilation + 1
    reach = (n - 1) * stride + span
    if extra is not None:
        length = reach - (2 * (span // 2) if padding == "same" else 0) + extra
    else:
        length = n * stride + (0 if padding == "same" else max(span - stride, 0))
    before = max(reach - length, 0) // 2 if padding == "same" else 0
    return Slide(length, window, stride, dilation, before, n)


@either_order
class ConvTranspose(Layer):
    """Base of the transposed convolutions over `axes` axes.

    Args:
        filters: number of outputs at each place, F.
        kernel_size: places in the window along each axis, or one number for all.
        strides: steps in y from one x to the next along each axis, or one number for all.
        padding: "same" (y has size · stride places) or "valid" (y holds every window whole).
        output_padding: places to add at the end of each axis of y, below strides; None for the usual size.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        dilation_rate: steps from one place of the window to the next along each axis, or one number for all.
        activation, use_bias, …_initializer, …_regularizer, …_constraint: as in `Dense`.
    """

    thrifty = activates = True
    axes: ClassVar[int]

    @takes_old_names(CONVOLUTION)
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        super().__init__(**kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = several(kernel_size, self.axes, "kernel_size")
        self.strides = several(strides, self.axes, "strides")
        self.padding = padding_name(padding)
        self.output_padding = None if output_padding is None else _extras(output_padding, self.strides)
        self.data_format = axis_order(data_format, self.axes)
        self.dilation_rate = several(dilation_rate, self.axes, "dilation_rate")
        not_both(self.strides, self.dilation_rate)
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
        shape = (*self.kernel_size, self.filters, known_channels(self.name, shapes[0]))
        params = {"kernel": draw(self.kernel_initializer, key, 0, shape, self.dtype)}
        if self.use_bias:
            params["bias"] = draw(self.bias_initializer, key, 1, (self.filters,), self.dtype)
        return params

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        sizes = tuple(None if n is None else self._slide(n, i).length for i, n in enumerate(shapes[0][1:-1]))
        if any(size is not None and size < 1 for size in sizes):
            raise ShapeError(
                f"{self.name}: an input of {shapes[0][1:-1]} would give an output of {sizes}. "
                'Use padding="valid", or leave output_padding at None.'
            )
        return shapes[0][0], *sizes, self.filters

    def _slide(self, n: int, i: int) -> Slide:
        """How the window slides along the i-th axis of y."""
        extra = None if self.output_padding is None else self.output_padding[i]
        return slide_back(n, self.kernel_size[i], self.strides[i], self.padding, self.dilation_rate[i], extra)

    def slides(self, shape: tuple[int, ...]) -> Slides:
        return {i + 1: self._slide(n, i) for i, n in enumerate(shape[1:-1])}

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x (N, H, W, C), kernel (KH, KW, F, C), bias (F,) -> y (N, OH, OW, F); cache x."""
        y = spread_kernel(x, params["kernel"], self.slides(x.shape))
        if self.use_bias:
            y += params["bias"]  # y is our own: spare NumPy a copy
        return y, x

    def backward(self, params: Params, x: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Array, Params]:
        """dy (N, OH, OW, F) -> dx (N, H, W, C)"""
        kernel, slides = params["kernel"], self.slides(x.shape)
        grads: Params = {}
        if "params" in needs:
            grads["kernel"] = kernel_gradient(dy, x, kernel.shape, slides)
            if self.use_bias:
                grads["bias"] = channel_sums(dy)
        return slide_kernel(dy, kernel, slides) if "inputs" in needs else None, grads


def _extras(value: Any, strides: tuple[int, ...]) -> tuple[int, ...]:
    """output_padding for each axis, every one below the stride there."""
    extras = (value,) * len(strides) if isinstance(value, int) else tuple(value)
    if len(extras) != len(strides) or not all(
        0 <= extra < stride for extra, stride in zip(extras, strides, strict=True)
    ):
        raise ValueError(f"output_padding must be at least 0 and below strides={strides}, got {value!r}.")
    return extras


@register_layer("Conv1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """Transposed convolution over the steps of sequences; arguments as in `ConvTranspose`.

    >>> Conv1DTranspose(8, 3, strides=2, padding="same").compute_output_shape((None, 50, 4))
    (None, 100, 8)
    """

    axes = 1


@register_layer("Conv2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """Transposed convolution over the rows and columns of images; arguments as in `ConvTranspose`.

    >>> Conv2DTranspose(8, 3, strides=2).compute_output_shape((None, 7, 7, 4))
    (None, 15, 15, 8)
    """

    axes = 2


@register_layer("Conv3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """Transposed convolution over volumes; arguments as in `ConvTranspose`.

    >>> Conv3DTranspose(8, 2, strides=2).compute_output_shape((None, 4, 4, 4, 1))
    (None, 8, 8, 8, 8)
    """

    axes = 3


Convolution1DTranspose, Convolution2DTranspose, Convolution3DTranspose = (
    Conv1DTranspose,
    Conv2DTranspose,
    Conv3DTranspose,
)
