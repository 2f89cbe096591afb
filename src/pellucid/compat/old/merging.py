"""The base of Keras 2's merging layers, on which programs write their own."""

from typing import Any

import numpy as np

from ...layers import Layer

__all__ = ["_Merge"]


class _Merge(Layer):
    """A layer of several inputs that says in `_merge_function` what it makes of them."""

    def _merge_function(self, inputs: Any) -> Any:
        raise NotImplementedError(f"{self.name}: write _merge_function(self, inputs).")

    def compute_output_shape(self, input_shape: Any) -> Any:  # type: ignore[override]  # Keras's way to say it
        """That of the inputs broadcast against each other; the batch's size is open where one is."""
        ends = [shape[1:] for shape in input_shape]
        sizes = [shape[0] for shape in input_shape]
        unknown = any(None in end for end in ends)
        return (None if None in sizes else max(sizes), *(ends[0] if unknown else np.broadcast_shapes(*ends)))

    def call(self, inputs: Any) -> Any:
        return self._merge_function(inputs)
