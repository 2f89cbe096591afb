"""RandomFlip: images mirrored at random. RandomCrop: a part of them, from a random place.

RandomFlip    y  = x, or x with its columns (or rows, or both) in the opposite order
              dx = dy, turned back the same way
RandomCrop    y  = the rows and columns of x that a frame shows
              dx = dy there, 0 elsewhere
"""

from typing import Any

from .. import random
from ..arrays import Array, namespace, one_hot
from ..errors import one_of, positive_int
from .axis_order import axis_order, either_order
from .images import COLUMNS, ROWS, RandomImageLayer, as_float, check_images
from .layer import Params
from .resizing import cropped, frame_like, framed, resized, resized_back
from .symbolic import Shape
from .table import register_layer

MODES = {"horizontal": (COLUMNS,), "vertical": (ROWS,), "horizontal_and_vertical": (COLUMNS, ROWS)}


@register_layer("RandomFlip")
@either_order
class RandomFlip(RandomImageLayer):
    """Mirrors every other image, at random, while training.

    Args:
        mode: "horizontal" (left and right change places), "vertical" (up and down) or "horizontal_and_vertical"
            (both at once).
        seed: kept for Keras; which images are mirrored comes from the key of the training (`set_random_seed`).
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mode, self.seed = one_of(mode, MODES, "mode"), seed
        self.data_format = axis_order(data_format)

    def change(self, x: Array, key: Array) -> tuple[Array, Array]:
        """cache: which images are mirrored, (N, 1, 1, 1)."""
        turned = random.uniform(key, (x.shape[0], 1, 1, 1)) <= 0.5
        return self._mirrored(x, turned), turned

    def change_back(self, turned: Array, dy: Array) -> Array:
        return self._mirrored(dy, turned)

    def _mirrored(self, x: Array, turned: Array) -> Array:
        xp = namespace(x)
        return xp.where(turned, xp.flip(x, axis=MODES[self.mode]), x)


@register_layer("RandomCrop")
@either_order
class RandomCrop(RandomImageLayer):
    """A frame of so many rows and columns, at a random place of a batch's images while training.

    All images of a batch are cut at the same place. Outside training, the largest part in the middle with the frame's
    proportions is resized to it, as Keras's documentation says (Keras 3.15 itself then hands images on as they are).

    Args:
        height, width: rows and columns of the frame.
        seed: kept for Keras; the place comes from the key of the training (`set_random_seed`).
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    def __init__(
        self, height: int, width: int, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.height, self.width = positive_int(height, "height"), positive_int(width, "width")
        self.seed = seed
        self.data_format = axis_order(data_format)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        check_images(self.name, shapes[0])
        return *shapes[0][:ROWS], self.height, self.width, shapes[0][-1]

    def forward(self, params: Params, x: Array, *, key: Array | None) -> tuple[Array, Any]:
        """x (N, H, W, C) -> y (N, height, width, C); cache: (what `change` left,), or x's shape outside training."""
        if key is not None:
            return super().forward(params, x, key=key)
        part = cropped(as_float(x, self.dtype), *frame_like(x.shape, self.height, self.width))
        return resized(part, self.height, self.width, "bilinear"), x.shape

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        if len(cache) == 1:
            return super().backward(params, cache, dy)
        return self._put_back(dy, frame_like(cache, self.height, self.width), cache), {}

    def change(self, x: Array, key: Array) -> tuple[Array, Any]:
        """cache: x's shape and those of its rows and columns that were taken, or the frame that was enlarged."""
        xp, sizes = namespace(x), (self.height, self.width)
        room = [n - size for n, size in zip(x.shape[1:3], sizes, strict=True)]
        if min(room) <= 0:
            frame = self._frame(x.shape)
            return resized(cropped(x, *frame), *sizes, "bilinear"), (x.shape, frame)
        taken = []
        for place, size, own in zip(room, sizes, random.split(key), strict=True):
            start = xp.asarray(random.uniform(own, ()) * (place + 1), dtype="int32")
            taken.append(start + xp.arange(size))
        return xp.take(xp.take(x, taken[0], axis=1), taken[1], axis=2), (x.shape, taken)

    def change_back(self, cache: Any, dy: Array) -> Array:
        shape, taken = cache
        if isinstance(taken, tuple):
            return self._put_back(dy, taken, shape)
        xp = namespace(dy)
        from_rows, from_columns = (one_hot(i, n, dy.dtype) for i, n in zip(taken, shape[1:3], strict=True))
        return xp.einsum("nijc,ih,jw->nhwc", dy, from_rows, from_columns)

    def _frame(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """What is cut out of an image that is not larger than the frame: as much of it as there is."""
        top, left, _, _ = frame_like(shape, self.height, self.width)
        return top, left, min(self.height, shape[ROWS] - top), min(self.width, shape[COLUMNS] - left)

    def _put_back(self, dy: Array, frame: tuple[int, int, int, int], shape: tuple[int, ...]) -> Array:
        top, left, tall, wide = frame
        return framed(resized_back(dy, tall, wide), top, left, shape[ROWS], shape[COLUMNS])
