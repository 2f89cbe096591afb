"""Through the network and back: what each node computes, and what the loss says to it.

    forward, run   x ──► values, caches, masks     node by node, in the graph's order
    backward       dL/dvalue ──► dL/dparameter     the chain rule, from the last node to the first
    advance        caches ──► state                the averages of BatchNormalization and their like

Everything is handed in and handed back; nothing is kept here and nothing changed.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..arrays import Array, namespace
from ..layers.layer import one_or_all
from ..random import fold_in, next_key
from .graph import Graph, Node, Tree


class Pass(NamedTuple):
    """One run of the network, by name of value (masks: where there is one) or of node (caches)."""

    values: dict[str, Array]
    caches: dict[str, Any]
    masks: dict[str, Array]


def forward(
    graph: Graph,
    params: Tree,
    state: Tree,
    inputs: Iterable[Array],
    *,
    key: Array | None = None,
    training: bool = False,
    caching: bool = True,
    keep: Callable[[str], bool] | None = None,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Run the network.

    key       randomness for this pass; None makes dropout and noise stand aside
    caching   whether backward will follow; without, only layers whose state moves outside training leave a cache
    keep      which values to keep beside the outputs; by default none: a value is dropped after its last reader

    Returns the values and the caches, by name.
    """
    found = run(graph, params, state, inputs, key=key, training=training, caching=caching, keep=keep)
    return found.values, found.caches


def run(
    graph: Graph,
    params: Tree,
    state: Tree,
    inputs: Iterable[Array],
    *,
    key: Array | None = None,
    training: bool = False,
    caching: bool = True,
    keep: Callable[[str], bool] | None = None,
) -> Pass:
    """As `forward`; with the masks of the values that are kept."""
    keys = node_keys(graph, key_of_pass(graph, key))

    def compute(node: Node, values: dict[str, Array], masks: dict[str, Array]) -> Any:
        return run_node(node, params, state, values, masks, keys, training)

    return walk(graph, graph.nodes, graph.done_after, inputs, compute, caching, keep)


def walk(
    graph: Graph,
    parts: Iterable[Any],
    done_after: Iterable[Iterable[str]],
    inputs: Iterable[Array],
    compute: Callable[[Any, dict[str, Array], dict[str, Array]], Any],
    caching: bool,
    keep: Callable[[str], bool] | None,
) -> Pass:
    """From part to part of a network; a value that nobody reads any more is dropped.

    parts        nodes, or whatever else runs some of them at a time and has a `name` and `carries`
    done_after   for each part, the values that nobody reads after it
    compute      adds what a part makes to the values and the masks; returns its cache
    """
    values: dict[str, Array] = dict(zip(graph.inputs, inputs, strict=True))
    caches: dict[str, Any] = {}
    masks: dict[str, Array] = {}
    for part, done in zip(parts, done_after, strict=True):
        cache = compute(part, values, masks)
        if caching or part.carries:
            caches[part.name] = cache
        for name in done:
            if name not in graph.outputs and (keep is None or not keep(name)):
                values.pop(name, None)
                masks.pop(name, None)
    return Pass(values, caches, masks)


def run_node(
    node: Node,
    params: Tree,
    state: Tree,
    values: dict[str, Array],
    masks: dict[str, Array],
    keys: dict[str, Array],
    training: bool,
) -> Any:
    """Adds what a node makes to the values and the masks; returns its cache."""
    mask = mask_for(node, values, masks)
    extras = _extras(node, state, keys, training, mask)
    y, cache = node.layer.forward(node.own(params), *[values[name] for name in node.inputs], **extras, **node.options)
    if len(node.makes) == 1:
        values[node.makes[0]] = y
    else:
        values.update(zip(node.makes, y, strict=True))
    pass_masks_on(node, values, masks, mask)
    return cache


def pass_masks_on(node: Node, values: dict[str, Array], masks: dict[str, Array], mask: Any) -> None:
    """Adds the masks of what a node has made, where it makes any or hands on the one it was given."""
    if node.layer.makes_mask or (mask is not None and node.layer.supports_masking):
        masks.update(_masks_made(node, [values[name] for name in node.inputs], mask))


def mask_for(node: Node, values: dict[str, Array], masks: dict[str, Array]) -> Any:
    """What a layer that wants "mask" is given: its input's mask, or a tuple of those of several; None without any."""
    if not (masks or node.masked):
        return None
    found = [masks.get(name) for name in node.inputs]
    found += [None] * (max(node.masked, default=0) + 1 - len(found))  # attention has a mask beside those of its inputs
    for place, name in zip(node.masked, node.reads[len(node.inputs) :], strict=True):
        found[place] = values[name]
    return None if all(mask is None for mask in found) else one_or_all(found)


def _masks_made(node: Node, given: list[Array], mask: Any) -> dict[str, Array]:
    """The masks of what a node has made, by value name."""
    made = node.layer.compute_mask(one_or_all(given), mask)
    several = made if isinstance(made, list | tuple) else [made]
    return {name: one for name, one in zip(node.makes, several, strict=False) if one is not None}


def key_of_pass(graph: Graph, key: Array | None) -> Array | None:
    """The key, or a new one where none was given to a network that draws all the same."""
    return next_key() if key is None and graph.insists else key


def node_keys(graph: Graph, key: Array | None) -> dict[str, Array]:
    """A key for each node that draws."""
    if key is None or not graph.random:
        return {}
    keys = fold_in(key, namespace(key).arange(len(graph.random)))
    return {name: keys[i] for name, i in graph.random.items()}


def _extras(node: Node, state: Tree, keys: dict[str, Array], training: bool, mask: Any) -> dict[str, Any]:
    """The extra inputs that the node's layer declares in `wants`."""
    if not node.layer.wants:
        return {}
    if node.training is not None:
        training = node.training
    key = keys.get(node.name) if training else None
    given = {"key": key, "state": node.own(state), "training": training, "mask": mask}
    return {want: given[want] for want in node.layer.wants}


def backward(
    graph: Graph,
    params: Tree,
    caches: dict[str, Any],
    dvalues: dict[str, Array],
    *,
    trainable: frozenset[str],
    keep: Callable[[str], bool] | None = None,
) -> tuple[dict[str, Array], Tree]:
    """The chain rule, from the last node to the first.

    dvalues     dL/dvalue of the values that the loss reads
    trainable   owners whose gradients are wanted; nothing is computed for the sake of others
    keep        which dL/dvalue to keep; by default none

    Returns dL/dvalue of the values kept, and dL/dparameter by owner.
    """
    dvalues = dict(dvalues)
    grads: Tree = {}
    worth = graph.learning(trainable)
    for node in reversed(graph.nodes):
        run_node_back(node, params, caches, dvalues, grads, trainable, worth, keep)
    return dvalues, grads


def run_node_back(
    node: Node,
    params: Tree,
    caches: dict[str, Any],
    dvalues: dict[str, Array],
    grads: Tree,
    trainable: frozenset[str],
    worth: frozenset[str],
    keep: Callable[[str], bool] | None = None,
) -> None:
    """Adds what a node's inputs and parameters hear from it to dvalues and grads.

    worth    the values that a trainable parameter has a say in
    """
    arrived = [dvalues.get(value) for value in node.makes]
    needs = _needs(node, trainable, worth, keep)
    if keep is None:
        for value in node.makes:
            dvalues.pop(value, None)
    if not needs or all(dy is None for dy in arrived):
        return
    dx, found = _node_backward(node, params, caches[node.name], arrived, needs)
    for owner, own in node.given_back(found).items():
        if owner in trainable:
            grads[owner] = summed(grads[owner], own) if owner in grads else own
    for value, d in zip(node.inputs, dx, strict=True):
        if d is not None and (value in worth or keep is not None):
            dvalues[value] = dvalues[value] + d if value in dvalues else d  # a value read twice hears back twice


def _needs(
    node: Node, trainable: frozenset[str], worth: frozenset[str], keep: Callable[[str], bool] | None
) -> tuple[str, ...]:
    inputs = keep is not None or not worth.isdisjoint(node.reads)
    return ("inputs",) * inputs + ("params",) * (not trainable.isdisjoint(node.owners))


def _node_backward(
    node: Node, params: Tree, cache: Any, arrived: list[Array], needs: tuple[str, ...]
) -> tuple[tuple[Any, ...], dict[str, Array]]:
    layer, own = node.layer, node.own(params)
    dy = arrived[0] if len(arrived) == 1 else tuple(arrived)
    dx, grads = layer.backward(own, cache, dy, needs=needs) if layer.thrifty else layer.backward(own, cache, dy)
    return dx if isinstance(dx, tuple) else (dx,), grads


def summed(one: dict[str, Array], other: dict[str, Array]) -> dict[str, Array]:
    return {name: one[name] + other[name] for name in one}


def advance(graph: Graph, state: Tree, caches: dict[str, Any]) -> Tree:
    """The state after a batch: BatchNormalization's averages and their like."""
    for node in graph.nodes:
        state = advance_node(node, state, caches)
    return state


def advance_node(node: Node, state: Tree, caches: dict[str, Any]) -> Tree:
    """The state after what one node has seen."""
    if node.name not in caches or state.keys().isdisjoint(node.owners):
        return state
    moved = node.given_back(node.layer.advance(node.own(state), caches[node.name]))
    return {**state, **{owner: own for owner, own in moved.items() if owner in state}}
