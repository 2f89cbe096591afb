"""`K.gradients`: the derivative of one symbolic value by others, as a symbolic value, to be computed by `K.function`.

    grads = K.gradients(K.mean(model.output[:, 3]), model.input)[0]         what in a picture speaks for class 3
    look = K.function([model.input], [grads])

    optimizer.get_gradients(model.total_loss, model.trainable_weights)      how fast each layer would learn

A node that computes such a derivative runs the network from its inputs to the value, and the chain rule back.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..layers import Layer
from ..layers.layer import Params
from ..layers.symbolic import KerasTensor, Shape
from ..layers.weight import Weight
from .layout import lay_out
from .passes import backward, run


class Slopes(Layer):
    """dΣ(loss)/d(each variable), from the values of the inputs that the loss depends on.

    loss        a symbolic value
    variables   symbolic values that it depends on, and weights
    """

    wants = ("training", "key")

    def __init__(self, loss: KerasTensor, variables: Sequence[Any]) -> None:
        super().__init__(name=None)
        self.roots = _roots(loss)
        values = [value for value in variables if isinstance(value, KerasTensor)]
        self.graph_of = lay_out(self.roots, [loss], kept=values)
        self.owner_of = {layer: owner for owner, layer in self.graph_of.owners.items()}
        places = iter(self.graph_of.kept)
        self.places = [next(places) if isinstance(value, KerasTensor) else self._place(value) for value in variables]
        self.asked_for = list(variables)

    def _place(self, weight: Any) -> tuple[str, str]:
        """Whose weight it is in the network, and under which name."""
        if not isinstance(weight, Weight):
            raise TypeError(
                f"K.gradients: needs what layers return on an Input, or weights, got {type(weight).__name__}."
            )
        layer, name = weight._layer, weight._key
        while layer.inside is not None:
            layer, name = layer.inside[0], layer.inside[1] + name
        if layer not in self.owner_of:
            raise ValueError(f"K.gradients: the loss does not depend on {weight.path}.")
        return self.owner_of[layer], name

    def compute_output_shape(self, *shapes: Shape) -> Any:
        found = [tuple(variable.shape) for variable in self.asked_for]
        return found if len(found) > 1 else found[0]

    def forward(self, params: Params, *arrays: Array, training: bool, key: Array | None) -> tuple[Any, None]:
        """One array for each variable, shaped as it is."""
        graph = self.graph_of
        numbers = {owner: layer.numbers for owner, layer in graph.owners.items() if layer.weights}
        now = {owner: own.params for owner, own in numbers.items()}
        state = {owner: own.state for owner, own in numbers.items()}
        ran = run(graph, now, state, arrays, key=key, training=training, keep=lambda name: True)
        loss = graph.outputs[0]
        start = {loss: namespace(ran.values[loss]).ones_like(ran.values[loss])}
        asked = frozenset(place[0] for place in self.places if not isinstance(place, str))
        slopes, grads = backward(graph, now, ran.caches, start, trainable=asked, keep=lambda name: True)
        found = []
        for place in self.places:
            if isinstance(place, str):
                found.append(slopes.get(place, np.zeros_like(ran.values[place])))
            else:
                found.append(grads.get(place[0], {}).get(place[1], np.zeros_like(now[place[0]][place[1]])))
        return (found[0] if len(found) == 1 else tuple(found)), None

    def backward(self, params: Params, cache: None, dy: Any) -> tuple[Any, Params]:
        raise TypeError("K.gradients of K.gradients: second derivatives are not computed here.")


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The symbolic derivatives of a symbolic value (the sum of it, if it is not one number) by each variable.

    variables    what layers return on an Input, or weights; one or a list

    Raises TypeError for what is not symbolic, ValueError for a weight that the loss does not depend on.
    """
    if not isinstance(loss, KerasTensor):
        raise TypeError(
            f"K.gradients: needs what layers return on an Input, got numbers, {_looks(loss)}. "
            "Inside of a loss, a metric or a Lambda there are numbers alone, which do not know what they were computed "
            "from: take the derivative outside, of model.output by model.input. Derivatives of derivatives, as a "
            "gradient penalty needs them, are not computed here."
        )
    several = list(variables) if isinstance(variables, list | tuple) else [variables]
    layer = Slopes(loss, several)
    made = layer.note_call(layer.roots, {})
    return list(made) if isinstance(made, list) else [made]


KerasTensor.gradients = gradients  # type: ignore[attr-defined]  # for optimizers, which know no networks


def _looks(numbers: Any) -> str:
    shape = getattr(numbers, "shape", ())
    return f"an array of shape {tuple(shape)}" if shape else repr(numbers)


def _roots(value: KerasTensor) -> list[KerasTensor]:
    """The Inputs that a symbolic value depends on, in the order in which they are met."""
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        if not tensor.call.inputs:
            found[id(tensor)] = tensor
        waiting += reversed(tensor.call.inputs)
    return list(found.values())
