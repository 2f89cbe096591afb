"""GroupNormalization: each sample with mean 0 and variance 1 over each group of its features, then scaled and shifted.

    forward    n      = (x - mean) / √(var + ε)
               y      = gamma · n + beta
    backward   dgamma = Σ dy · n              dbeta = Σ dy              over all axes but that of the features
               dn     = gamma · dy
               dx     = (dn - mean(dn) - n · mean(dn · n)) / √(var + ε)

Means run over one group of features of one sample, and over its rows and columns. One
group is layer normalization over all of a sample; as many groups as features is
"instance normalization".

Source: Wu & He, "Group normalization", ECCV (2018), equations 1 to 3.
"""

from typing import Any

from .. import constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError, positive_int
from .layer import Layer, Params, draw
from .symbolic import Shape
from .table import register_layer


@register_layer("GroupNormalization")
class GroupNormalization(Layer):
    """Normalizes each sample over groups of its features.

    Args:
        groups: how many groups, a divisor of the number of features; -1 for as many as there are features.
        axis: the axis of the features.
        epsilon: added to the variance, in units of x².
        center, scale: whether to shift by beta and to scale by gamma.
        beta_…, gamma_initializer, …_regularizer, …_constraint: as in `Dense`.
    """

    precise = True
    supports_masking = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        self.groups = groups if groups == -1 else positive_int(groups, "groups")
        self.axis = axis
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0, got {epsilon!r}.")
        self.epsilon, self.center, self.scale = float(epsilon), center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        self._features(shapes[0])
        return shapes[0]

    def init(self, key: Array, *shapes: Shape) -> Params:
        size = (self._features(shapes[0]),)
        params: Params = {}
        if self.scale:
            params["gamma"] = draw(self.gamma_initializer, key, 0, size, self.dtype)
        if self.center:
            params["beta"] = draw(self.beta_initializer, key, 1, size, self.dtype)
        return params

    def _features(self, shape: Shape) -> int:
        """How many features there are, if they can be cut into groups."""
        size = shape[self.axis] if -len(shape) <= self.axis < len(shape) else None
        if size is None or self.axis % len(shape) == 0:
            raise ShapeError(
                f"{self.name}: axis {self.axis} must be one of known size behind the batch's, but the input shape is "
                f"{shape}."
            )
        if size % self.groups:
            raise ShapeError(
                f"{self.name}: groups={self.groups} must divide the number of features, but the input is {shape}. "
                "Say groups=, or have as many filters as it divides."
            )
        return size

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        """x and y (N, ..., C) with C at `axis`; cache (n, spread), both (N, ..., G, C/G)."""
        grouped, over = self._grouped(x)
        centred = grouped - grouped.mean(axis=over, keepdims=True)
        spread = namespace(x).sqrt((centred * centred).mean(axis=over, keepdims=True) + self.epsilon)
        n = centred / spread
        y, along = n.reshape(x.shape), self._along(x)
        y = y * params["gamma"].reshape(along) if self.scale else y
        return (y + params["beta"].reshape(along) if self.center else y), (n, spread)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        n, spread = cache
        along = self._along(dy)
        others = tuple(axis for axis in range(dy.ndim) if axis != self.axis % dy.ndim)
        grads = {}
        if self.scale:
            grads["gamma"] = (dy * n.reshape(dy.shape)).sum(axis=others)
        if self.center:
            grads["beta"] = dy.sum(axis=others)
        dn, over = self._grouped(dy * params["gamma"].reshape(along) if self.scale else dy)
        dn = dn - dn.mean(axis=over, keepdims=True) - n * (dn * n).mean(axis=over, keepdims=True)
        return (dn / spread).reshape(dy.shape), grads

    def _grouped(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        """x with the axis of the features cut in two, (…, G, C/G, …); and the axes of one group."""
        axis = self.axis % x.ndim
        groups = x.shape[axis] if self.groups == -1 else self.groups
        grouped = x.reshape(*x.shape[:axis], groups, -1, *x.shape[axis + 1 :])
        return grouped, tuple(i for i in range(1, x.ndim + 1) if i != axis)

    def _along(self, x: Array) -> tuple[int, ...]:
        """The shape that lays gamma and beta along x."""
        return tuple(n if i == self.axis % x.ndim else 1 for i, n in enumerate(x.shape))
