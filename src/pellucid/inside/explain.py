"""explain: a neuron, a layer or a whole network in words and real numbers.

    one unit         0.83·0.412 + … + bias = 1.44 → sigmoid → 0.809
    a whole layer    x, W, b, z = x·W + b, a = f(z)
    one weight       ∂J/∂w = ∂J/∂a · ∂a/∂z · ∂z/∂w along every path (chain_rule.py)

    a normalized unit, a product, a row of a table    (other_units.py)
    one gate         W·x + U·h + b = … → sigmoid → …, of one unit of a recurrent layer at one time step (gates.py)

A unit is found by its place in the layer's output: a number for a Dense layer, (row, column, filter) for a
convolution. The products are the same for both: an input times how much the sum changes with it.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph, Node
from ..engine.passes import backward
from ..layers.bidirectional import Bidirectional
from ..layers.conv import Conv
from ..layers.rnn import RNN
from .blocks import Block, Shown, number
from .chain_rule import ChainRule, chain_rule, place_within
from .gates import Gate, Moment, explain_moment
from .other_units import OtherUnit, other_unit
from .trace import LayerTrace, Trace, alone, every, run_alone, trace
from .unit import Pixel, Product, Unit, channels_last, kernel_of, pixel


@dataclass(frozen=True, repr=False)
class Network(Shown):
    """Every layer as matrices, in order."""

    layers: tuple[LayerTrace, ...]
    loss: float | None

    def blocks(self) -> list[Block]:
        found = [block for layer in self.layers for block in layer.blocks()]
        return found if self.loss is None else [*found, f"loss = {number(self.loss)}"]


def explain(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    layer: str | int | None = None,
    unit: int | tuple[int, ...] | None = None,
    time: int | None = None,
    gate: str | None = None,
    weight: int | tuple[int, ...] | None = None,
    param: str = "kernel",
    sample: int = 0,
    dtype: Any = None,
) -> Unit | OtherUnit | Moment | Gate | LayerTrace | Network | ChainRule:
    """What a unit, a layer, a weight or the whole network does with these samples.

    layer     its name, or its place among the layers that compute (0 is the first); None for the whole network
    unit      a place in the layer's output: one unit, product by product; of a convolution, patch by kernel
    time      with a unit's number, for a recurrent layer: what the unit did at that time step (-1: the last)
    gate      one of its gates there: "i", "f", "g", "o" (LSTM), "z", "r", "n" (GRU), "s" (SimpleRNN)
    weight    a place in `param`: the chain rule for that weight; needs y
    sample    which of the samples a unit is explained for, and whose paths the chain rule lists
    dtype     float type to compute in; by default the model's own

    The units of a Bidirectional layer are numbered through: first those of the layer that reads forwards.

    Raises ValueError for a layer or place that there is not, and for a unit that nothing here can tell.

    The network of two hidden tanh units with inputs -1 and 2: the first input fans out with weights 1 and 5,
    the second with 3 and 3, and the output adds 2 and -1 times what the hidden units say.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(2, "tanh", use_bias=False, input_shape=(2,)), Dense(1, use_bias=False)])
    >>> model.set_weights([np.array([[1, 5], [3, 3]]), np.array([[2], [-1]])])
    >>> x = [[-1, 2]]
    >>> print(explain(model, x, layer=0, unit=0).formula)
    -1·1 + 2·3 = 5 → tanh → 0.9999
    >>> print(explain(model, x, layer=0, unit=1).formula)
    -1·5 + 2·3 = 1 → tanh → 0.7616
    >>> output = explain(model, x, layer=1, unit=0, dtype="float64")
    >>> output.formula, output.a
    ('0.9999·2 + 0.7616·(-1) = 1.238', 1.2382242525694254)
    """
    if weight is not None:
        if y is None or layer is None:
            raise ValueError("explain: the chain rule for a weight needs layer= and the targets y.")
        name = _layer_name(trace(model, x, dtype=dtype), layer)
        return chain_rule(model, x, y, layer=name, weight=weight, param=param, sample=sample)
    seen = trace(model, x, y, dtype=dtype)
    if layer is None:
        if unit is not None:
            raise ValueError("explain: unit= needs layer=, the layer that it belongs to.")
        return Network(tuple(seen[name] for name in seen.layers), seen.loss)
    name = _layer_name(seen, layer)
    if time is not None:
        kind = seen.place(name).kind
        if not isinstance(next(node for node in model._graph.nodes if node.name == name).layer, RNN | Bidirectional):
            raise ValueError(f"explain: time= is for recurrent layers, and {name} is a {kind}. Leave it out.")
        if not isinstance(unit, int):
            raise ValueError(f"explain: time= needs unit=, the number of one unit of {name}; got {unit!r}.")
        moment = explain_moment(model, seen, name, unit, time, sample)
        return moment if gate is None else moment.gate(gate)
    if gate is not None:
        raise ValueError("explain: gate= needs time=, the time step at which to look.")
    return seen[name] if unit is None else explain_unit(model, seen, name, unit, sample)


def explain_unit(model: Any, seen: Trace, layer: str, unit: int | tuple[int, ...], sample: int = 0) -> Unit | OtherUnit:
    """One unit of a traced model, product by product."""
    graph = model._graph
    node = next(node for node in graph.nodes if node.name == layer)
    look = seen[layer]
    place = _place(unit, look.z.shape[1:], layer)
    _place(sample, look.z.shape[:1], "sample")
    if isinstance(node.layer, Conv):
        return _pixel(node, look, place, sample)
    if (other := other_unit(node, seen, look, place, sample)) is not None:
        return other
    ones = {name: np.ones_like(value) for name, value in look.params.items()}
    weights = _weights_of(graph, node, seen, sample, place)
    reached = _weights_of(graph, node, replace(seen, params={**seen.params, node.owner: ones}), sample, place)
    products = []
    for value in dict.fromkeys(node.inputs):
        if value not in weights:
            continue
        x, weight = seen.values[value][sample], weights[value][0]
        products += [
            Product(value, tuple(spot), float(x[tuple(spot)]), float(weight[tuple(spot)]))
            for spot in np.argwhere(reached[value][0] != 0).tolist()
        ]
    z, after = float(look.z[sample][place]), seen.follower(seen.place(layer))
    bias = _bias_of(look, place)
    total = sum(product.value for product in products) + bias
    size = abs(bias) + sum(abs(product.value) for product in products)
    if not products or not abs(total - z) <= 1e-4 * max(size, 1e-30):
        over_time = isinstance(node.layer, RNN | Bidirectional)
        remedy = "Give time=, the step to look at (-1: the last)" if over_time else f"See trace(model, x)[{layer!r}]"
        raise ValueError(f"explain: a unit of {layer} ({look.kind}) is not one weighted sum of its inputs. {remedy}.")
    at = (sample, *place)
    slope = None if look.slope is None else float(look.slope[at])
    return Unit(layer, place, sample, tuple(products), bias, z, after.activation if after else None,
                float(look.a[at]), slope)  # fmt: skip


def _bias_of(look: LayerTrace, place: tuple[int, ...]) -> float:
    """The bias of one unit; nan where the layer's bias is no such thing (GRU has two)."""
    shape, bias = look.z.shape[1:], np.asarray(look.params.get("bias", 0.0))
    fits = bias.shape == shape[len(shape) - bias.ndim :] if bias.ndim <= len(shape) else False
    return float(np.broadcast_to(bias, shape)[place]) if fits else math.nan


def _pixel(node: Node, look: LayerTrace, place: tuple[int, ...], sample: int) -> Pixel:
    """One place of one feature map, from the patch that its window sees."""
    layer = node.layer
    assert isinstance(layer, Conv)  # whoever calls has looked
    at, last = (sample, *place), layer.data_format == "channels_last"
    place = place if last else (*place[1:], place[0])
    kernel, first = kernel_of(layer, look.params["kernel"], place[-1])
    images = channels_last(layer, look.x[0])
    x = images[sample][..., first : first + kernel.shape[-1]]
    bias = _bias_of(look, place)
    return pixel(node.name, place, sample, (node.inputs[0], first), x, kernel, layer.slides(images.shape), bias,
                 look.z[at], look.a[at], layer.output_activation)  # fmt: skip


def _weights_of(graph: Graph, node: Node, seen: Trace, sample: int, place: tuple[int, ...]) -> dict[str, Array]:
    """How much the sum at `place` changes with each number that the node reads, by value: (1, …)."""
    single, made = alone(graph, node), node.makes[0]
    values, caches = run_alone(node, seen, slice(sample, sample + 1))
    dy = np.zeros_like(values[made])
    dy[(0, *place)] = 1
    found, _ = backward(single, seen.params, caches, {made: dy}, trainable=frozenset(), keep=every)
    return found


def _layer_name(seen: Trace, layer: str | int) -> str:
    if isinstance(layer, str):
        return seen.place(layer).name
    if not isinstance(layer, int):
        raise ValueError(f"explain: layer must be a name or a whole number, got {layer!r}.")
    if not -len(seen.layers) <= layer < len(seen.layers):
        raise ValueError(f"explain: there are {len(seen.layers)} layers ({', '.join(seen.layers)}), got layer={layer}.")
    return seen.layers[layer]


def _place(given: int | tuple[int, ...], shape: tuple[int, ...], what: str) -> tuple[int, ...]:
    """A place as a tuple, checked against the shape that it lies in; negative numbers count from the end."""
    found = place_within(given, shape)
    if found is None:
        raise ValueError(f"explain: {what} has places within {shape}, got {given!r}.")
    return found
