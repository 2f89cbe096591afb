"""Initializers: the values that weights have before the first step.

The fans of a weight are how many inputs each sum adds up (fan_in) and how many
sums each input enters (fan_out). Names, defaults and distributions are Keras's;
its STFT is absent, as the audio layers that it is for are.
"""

from .drawn import Orthogonal, RandomInitializer, RandomNormal, RandomUniform, TruncatedNormal
from .identifiers import deserialize, get, serialize
from .initializer import FunctionInitializer, Initializer, registry
from .plain import Constant, Identity, Ones, Zeros
from .scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    fans,
)

zeros, ones, constant, identity, orthogonal = Zeros, Ones, Constant, Identity, Orthogonal
IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal
random_normal, truncated_normal, random_uniform = RandomNormal, TruncatedNormal, RandomUniform
variance_scaling = VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal

__all__ = [
    "Constant",
    "FunctionInitializer",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "fans",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "registry",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
