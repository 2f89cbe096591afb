"""Activation functions: what a neuron makes of its weighted sum, each with its derivative written out.

    y  = f(x)                 activation(x)
    dx = f'(x) · dy           activation.backward(x, y, dy)
    f'(x)                     activation.derivative(x), where each output depends on one input

Names, settings and numbers are Keras's. At a kink, where the derivative jumps,
we give the flatter side: relu has derivative 0 at 0. Large inputs of either sign
give the limit, never an overflow.

    >>> import numpy as np
    >>> x = np.array([-1.0, 0.0, 2.0])
    >>> relu(x), relu.derivative(x)
    (array([0., 0., 2.]), array([0., 0., 1.]))
"""

from .activation import Activation, activation, names
from .identifiers import deserialize, get, serialize
from .rectifiers import (
    celu,
    elu,
    gelu,
    leaky_relu,
    mish,
    relu,
    relu6,
    selu,
    silu,
    softplus,
    sparse_plus,
    squareplus,
    swish,
)
from .shares import glu, log_softmax, softmax, sparsemax
from .shrinks import hard_shrink, soft_shrink, tanh_shrink, threshold
from .squashers import (
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    keras_2_hard_sigmoid,
    log_sigmoid,
    sigmoid,
    softsign,
    sparse_sigmoid,
    step,
    tanh,
)
from .straight import exponential, linear

__all__ = [
    "Activation",
    "activation",
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "keras_2_hard_sigmoid",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "names",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "step",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
