"""CategoryEncoding: whole numbers as vectors of zeros and ones.

    one_hot      y = a row of zeros with a one at x, for each x
    multi_hot    y = the largest of those of a sample: which numbers are in it
    count        y = their sum: how often each is in it, or Σ of the weights given

A number below 0, or not below `num_tokens`, leaves a row of zeros. The inputs have no gradient.
"""

from typing import Any

import numpy as np

from ..arrays import Array, namespace, one_hot
from ..errors import one_of, positive_int
from .layer import Layer, Params
from .symbolic import Shape, is_symbolic
from .table import register_layer

OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}  # of Keras before 2.6


def encoded(index: Array, depth: int, mode: str, dtype: Any, weights: Array | None = None) -> Array:
    """The vectors of whole numbers.

    index    (N, T), or (T,) for one sample
    weights  (N, T), what each counts for, in "count"
    returns  "one_hot": (N, T, depth), or (N, depth) where T is 1; else (N, depth)
    """
    xp = namespace(index)
    index = index if xp.isdtype(index.dtype, "integral") else xp.asarray(index, dtype="int64")
    if index.ndim == 0:
        index = index[None]
    if mode == "one_hot":
        return one_hot(index[..., 0] if index.ndim > 1 and index.shape[-1] == 1 else index, depth, dtype)
    rows, over = one_hot(index, depth, dtype), min(1, index.ndim - 1)
    if mode == "multi_hot":
        return xp.asarray(rows.sum(axis=over) > 0, dtype=dtype)
    return (rows if weights is None else rows * xp.asarray(weights, dtype=dtype)[..., None]).sum(axis=over)


def encoded_shape(shape: Shape, depth: int | None, mode: str) -> Shape:
    """The shape of `encoded`, for inputs of this shape."""
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:1], *shape[2:], depth)


@register_layer("CategoryEncoding")
class CategoryEncoding(Layer):
    """Turns whole numbers into vectors.

    Args:
        num_tokens: how many numbers there are: 0 to num_tokens - 1.
        output_mode: "one_hot", "multi_hot" or "count".
        sparse: False; there are no sparse arrays here.

    Called with count_weights=, an array shaped like the input, "count" adds up those.

    >>> import numpy as np
    >>> CategoryEncoding(4)(np.array([[0, 1], [3, 3]]))
    array([[1., 1., 0., 0.],
           [0., 0., 0., 1.]], dtype=float32)
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_tokens = positive_int(num_tokens, "num_tokens")
        modes = ("one_hot", "multi_hot", "count")
        self.output_mode = one_of(OLD_MODES.get(output_mode, output_mode), modes, "output_mode")
        self.sparse = one_of(bool(sparse), (False,), "sparse")

    def arrange(
        self, inputs: Any, *more: Any, count_weights: Any = None, **others: Any
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(f"{self.name}: count_weights needs output_mode='count', this is {self.output_mode!r}.")
        values, options, masks = super().arrange(inputs, *more, **others)
        return ([*values, count_weights] if count_weights is not None else values), options, masks

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*map(as_numbers, args), **kwargs)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return encoded_shape(shapes[0], self.num_tokens, self.output_mode)

    def forward(self, params: Params, x: Array, weights: Array | None = None) -> tuple[Array, int]:
        """x (N, T) -> y (N, num_tokens); cache: how many inputs there are."""
        return encoded(x, self.num_tokens, self.output_mode, self.dtype, weights), 1 if weights is None else 2

    def backward(self, params: Params, inputs: int, dy: Array) -> tuple[Any, Params]:
        return (None if inputs == 1 else (None, None)), {}


def as_numbers(values: Any) -> Any:
    """A list of numbers as an array (not as several inputs); anything else as it is."""
    return np.asarray(values) if isinstance(values, list | tuple) and not is_symbolic(values) else values
