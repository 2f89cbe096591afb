"""Walking a network of symbolic values: which layers it has, and in which order Keras lists them."""

from collections.abc import Iterable

from .layers.layer import Layer
from .layers.symbolic import Call, KerasTensor


def calls_between(inputs: Iterable[KerasTensor], outputs: Iterable[KerasTensor]) -> list[Call]:
    """The calls from the inputs to the outputs in Keras's order: by distance from the outputs, the furthest first."""
    stop = {id(tensor) for tensor in inputs}
    outputs = tuple(outputs)
    seen, order = _visit(outputs, stop)
    depth: dict[int, int] = {}
    layer_depth: dict[Layer, int] = {}
    for call in reversed(order):  # consumers come before what they read
        layer_depth[call.layer] = depth[id(call)] = max(depth.get(id(call), 0), layer_depth.get(call.layer, 0))
        for tensor in call.inputs:
            if id(tensor) not in stop or not tensor.call.inputs:
                depth[id(tensor.call)] = max(depth.get(id(tensor.call), 0), depth[id(call)] + 1)
    return sorted(order, key=lambda call: (-depth[id(call)], seen[id(call)]))


def _visit(outputs: tuple[KerasTensor, ...], stop: set[int]) -> tuple[dict[int, int], list[Call]]:
    """Every call once: in the order of first meeting (by id), and each after the calls that it reads from."""
    seen: dict[int, int] = {}
    order: list[Call] = []
    done: set[int] = set()
    for output in outputs:
        waiting = [(output.call, False)]
        while waiting:
            call, returning = waiting.pop()
            if returning:
                order.append(call)
                continue
            if id(call) in done:
                continue
            done.add(id(call))
            seen[id(call)] = len(seen)
            waiting.append((call, True))
            before = [t.call for t in call.inputs if id(t) not in stop or not t.call.inputs]
            waiting.extend((other, False) for other in reversed(before) if id(other) not in done)
    return seen, order


def layers_between(inputs: Iterable[KerasTensor], outputs: Iterable[KerasTensor]) -> list[Layer]:
    """The layers from the inputs to the outputs, each once, in Keras's order."""
    inputs = tuple(inputs)
    calls = calls_between(inputs, outputs)
    first = [tensor.call.layer for tensor in inputs if not tensor.call.inputs]
    reached = {call.layer for call in calls}
    return list(dict.fromkeys([*(layer for layer in first if layer not in reached), *(call.layer for call in calls)]))
