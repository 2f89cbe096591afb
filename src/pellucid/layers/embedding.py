"""Embedding: a row of numbers for each of a fixed number of things, such as words.

    forward    y           = embeddings[x]
    backward   dembeddings = for each row, Σ dy over the places where x names it

The inputs are whole numbers, and have no gradient.

Source: Bengio, Ducharme, Vincent & Jauvin, "A neural probabilistic language model",
JMLR 3 (2003), section 2.
"""

from typing import Any

import numpy as np

from .. import constraints, initializers, regularizers
from ..arrays import Array, add_rows, namespace
from ..errors import ShapeError, positive_int
from .layer import ALL, Layer, Params, draw
from .old_names import EMBEDDING, takes_old_names
from .symbolic import Shape
from .table import register_layer


@register_layer("Embedding")
class Embedding(Layer):
    """Looks up a learnt vector for each whole number.

    Args:
        input_dim: how many things there are; inputs are from 0 to input_dim - 1.
        output_dim: size of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: for the table of vectors.
        mask_zero: whether 0 stands for "nothing here": the layers after it then pass over those time steps.
        weights: first values for the table, (input_dim, output_dim), in place of drawn ones.

    >>> Embedding(1000, 64).compute_output_shape((None, 10))
    (None, 10, 64)
    """

    thrifty = True

    @takes_old_names(EMBEDDING)
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        length = kwargs.pop("input_length", None)
        if length is not None:
            kwargs.setdefault("input_shape", (length,) if np.ndim(length) == 0 else tuple(length))
        super().__init__(**kwargs)
        self.input_dim = positive_int(input_dim, "input_dim")
        self.output_dim = positive_int(output_dim, "output_dim")
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.supports_masking = self.makes_mask = bool(mask_zero)
        self._first: np.ndarray | None = None
        if weights is not None:
            table = weights[0] if isinstance(weights, list | tuple) and len(weights) == 1 else weights
            self._first = np.array(table, dtype=self.dtype)
            if self._first.shape != (input_dim, output_dim):
                raise ShapeError(
                    f"Embedding: weights need the shape {(input_dim, output_dim)}, got {self._first.shape}."
                )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["weights"]
        return config

    def init(self, key: Array, *shapes: Shape) -> Params:
        size = (self.input_dim, self.output_dim)
        if self._first is not None:
            return {"embeddings": self._first}
        return {"embeddings": draw(self.embeddings_initializer, key, 0, size, self.dtype)}

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0], self.output_dim)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return inputs != 0 if self.mask_zero else None

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x (N, ...) -> y (N, ..., D), with embeddings (I, D); cache: x as whole numbers."""
        xp = namespace(x)
        index = x if xp.isdtype(x.dtype, "integral") else x.astype("int32")
        return params["embeddings"][index], index

    def backward(self, params: Params, index: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[None, Params]:
        if "params" not in needs:
            return None, {}
        rows = dy.reshape(-1, self.output_dim)
        return None, {"embeddings": add_rows(rows, index.reshape(-1), self.input_dim)}
