"""RandomContrast and RandomBrightness: the colours of each image changed at random while training.

RandomContrast      y = (x - mean) · factor + mean        mean: of a channel of one image
RandomBrightness    y = x + delta · (high - low)          both kept within value_range, low to high

backward            dx = factor · dy + (1 - factor) · mean(dy),  or dy;  0 where y was cut off
"""

from typing import Any

from ..arrays import Array, namespace
from .axis_order import axis_order, either_order
from .images import RandomImageLayer, between, bounds
from .table import register_layer


def _range(value: Any) -> list[float]:
    """The least and the largest colour."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"value_range must be two numbers, got {value!r}.")
    return list(value)


class RandomColours(RandomImageLayer):
    """Base of both: the colours, changed, stay within a range."""

    value_range: list[float]

    def within(self, y: Array) -> tuple[Array, Array]:
        """y, cut off at the ends of the range; and where it lies inside."""
        low, high = self.value_range
        xp = namespace(y)
        return xp.clip(y, low, high), xp.asarray((y >= low) & (y <= high), dtype=y.dtype)


@register_layer("RandomContrast")
@either_order
class RandomContrast(RandomColours):
    """Brings the colours of each image nearer to their mean, or further from it, while training.

    Args:
        factor: the largest change, at least 0 and at most 1, or the least and the largest. As in Keras 3, one number
            f draws from 1 to 1 + f, and two numbers draw from 1 - lower to 1 + upper.
        value_range: the least and the largest colour.
        seed: kept for Keras; the factors come from the key of the training (`set_random_seed`).
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        self.data_format = axis_order(kwargs.pop("data_format", None))
        super().__init__(**kwargs)
        self.factor = bounds(factor, "factor", 0, 1, both_ways=False)
        self.value_range, self.seed = _range(value_range), seed

    def change(self, x: Array, key: Array) -> tuple[Array, Any]:
        """cache: the factors, (N, 1, 1, 1), and where y was not cut off."""
        lower, upper = self.factor
        factor = between(key, 1 - lower, 1 + upper, (x.shape[0], 1, 1, 1), x.dtype)
        mean = x.mean(axis=(1, 2), keepdims=True)
        y, inside = self.within((x - mean) * factor + mean)
        return y, (factor, inside)

    def change_back(self, cache: Any, dy: Array) -> Array:
        factor, inside = cache
        dy = dy * inside
        return factor * dy + (1 - factor) * dy.mean(axis=(1, 2), keepdims=True)


@register_layer("RandomBrightness")
class RandomBrightness(RandomColours):
    """Makes each image brighter or darker while training.

    Args:
        factor: the largest change as a share of the range, either way; or the least and the largest.
        value_range: the least and the largest colour.
        seed: kept for Keras; the changes come from the key of the training (`set_random_seed`).
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        self.data_format = axis_order(kwargs.pop("data_format", None))  # which the formula does not ask for
        super().__init__(**kwargs)
        self.factor = bounds(factor, "factor", -1, 1)
        self.value_range, self.seed = sorted(_range(value_range)), seed

    def change(self, x: Array, key: Array) -> tuple[Array, Array]:
        """cache: where y was not cut off."""
        low, high = self.value_range
        delta = between(key, *self.factor, (x.shape[0], 1, 1, 1), x.dtype) * (high - low)
        return self.within(x + delta)

    def change_back(self, inside: Array, dy: Array) -> Array:
        return dy * inside
