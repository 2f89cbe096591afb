"""MultiHeadAttention: several attentions at once, each to its own view of queries, keys and values.

    forward    q, k, v = query @ K_q, key @ K_k, value @ K_v       cut into heads
               weights = softmax(q @ kᵀ / √D)                       for each head, over the keys
               o       = weights @ v                                times sigmoid(query @ K_g) with a gate
               y       = (the heads' o, side by side) @ K_o
    backward   do      = dy @ K_oᵀ
               dv      = weightsᵀ @ do             dweights = do @ vᵀ
               dscores = weights · (dweights - Σ weights · dweights) / √D
               dq      = dscores @ k               dk = dscoresᵀ @ q
               and the four products as in Dense

GroupedQueryAttention lets groups of queries' heads share the heads of keys and values:
what these hear is the sum over their group.

Sources: Vaswani et al., "Attention is all you need", NeurIPS (2017), equation 1 and
section 3.2.2; groups: Ainslie et al., "GQA: training generalized multi-query
transformer models from multi-head checkpoints", EMNLP (2023), section 2.2.
"""

from typing import Any, ClassVar

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError, fraction, positive_int
from ..formats.document import Entry
from . import dense
from .attention import causal_mask, softmax, softmax_backward, thinning
from .inner import prefixed
from .layer import ALL, Layer, Params, draw, unprefixed
from .symbolic import Shape
from .table import register_layer

PARTS = {"query": "query_dense", "key": "key_dense", "value": "value_dense", "attention_output": "output_dense"}


class _Heads(Layer):
    """What MultiHeadAttention and GroupedQueryAttention share."""

    thrifty = supports_masking = True
    file_names: ClassVar[dict[str, str]]  # what Keras's files call the parts
    heads: int  # of the queries
    groups: int  # heads of keys and values
    sizes: tuple[int, int]  # of a head: keys, values
    last: tuple[int, ...] | None  # shape of the output's features; None: as the query's

    def settle(self, given: dict[str, Any]) -> None:
        """The constructor's arguments that both have, checked."""
        self.dropout = fraction(given["dropout"], "dropout")
        self.use_bias, self.use_gate = bool(given["use_bias"]), bool(given["use_gate"])
        window = given["sliding_window"]
        self.sliding_window = None if window is None else positive_int(window, "sliding_window")
        self.flash_attention, self.seed = given["flash_attention"], given["seed"]
        self.kernel_initializer = initializers.get(given["kernel_initializer"])
        self.bias_initializer = initializers.get(given["bias_initializer"])
        self.kernel_regularizer = regularizers.get(given["kernel_regularizer"])
        self.bias_regularizer = regularizers.get(given["bias_regularizer"])
        self.kernel_constraint = constraints.get(given["kernel_constraint"])
        self.bias_constraint = constraints.get(given["bias_constraint"])
        if given["activity_regularizer"] is not None:
            raise ValueError(f"{type(self).__name__}: activity_regularizer must be None.")
        self.wants = ("mask", "key") if self.dropout else ("mask",)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["flash_attention"]
        return config

    # What it keeps -------------------------------------------------------------------------------

    def init(self, key: Array, *shapes: Shape) -> Params:
        query, value, keys = shapes[0], shapes[1], shapes[2] if len(shapes) > 2 else shapes[1]
        if None in (query[-1], value[-1], keys[-1]):
            raise ShapeError(f"{self.name}: the numbers of features must be known, got {', '.join(map(str, shapes))}.")
        last = self.last or (query[-1],)
        sizes: dict[str, tuple[Any, ...]] = {
            "query": (query[-1], self.heads, self.sizes[0]),
            "key": (keys[-1], self.groups, self.sizes[0]),
            "gate": (query[-1], self.heads, self.sizes[1]),
            "value": (value[-1], self.groups, self.sizes[1]),
            "attention_output": (self.heads, self.sizes[1], *last),
        }
        params = {}
        for place, (part, size) in enumerate(sizes.items()):
            if part == "gate" and not self.use_gate:
                continue
            params[f"{part}/kernel"] = draw(self.kernel_initializer, key, 2 * place, size, self.dtype)
            if self.use_bias:
                bias = last if part == "attention_output" else size[1:]
                params[f"{part}/bias"] = draw(self.bias_initializer, key, 2 * place + 1, bias, self.dtype)
        return params

    def rule(self, kind: str, param: str) -> Any:
        return super().rule(kind, param.rpartition("/")[2])

    def file_parts(self) -> dict[str, Any]:
        parts: dict[str, list[Any]] = {}
        for weight in self.weights:
            parts.setdefault(self.file_names[weight.path.split("/")[-2]], []).append(weight)
        return {name: Entry("EinsumDense", weights) for name, weights in parts.items()}

    # Shapes and calls ----------------------------------------------------------------------------

    def compute_output_shape(
        self, *shapes: Shape, return_attention_scores: bool = False, use_causal_mask: bool = False
    ) -> Any:
        if len(shapes) not in (2, 3) or any(len(shape) != 3 for shape in shapes):
            raise ShapeError(
                f"{self.name}: needs query and value, each shaped (batch, time, features), "
                f"got {', '.join(map(str, shapes))}. Several axes of time? Reshape them into one."
            )
        (batch, times, features), (_, keys, _) = shapes[:2]
        output = (batch, times, *(self.last or (features,)))
        return [output, (batch, self.heads, times, keys)] if return_attention_scores else output

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else mask[0]

    def arrange(
        self,
        inputs: Any,
        value: Any = None,
        *more: Any,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
        **others: Any,
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        if isinstance(inputs, list | tuple) and value is None:
            inputs, value, *more = inputs  # type: ignore[assignment]  # a list of what is left
        key = more[0] if more else others.pop("key", None)
        if value is None:
            raise TypeError(f"{self.name}: needs a query and a value: {self.name}(query, value).")
        given = [inputs, value, *([key] if key is not None else [])]
        values, _, _ = super().arrange(given, **others)
        asked = {"return_attention_scores": return_attention_scores, "use_causal_mask": use_causal_mask}
        masks = (query_mask, value_mask, key_mask, attention_mask)
        options = {name: True for name, wanted in asked.items() if wanted}
        return values, options, {place: one for place, one in enumerate(masks) if one is not None}

    # Formulas ------------------------------------------------------------------------------------

    def forward(
        self,
        params: Params,
        query: Array,
        value: Array,
        *keys: Array,
        key: Array | None = None,
        mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Any, Any]:
        """query (N, T, I), value (N, S, J), keys (N, S, L) -> y (N, T, O), and the weights (N, H, T, S) if asked for.

        mask     of query, value and key, (N, T) and (N, S), and the attention mask, (N, T, S); None for each
        """
        xp, source = namespace(query), keys[0] if keys else value
        q = self._project(params, "query", query, self.heads)  # (N, G, H/G, T, D)
        k = self._project(params, "key", source, self.groups)  # (N, G, 1, S, D)
        v = self._project(params, "value", value, self.groups)
        scores = (q @ xp.matrix_transpose(k)) * self.sizes[0] ** -0.5
        seen = self._seen(scores, mask, use_causal_mask)
        weights = softmax(scores if seen is None else xp.where(seen, scores, float(xp.finfo(scores.dtype).min) / 2))
        if seen is not None and (self.dropout or return_attention_scores):
            weights = xp.where(seen, weights, 0.0)  # also where a query sees nothing at all
        thin = thinning(key, self.dropout, weights)
        used = weights if thin is None else weights * thin
        heads = self._side_by_side(used @ v)  # (N, T, H·V)
        gate = self._gate(params, query) if self.use_gate else None
        y, _ = dense.forward(self._flat(params, "attention_output"), heads if gate is None else heads * gate)
        y = y.reshape(*query.shape[:2], *(self.last or (y.shape[-1],)))
        cache = (query, source, value, q, k, v, weights, thin, used, heads, gate, bool(keys))
        shown = weights.reshape(len(query), self.heads, *weights.shape[-2:])
        return (y, shown) if return_attention_scores else y, cache

    def _flat(self, params: Params, part: str) -> Params:
        """A part's kernel and bias as Dense has them."""
        own = unprefixed(params, f"{part}/")
        inputs = self.heads * self.sizes[1] if part == "attention_output" else own["kernel"].shape[0]
        return {name: array.reshape((inputs, -1) if name == "kernel" else (-1,)) for name, array in own.items()}

    def _project(self, params: Params, part: str, x: Array, heads: int) -> Array:
        """x (N, T, I) -> (N, G, heads/G, T, D)"""
        y, _ = dense.forward(self._flat(params, part), x)
        y = y.reshape(*x.shape[:2], self.groups, heads // self.groups, -1)
        return namespace(y).permute_dims(y, (0, 2, 3, 1, 4))

    def _project_back(self, params: Params, part: str, x: Array, dy: Array, needs: tuple[str, ...]) -> Any:
        dy = self._side_by_side(dy)
        dx, grads = dense.backward(self._flat(params, part), x, dy, needs=needs)
        shaped = {name: grad.reshape(params[f"{part}/{name}"].shape) for name, grad in grads.items()}
        return dx, prefixed(shaped, f"{part}/")

    @staticmethod
    def _side_by_side(heads: Array) -> Array:
        """(N, G, R, T, D) -> (N, T, G·R·D)"""
        moved = namespace(heads).permute_dims(heads, (0, 3, 1, 2, 4))
        return moved.reshape(*moved.shape[:2], -1)

    def _gate(self, params: Params, query: Array) -> Array:
        return activations.sigmoid(dense.forward(self._flat(params, "gate"), query)[0])

    def _seen(self, scores: Array, mask: Any, causal: bool) -> Array | None:
        """Which keys each query may see, over (N, G, R, T, S); None when all."""
        query_mask, value_mask, key_mask, attention_mask = (*(mask or ()), None, None, None, None)[:4]
        found = [] if query_mask is None else [(query_mask != 0)[:, None, None, :, None]]
        found += [(one != 0)[:, None, None, None, :] for one in (value_mask, key_mask) if one is not None]
        if causal:
            found.append(causal_mask(scores))
        if self.sliding_window is not None:
            xp = namespace(scores)
            apart = xp.arange(scores.shape[-2])[:, None] - xp.arange(scores.shape[-1])
            found.append(xp.abs(apart) < self.sliding_window)
        if attention_mask is not None:
            given = attention_mask != 0
            if given.ndim == 4:  # one for each head
                given = given.reshape(len(given), -1, 1, *given.shape[2:])
                given = given if given.shape[1] == 1 else given.reshape(len(given), *scores.shape[1:])
            else:
                given = given[:, None, None] if given.ndim == 3 else given
            found.append(given)
        seen = None
        for one in found:
            seen = one if seen is None else seen & one
        return seen

    def backward(self, params: Params, cache: Any, dy: Any, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        query, source, value, q, k, v, weights, thin, used, heads, gate, keyed = cache
        xp = namespace(query)
        dy, dshown = dy if isinstance(dy, tuple) else (dy, None)
        grads: Params = {}
        if dy is None:
            dheads = xp.zeros_like(heads)
        else:
            flat, mixed = self._flat(params, "attention_output"), heads if gate is None else heads * gate
            dheads, found = dense.backward(flat, mixed, dy.reshape(*mixed.shape[:2], -1))
            grads = {
                f"attention_output/{name}": grad.reshape(params[f"attention_output/{name}"].shape)
                for name, grad in found.items()
            }
        dquery_gate: Any = 0.0
        if gate is not None:
            dsums = dheads * heads * gate * (1 - gate)
            dquery_gate, found = dense.backward(self._flat(params, "gate"), query, dsums, needs=needs)
            grads |= {f"gate/{name}": g.reshape(params[f"gate/{name}"].shape) for name, g in found.items()}
            dheads = dheads * gate
        do = dheads.reshape(*query.shape[:2], *q.shape[1:3], -1)
        do = xp.permute_dims(do, (0, 2, 3, 1, 4))  # (N, G, H/G, T, V)
        dused = do @ xp.matrix_transpose(v)
        dused = dused if dshown is None else dused + dshown.reshape(dused.shape)
        dscores = softmax_backward(weights, dused if thin is None else dused * thin) * self.sizes[0] ** -0.5
        dv = (xp.matrix_transpose(used) @ do).sum(axis=2, keepdims=True)
        dk = (xp.matrix_transpose(dscores) @ q).sum(axis=2, keepdims=True)
        dquery, found = self._project_back(params, "query", query, dscores @ k, needs)
        dkeys, found_key = self._project_back(params, "key", source, dk, needs)
        dvalue, found_value = self._project_back(params, "value", value, dv, needs)
        grads |= {**found, **found_key, **found_value}
        grads = grads if "params" in needs else {}
        if "inputs" not in needs:
            return (None,) * (2 + keyed), grads
        dquery = dquery + dquery_gate
        return (dquery, dvalue, dkeys) if keyed else (dquery, dvalue + dkeys), grads


@register_layer("MultiHeadAttention")
class MultiHeadAttention(_Heads):
    """Attention with several heads, called as layer(query, value) or layer(query, value, key).

    Args:
        num_heads: how many attentions there are.
        key_dim: size of a head's queries and keys.
        value_dim: size of a head's values; as key_dim, if not given.
        dropout: share of the weights to drop while training.
        use_bias: whether the products have biases.
        output_shape: number of features of the output; by default as many as the query has.
        attention_axes: None or 1: attention is along the time axis.
        sliding_window: how many time steps away (less one) a query may see.
        kernel_…, bias_initializer, …_regularizer, …_constraint: for all the products.
        use_gate: whether a sigmoid of the query gates the heads.
        flash_attention, seed: kept for Keras.

    A call also takes query_mask=, value_mask=, key_mask= (batch, time), attention_mask= (batch, T, S),
    use_causal_mask=True and return_attention_scores=True.

    >>> MultiHeadAttention(2, 4).compute_output_shape((None, 5, 8), (None, 7, 3))
    (None, 5, 8)
    """

    file_names: ClassVar = {**PARTS, "gate": "_gate_dense"}

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = self.heads = self.groups = positive_int(num_heads, "num_heads")
        self.key_dim = positive_int(key_dim, "key_dim")
        self.value_dim = self.key_dim if value_dim is None else positive_int(value_dim, "value_dim")
        self.sizes = self.key_dim, self.value_dim
        self.last = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape) if output_shape else None
        if attention_axes not in (None, 1, (1,), [1]):
            raise ValueError(f"attention_axes must be None or 1, got {attention_axes!r}.")
        self.attention_axes = attention_axes
        self.settle(locals())

    def setting(self, argument: str) -> Any:
        return self.last if argument == "output_shape" else super().setting(argument)


@register_layer("GroupQueryAttention", "GroupedQueryAttention")
class GroupedQueryAttention(_Heads):
    """MultiHeadAttention in which several heads of queries share a head of keys and values.

    Args:
        head_dim: size of a head.
        num_query_heads: heads of queries; a multiple of num_key_value_heads.
        num_key_value_heads: heads of keys and values.
        dropout, use_bias, …: as in `MultiHeadAttention`.

    >>> GroupedQueryAttention(4, 6, 2).compute_output_shape((None, 5, 8), (None, 7, 8))
    (None, 5, 8)
    """

    listed_as = "GroupQueryAttention"  # Keras's public name; its files' groups go by the class
    file_names: ClassVar = {**{part: f"_{name}" for part, name in PARTS.items()}, "gate": "_gate_dense"}
    last = None

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.head_dim = positive_int(head_dim, "head_dim")
        self.num_query_heads = self.heads = positive_int(num_query_heads, "num_query_heads")
        self.num_key_value_heads = self.groups = positive_int(num_key_value_heads, "num_key_value_heads")
        if self.heads % self.groups:
            raise ValueError(
                f"num_query_heads must be a multiple of num_key_value_heads, got {self.heads} and {self.groups}."
            )
        self.sizes = self.head_dim, self.head_dim
        self.settle(locals())


GroupQueryAttention = GroupedQueryAttention
