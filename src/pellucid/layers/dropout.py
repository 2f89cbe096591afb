"""Dropout and noise: while training, each sample sees a slightly different network.

    Dropout          y = x · keep / (1 - rate)        keep is 1 with probability 1 - rate, else 0
    GaussianDropout  y = x · (1 + σ·n)                σ = √(rate / (1 - rate))
    GaussianNoise    y = x + stddev · n               n from the bell curve

    backward         dx = dy · (what x was multiplied by)

Outside training all of them hand on x as it is. The division by 1 - rate keeps the
expected sum the same in both cases.

Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: a
simple way to prevent neural networks from overfitting", JMLR 15 (2014).
"""

from typing import Any

from .. import random
from ..arrays import Array, namespace
from ..errors import fraction
from .layer import Layer, Params
from .old_names import DROPOUT, NOISE, takes_old_names
from .table import register_layer


@register_layer("Dropout")
class Dropout(Layer):
    """Sets inputs to zero at random while training, and scales up the rest.

    Args:
        rate: share of inputs to drop, at least 0 and below 1.
        noise_shape: shape of the mask, where some axes share it: 1 (or None for the input's own size) per axis.
        seed: kept for Keras; the masks come from the key of the training (`set_random_seed`).
    """

    wants = ("key",)
    supports_masking = True

    @takes_old_names(DROPOUT)
    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = fraction(rate, "rate")
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = seed

    def forward(self, params: Params, x: Array, *, key: Array | None) -> tuple[Array, Any]:
        """x and y of any shape; cache: what x was multiplied by, or None."""
        if key is None or self.rate == 0:
            return x, None
        keep = random.uniform(key, self._mask_shape(x.shape)) >= self.rate
        scale = namespace(x).asarray(keep, dtype=x.dtype) * (1 / (1 - self.rate))
        return x * scale, scale

    def backward(self, params: Params, scale: Any, dy: Array) -> tuple[Array, Params]:
        return (dy if scale is None else dy * scale), {}

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        return tuple(own if given is None else given for own, given in zip(shape, self.noise_shape, strict=True))


@register_layer("GaussianDropout")
class GaussianDropout(Layer):
    """Multiplies inputs by noise around 1 while training.

    Args:
        rate: as in `Dropout`; the noise has variance rate / (1 - rate).
        seed: kept for Keras; the noise comes from the key of the training (`set_random_seed`).
    """

    wants = ("key",)
    supports_masking = True

    @takes_old_names(DROPOUT)
    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = fraction(rate, "rate"), seed

    def forward(self, params: Params, x: Array, *, key: Array | None) -> tuple[Array, Any]:
        """x and y of any shape; cache: what x was multiplied by, or None."""
        if key is None or self.rate == 0:
            return x, None
        scale = 1 + (self.rate / (1 - self.rate)) ** 0.5 * random.normal(key, x.shape, x.dtype)
        return x * scale, scale

    def backward(self, params: Params, scale: Any, dy: Array) -> tuple[Array, Params]:
        return (dy if scale is None else dy * scale), {}


@register_layer("GaussianNoise")
class GaussianNoise(Layer):
    """Adds noise from the bell curve while training.

    Args:
        stddev: standard deviation of the noise, in units of x.
        seed: kept for Keras; the noise comes from the key of the training (`set_random_seed`).
    """

    wants = ("key",)
    supports_masking = True

    @takes_old_names(NOISE)
    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not stddev >= 0:
            raise ValueError(f"stddev must be at least 0, got {stddev!r}.")
        self.stddev, self.seed = float(stddev), seed

    def forward(self, params: Params, x: Array, *, key: Array | None) -> tuple[Array, None]:
        """x and y of any shape."""
        if key is None or self.stddev == 0:
            return x, None
        return x + self.stddev * random.normal(key, x.shape, x.dtype), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[Array, Params]:
        return dy, {}
