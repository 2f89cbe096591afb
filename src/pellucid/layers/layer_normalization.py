"""LayerNormalization: each sample with mean 0 and variance 1 over its own features, then scaled and shifted.

    forward    n      = (x - mean) / √(var + ε)
               y      = gamma · n + beta
    backward   dgamma = Σ dy · n              dbeta = Σ dy              over the other axes
               dn     = gamma · dy
               dx     = (dn - mean(dn) - n · mean(dn · n)) / √(var + ε)

Means run over the normalized axes of one sample, so training and use are the same.

Source: Ba, Kiros & Hinton, "Layer normalization", arXiv:1607.06450 (2016), equation 3.
"""

from typing import Any

from .. import constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError
from .layer import Layer, Params, draw
from .symbolic import Shape
from .table import register_layer


@register_layer("LayerNormalization")
class LayerNormalization(Layer):
    """Normalizes each sample over its features.

    Args:
        axis: the axis (or axes) to normalize over.
        epsilon: added to the variance, in units of x².
        center, scale: whether to shift by beta and to scale by gamma.
        beta_…, gamma_initializer, …_regularizer, …_constraint: as in `Dense`.
    """

    precise = True
    supports_masking = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, list | tuple) else axis
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0, got {epsilon!r}.")
        self.epsilon, self.center, self.scale = float(epsilon), center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def init(self, key: Array, *shapes: Shape) -> Params:
        sizes = tuple(shapes[0][axis] for axis in self._axes(len(shapes[0])))
        if None in sizes:
            raise ShapeError(f"{self.name}: the normalized axes must be known, but the input shape is {shapes[0]}.")
        params: Params = {}
        if self.scale:
            params["gamma"] = draw(self.gamma_initializer, key, 0, sizes, self.dtype)  # type: ignore[arg-type]  # no None
        if self.center:
            params["beta"] = draw(self.beta_initializer, key, 1, sizes, self.dtype)  # type: ignore[arg-type]  # no None
        return params

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        """x and y (N, ..., C); cache (n, spread)."""
        axes, along = self._along(x)
        centred = x - x.mean(axis=axes, keepdims=True)
        spread = namespace(x).sqrt((centred * centred).mean(axis=axes, keepdims=True) + self.epsilon)
        n = centred / spread
        y = n * params["gamma"].reshape(along) if self.scale else n
        y = y + params["beta"].reshape(along) if self.center else y
        return y, (n, spread)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        n, spread = cache
        axes, along = self._along(dy)
        others = tuple(axis for axis in range(dy.ndim) if axis not in axes)
        grads = {}
        if self.scale:
            grads["gamma"] = (dy * n).sum(axis=others)
        if self.center:
            grads["beta"] = dy.sum(axis=others)
        dn = dy * params["gamma"].reshape(along) if self.scale else dy
        dn = dn - dn.mean(axis=axes, keepdims=True) - n * (dn * n).mean(axis=axes, keepdims=True)
        return dn / spread, grads

    def _axes(self, rank: int) -> tuple[int, ...]:
        """The normalized axes, counted from 0 and in order."""
        given = self.axis if isinstance(self.axis, list) else [self.axis]
        if any(not -rank <= axis < rank for axis in given):
            raise ShapeError(f"{self.name}: an input with {rank} axes has no axis {self.axis}.")
        return tuple(sorted(axis % rank for axis in given))

    def _along(self, x: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The normalized axes, and the shape that lays gamma and beta along x."""
        axes = self._axes(x.ndim)
        return axes, tuple(x.shape[axis] if axis in axes else 1 for axis in range(x.ndim))
