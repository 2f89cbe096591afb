"""Input: where data enters a network."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError
from .layer import Layer, Params, names
from .symbolic import Call, KerasTensor, Shape
from .table import register_layer
from .told import own_ints


@register_layer("InputLayer")
class InputLayer(Layer):
    """The layer behind `Input`: it hands on what the model is given.

    Args:
        shape: of one sample, without the batch axis.
        batch_size: fixed batch size, or None.
        dtype: of the data.
        batch_shape: shape with the batch axis, in place of shape and batch_size.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        batch_shape: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if sparse:
            raise ValueError("Input: sparse inputs are not supported; give a dense array.")
        batch_shape = batch_shape if batch_shape is not None else kwargs.pop("batch_input_shape", None)
        shape = shape if shape is not None else kwargs.pop("input_shape", None)
        super().__init__(name=name or names.next("input_layer"), trainable=kwargs.get("trainable", True))
        self.mixed = False  # it computes nothing
        if dtype is not None:
            self.dtype = dtype if isinstance(dtype, str) else getattr(dtype, "name", str(dtype))
            self.dtype = {"object": "string"}.get(self.dtype, self.dtype)
        self.batch_shape = _batch_shape(shape, batch_size, batch_shape)
        self.built = True
        call = Call(self, ())
        self.calls.append((call, (KerasTensor(self.batch_shape, self.dtype, call),)))

    @property
    def input(self) -> Any:
        """The symbolic value itself: what goes in is what comes out."""
        return self.output

    @property
    def input_shape(self) -> Any:
        return self.batch_shape

    def forward(self, params: Params, *inputs: Array) -> tuple[Array, None]:
        return inputs[0], None

    def get_config(self) -> dict[str, Any]:
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "sparse": False, "name": self.name}


def _batch_shape(shape: Any, batch_size: int | None, batch_shape: Any) -> Shape:
    if (shape is None) == (batch_shape is None):
        raise ValueError("Input: give either shape= (of one sample) or batch_shape= (with the batch axis).")
    given = (shape,) if isinstance(shape, int | np.integer) else shape
    whole = tuple(batch_shape) if batch_shape is not None else (batch_size, *given)
    for size in whole:
        if size is not None and (isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1):
            raise ShapeError(f"Input: a shape holds positive whole numbers and None, got {whole}.")
    return own_ints(whole)


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
) -> KerasTensor:
    """A symbolic input, to call layers on.

    Args:
        shape: of one sample, without the batch axis: (784,) or (28, 28, 1); None where any size is welcome.
        batch_size: fixed batch size, if it must be.
        dtype: of the data; by default `config.floatx()`.
        batch_shape: shape with the batch axis, in place of shape and batch_size.

    >>> Input((28, 28)).shape
    (None, 28, 28)
    """
    if tensor is not None:
        return tensor
    layer = InputLayer(shape, batch_size, dtype, sparse, batch_shape, name)
    return layer.calls[0][1][0]
