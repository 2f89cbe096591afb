"""Discretization: numbers as the bins that they lie in.

    y = how many of the boundaries are at most x            0 … number of boundaries

`adapt` chooses the boundaries so that about as many numbers lie in each bin. Data that
come in parts are kept as a summary: some values, and how many numbers each stands for.
Two summaries become one by sorting; a summary that is too long is read off anew, at
equal steps of the share of numbers that lie below.

Source: Greenwald & Khanna, "Space-efficient online computation of quantile summaries", SIGMOD (2001) (the task).
"""

from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..errors import DataError, one_of, positive_int
from .category_encoding import as_numbers, encoded, encoded_shape
from .data_normalization import batches
from .layer import Layer, Params
from .symbolic import Shape
from .table import register_layer


def summary_of(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Values at equal steps through the sorted numbers, and how many each stands for: (2, K)."""
    values = np.sort(values.reshape(-1))
    step = max(values.size * epsilon, 1)
    kept = values[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """The summary read off at every `epsilon` of its numbers, if it is longer than that."""
    if summary.shape[1] * epsilon < 1:
        return summary
    values, weights = summary
    below = weights.cumsum()
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    at = below / below[-1]
    counts = np.interp(shares, at, below)
    return np.stack([np.interp(shares, at, values), np.diff(counts, prepend=0)]).astype("float32")


@register_layer("Discretization")
class Discretization(Layer):
    """Turns numbers into the places of the bins that they lie in.

    Args:
        bin_boundaries: the boundaries, in order; or
        num_bins: how many bins `adapt` shall make.
        epsilon: how fine the summary of the data is, as a share of them.
        output_mode: "int" (the bin's place), "one_hot", "multi_hot" or "count", as in `CategoryEncoding`.
        sparse: False; there are no sparse arrays here.

    >>> Discretization(bin_boundaries=[0.0, 1.0, 2.0])(np.array([[-1.5, 1.0, 3.4, 0.5]]))
    array([[0, 2, 3, 1]])
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                f"Discretization: give either bin_boundaries or num_bins, got {bin_boundaries!r} and {num_bins!r}."
            )
        self.bin_boundaries = None if bin_boundaries is None else [float(one) for one in bin_boundaries]
        self.num_bins = None if num_bins is None else positive_int(num_bins, "num_bins")
        self.epsilon = float(epsilon)
        self.output_mode = one_of(output_mode, ("int", "one_hot", "multi_hot", "count"), "output_mode")
        self.sparse = one_of(bool(sparse), (False,), "sparse")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Discretization":
        """After `adapt` there are boundaries, and how many were asked for."""
        both = config.get("bin_boundaries") is not None and config.get("num_bins") is not None
        layer = cls(**{name: value for name, value in config.items() if not (both and name == "bin_boundaries")})
        if both:
            layer.bin_boundaries = [float(one) for one in config["bin_boundaries"]]
        return layer

    def get_config(self) -> dict[str, Any]:
        """The settings; without `trainable`, which Keras's layer does not take."""
        config = super().get_config()
        del config["trainable"]
        return config

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Choose the boundaries from data: an array, or batches of it; at most `steps` batches.

        Raises ValueError when the boundaries were given, DataError when there are no data.
        """
        if self.num_bins is None:
            raise ValueError(f"{self.name}: has the boundaries that it was given; adapt needs num_bins= instead.")
        summary = np.zeros((2, 0), "float32")
        for number, batch in enumerate(batches(data)):
            if steps is not None and number >= steps:
                break
            new = np.concatenate([summary_of(batch.astype("float32"), self.epsilon), summary], axis=1)
            summary = compressed(new[:, np.argsort(new[0])], self.epsilon)
        if not summary.size:
            raise DataError(f"{self.name}: adapt needs data, got none.")
        self.bin_boundaries = compressed(summary, 1 / self.num_bins)[0, :-1].tolist()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*map(as_numbers, args), **kwargs)

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(shapes[0], depth, self.output_mode)

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        """x (N, ...) -> y (N, ...) of whole numbers, or as `encoded` says."""
        if self.bin_boundaries is None:
            raise ValueError(f"{self.name}: has no boundaries yet. Call adapt(data) first.")
        xp = namespace(x)
        x = xp.asarray(x, dtype=self.dtype)  # the boundaries' own
        index = xp.searchsorted(xp.asarray(self.bin_boundaries, dtype=x.dtype), x, side="right")
        if self.output_mode == "int":
            return index, None
        return encoded(index, len(self.bin_boundaries) + 1, self.output_mode, self.dtype), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[None, Params]:
        return None, {}
