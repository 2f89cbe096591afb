"""Layers inside layers: the outer one keeps their numbers, each under its part's prefix.

    bidirectional    {"forward_layer/kernel": …, "backward_layer/kernel": …}

The inner layer's formulas are handed their share of the outer layer's numbers; its
weights (`bidirectional.forward_layer.weights`) are views into the outer layer's.
"""

from ..arrays import Array
from .layer import Layer, Params
from .symbolic import Shape


def put_inside(outer: Layer, prefix: str, part: Layer) -> None:
    """From now on the outer layer keeps the part's numbers, those that it has already as first ones.

    Raises ValueError for a part that is in use elsewhere.
    """
    if part.inside is not None or part.calls:
        user = "a network of its own" if part.inside is None else part.inside[0].name
        raise ValueError(f"{outer.name}: {part.name} is part of {user} already. Make a layer of its own for each.")
    part.brought = part.numbers if part.built else None
    outer.trainable = outer.trainable and part.trainable
    part.inside = (outer, prefix)


def inner_params(part: Layer, key: Array, *shapes: Shape) -> Params:
    """The part's first parameters for inputs of these shapes, under their names in the outer layer."""
    params = part.init(key, *shapes) if part.brought is None else part.brought.params
    part._order, part.built = (tuple(params), ()), True
    return prefixed(params, prefix_of(part))


def inner_state(part: Layer, *shapes: Shape) -> Params:
    """The part's first state for inputs of these shapes, under its names in the outer layer."""
    state = part.init_state(*shapes) if part.brought is None else part.brought.state
    part._order = (part._order[0], tuple(state))
    return prefixed(state, prefix_of(part))


def prefix_of(part: Layer) -> str:
    """What the names of the part's numbers start with in the layer that it is inside of."""
    assert part.inside is not None  # only parts are asked
    return part.inside[1]


def prefixed(arrays: Params, prefix: str) -> Params:
    """The arrays, with the prefix before their names."""
    return {prefix + name: array for name, array in arrays.items()}
