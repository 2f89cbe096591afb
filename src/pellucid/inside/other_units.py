"""Units that are no weighted sum of what the layer reads, in words and numbers.

normalized   gamma · (x - mean) / √(var + ε) + beta      BatchNormalization, LayerNormalization, GroupNormalization
by its size  scale · x / √(mean of x² + ε)               RMSNormalization
a product    x0 · x1                                     Multiply
looked up    row 7 of the table                          Embedding
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Node
from ..layers.batch_normalization import BatchNormalization
from ..layers.embedding import Embedding
from ..layers.group_normalization import GroupNormalization
from ..layers.layer_normalization import LayerNormalization
from ..layers.merge import Multiply
from ..layers.size_normalization import RMSNormalization
from .blocks import Block, Shown, Table, factor, number, sum_of
from .trace import LayerTrace, Trace


@dataclass(frozen=True, repr=False)
class OtherUnit(Shown):
    """How one unit that is no weighted sum came to its activation.

    parts         what it is made of, by name
    sum_formula   the way to z in one line of numbers
    z, a, slope   as in `Unit`
    """

    layer: str
    place: tuple[int, ...]
    sample: int
    parts: tuple[tuple[str, float], ...]
    sum_formula: str
    z: float
    activation: str | None
    a: float
    slope: float | None

    @property
    def formula(self) -> str:
        """The whole computation in one line."""
        return f"{self.sum_formula} → {self.activation} → {number(self.a)}" if self.activation else self.sum_formula

    def blocks(self) -> list[Block]:
        title = f"{self.layer}{list(self.place)}, sample {self.sample}"
        rows: list[tuple[Any, ...]] = [*self.parts, ("z", self.z)]
        if self.activation:
            rows.append((f"{self.activation}(z)", self.a))
        if self.slope is not None:
            rows.append(("f'(z)", self.slope))
        return [f"{title}: {self.formula}", Table(title, ("", "value"), tuple(rows))]


Parts = list[tuple[str, float]]


def other_unit(node: Node, seen: Trace, look: LayerTrace, place: tuple[int, ...], sample: int) -> OtherUnit | None:
    """One unit of a traced layer; None where the layer is none of these."""
    tell = next((tell for kind, tell in _KINDS.items() if isinstance(node.layer, kind)), None)
    if tell is None:
        return None
    at = (sample, *place)
    parts, line = tell(node, seen, look, at)
    z, after = float(look.z[at]), seen.follower(seen.place(node.name))
    slope = None if look.slope is None else float(look.slope[at])
    return OtherUnit(node.name, place, sample, tuple(parts), f"{line} = {number(z)}", z,
                     after.activation if after else None, float(look.a[at]), slope)  # fmt: skip


def _normalized(node: Node, seen: Trace, look: LayerTrace, at: tuple[int, ...]) -> tuple[Parts, str]:
    layer: Any = node.layer
    x = look.x[0]
    n, spread = seen.caches[node.name][:2]
    if isinstance(layer, BatchNormalization):
        along = layer._axes(x)[1]
        mean, spread = seen.caches[node.name][2].reshape(along), spread.reshape(along)
    elif isinstance(layer, LayerNormalization):
        axes, along = layer._along(x)
        mean = x.mean(axis=axes, keepdims=True)
    else:
        along, (grouped, over) = layer._along(x), layer._grouped(x)
        mean = _like(grouped.mean(axis=over, keepdims=True), n).reshape(x.shape)
        n, spread = n.reshape(x.shape), _like(spread, n).reshape(x.shape)
    value, middle, root, scaled = (float(_like(part, x)[at]) for part in (x, mean, spread, n))
    parts = [("x", value), ("mean", middle), ("√(var + ε)", root), ("(x - mean) / √(var + ε)", scaled)]
    line = f"({sum_of([number(value), number(-middle)])}) / {number(root)}"
    if "gamma" in look.params:
        parts.append(("gamma", float(_like(look.params["gamma"].reshape(along), x)[at])))
        line = f"{number(parts[-1][1])}·{line}"
    if "beta" in look.params:
        parts.append(("beta", float(_like(look.params["beta"].reshape(along), x)[at])))
        line = sum_of([line, number(parts[-1][1])])
    return parts, line


def _by_its_size(node: Node, seen: Trace, look: LayerTrace, at: tuple[int, ...]) -> tuple[Parts, str]:
    layer: Any = node.layer
    x = look.x[0]
    n, size = seen.caches[node.name]
    value, root = float(x[at]), float(_like(size, x)[at])
    scale = float(_like(layer._along(look.params, x), x)[at])
    parts = [("x", value), ("√(mean of x² + ε)", root), ("x / √(mean of x² + ε)", float(n[at])), ("scale", scale)]
    return parts, f"{number(scale)}·{factor(value)} / {number(root)}"


def _product(node: Node, seen: Trace, look: LayerTrace, at: tuple[int, ...]) -> tuple[Parts, str]:
    values = [float(_like(seen.values[name], look.z)[at]) for name in node.inputs]
    text = "·".join([number(values[0]), *map(factor, values[1:])])
    return [(f"{name}{list(at[1:])}", value) for name, value in zip(node.inputs, values, strict=True)], text


def _looked_up(node: Node, seen: Trace, look: LayerTrace, at: tuple[int, ...]) -> tuple[Parts, str]:
    row, where = int(look.x[0][at[:-1]]), list(at[1:-1]) or ""
    return [(f"x{where}", float(row))], f"x{where} is {row}: embeddings[{row}, {at[-1]}]"


def _like(part: Array, whole: Array) -> Array:
    return np.broadcast_to(part, whole.shape)


_KINDS: dict[type, Callable[[Node, Trace, LayerTrace, tuple[int, ...]], tuple[Parts, str]]] = {
    BatchNormalization: _normalized,
    LayerNormalization: _normalized,
    GroupNormalization: _normalized,
    RMSNormalization: _by_its_size,
    Multiply: _product,
    Embedding: _looked_up,
}
