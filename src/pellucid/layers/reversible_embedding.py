"""ReversibleEmbedding: a table of vectors, looked up on the way in and compared with on the way out.

    forward    y       = embeddings[x]
    reverse    logits  = h @ embeddingsᵀ            how near h lies to each vector; or h @ reverse_embeddings
               capped  = cap · tanh(logits / cap)
    backward   of the lookup: as in embedding.py
               dlogits = dy · (1 - (capped / cap)²)
               dh      = dlogits @ embeddings        dembeddings = dlogitsᵀ @ h

Source: Press & Wolf, "Using the output embedding to improve language models", EACL (2017), section 2.
"""

from typing import Any

from ..arrays import Array, namespace
from ..random import fold_in
from .embedding import Embedding
from .layer import ALL, Params, draw
from .symbolic import Shape
from .table import register_layer


@register_layer("ReversibleEmbedding")
class ReversibleEmbedding(Embedding):
    """Looks up a learnt vector for each whole number; called with reverse=True, it scores vectors by those.

    Args:
        input_dim, output_dim, embeddings_…, mask_zero: as in `Embedding`.
        tie_weights: whether the way back uses the same table, or one of its own.
        reverse_dtype: kept for Keras; None.
        logit_soft_cap: the size that scores stay below; None for no limit.

    >>> import numpy as np
    >>> layer = ReversibleEmbedding(10, 4)
    >>> layer(layer(np.array([[1, 2]])), reverse=True).shape
    (1, 2, 10)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        if reverse_dtype is not None:
            raise ValueError(f"reverse_dtype must be None: both ways compute in one type, got {reverse_dtype!r}.")
        self.tie_weights, self.reverse_dtype, self.logit_soft_cap = bool(tie_weights), reverse_dtype, logit_soft_cap

    def setting(self, argument: str) -> Any:
        return getattr(self, argument)

    def get_config(self) -> dict[str, Any]:
        return super(Embedding, self).get_config()

    def init(self, key: Array, *shapes: Shape) -> Params:
        params = super().init(key, *shapes)
        if not self.tie_weights:
            sizes = (self.output_dim, self.input_dim)
            params["reverse_embeddings"] = draw(self.embeddings_initializer, fold_in(key, 1), 0, sizes, self.dtype)
        return params

    def arrange(
        self, inputs: Any, *more: Any, reverse: bool = False, **others: Any
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        values, options, masks = super().arrange(inputs, *more, **others)
        return values, {**options, "reverse": True} if reverse else options, masks

    def compute_output_shape(self, *shapes: Shape, reverse: bool = False) -> Shape:
        return (*shapes[0][:-1], self.input_dim) if reverse else super().compute_output_shape(*shapes)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        whole = not namespace(inputs).isdtype(inputs.dtype, "real floating")  # numbers to look up, not vectors
        return super().compute_mask(inputs, mask) if whole else None

    def forward(self, params: Params, x: Array, *, reverse: bool = False) -> tuple[Array, Any]:
        """x (N, ...) -> y (N, ..., D); in reverse x (N, ..., D) -> y (N, ..., I)."""
        if not reverse:
            y, index = super().forward(params, x)
            return y, (index, None)
        logits, cap = x @ self._table(params), self.logit_soft_cap
        if cap is None:
            return logits, (x, ())
        bent = namespace(x).tanh(logits / cap)
        return bent * cap, (x, (bent,))

    def backward(self, params: Params, cache: Any, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        x, way_back = cache
        unused = {} if self.tie_weights else {"reverse_embeddings": 0 * params["reverse_embeddings"]}
        if way_back is None:
            dx, grads = super().backward(params, x, dy, needs=needs)
            return dx, {**grads, **unused} if grads else {}
        for bent in way_back:
            dy = dy * (1 - bent * bent)
        dx = dy @ self._table(params).T if "inputs" in needs else None
        if "params" not in needs:
            return dx, {}
        dtable = x.reshape(-1, self.output_dim).T @ dy.reshape(-1, self.input_dim)  # (D, I)
        if self.tie_weights:
            return dx, {"embeddings": dtable.T}
        return dx, {"embeddings": 0 * params["embeddings"], "reverse_embeddings": dtable}

    def _table(self, params: Params) -> Array:
        return params["embeddings"].T if self.tie_weights else params["reverse_embeddings"]
