"""BatchNormalization: each feature with mean 0 and variance 1 over the batch, then scaled and shifted.

    forward    n      = (x - mean) / √(var + ε)
               y      = gamma · n + beta
    backward   dgamma = Σ dy · n              dbeta = Σ dy
               dn     = gamma · dy
               dx     = (dn - mean(dn) - n · mean(dn · n)) / √(var + ε)

Means and sums run over every axis but the normalized one. While training, mean and
var are the batch's own, and so depend on x: hence the two means in dx. Otherwise
they are the moving averages that training left behind, and dx = dn / √(var + ε). What
the mask of the input leaves out has no share in mean and var.

Source: Ioffe & Szegedy, "Batch normalization: accelerating deep network training
by reducing internal covariate shift", ICML (2015), algorithm 1 and section 3.
"""

from typing import Any

from .. import constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError, fraction
from ..random import key
from .layer import Layer, Params, draw
from .old_names import NORMALIZATION, takes_old_names
from .symbolic import Shape
from .table import register_layer


@register_layer("BatchNormalization")
class BatchNormalization(Layer):
    """Normalizes each feature over the batch.

    A frozen layer (`trainable = False`) uses its moving averages while the rest trains, as in Keras.

    Args:
        axis: the axis of the features.
        momentum: share of the moving average that each batch leaves in place.
        epsilon: added to the variance, in units of x².
        center, scale: whether to shift by beta and to scale by gamma.
        beta_…, gamma_…, moving_mean_…, moving_variance_initializer: first values.
        beta_…, gamma_regularizer and beta_…, gamma_constraint: as in `Dense`.
    """

    precise = True
    wants = ("state", "training", "mask")
    supports_masking = True
    batch_counts_when_frozen = False  # True: while training, a frozen layer, too, normalizes by the batch (Keras 2)

    @takes_old_names(NORMALIZATION)
    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
        if isinstance(self.axis, bool) or not isinstance(self.axis, int):
            raise ValueError(f"axis must be one whole number, got {axis!r}.")
        self.momentum = 1.0 if momentum == 1 else fraction(momentum, "momentum")
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0, got {epsilon!r}.")
        if renorm:
            raise ValueError(
                "renorm must be False: batch renormalization is not here. For small batches, take LayerNormalization "
                "or GroupNormalization, which do not look at the batch."
            )
        if synchronized:
            raise ValueError("synchronized must be False: batches are not split over devices here.")
        self.epsilon, self.center, self.scale = float(epsilon), center, scale
        self.renorm, self.synchronized = renorm, synchronized
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def init(self, key: Array, *shapes: Shape) -> Params:
        size = (self._features(shapes[0]),)
        params: Params = {}
        if self.scale:
            params["gamma"] = draw(self.gamma_initializer, key, 0, size, self.dtype)
        if self.center:
            params["beta"] = draw(self.beta_initializer, key, 1, size, self.dtype)
        return params

    def init_state(self, *shapes: Shape) -> Params:
        size = (self._features(shapes[0]),)
        return {
            "moving_mean": draw(self.moving_mean_initializer, key(0), 0, size, self.dtype),
            "moving_variance": draw(self.moving_variance_initializer, key(0), 1, size, self.dtype),
        }

    def _features(self, shape: Shape) -> int:
        size = shape[self.axis] if -len(shape) <= self.axis < len(shape) else None
        if size is None:
            raise ShapeError(
                f"{self.name}: the size of axis {self.axis} must be known, but the input shape is {shape}."
            )
        return size

    def forward(
        self, params: Params, x: Array, *, state: Params, training: bool, mask: Any = None
    ) -> tuple[Array, Any]:
        """x and y (N, ..., C) with C at `axis`; cache (n, spread, mean, var, are they the batch's own, shares)."""
        xp, own = namespace(x), training and (self.trainable or self.batch_counts_when_frozen)
        axes, along = self._axes(x)
        shares = _shares(mask, x) if own else None
        if own:
            mean = _mean(x, axes, shares)
            centred = x - mean.reshape(along)
            var = _mean(centred * centred, axes, shares)
        else:
            mean, var = state["moving_mean"], state["moving_variance"]
            centred = x - mean.reshape(along)
        spread = xp.sqrt(var + self.epsilon)
        n = centred / spread.reshape(along)
        y = n * params["gamma"].reshape(along) if self.scale else n
        y = y + params["beta"].reshape(along) if self.center else y
        return y, (n, spread, mean, var, own, shares)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        n, spread, _, _, own, shares = cache
        axes, along = self._axes(dy)
        grads = {}
        if self.scale:
            grads["gamma"] = (dy * n).sum(axis=axes)
        if self.center:
            grads["beta"] = dy.sum(axis=axes)
        dn = dy * params["gamma"].reshape(along) if self.scale else dy
        if own and shares is None:
            dn = dn - dn.mean(axis=axes, keepdims=True) - n * (dn * n).mean(axis=axes, keepdims=True)
        elif own:
            dn = dn - shares * (dn.sum(axis=axes, keepdims=True) + n * (dn * n).sum(axis=axes, keepdims=True))
        return dn / spread.reshape(along), grads

    def advance(self, state: Params, cache: Any) -> Params:
        """The moving averages, moved towards this batch's mean and variance."""
        _, _, mean, var, own, _ = cache
        if not own or not self.trainable:
            return state
        keep = self.momentum
        return {
            "moving_mean": keep * state["moving_mean"] + (1 - keep) * mean,
            "moving_variance": keep * state["moving_variance"] + (1 - keep) * var,
        }

    def _axes(self, x: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The axes to average over, and the shape that lays a vector of features along x."""
        feature = self.axis % x.ndim
        along = tuple(-1 if axis == feature else 1 for axis in range(x.ndim))
        return tuple(axis for axis in range(x.ndim) if axis != feature), along


def _shares(mask: Any, x: Array) -> Array | None:
    """What each number counts in the means, 1 / how many count or 0, with an axis of one for the features."""
    if mask is None:
        return None
    xp = namespace(x)
    counts = xp.broadcast_to(xp.asarray(mask, dtype=x.dtype)[..., None], (*x.shape[:-1], 1))
    return counts / xp.maximum(counts.sum(), 1.0)


def _mean(x: Array, axes: tuple[int, ...], shares: Array | None) -> Array:
    return x.mean(axis=axes) if shares is None else (x * shares).sum(axis=axes)
