"""The activations that are layers of their own: ReLU, LeakyReLU, ELU, Softmax, and PReLU, which learns its slope.

    PReLU      forward    y      = x where x > 0, else alpha · x
               backward   dx     = dy where x > 0, else alpha · dy
                          dalpha = Σ x · dy where x ≤ 0

The others are functions of activations.py with their settings.

Source of PReLU: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV (2015), equation 1.
"""

from typing import Any

from .. import activations, constraints, initializers, regularizers
from ..activations.identifiers import layer_classes
from ..arrays import Array, namespace
from ..errors import ShapeError
from .layer import Layer, Params, draw
from .merge import unbroadcast
from .symbolic import Shape
from .table import register_layer


class _Function(Layer):
    """A function of activations.py, with settings of its own."""

    supports_masking = True
    function: Any

    def settings(self) -> dict[str, Any]:
        raise NotImplementedError

    def forward(self, params: Params, x: Array) -> tuple[Array, Any]:
        y = self.function(x, **self.settings())
        return y, (x, y)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        x, y = cache
        return self.function.backward(x, y, dy, **self.settings()), {}


@register_layer("ReLU")
class ReLU(_Function):
    """max(x, 0), with Keras's settings.

    Args:
        max_value: the ceiling; None for none.
        negative_slope: slope below the threshold.
        threshold: where the rise begins.
    """

    function = activations.relu

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0:
            raise ValueError(f"max_value must be at least 0, got {max_value!r}.")
        if negative_slope is None or negative_slope < 0:
            raise ValueError(f"negative_slope must be at least 0, got {negative_slope!r}.")
        if threshold is None or threshold < 0:
            raise ValueError(f"threshold must be at least 0, got {threshold!r}.")
        self.max_value, self.negative_slope, self.threshold = max_value, float(negative_slope), float(threshold)

    def settings(self) -> dict[str, Any]:
        return {"negative_slope": self.negative_slope, "max_value": self.max_value, "threshold": self.threshold}


@register_layer("LeakyReLU")
class LeakyReLU(_Function):
    """x where it is positive, a little of it where not.

    Args:
        negative_slope: how little; `alpha` in old programs.
    """

    function = activations.leaky_relu

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        if slope is None or slope < 0:
            raise ValueError(f"negative_slope must be at least 0, got {slope!r}.")
        self.negative_slope = float(slope)

    def settings(self) -> dict[str, Any]:
        return {"negative_slope": self.negative_slope}


@register_layer("ELU")
class ELU(_Function):
    """x where it is positive, alpha · (eˣ - 1) where not.

    Args:
        alpha: minus the value that very negative inputs tend to.
    """

    function = activations.elu

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = float(alpha)

    def settings(self) -> dict[str, Any]:
        return {"alpha": self.alpha}


@register_layer("Softmax")
class Softmax(_Function):
    """Positive shares that add up to 1.

    Args:
        axis: along which they add up.

    Called with mask=, an array of booleans shaped like its input, it shares among the numbers where that is true.
    """

    function = activations.softmax

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    wants = ("mask",)

    def settings(self) -> dict[str, Any]:
        return {"axis": self.axis}

    def forward(self, params: Params, x: Array, *, mask: Any = None) -> tuple[Array, Any]:
        """y = softmax(x); a mask shaped like x leaves numbers out, which then have no share."""
        if mask is None or mask.ndim != x.ndim:
            return super().forward(params, x)
        xp = namespace(x)
        y = self.function(xp.where(mask, x, float(xp.finfo(x.dtype).min) / 2), **self.settings())
        y = xp.where(mask, y, 0.0)
        return y, (x, y)


@register_layer("PReLU")
class PReLU(Layer):
    """A leaky ReLU that learns how leaky to be.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: for the slopes, one for each input of a sample.
        shared_axes: axes along which one slope serves all (counted from 1).
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = (
            None if shared_axes is None else [shared_axes] if isinstance(shared_axes, int) else list(shared_axes)
        )

    def init(self, key: Array, *shapes: Shape) -> Params:
        shape = [1 if axis in (self.shared_axes or []) else n for axis, n in enumerate(shapes[0])][1:]
        if None in shape:
            raise ShapeError(f"{self.name}: every axis that is not shared must be known, but the input is {shapes[0]}.")
        return {"alpha": draw(self.alpha_initializer, key, 0, tuple(shape), self.dtype)}  # type: ignore[arg-type]

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x and y (N, ...), alpha (...); cache x."""
        return namespace(x).where(x > 0, x, params["alpha"] * x), x

    def backward(self, params: Params, x: Array, dy: Array) -> tuple[Array, Params]:
        xp, alpha = namespace(x), params["alpha"]
        dx = xp.where(x > 0, dy, alpha * dy)
        dalpha = xp.where(x > 0, xp.zeros_like(x), x * dy)
        return dx, {"alpha": unbroadcast(dalpha, alpha.shape)}


layer_classes.update({layer.__name__: layer for layer in (ReLU, LeakyReLU, ELU, Softmax)})
