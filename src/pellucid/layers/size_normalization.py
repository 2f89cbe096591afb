"""UnitNormalization and RMSNormalization: each sample over its own size, its mean left as it is.

    unit       size = √Σ x²                          y = x / size
               dx   = (dy - y · Σ dy · y) / size
    rms        size = √(mean(x²) + ε)                n = x / size        y = scale · n
               dscale = Σ dy · n        dn = scale · dy
               dx   = (dn - n · mean(dn · n)) / size

Sums and means run over the normalized axes of one sample.

Source: Zhang & Sennrich, "Root mean square layer normalization", NeurIPS (2019), equation 4.
"""

from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..errors import ShapeError
from .layer import Layer, Params
from .merge import unbroadcast
from .symbolic import Shape
from .table import register_layer

LEAST = 1e-12  # of Σ x², so that zeros stay zeros


class SizeNormalization(Layer):
    """Base of both: the axes of a sample whose size counts."""

    precise = True
    axis: Any

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        self.over(len(shapes[0]))
        return shapes[0]

    def over(self, rank: int) -> tuple[int, ...]:
        """The normalized axes, counted from 0 and in order."""
        given = self.axis if isinstance(self.axis, list) else [self.axis]
        if any(not -rank <= axis < rank for axis in given):
            raise ShapeError(f"{self.name}: an input with {rank} axes has no axis {self.axis}.")
        return tuple(sorted(axis % rank for axis in given))


@register_layer("UnitNormalization")
class UnitNormalization(SizeNormalization):
    """Brings each sample to length 1: the sum of its squares is 1.

    Args:
        axis: the axis (or axes) to sum over.

    >>> UnitNormalization()(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(f"axis must be a whole number or a list of them, got {axis!r}.")
        self.axis = list(axis) if isinstance(axis, list | tuple) else axis

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        """x and y (N, ..., C); cache (y, size, is it free to change?)."""
        xp = namespace(x)
        squares = (x * x).sum(axis=self.over(x.ndim), keepdims=True)
        size = xp.sqrt(xp.maximum(squares, LEAST))
        return x / size, (x / size, size, squares > LEAST)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        y, size, free = cache
        along = (dy * y).sum(axis=self.over(dy.ndim), keepdims=True)
        return (dy - namespace(dy).where(free, y * along, 0.0)) / size, {}


@register_layer("RMSNormalization")
class RMSNormalization(SizeNormalization):
    """Divides each sample by the root of its mean square, and scales it by learnt numbers.

    Args:
        axis: the axis (or axes) to take the mean over.
        epsilon: added to the mean square, in units of x².
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, list | tuple) else axis
        self.epsilon = float(epsilon)

    def init(self, key: Array, *shapes: Shape) -> Params:
        sizes = tuple(shapes[0][axis] for axis in self.over(len(shapes[0])))
        if None in sizes:
            raise ShapeError(f"{self.name}: the normalized axes must be known, but the input shape is {shapes[0]}.")
        return {"scale": np.ones(sizes, self.dtype)}

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        """x and y (N, ..., C); cache (n, size)."""
        size = namespace(x).sqrt((x * x).mean(axis=self.over(x.ndim), keepdims=True) + self.epsilon)
        n = x / size
        return n * self._along(params, x), (n, size)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        n, size = cache
        scale = self._along(params, dy)
        dn = dy * scale
        dx = (dn - n * (dn * n).mean(axis=self.over(dy.ndim), keepdims=True)) / size
        return dx, {"scale": unbroadcast(dy * n, scale.shape).reshape(params["scale"].shape)}

    def _along(self, params: Params, x: Array) -> Array:
        """The scale, laid along x."""
        over = self.over(x.ndim)
        return params["scale"].reshape(tuple(n if axis in over else 1 for axis, n in enumerate(x.shape)))
