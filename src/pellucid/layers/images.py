"""What the layers that prepare images share.

    x    (N, H, W, C), or (H, W, C) for a single image; whole numbers are read as floats

Those that draw at random do so while training, and when they are called by themselves:
`RandomFlip()(image)` flips, `RandomFlip()(image, training=False)` does not.
"""

from typing import Any

from .. import random
from ..arrays import Array, namespace
from ..errors import ShapeError
from .calling import nobody_said
from .layer import Layer, Params
from .symbolic import Shape, is_symbolic

ROWS, COLUMNS = -3, -2  # axes, whether images come in a batch or alone


def check_images(owner: str, shape: Shape) -> None:
    """Refuse what is neither a batch of images nor one image."""
    if len(shape) not in (3, 4):
        raise ShapeError(
            f"{owner}: needs images shaped (batch, height, width, channels), or one (height, width, channels), "
            f"got {shape}. Grey images without a channel axis? Add one: x[..., None]."
        )


def as_float(x: Array, dtype: str) -> Array:
    """x, whole numbers and booleans as floats of this type."""
    xp = namespace(x)
    return x if xp.isdtype(x.dtype, "real floating") else xp.asarray(x, dtype=dtype)


def bounds(value: Any, name: str, lowest: float, highest: float, both_ways: bool = True) -> tuple[float, float]:
    """A factor as (lower, upper): two numbers in order, or one number for -value and value, within what is allowed.

    >>> bounds(0.2, "factor", -1, 1), bounds((0.3, -0.1), "factor", -1, 1), bounds(0.2, "factor", 0, 1, False)
    ((-0.2, 0.2), (-0.1, 0.3), (0.0, 0.2))
    """
    two = list(value) if isinstance(value, list | tuple) else [value]
    fits = len(two) <= 2 and all(isinstance(one, int | float) and lowest <= one <= highest for one in two)
    if not fits or isinstance(value, bool):
        raise ValueError(f"{name} must be one number or two, from {lowest} to {highest}, got {value!r}.")
    if len(two) == 1:
        two = [-abs(two[0]) if both_ways else 0, abs(two[0])]
    return float(min(two)), float(max(two))


def between(key: Array, lower: float, upper: float, shape: tuple[int, ...], dtype: Any) -> Array:
    """Numbers spread evenly from lower to upper."""
    return random.uniform(key, shape, dtype) * (upper - lower) + lower


class ImageLayer(Layer):
    """Base of the layers over images."""

    channels_at = -3  # where they come first, in a batch or alone

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_images(self.name, shapes[0])
        return shapes[0]


class RandomImageLayer(ImageLayer):
    """Base of the layers that change images at random while training.

    A layer writes `change(x, key)` for a batch of images, which returns y and a cache, and `change_back(cache, dy)`.
    """

    wants = ("key",)
    draws_by_itself = True

    def __call__(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        """As any layer's; called by itself on arrays it draws, if nobody says that it should not."""
        if training is None and nobody_said() and not is_symbolic(args):
            training = True
        return super().__call__(*args, training=training, **kwargs)

    def change(self, x: Array, key: Array) -> tuple[Array, Any]:
        raise NotImplementedError(f"{type(self).__name__} defines no change.")

    def change_back(self, cache: Any, dy: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} defines no change_back.")

    def forward(self, params: Params, x: Array, *, key: Array | None) -> tuple[Array, Any]:
        """x (N, H, W, C) or (H, W, C); cache: what `change` left, or None outside training."""
        x = as_float(x, self.dtype)
        if key is None:
            return x, None
        y, cache = self.change(x[None] if x.ndim == 3 else x, key)
        return (y[0] if x.ndim == 3 else y), (cache,)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        if cache is None:
            return dy, {}
        dx = self.change_back(cache[0], dy[None] if dy.ndim == 3 else dy)
        return (dx[0] if dy.ndim == 3 else dx), {}
