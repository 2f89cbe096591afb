"""What one step of learning is fed."""

from typing import NamedTuple

from ..arrays import Array


class Batch(NamedTuple):
    """Some samples that are learned from together.

    x        one array per input of the model, each (N, ...)
    y        one array per target, each (N, ...); empty when there is nothing to compare with (predict)
    weights  one array or None per target, how much each sample counts: (N,) or (N, T, ...); None when all count alike
    """

    x: tuple[Array, ...]
    y: tuple[Array, ...] = ()
    weights: tuple[Array | None, ...] | None = None
