"""Activations that let positive inputs pass and hold negative ones back: relu and its smooth relatives.

relu       y = max(x, 0)                    y' = 1 where x > 0, else 0
elu        y = x, or α (eˣ - 1) below 0     y' = 1, or α eˣ below 0
softplus   y = log(1 + eˣ)                  y' = σ(x)
silu       y = x σ(x)                       y' = σ(x) (1 + x (1 - σ(x)))
gelu       y = x Φ(x)                       y' = Φ(x) + x φ(x)
"""

import math

from ..arrays import Array, erfc, namespace
from .activation import activation, registry
from .squashers import lowest_power, sigmoid

# Fixed points of mean 0 and variance 1: Klambauer et al., equation 14.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


@activation
def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """x where it is positive, else 0.

    negative_slope   slope below the threshold
    max_value        the ceiling (the floor of what is above the threshold is then 0); None for none
    threshold        what x must be above to pass

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML (2010).

    >>> relu([-3.0, 2.0]), relu([-3.0, 2.0, 9.0], negative_slope=0.5, max_value=6)
    (array([0., 2.], dtype=float32), array([-1.5,  2. ,  6. ], dtype=float32))
    """
    xp = namespace(x)
    passed = xp.maximum(x, 0.0) if threshold == 0 else xp.where(x > threshold, x, 0.0)
    if max_value is not None:
        passed = xp.clip(passed, 0.0, max_value)
    if negative_slope == 0:
        return passed
    return passed + negative_slope * xp.minimum(x - threshold, 0.0)


@relu.slope
def _(x: Array, y: Array, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    xp = namespace(x)
    rising = x > threshold
    if max_value is not None:
        rising = rising & (x > 0) & (x < max_value)
    slope = xp.asarray(rising, dtype=x.dtype)
    if negative_slope == 0:
        return slope
    return slope + negative_slope * xp.asarray(x <= threshold, dtype=x.dtype)


@activation
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """x where it is positive, a little of it where not.

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML (2013).

    >>> leaky_relu([-5.0, 2.0])
    array([-1.,  2.], dtype=float32)
    """
    return namespace(x).where(x > 0, x, negative_slope * x)


@leaky_relu.slope
def _(x: Array, y: Array, negative_slope: float) -> Array:
    return namespace(x).asarray(x > 0, dtype=x.dtype) * (1 - negative_slope) + negative_slope


@activation
def relu6(x: Array) -> Array:
    """x cut off at 0 and 6.

    Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010).

    >>> relu6([-1.0, 3.0, 9.0])
    array([0., 3., 6.], dtype=float32)
    """
    return namespace(x).clip(x, 0.0, 6.0)


@relu6.slope
def _(x: Array, y: Array) -> Array:
    return namespace(x).asarray((x > 0) & (x < 6), dtype=x.dtype)


@activation
def elu(x: Array, alpha: float = 1.0) -> Array:
    """x where it is positive, α (eˣ - 1) where not: tends to -α.

    Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network
    learning by exponential linear units", ICLR (2016), equation 16.

    >>> elu([-1000.0, 2.0])
    array([-1.,  2.], dtype=float32)
    """
    xp = namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0.0)))


@elu.slope
def _(x: Array, y: Array, alpha: float) -> Array:
    xp = namespace(x)
    return xp.where(x > 0, 1.0, alpha * xp.exp(xp.minimum(x, 0.0)))


@activation
def selu(x: Array) -> Array:
    """elu with the two constants that keep mean 0 and variance 1 from layer to layer.

    Source: Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NIPS (2017), equation 2.

    >>> selu([-1000.0, 1.0])
    array([-1.7580993,  1.050701 ], dtype=float32)
    """
    return _SELU_SCALE * elu.formula(x, _SELU_ALPHA)


@selu.slope
def _(x: Array, y: Array) -> Array:
    xp = namespace(x)
    return xp.where(x > 0, _SELU_SCALE, _SELU_SCALE * _SELU_ALPHA * xp.exp(xp.minimum(x, 0.0)))


@activation
def celu(x: Array, alpha: float = 1.0) -> Array:
    """elu with a slope of 1 at 0 for every α.

    Source: Barron, "Continuously differentiable exponential linear units", arXiv 1704.07483 (2017), equation 2.

    >>> celu([-1000.0, 2.0], alpha=0.5)
    array([-0.5,  2. ], dtype=float32)
    """
    xp = namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0.0) / alpha))


@celu.slope
def _(x: Array, y: Array, alpha: float) -> Array:
    xp = namespace(x)
    return xp.exp(xp.minimum(x, 0.0) / alpha)


@activation
def softplus(x: Array) -> Array:
    """log(1 + eˣ): relu with its corner rounded.

    Source: Dugas, Bengio, Bélisle, Nadeau & Garcia, "Incorporating second-order
    functional knowledge for better option pricing", NIPS (2000).

    >>> softplus([-1000.0, 0.0, 1000.0])
    array([0.000000e+00, 6.931472e-01, 1.000000e+03], dtype=float32)
    """
    xp = namespace(x)
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))


@softplus.slope
def _(x: Array, y: Array) -> Array:
    return sigmoid(x)


@activation
def squareplus(x: Array, b: float = 4) -> Array:
    """(x + √(x² + b)) / 2: softplus without exponentials; b rounds the corner.

    Written as max(x, 0) + b / (2 (|x| + √(x² + b))), which is the same and keeps its digits where x is very negative.

    Raises ValueError unless b is above 0 (at 0 it would be relu).

    Source: Barron, "Squareplus: a softplus-like algebraic rectifier", arXiv 2112.11687 (2021), equation 1.

    >>> squareplus([-1000.0, 0.0, 1.5])
    array([9.99999e-04, 1.00000e+00, 2.00000e+00], dtype=float32)
    """
    if not b > 0:
        raise ValueError(f"squareplus: b must be above 0, got {b!r}.")
    xp = namespace(x)
    size = xp.abs(x)
    return xp.maximum(x, 0.0) + (b / 2) / (size + xp.hypot(size, xp.full_like(x, math.sqrt(b))))


@squareplus.slope
def _(x: Array, y: Array, b: float) -> Array:
    xp = namespace(x)
    return y / xp.hypot(x, xp.full_like(x, math.sqrt(b)))


@activation
def sparse_plus(x: Array) -> Array:
    """0 below -1, x above 1, and the parabola (x + 1)² / 4 between them.

    Source: Blondel, Martins & Niculae, "Learning with Fenchel-Young losses", JMLR 21 (2020), section 6.2.

    >>> sparse_plus([-2.0, 0.0, 3.0])
    array([0.  , 0.25, 3.  ], dtype=float32)
    """
    xp = namespace(x)
    return xp.where(x > 1, x, (xp.clip(x, -1.0, 1.0) + 1) ** 2 / 4)


@sparse_plus.slope
def _(x: Array, y: Array) -> Array:
    return namespace(x).clip((x + 1) / 2, 0.0, 1.0)


@activation
def silu(x: Array) -> Array:
    """x σ(x): the input gates itself. Also called swish.

    Source: Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units for neural network
    function approximation in reinforcement learning", Neural Networks 107 (2018), equation 7.

    >>> silu([0.0, 1000.0])
    array([   0., 1000.], dtype=float32)
    """
    return namespace(x).maximum(x, lowest_power(x)) * sigmoid(x)  # the bound lets huge negative inputs tend to 0


@silu.slope
def _(x: Array, y: Array) -> Array:
    share = sigmoid(x)
    return share + y * (1 - share)


@activation
def mish(x: Array) -> Array:
    """x tanh(softplus(x)).

    Source: Misra, "Mish: a self regularized non-monotonic activation function", BMVC (2020), equation 1.

    >>> mish([0.0, 1000.0])
    array([   0., 1000.], dtype=float32)
    """
    return x * namespace(x).tanh(softplus(x))


@mish.slope
def _(x: Array, y: Array) -> Array:
    share = namespace(x).tanh(softplus(x))
    return share + silu(x) * (1 - share * share)


@activation
def gelu(x: Array, approximate: bool = False) -> Array:
    """x Φ(x), where Φ is the share of the bell curve that lies below x.

    approximate   use tanh in place of Φ, as in the paper's section 2

    Source: Hendrycks & Gimpel, "Gaussian error linear units (GELUs)", arXiv 1606.08415 (2016), section 2.

    >>> gelu([-1000.0, 0.0, 1.0])
    array([-0.       ,  0.       ,  0.8413447], dtype=float32)
    """
    return x * (_tanh_share(x)[0] if approximate else erfc(-math.sqrt(0.5) * x) / 2)


@gelu.slope
def _(x: Array, y: Array, approximate: bool) -> Array:
    xp = namespace(x)
    near = xp.clip(x, -40.0, 40.0)  # beyond it the slope is 0 or 1, and x² could overflow
    if approximate:
        share, rise = _tanh_share(x)
        return share + near * rise
    density = xp.exp(near * near / -2) / math.sqrt(2 * math.pi)
    return erfc(-math.sqrt(0.5) * x) / 2 + near * density


def _tanh_share(x: Array) -> tuple[Array, Array]:
    """(1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, which is close to Φ(x), and its derivative."""
    xp, steep = namespace(x), math.sqrt(2 / math.pi)
    near = xp.clip(x, -40.0, 40.0)
    square = near * near
    bent = xp.tanh(steep * near * (1 + 0.044715 * square))
    return (1 + bent) / 2, (1 - bent * bent) / 2 * steep * (1 + 3 * 0.044715 * square)


swish = registry.add("swish")(silu)
