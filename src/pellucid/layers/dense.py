"""Dense: each output is a weighted sum of all inputs, plus a bias.

    forward    y       = x @ kernel + bias
    backward   dx      = dy @ kernelᵀ        an input hears from every output it fed
               dkernel = xᵀ @ dy             one outer product per row, summed
               dbias   = Σ dy                summed over rows

Here dy means dL/dy: how much the loss L changes per unit of y. The loss takes
the mean over the batch, once; so nothing is divided by the batch size here.

Source: Rumelhart, Hinton & Williams, "Learning representations by
back-propagating errors", Nature 323 (1986), equations 1, 6 and 7.
"""

from typing import Any

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array
from ..errors import ShapeError, positive_int
from .layer import ALL, Layer, Params, draw
from .old_names import DENSE, takes_old_names
from .symbolic import Shape
from .table import register_layer


def forward(params: Params, x: Array) -> tuple[Array, Array]:
    """Weighted sums of the last axis of x.

    x        (..., I)    any leading axes: batch, time, rows and columns
    kernel   (I, O)
    bias     (O,)        absent when the layer has no bias
    y        (..., O)
    cache    x
    """
    y = x @ params["kernel"]
    if "bias" in params:
        y += params["bias"]  # into the fresh product
    return y, x


def backward(params: Params, x: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Array, Params]:
    """Gradients of the loss: for the input, and for each parameter under its own name.

    dy       (..., O)    dL/dy
    dx       (..., I)    dL/dx
    """
    grads: Params = {}
    if "params" in needs:
        rows_x, rows_dy = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        grads["kernel"] = rows_x.T @ rows_dy
        if "bias" in params:
            grads["bias"] = rows_dy.sum(axis=0)
    dx = dy @ params["kernel"].T if "inputs" in needs else None
    return dx, grads


@register_layer("Dense")
class Dense(Layer):
    """Fully connected layer.

    Args:
        units: number of outputs, O.
        activation: name or function applied to the sums; None leaves them as they are.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how the first values are drawn.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties added to the loss.
        kernel_constraint, bias_constraint: applied to the values after each update.

    >>> Dense(10, activation="relu").compute_output_shape((None, 784))
    (None, 10)
    """

    thrifty = activates = supports_masking = True

    forward = staticmethod(forward)
    backward = staticmethod(backward)

    @takes_old_names(DENSE)
    def __init__(
        self,
        units: int,
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
        self.units = positive_int(units, "units")
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
        """First parameters for inputs of this shape."""
        fan_in = shapes[0][-1]
        if fan_in is None:
            raise ShapeError(
                f"{self.name}: the last axis of the input must be known to size the kernel, "
                f"but the input shape is {shapes[0]}. Give the model an Input with that axis filled in."
            )
        params = {"kernel": draw(self.kernel_initializer, key, 0, (fan_in, self.units), self.dtype)}
        if self.use_bias:
            params["bias"] = draw(self.bias_initializer, key, 1, (self.units,), self.dtype)
        return params

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) < 2:
            raise ShapeError(
                f"{self.name}: needs an input with a batch axis and at least one more, got {shapes[0]}. "
                "One number a sample? Reshape it to (N, 1)."
            )
        return (*shapes[0][:-1], self.units)
