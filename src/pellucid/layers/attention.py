"""Attention: for each query, a mixture of the values whose keys resemble it.

    forward    scores  = q @ kᵀ                       Attention, "dot"
                       = Σ tanh(q + k)                Attention, "concat", and AdditiveAttention
               weights = softmax(scores)              over the keys; what the mask leaves out gets no weight
               y       = weights @ v
    backward   dv      = weightsᵀ @ dy                dweights = dy @ vᵀ
               dscores = weights · (dweights - Σ weights · dweights)
               dq      = dscores @ k                  dk = dscoresᵀ @ q              "dot"
               dq, dk  = dscores · (1 - tanh²(q + k)), summed over the other         else

Scores may be scaled by learnt numbers: see the classes. Without keys, the values are the keys.

Sources: Luong, Pham & Manning, "Effective approaches to attention-based neural machine
translation", EMNLP (2015), equations 7 and 8 (dot); Bahdanau, Cho & Bengio, "Neural
machine translation by jointly learning to align and translate", ICLR (2015), appendix
A.1.2 (tanh).
"""

from typing import Any

from .. import initializers, random
from ..arrays import Array, namespace
from ..errors import ShapeError, fraction, one_of
from .layer import Layer, Params, draw
from .symbolic import Shape
from .table import register_layer

FAR = 1e9  # what is taken off the scores that a mask leaves out


def softmax(scores: Array) -> Array:
    """Shares along the last axis."""
    powers = namespace(scores).exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_backward(weights: Array, dweights: Array) -> Array:
    """dL/dscores."""
    return weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))


def causal_mask(scores: Array) -> Array:
    """Which keys (S) a query (T) may see: those that are not later than itself. (T, S) booleans."""
    xp = namespace(scores)
    return xp.arange(scores.shape[-2])[:, None] >= xp.arange(scores.shape[-1])


def thinning(key: Array | None, rate: float, like: Array) -> Array | None:
    """What dropout multiplies the weights with; None when nothing is dropped."""
    if key is None or not rate:
        return None
    keep = random.uniform(key, like.shape) >= rate
    return namespace(like).asarray(keep, dtype=like.dtype) * (1 / (1 - rate))


class _Attending(Layer):
    """What Attention and AdditiveAttention share."""

    supports_masking = True
    dropout: float

    def compute_output_shape(self, *shapes: Shape, **options: Any) -> Any:
        if len(shapes) not in (2, 3) or any(len(shape) != 3 for shape in shapes):
            raise ShapeError(
                f"{self.name}: needs [query, value] or [query, value, key], each shaped (batch, time, features), "
                f"got {', '.join(map(str, shapes))}."
            )
        (batch, times, _), (_, keys, size) = shapes[:2]
        if options.get("return_attention_scores"):
            return [(batch, times, size), (batch, times, keys)]
        return batch, times, size

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else mask[0]

    def arrange(
        self,
        inputs: Any,
        *more: Any,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
        **others: Any,
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        values, options, masks = super().arrange(inputs, *more, **others)
        asked = {"return_attention_scores": return_attention_scores, "use_causal_mask": use_causal_mask}
        return values, {**options, **{name: True for name, wanted in asked.items() if wanted}}, masks

    def score(self, params: Params, q: Array, k: Array) -> tuple[Array, Any]:
        """q (N, T, D), k (N, S, D) -> scores (N, T, S), and what `score_back` needs."""
        raise NotImplementedError

    def score_back(self, params: Params, cache: Any, dscores: Array) -> tuple[Array, Array, Params]:
        """dq, dk and the gradients by name."""
        raise NotImplementedError

    def forward(
        self,
        params: Params,
        q: Array,
        v: Array,
        *keys: Array,
        key: Array | None = None,
        mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Any, Any]:
        """q (N, T, D), v (N, S, V), keys (N, S, D) -> y (N, T, V), and the weights (N, T, S) if asked for."""
        xp = namespace(q)
        q_mask, v_mask = (None, None) if mask is None else mask[:2]
        scores, cache = self.score(params, q, keys[0] if keys else v)
        seen = None if v_mask is None else v_mask[:, None, :]
        if use_causal_mask:
            seen = causal_mask(scores) if seen is None else seen & causal_mask(scores)
        weights = softmax(scores if seen is None else xp.where(seen, scores, scores - FAR))
        thin = thinning(key, self.dropout, weights)
        used = weights if thin is None else weights * thin
        y = used @ v
        shown = None if q_mask is None else q_mask[..., None]
        y = y if shown is None else xp.where(shown, y, 0.0)
        cache = (cache, weights, thin, used, v, shown, bool(keys))
        return (y, used) if return_attention_scores else y, cache

    def backward(self, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
        cache, weights, thin, used, v, shown, keyed = cache
        xp = namespace(weights)
        dy, dshown = dy if isinstance(dy, tuple) else (dy, None)
        if dy is not None and shown is not None:
            dy = xp.where(shown, dy, 0.0)
        dv = xp.zeros_like(v) if dy is None else xp.matrix_transpose(used) @ dy
        dused = xp.zeros_like(weights) if dy is None else dy @ xp.matrix_transpose(v)
        dused = dused if dshown is None else dused + dshown
        dq, dk, grads = self.score_back(
            params, cache, softmax_backward(weights, dused if thin is None else dused * thin)
        )
        return (dq, dv, dk) if keyed else (dq, dv + dk), grads


@register_layer("Attention")
class Attention(_Attending):
    """Attention by products (Luong's), or by a tanh over sums.

    Called on [query, value] or [query, value, key].

    Args:
        use_scale: whether a learnt number multiplies the scores (for "concat", what goes into the tanh).
        score_mode: "dot", or "concat": Σ tanh(q + k), times a learnt number.
        dropout: share of the weights to drop while training.
        seed: kept for Keras; dropout draws from the key of the training (`set_random_seed`).

    A call takes use_causal_mask=True, for queries to see no later values, and return_attention_scores=True, to
    return the weights as well.
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale = bool(use_scale)
        self.score_mode = one_of(score_mode, ("dot", "concat"), "score_mode")
        self.dropout, self.seed = fraction(dropout, "dropout"), seed
        self.wants = ("mask", "key") if self.dropout else ("mask",)

    def init(self, key: Array, *shapes: Shape) -> Params:
        names = (["scale"] if self.use_scale else []) + (["concat_score_weight"] if self.score_mode == "concat" else [])
        return {name: draw(initializers.Ones(), key, i, (), self.dtype) for i, name in enumerate(names)}

    def score(self, params: Params, q: Array, k: Array) -> tuple[Array, Any]:
        if self.score_mode == "dot":
            plain = q @ namespace(q).matrix_transpose(k)
            return plain * params["scale"] if self.use_scale else plain, (q, k, plain)
        sums = q[:, :, None] + k[:, None]  # (N, T, S, D)
        bent = namespace(q).tanh(sums * params["scale"] if self.use_scale else sums)
        return bent.sum(axis=-1) * params["concat_score_weight"], (sums, bent)

    def score_back(self, params: Params, cache: Any, dscores: Array) -> tuple[Array, Array, Params]:
        return (self._dot_back if self.score_mode == "dot" else self._concat_back)(params, cache, dscores)

    def _dot_back(self, params: Params, cache: Any, dscores: Array) -> tuple[Array, Array, Params]:
        q, k, plain = cache
        grads = {"scale": (dscores * plain).sum()} if self.use_scale else {}
        dscores = dscores * params["scale"] if self.use_scale else dscores
        return dscores @ k, namespace(q).matrix_transpose(dscores) @ q, grads

    def _concat_back(self, params: Params, cache: Any, dscores: Array) -> tuple[Array, Array, Params]:
        sums, bent = cache
        grads = {"concat_score_weight": (dscores * bent.sum(axis=-1)).sum()}
        dsums = (dscores * params["concat_score_weight"])[..., None] * (1 - bent * bent)
        if self.use_scale:
            grads = {"scale": (dsums * sums).sum(), **grads}
            dsums = dsums * params["scale"]
        return dsums.sum(axis=2), dsums.sum(axis=1), grads


@register_layer("AdditiveAttention")
class AdditiveAttention(_Attending):
    """Attention by a tanh over sums, weighted feature by feature (Bahdanau's).

    Called on [query, value] or [query, value, key], as `Attention`.

    Args:
        use_scale: whether a learnt number for each feature multiplies the tanh.
        dropout: share of the weights to drop while training.
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale = bool(use_scale)
        self.dropout = fraction(dropout, "dropout")
        self.wants = ("mask", "key") if self.dropout else ("mask",)

    def init(self, key: Array, *shapes: Shape) -> Params:
        if not self.use_scale:
            return {}
        size = shapes[0][-1]
        if size is None:
            raise ShapeError(f"{self.name}: the number of features must be known, but the query is {shapes[0]}.")
        return {"scale": draw(initializers.GlorotUniform(), key, 0, (size,), self.dtype)}

    def score(self, params: Params, q: Array, k: Array) -> tuple[Array, Any]:
        bent = namespace(q).tanh(q[:, :, None] + k[:, None])  # (N, T, S, D)
        return (bent @ params["scale"] if self.use_scale else bent.sum(axis=-1)), bent

    def score_back(self, params: Params, bent: Array, dscores: Array) -> tuple[Array, Array, Params]:
        grads = {"scale": (dscores[..., None] * bent).sum(axis=(0, 1, 2))} if self.use_scale else {}
        slope = 1 - bent * bent
        dsums = dscores[..., None] * (slope * params["scale"] if self.use_scale else slope)
        return dsums.sum(axis=2), dsums.sum(axis=1), grads
