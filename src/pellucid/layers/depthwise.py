"""DepthwiseConv1D/2D: every channel by itself. SeparableConv1D/2D: that, then a mix of the channels.

With xₖ what place k of the window sees, for all windows at once, and wₖ the kernel there:

    depthwise  y          = Σₖ xₖ · wₖ + bias              D outputs for a channel: x has it D times over
    backward   dwₖ        = Σ xₖ · dy                      over the batch and all windows
               dx         = fold(dy · wₖ)                  and the sum over the D copies of a channel

    separable  y          = depthwise(x) @ pointwise + bias
    backward   dpointwise = depthwise(x)ᵀ @ dy,  and dy @ pointwiseᵀ goes on into the depthwise part

Source: Chollet, "Xception: deep learning with depthwise separable convolutions",
CVPR (2017), section 1.
"""

from functools import reduce
from operator import add
from typing import Any, ClassVar

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import positive_int, several
from ..windows import Slides, fold, views
from .axis_order import axis_order, either_order
from .conv import channel_sums
from .layer import ALL, Layer, Params, draw
from .old_names import DEPTHWISE, SEPARABLE, takes_old_names
from .spatial import known_channels, padding_name, slides_over, window_counts
from .symbolic import Shape
from .table import register_layer


def depthwise(x: Array, kernel: Array, slides: Slides) -> Array:
    """Each channel's own weighted sums.

    x        (N, H, W, C)
    kernel   (KH, KW, C, D)
    returns  (N, OH, OW, C·D)
    """
    x, weights = _one_to_one(x, kernel)
    return reduce(add, (view * w for view, w in zip(views(x, slides), weights, strict=True)))


def depthwise_backward(
    x: Array, kernel: Array, slides: Slides, dy: Array, needs: tuple[str, ...]
) -> tuple[Array | None, Array | None]:
    """dx (N, H, W, C) and dkernel (KH, KW, C, D) of `depthwise`, each where it is needed.

    dy       (N, OH, OW, C·D)
    """
    dx = dkernel = None
    copies, weights = _one_to_one(x, kernel)
    if "params" in needs:
        dkernel = namespace(x).stack([channel_sums(view * dy) for view in views(copies, slides)]).reshape(kernel.shape)
    if "inputs" in needs:
        copied, multiplier = fold((dy * w for w in weights), slides), kernel.shape[-1]
        dx = reduce(add, (copied[..., i::multiplier] for i in range(multiplier)))
    return dx, dkernel


def _one_to_one(x: Array, kernel: Array) -> tuple[Array, Array]:
    """Each channel of x as often as it has outputs, (N, H, W, C·D), and the weight of each, (KH·KW, C·D)."""
    channels, multiplier = kernel.shape[-2:]
    x = namespace(x).repeat(x, multiplier, axis=-1) if multiplier > 1 else x
    return x, kernel.reshape(-1, channels * multiplier)


@either_order
class DepthwiseConv(Layer):
    """Base of the depthwise convolutions over `axes` axes.

    Args:
        kernel_size, strides, padding, data_format, dilation_rate: as in `Conv`.
        depth_multiplier: outputs for each channel, D.
        activation, use_bias, …_initializer, …_regularizer, …_constraint: as in `Dense`.
    """

    thrifty = activates = True
    axes: ClassVar[int]

    @takes_old_names(DEPTHWISE)
    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = several(kernel_size, self.axes, "kernel_size")
        self.strides = several(strides, self.axes, "strides")
        self.padding = padding_name(padding)
        self.depth_multiplier = positive_int(depth_multiplier, "depth_multiplier")
        self.data_format = axis_order(data_format, self.axes)
        self.dilation_rate = several(dilation_rate, self.axes, "dilation_rate")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def init(self, key: Array, *shapes: Shape) -> Params:
        channels = known_channels(self.name, shapes[0])
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        params = {"kernel": draw(self.depthwise_initializer, key, 0, shape, self.dtype)}
        if self.use_bias:
            params["bias"] = draw(self.bias_initializer, key, 1, (channels * self.depth_multiplier,), self.dtype)
        return params

    def rule(self, kind: str, param: str) -> Any:
        """Keras calls the weight "kernel", and the settings for it "depthwise_…"."""
        return super().rule(kind, "depthwise" if param == "kernel" else param)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        counts = window_counts(self.name, shapes[0], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        channels = shapes[0][-1]
        return shapes[0][0], *counts, None if channels is None else channels * self.depth_multiplier

    def slides(self, shape: tuple[int, ...]) -> Slides:
        return slides_over(shape, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x (N, H, W, C), kernel (KH, KW, C, D), bias (C·D,) -> y (N, OH, OW, C·D); cache x."""
        y = depthwise(x, params["kernel"], self.slides(x.shape))
        return (y + params["bias"] if self.use_bias else y), x

    def backward(self, params: Params, x: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Array, Params]:
        """dy (N, OH, OW, C·D) -> dx (N, H, W, C)"""
        dx, dkernel = depthwise_backward(x, params["kernel"], self.slides(x.shape), dy, needs)
        grads: Params = {}
        if "params" in needs:
            grads["kernel"] = dkernel
            if self.use_bias:
                grads["bias"] = channel_sums(dy)
        return dx, grads


@register_layer("DepthwiseConv1D")
class DepthwiseConv1D(DepthwiseConv):
    """Each channel of a sequence by itself; arguments as in `DepthwiseConv`.

    >>> DepthwiseConv1D(3, depth_multiplier=2).compute_output_shape((None, 100, 4))
    (None, 98, 8)
    """

    axes = 1


@register_layer("DepthwiseConv2D")
class DepthwiseConv2D(DepthwiseConv):
    """Each channel of an image by itself; arguments as in `DepthwiseConv`.

    >>> DepthwiseConv2D(3, padding="same").compute_output_shape((None, 28, 28, 16))
    (None, 28, 28, 16)
    """

    axes = 2


@either_order
class SeparableConv(Layer):
    """Base of the separable convolutions over `axes` axes.

    Args:
        filters: number of outputs at each place, F.
        kernel_size, strides, padding, data_format, dilation_rate: as in `Conv`.
        depth_multiplier: outputs for each channel before they are mixed, D.
        activation, use_bias, …_initializer, …_regularizer, …_constraint: as in `Dense`.
    """

    thrifty = activates = True
    axes: ClassVar[int]

    @takes_old_names(SEPARABLE)
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = several(kernel_size, self.axes, "kernel_size")
        self.strides = several(strides, self.axes, "strides")
        self.padding = padding_name(padding)
        self.data_format = axis_order(data_format, self.axes)
        self.dilation_rate = several(dilation_rate, self.axes, "dilation_rate")
        self.depth_multiplier = positive_int(depth_multiplier, "depth_multiplier")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def init(self, key: Array, *shapes: Shape) -> Params:
        channels = known_channels(self.name, shapes[0])
        one_each = (*self.kernel_size, channels, self.depth_multiplier)
        mix = (*(1,) * self.axes, channels * self.depth_multiplier, self.filters)
        params = {
            "depthwise_kernel": draw(self.depthwise_initializer, key, 0, one_each, self.dtype),
            "pointwise_kernel": draw(self.pointwise_initializer, key, 1, mix, self.dtype),
        }
        if self.use_bias:
            params["bias"] = draw(self.bias_initializer, key, 2, (self.filters,), self.dtype)
        return params

    def rule(self, kind: str, param: str) -> Any:
        """The settings are called "depthwise_…" and "pointwise_…"."""
        return super().rule(kind, param.removesuffix("_kernel"))

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        counts = window_counts(self.name, shapes[0], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return shapes[0][0], *counts, self.filters

    def slides(self, shape: tuple[int, ...]) -> Slides:
        return slides_over(shape, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        """x (N, H, W, C) -> y (N, OH, OW, F); cache (x, the depthwise part's output).

        depthwise_kernel (KH, KW, C, D), pointwise_kernel (1, 1, C·D, F), bias (F,)
        """
        middle = depthwise(x, params["depthwise_kernel"], self.slides(x.shape))
        mix = params["pointwise_kernel"].reshape(-1, self.filters)
        y = (middle.reshape(-1, mix.shape[0]) @ mix).reshape(*middle.shape[:-1], self.filters)
        return (y + params["bias"] if self.use_bias else y), (x, middle)

    def backward(self, params: Params, cache: Any, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Array, Params]:
        """dy (N, OH, OW, F) -> dx (N, H, W, C)"""
        x, middle = cache
        pointwise = params["pointwise_kernel"]
        mix, rows = pointwise.reshape(-1, self.filters), dy.reshape(-1, self.filters)
        dmiddle = (rows @ mix.T).reshape(middle.shape)
        dx, dkernel = depthwise_backward(x, params["depthwise_kernel"], self.slides(x.shape), dmiddle, needs)
        grads: Params = {}
        if "params" in needs:
            grads["depthwise_kernel"] = dkernel
            grads["pointwise_kernel"] = (middle.reshape(-1, mix.shape[0]).T @ rows).reshape(pointwise.shape)
            if self.use_bias:
                grads["bias"] = channel_sums(dy)
        return dx, grads


@register_layer("SeparableConv1D")
class SeparableConv1D(SeparableConv):
    """Separable convolution over the steps of sequences; arguments as in `SeparableConv`.

    >>> SeparableConv1D(8, 3).compute_output_shape((None, 100, 4))
    (None, 98, 8)
    """

    axes = 1


@register_layer("SeparableConv2D")
class SeparableConv2D(SeparableConv):
    """Separable convolution over the rows and columns of images; arguments as in `SeparableConv`.

    >>> SeparableConv2D(8, 3, padding="same").compute_output_shape((None, 28, 28, 3))
    (None, 28, 28, 8)
    """

    axes = 2


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
