"""Activations that squash any number into a range: step, sigmoid, tanh and their likes, and what sigmoid gates.

step      y = 1 where x ≥ 0, else 0         y' = 0
sigmoid   y = 1 / (1 + e⁻ˣ)                 y' = y (1 - y)
tanh      y = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)       y' = 1 - y²
softsign  y = x / (1 + |x|)                 y' = 1 / (1 + |x|)²
"""

import math

from ..arrays import Array, namespace
from .activation import activation, registry


def lowest_power(x: Array) -> float:
    """-87.3 in float32: the power of e there is the smallest normal number, and just below it e⁻ˣ overflows."""
    return math.log(float(namespace(x).finfo(x.dtype).smallest_normal))


@activation
def step(x: Array) -> Array:
    """1 where x reaches 0, else 0: the neuron fires or does not.

    Its derivative is 0, so nothing before it can learn.

    Source: McCulloch & Pitts, "A logical calculus of the ideas immanent in
    nervous activity", Bull. Math. Biophys. 5 (1943).

    >>> step([-0.5, 0.0, 3.0])
    array([0., 1., 1.], dtype=float32)
    """
    return namespace(x).asarray(x >= 0, dtype=x.dtype)


@step.slope
def _(x: Array, y: Array) -> Array:
    return namespace(x).zeros_like(x)


@activation
def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), between 0 and 1.

    Source: Rumelhart, Hinton & Williams, "Learning representations by
    back-propagating errors", Nature 323 (1986), equation 2.

    >>> sigmoid([0.0, 1000.0])
    array([0.5, 1. ], dtype=float32)
    """
    xp = namespace(x)
    return 1 / (1 + xp.exp(-xp.maximum(x, lowest_power(x))))


@sigmoid.slope
def _(x: Array, y: Array) -> Array:
    return y * (1 - y)


@activation
def log_sigmoid(x: Array) -> Array:
    """The logarithm of sigmoid, also where sigmoid is too small for a number.

    Source: as sigmoid.

    >>> log_sigmoid([0.0, -1000.0])
    array([-6.931472e-01, -1.000000e+03], dtype=float32)
    """
    xp = namespace(x)
    return xp.minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))


@log_sigmoid.slope
def _(x: Array, y: Array) -> Array:
    return sigmoid(-x)


@activation
def tanh(x: Array) -> Array:
    """The hyperbolic tangent, between -1 and 1.

    Source: LeCun, Bottou, Orr & Müller, "Efficient backprop", Neural Networks: Tricks of the Trade (1998), section 4.4.

    >>> tanh([0.0, 1000.0])
    array([0., 1.], dtype=float32)
    """
    return namespace(x).tanh(x)


@tanh.slope
def _(x: Array, y: Array) -> Array:
    return 1 - y * y


@activation
def softsign(x: Array) -> Array:
    """x / (1 + |x|), between -1 and 1; nears its limits more slowly than tanh.

    Source: Turian, Bergstra & Bengio, "Quadratic features and deep architectures for chunking", NAACL (2009).

    >>> softsign([-1.0, 3.0])
    array([-0.5 ,  0.75], dtype=float32)
    """
    return x / (1 + namespace(x).abs(x))


@softsign.slope
def _(x: Array, y: Array) -> Array:
    part = 1 / (1 + namespace(x).abs(x))
    return part * part


@activation
def hard_tanh(x: Array) -> Array:
    """x cut off at -1 and 1.

    Source: Collobert, "Large scale machine learning", thesis, Paris VI (2004).

    >>> hard_tanh([-2.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return namespace(x).clip(x, -1.0, 1.0)


@hard_tanh.slope
def _(x: Array, y: Array) -> Array:
    xp = namespace(x)
    return xp.asarray(xp.abs(x) < 1, dtype=x.dtype)


@activation
def hard_sigmoid(x: Array) -> Array:
    """x / 6 + 1/2 cut off at 0 and 1: sigmoid from straight lines.

    Source: Howard et al., "Searching for MobileNetV3", ICCV (2019), section 5.2.

    >>> hard_sigmoid([-4.0, 0.0, 4.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return namespace(x).clip(x / 6 + 0.5, 0.0, 1.0)


@hard_sigmoid.slope
def _(x: Array, y: Array) -> Array:
    xp = namespace(x)
    return xp.asarray(xp.abs(x) < 3, dtype=x.dtype) / 6


@activation
def keras_2_hard_sigmoid(x: Array) -> Array:
    """x / 5 + 1/2 cut off at 0 and 1: what hard_sigmoid was in Keras 1 and 2.

    Source: Courbariaux, Bengio & David, "BinaryConnect", NIPS (2015), section 2.3, with another slope.

    >>> keras_2_hard_sigmoid([-4.0, 0.0, 1.0])
    array([0. , 0.5, 0.7], dtype=float32)
    """
    return namespace(x).clip(0.2 * x + 0.5, 0.0, 1.0)


@keras_2_hard_sigmoid.slope
def _(x: Array, y: Array) -> Array:
    xp = namespace(x)
    return 0.2 * xp.asarray(xp.abs(x) < 2.5, dtype=x.dtype)


@activation
def hard_silu(x: Array) -> Array:
    """x · hard_sigmoid(x): silu from straight lines and a parabola.

    Source: Howard et al., "Searching for MobileNetV3", ICCV (2019), section 5.2.

    >>> hard_silu([-4.0, 0.0, 4.0])
    array([-0.,  0.,  4.], dtype=float32)
    """
    return x * hard_sigmoid(x)


@hard_silu.slope
def _(x: Array, y: Array) -> Array:
    xp = namespace(x)
    bent = xp.asarray(xp.abs(x) < 3, dtype=x.dtype)
    return xp.where(x < 3, bent * (x / 3 + 0.5), 1.0)


@activation
def sparse_sigmoid(x: Array) -> Array:
    """(x + 1) / 2 cut off at 0 and 1: what sparsemax of (x, 0) gives to x, as softmax of (x, 0) gives sigmoid.

    Source: Blondel, Martins & Niculae, "Learning with Fenchel-Young losses", JMLR 21 (2020), section 6.2.

    >>> sparse_sigmoid([-2.0, 0.0, 2.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return namespace(x).clip((x + 1) / 2, 0.0, 1.0)


@sparse_sigmoid.slope
def _(x: Array, y: Array) -> Array:
    xp = namespace(x)
    return xp.asarray(xp.abs(x) < 1, dtype=x.dtype) / 2


hard_swish = registry.add("hard_swish")(hard_silu)
