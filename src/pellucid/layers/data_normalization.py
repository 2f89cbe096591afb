"""Normalization: each feature less its mean, over its standard deviation, both taken from the data beforehand.

    forward    y  = (x - mean) / max(√variance, ε)            and with invert=True the way back
               y  = x · max(√variance, ε) + mean
    backward   dx = dy / max(√variance, ε),  or dy · max(√variance, ε)

Nothing is learnt: `adapt(data)` looks at the data once, or the numbers are given. In data
that comes batch by batch, means and variances are put together from those of the batches:

    mean       = Σ share · mean_b                              share: of the samples
    variance   = Σ share · (variance_b + (mean_b - mean)²)

Source: LeCun, Bottou, Orr & Müller, "Efficient backprop", in Neural Networks: Tricks of
the Trade, Springer (1998), section 4.3.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..config import as_result
from ..errors import DataError, ShapeError
from .images import as_float
from .layer import Layer, Params
from .rescaling import plain_numbers
from .symbolic import Shape
from .table import register_layer

EPSILON = 1e-7  # the least deviation to divide by, in units of x


@register_layer("Normalization")
class Normalization(Layer):
    """Brings each feature to mean 0 and variance 1, by numbers that `adapt` takes from data.

    Args:
        axis: the axis (or axes) whose places each have a mean and variance of their own, counted with the batch
            axis; None for one mean and one variance of everything.
        mean, variance: the numbers, if they are known: give both or neither.
        invert: whether to go the other way, from normalized numbers back to those of the data.

    >>> layer = Normalization(axis=None)
    >>> layer.adapt(np.array([1.0, 3.0]))
    >>> layer(np.array([5.0], dtype="float32"))
    array([3.], dtype=float32)
    """

    wants = ("state",)
    supports_masking = True

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = [] if axis is None else [axis] if isinstance(axis, int) else [int(one) for one in axis]
        if (mean is None) != (variance is None):
            raise ValueError(f"Normalization: give both mean and variance or neither, got {mean!r} and {variance!r}.")
        self.given = None
        if mean is not None:
            self.given = plain_numbers(mean, "mean"), plain_numbers(variance, "variance")
            one, other = map(np.shape, self.given)
            if one != other or len(one) > len(self.axis):
                raise ShapeError(
                    f"Normalization: mean and variance need one shape, of at most one axis for each of axis={axis}, "
                    f"got {one} and {other}."
                )
        self.invert = bool(invert)

    def setting(self, argument: str) -> Any:
        if argument in ("mean", "variance"):
            return None if self.given is None else self.given[argument == "variance"]
        return super().setting(argument)

    def init_state(self, *shapes: Shape) -> Params:
        if self.given is not None:
            return {}
        sizes = tuple(shapes[0][axis] for axis in self._kept(len(shapes[0])))
        if None in sizes:
            raise ShapeError(
                f"{self.name}: the sizes of the axes {self.axis} must be known, but the input shape is {shapes[0]}."
            )
        return {
            "mean": np.zeros(sizes, self.dtype),
            "variance": np.ones(sizes, self.dtype),
            "count": np.zeros((), "int32"),  # kept for Keras's files
        }

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take mean and variance from data; what an earlier call found is forgotten.

        Args:
            data: an array, or batches of it (a Dataset, a PyDataset, a list or a generator); of a batch that is a
                tuple, the first part counts.
            batch_size: kept for Keras.
            steps: how many batches to look at; all of them, if not given.

        Raises ValueError when the layer was given its mean and variance, DataError for data that is empty or not
        finite.
        """
        if self.given is not None:
            raise ValueError(f"{self.name}: has the mean and variance that it was given; adapt would not change them.")
        found: tuple[float, Any, Any] | None = None
        for number, batch in enumerate(batches(data)):
            if steps is not None and number >= steps:
                break
            if found is None:
                self.build(batch.shape)
            found = self._with(found, batch)
        if found is None or not np.isfinite(found[1]).all():
            trouble = "no data" if found is None else "NaN or infinity among them"
            raise DataError(f"{self.name}: adapt needs finite data, got {trouble}.")
        self.weight("state", "mean").assign(found[1])
        self.weight("state", "variance").assign(found[2])

    def _with(self, found: tuple[float, Any, Any] | None, batch: np.ndarray) -> tuple[float, Any, Any]:
        """Count, mean and variance of what was found and this batch together."""
        kept = self._kept(batch.ndim)
        others = tuple(axis for axis in range(batch.ndim) if axis not in kept)
        sizes = tuple(batch.shape[axis] for axis in kept)
        if sizes != self.weight("state", "mean").shape:
            raise ShapeError(
                f"{self.name}: was built for {self.weight('state', 'mean').shape} along the axes {self.axis}, "
                f"adapt got data shaped {batch.shape}."
            )
        if not batch.size:
            return found or (0.0, 0.0, 1.0)
        count = batch.size / max(1, int(np.prod(sizes)))
        batch = batch.astype(np.float64)
        mean, variance = batch.mean(axis=others), batch.var(axis=others)
        if found is None or not found[0]:
            return count, mean, variance
        share = count / (found[0] + count)
        together = found[1] + share * (mean - found[1])
        spread = (1 - share) * (found[2] + (found[1] - together) ** 2) + share * (variance + (mean - together) ** 2)
        return found[0] + count, together, spread

    def reset_state(self) -> None:
        """Forget what `adapt` found."""
        if self.built and self.given is None:
            for name, value in (("mean", 0.0), ("variance", 1.0)):
                weight = self.weight("state", name)
                weight.assign(np.full(weight.shape, value))

    @property
    def mean(self) -> Any:
        """The mean, with an axis of 1 for each axis of the input that it is the same along."""
        return self._shown(0)

    @property
    def variance(self) -> Any:
        """The variance, shaped as `mean`."""
        return self._shown(1)

    def _shown(self, which: int) -> Any:
        if self.given is not None:
            return as_result(np.asarray(self.given[which], dtype=self.dtype))
        value = self.weight("state", ("mean", "variance")[which]).numpy()
        return as_result(value.reshape(self._along(value.shape, len(self.build_shapes[0]))))

    def forward(self, params: Params, x: Array, *, state: Params) -> tuple[Array, Array]:
        """x and y (N, ..., C); cache: what x was divided or multiplied by."""
        xp, x = namespace(x), as_float(x, self.dtype)
        mean, variance = (state["mean"], state["variance"]) if self.given is None else self.given
        mean, variance = xp.asarray(mean, dtype=x.dtype), xp.asarray(variance, dtype=x.dtype)
        along = self._along(mean.shape, x.ndim)
        spread = xp.maximum(xp.sqrt(variance), EPSILON).reshape(along)
        mean = mean.reshape(along)
        return (x * spread + mean if self.invert else (x - mean) / spread), spread

    def backward(self, params: Params, spread: Array, dy: Array) -> tuple[Array, Params]:
        return (dy * spread if self.invert else dy / spread), {}

    def _kept(self, rank: int) -> tuple[int, ...]:
        """The axes with numbers of their own, counted from 0 and in order."""
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ShapeError(f"{self.name}: an input with {rank} axes has no axis {self.axis}.")
        return tuple(sorted(axis % rank for axis in self.axis))

    def _along(self, shape: tuple[int, ...], rank: int) -> tuple[int, ...]:
        """The shape that lays numbers of this shape along x: their axes are the last of the kept ones."""
        kept = self._kept(rank)
        sizes = dict(zip(kept[len(kept) - len(shape) :], shape, strict=True))
        return tuple(sizes.get(axis, 1) for axis in range(rank))


def batches(data: Any) -> Iterator[np.ndarray]:
    """The arrays that data consists of: itself, or the first part of each of its batches."""
    plain = isinstance(data, list | tuple) and not any(hasattr(part, "__array__") for part in data)
    if plain or hasattr(data, "__array__"):
        yield np.asarray(data)
    elif isinstance(data, Iterable) or hasattr(data, "__getitem__"):
        for batch in data if isinstance(data, Iterable) else (data[i] for i in range(len(data))):
            yield np.asarray(batch[0] if isinstance(batch, tuple) else batch)
    else:
        raise TypeError(f"adapt: needs an array or batches of arrays, got {type(data).__name__}.")
