"""Mixed precision: layers compute in bfloat16, while parameters, their gradients and the loss stay float32.

    forward    y  = layer(bfloat16(params), bfloat16(x))         float32 where the loss, a metric or the caller reads y
    backward   dx = layer'(…, bfloat16(dy));  dparams in float32

bfloat16 has the range of float32 and 8 bits of fraction: gradients neither overflow nor vanish, and no loss need be
scaled. Normalizations compute in float32 all the same, and so does whatever has state that no gradient moves.

Source: Micikevicius et al., "Mixed Precision Training", ICLR 2018 (float32 master weights, section 3.1);
Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", arXiv:1905.12322 (2019).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..arrays import Array
from ..layers.layer import Layer
from .graph import Graph, Node

LOW, HIGH = "bfloat16", "float32"


def rounded(graph: Graph, read: Iterable[str] = ()) -> Graph:
    """The graph whose layers compute as their policies say; the same graph where none is mixed.

    read     values that somebody reads beside the outputs: they come in float32
    """
    if not any(node.layer.mixed for node in graph.nodes):
        return graph
    shown = frozenset((*graph.outputs, *graph.kept, *read))
    return replace(graph, nodes=tuple(node._replace(layer=_cast(node, shown)) for node in graph.nodes))


def _cast(node: Node, shown: frozenset[str]) -> Any:
    layer = node.layer
    low = layer.mixed and not layer.precise and "state" not in layer.wants
    gives = LOW if layer.mixed and shown.isdisjoint(node.makes) else HIGH
    return Cast(layer, LOW if low else HIGH, gives)


class Cast:
    """A layer with its formulas computed in one float type, and its values given in another; JAX arrays only."""

    def __init__(self, layer: Layer, computes: str, gives: str) -> None:
        self.layer, self.computes, self.gives = layer, computes, gives

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def forward(self, params: Any, *inputs: Array, **options: Any) -> tuple[Any, Any]:
        y, cache = self.layer.forward(_to(self.computes, params), *_to(self.computes, inputs), **options)
        return _to(self.gives, y), cache

    def backward(self, params: Any, cache: Any, dy: Any, **needs: Any) -> tuple[Any, Any]:
        dx, grads = self.layer.backward(_to(self.computes, params), cache, _to(self.computes, dy), **needs)
        return dx, _to(HIGH, grads)


def _to(dtype: str, arrays: Any) -> Any:
    """The same nesting, its floats in this type; whole numbers and booleans stay."""
    import jax

    def one(array: Any) -> Any:
        return array.astype(dtype) if jax.numpy.issubdtype(array.dtype, jax.numpy.floating) else array

    return jax.tree.map(one, arrays)
