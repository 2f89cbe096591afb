"""LocallyConnected1D/2D, of Keras 1 and 2: a convolution with a kernel of its own at each place.

    forward    P       = unfold(x)
               y_p     = P_p @ kernel_p + bias_p             p: a place of the output
    backward   dkernel = P_pᵀ @ dy_p                         summed over the batch, not over places
               dx      = fold(dy_p @ kernel_pᵀ)

The rows of each kernel are ordered as in Keras: rows and columns of the window, then channels.

Source: LeCun, "Generalization and network design strategies", in Connectionism in Perspective, Elsevier (1989),
section 4.2 (local connections without shared weights).
"""

import math
from functools import wraps
from typing import Any, ClassVar

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import one_of, positive_int, several
from ..windows import Slides, fold, unfold
from .axis_order import axis_order, either_order
from .conv import one_kernel_size
from .layer import ALL, Layer, Params, draw
from .old_names import CONVOLUTION, takes_old_names
from .spatial import known_channels, padding_name, slides_over, window_counts
from .symbolic import Shape
from .table import register_layer


@either_order
class LocallyConnected(Layer):
    """Base of the locally connected layers over `axes` axes.

    Args:
        filters: number of outputs at each place, F.
        kernel_size: places in the window along each axis, or one number for all.
        strides: steps from one window to the next along each axis, or one number for all.
        padding: "valid".
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        activation, use_bias, …_initializer, …_regularizer, …_constraint: as in `Dense`.
        implementation: 1, Keras's first way of keeping the kernels: (places, window · channels, filters).
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
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        implementation: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int(filters, "filters")
        self.kernel_size = several(kernel_size, self.axes, "kernel_size")
        self.strides = several(strides, self.axes, "strides")
        self.padding = padding_name(padding, ("valid",))
        self.data_format = axis_order(data_format, self.axes)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.implementation = one_of(implementation, (1,), "implementation")

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        counts = window_counts(self.name, shapes[0], self.kernel_size, self.strides, self.padding)
        return shapes[0][0], *counts, self.filters

    def init(self, key: Array, *shapes: Shape) -> Params:
        places = self.compute_output_shape(*shapes)[1:-1]
        if None in places:
            raise ValueError(
                f"{self.name}: has weights for each place, so the input's sizes must be known: {shapes[0]}."
            )
        each = math.prod(self.kernel_size) * known_channels(self.name, shapes[0])
        sizes = (math.prod(places), each, self.filters)  # type: ignore[arg-type]  # no None
        params = {"kernel": draw(self.kernel_initializer, key, 0, sizes, self.dtype)}
        if self.use_bias:
            params["bias"] = draw(self.bias_initializer, key, 1, (*places, self.filters), self.dtype)  # type: ignore[arg-type]
        return params

    def slides(self, shape: tuple[int, ...]) -> Slides:
        return slides_over(shape, self.kernel_size, self.strides, self.padding)

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x (N, H, W, C), kernel (OH·OW, KH·KW·C, F), bias (OH, OW, F) -> y (N, OH, OW, F); cache x."""
        y = namespace(x).moveaxis(self._patches(x) @ params["kernel"], 0, 1)  # (N, OH·OW, F)
        y = y.reshape(x.shape[0], *(slide.fits for slide in self.slides(x.shape).values()), self.filters)
        return (y + params["bias"] if self.use_bias else y), x

    def backward(self, params: Params, x: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        """dy (N, OH, OW, F) -> dx (N, H, W, C)"""
        xp, kernel, dx = namespace(dy), params["kernel"], None
        rows = xp.moveaxis(dy.reshape(dy.shape[0], -1, self.filters), 1, 0)  # (OH·OW, N, F)
        grads: Params = {}
        if "params" in needs:
            grads["kernel"] = xp.matrix_transpose(self._patches(x)) @ rows
            if self.use_bias:
                grads["bias"] = dy.sum(axis=0)
        if "inputs" in needs:
            back = xp.moveaxis(rows @ xp.matrix_transpose(kernel), 1, 0)  # (N, OH·OW, KH·KW·C)
            back = back.reshape(*dy.shape[:-1], -1, x.shape[-1])
            dx = fold((back[..., place, :] for place in range(back.shape[-2])), self.slides(x.shape))
        return dx, grads

    def _patches(self, x: Array) -> Array:
        """What the window sees at each place, (OH·OW, N, KH·KW·C)."""
        patches = unfold(x, self.slides(x.shape))  # (N, OH, OW, KH·KW, C)
        each = math.prod(patches.shape[-2:])
        return namespace(x).moveaxis(patches.reshape(x.shape[0], -1, each), 1, 0)


@register_layer("LocallyConnected1D")
class LocallyConnected1D(LocallyConnected):
    """Weighted sums of their own at each step of sequences; arguments as in `LocallyConnected`.

    >>> LocallyConnected1D(8, 3).compute_output_shape((None, 10, 4))
    (None, 8, 8)
    """

    axes = 1


@register_layer("LocallyConnected2D")
class LocallyConnected2D(LocallyConnected):
    """Weighted sums of their own at each place of images; arguments as in `LocallyConnected`.

    >>> LocallyConnected2D(8, (3, 2)).compute_output_shape((None, 10, 10, 4))
    (None, 8, 9, 8)
    """

    axes = 2

    @wraps(LocallyConnected.__init__)  # type: ignore[misc]  # its arguments, and older ones
    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*one_kernel_size(args, 2), **settings)  # Keras 1: LocallyConnected2D(5, 3, 3)
