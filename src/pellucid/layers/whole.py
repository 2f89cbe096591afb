"""Whole: a model's `call` as one node of a network, where it cannot be taken apart."""

from typing import Any

from .layer import Layer


class Whole(Layer):
    """Stands for a model that is written with `call` alone.

    Args:
        of: the model; its layers' numbers stay theirs.
    """

    def __init__(self, of: Any) -> None:
        super().__init__(name=of.name, dtype=of.dtype)
        self.of, self.asks, self.built = of, of.asks, True  # type: ignore[misc]
        self.wants = ("key", "state", "training", *(["mask"] if "mask" in of.asks else []))
        self.carries = type(of).carries or any(leaf.carries for leaf in of.leaf_layers())

    @property
    def parts(self) -> list[Layer]:
        return list(self.of.leaf_layers())

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.of.call(*args, **kwargs)
