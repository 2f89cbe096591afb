"""SpatialDropout: whole channels dropped. AlphaDropout: dropout that keeps mean and variance.

    spatial    y = x · keep / (1 - rate)              keep is one number for each sample and channel
    alpha      y = a · (x · keep + α (1 - keep)) + b
    backward   dx = dy · (what x was multiplied by)

    α = -1.7580993408473766                           where SELU levels off: -scale · alpha
    a = ((1 - rate) · (1 + rate · α²))^-½,  b = -a · α · rate

Outside training both hand on x as it is. Neighbouring pixels of a channel tell much the
same, so dropping some of them takes little away; dropping the channel does. AlphaDropout
goes with SELU, whose inputs have mean 0 and variance 1, and leaves them so.

Source: Tompson, Goroshin, Jain, LeCun & Bregler, "Efficient object localization using
convolutional networks", CVPR (2015), section 3.2; Klambauer, Unterthiner, Mayr &
Hochreiter, "Self-normalizing neural networks", NeurIPS (2017), "New dropout technique".
"""

from typing import Any, ClassVar

from .. import random
from ..arrays import Array, namespace
from ..errors import fraction
from .axis_order import FIRST, LAST, axis_order
from .dropout import Dropout
from .layer import Layer, Params
from .old_names import DROPOUT, takes_old_names
from .spatial import check_rank
from .symbolic import Shape
from .table import register_layer

LEVEL = -1.7580993408473766


class SpatialDropout(Dropout):
    """Base of the spatial dropouts over `axes` axes."""

    axes: ClassVar[int]
    noise_shape = None
    data_format = LAST

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_rank(self.name, shapes[0], self.axes)
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        """The settings; without `trainable`, which Keras's layer does not take."""
        config = super().get_config()
        del config["trainable"]
        return config

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        spread = (1,) * self.axes
        return (*shape[:2], *spread) if self.data_format == FIRST else (shape[0], *spread, shape[-1])


@register_layer("SpatialDropout1D")
class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of sequences while training.

    Args:
        rate: share of channels to drop, at least 0 and below 1.
        seed: kept for Keras; the masks come from the key of the training (`set_random_seed`).
    """

    axes = 1

    @takes_old_names(DROPOUT)
    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, None, seed, **kwargs)


class _WithFormat(SpatialDropout):
    @takes_old_names(DROPOUT)
    def __init__(self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, None, seed, **kwargs)
        self.data_format = axis_order(data_format)


@register_layer("SpatialDropout2D")
class SpatialDropout2D(_WithFormat):
    """Drops whole channels of images while training.

    Args:
        rate: share of channels to drop, at least 0 and below 1.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        seed: kept for Keras; the masks come from the key of the training (`set_random_seed`).
    """

    axes = 2


@register_layer("SpatialDropout3D")
class SpatialDropout3D(_WithFormat):
    """Drops whole channels of volumes while training.

    Args:
        rate: share of channels to drop, at least 0 and below 1.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        seed: kept for Keras; the masks come from the key of the training (`set_random_seed`).
    """

    axes = 3


@register_layer("AlphaDropout")
class AlphaDropout(Layer):
    """Sets inputs to SELU's lowest value at random while training, and keeps their mean and variance.

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
        sizes = x.shape if self.noise_shape is None else self.noise_shape
        shape = tuple(own if size is None else size for own, size in zip(x.shape, sizes, strict=True))
        keep = namespace(x).asarray(random.uniform(key, shape) >= self.rate, dtype=x.dtype)
        scale = ((1 - self.rate) * (1 + self.rate * LEVEL**2)) ** -0.5
        shift = scale * LEVEL * (1 - keep) - scale * LEVEL * self.rate
        return x * (scale * keep) + shift, scale * keep

    def backward(self, params: Params, scale: Any, dy: Array) -> tuple[Array, Params]:
        return (dy if scale is None else dy * scale), {}
