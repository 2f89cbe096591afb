"""trace: one pass through a model with every number kept.

    forward    x → z (the weighted sum) → a (the activation) → … → loss
    backward   dL/da → dL/dz → dL/dW, dL/db, dL/dx

It runs the plain formulas, whatever engine the model trains with, and changes nothing. Where `compile` fused the
last activation with the loss into one rule, dL/dz and all before it come from that rule, as in training; dL/da of
the activation is worked out beside it, and `gaps` holds how far the two ways to dL/dz lie apart.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import compiling, data
from ..activations import Activation as Function
from ..arrays import Array
from ..engine import step as steps
from ..engine.batch import Batch
from ..engine.graph import Graph, Node, Tree
from ..engine.passes import backward, run, run_node
from ..engine.step import Objective, Program
from ..layers.activation import Activation
from ..tree import tree_map
from .blocks import Block, Shown, Table, matrix, number


@dataclass(frozen=True)
class Place:
    """One node of the network, as plain data.

    name         its name, and that of its value
    kind         the layer's class
    reads        the values that go in
    makes        the values that come out
    owner        under which name its parameters stand
    activation   the function's name, where the node is nothing but an activation function
    shape        of its (first) value, the batch axis first
    """

    name: str
    kind: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    owner: str
    activation: str | None
    shape: tuple[int | None, ...]


def places(graph: Graph) -> tuple[Place, ...]:
    """A network as plain data, in the order in which it runs."""
    return tuple(
        Place(
            node.name,
            node.layer.class_name,
            node.reads,
            node.makes,
            node.owner,
            node.layer.activation.name if isinstance(node.layer, Activation) else None,
            tuple(graph.shapes[node.makes[0]]),
        )
        for node in graph.nodes
    )


@dataclass(frozen=True, repr=False)
class LayerTrace(Shown):
    """What one layer did with one batch; shown as matrices.

    x            its inputs, each (N, …)
    z            what it computed: for a Dense layer the weighted sums
    a            z after the activation; z itself where there is none
    slope        f'(z), where each activation depends on one sum only; else None
    params       its parameters by name ("kernel", "bias")
    grads        dL/dparameter by name; empty without y
    da, dz, dx   dL/da, dL/dz and, for each input, dL/dx; None without y
    """

    name: str
    kind: str
    activation: str | None
    x: tuple[Array, ...]
    z: Array
    a: Array
    slope: Array | None
    params: dict[str, Array]
    grads: dict[str, Array]
    da: Array | None
    dz: Array | None
    dx: tuple[Array | None, ...]

    def blocks(self) -> list[Block]:
        """One table a matrix: what went in, the parameters, the sums, the activations; with a loss, the gradients."""
        dense = self.kind == "Dense"
        head = "z = x·W + b" if "bias" in self.params else "z = x·W"
        steps = [head if dense else f"z = {self.kind}(x)", *([f"a = {self.activation}(z)"] if self.activation else [])]
        found: list[Block] = [f"{self.name}: {', '.join(steps)}"]
        inputs = ["x"] if len(self.x) == 1 else [f"x{i}" for i in range(len(self.x))]
        found += [matrix(name, x) for name, x in zip(inputs, self.x, strict=True)]
        names = {"kernel": "W", "bias": "b"} if dense else {}
        found += [matrix(names.get(name, name), value) for name, value in self.params.items()]
        found.append(matrix("z", self.z))
        if self.activation:
            found.append(matrix("a", self.a))
        slopes = {"dL/da": self.da if self.activation else None, "dL/dz": self.dz}
        slopes |= {f"dL/d{names.get(name, name)}": grad for name, grad in self.grads.items()}
        return found + [matrix(name, value) for name, value in slopes.items() if value is not None]


@dataclass(frozen=True, repr=False)
class Trace(Shown):
    """Every number of one pass. `trace["dense"]` gathers what belongs to one layer.

    places         the network, node by node
    values         by value name: "dense" is the weighted sum, "dense/sigmoid" the activation
    dvalues        dL/dvalue, by value name
    params, grads  by owner, then by parameter
    caches, masks  what each node kept for its way back; which places of a value count, where not all do
    loss           what training makes smaller; None without y
    losses         the loss of each sample, by output
    objectives     the losses as `compile` was given them, and the values that they read
    gaps           by output with a fused rule: the largest difference between dL/dz by the chain rule and by the rule
    """

    places: tuple[Place, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    values: dict[str, Array]
    dvalues: dict[str, Array]
    params: Tree
    state: Tree
    grads: Tree
    slopes: dict[str, Array]
    caches: dict[str, Any]
    masks: dict[str, Array]
    batch: Batch
    loss: float | None
    losses: dict[str, Array]
    objectives: tuple[Objective, ...]
    gaps: dict[str, float]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in order, without inputs and without the activations that belong to a layer."""
        followers = {self.follower(place) for place in self.places}
        return tuple(p.name for p in self.places if p.kind != "InputLayer" and p not in followers)

    def place(self, name: str) -> Place:
        """The node of that name.

        Raises ValueError, with the names there are, when there is none.
        """
        for place in self.places:
            if place.name == name:
                return place
        raise ValueError(f"trace: no layer is called {name!r}. There are: {', '.join(self.layers)}.")

    def follower(self, place: Place) -> Place | None:
        """The activation that reads this node's value and is its only reader."""
        readers = [other for other in self.places if not set(place.makes).isdisjoint(other.reads)]
        alone = len(readers) == 1 and readers[0].activation is not None and place.activation is None
        return readers[0] if alone and len(place.makes) == 1 and place.kind != "InputLayer" else None

    def value_after(self, name: str) -> str:
        """What a layer hands on, as the name of a value: after the activation that belongs to it."""
        place = self.place(name)
        return (self.follower(place) or place).makes[0]

    def __getitem__(self, name: str) -> LayerTrace:
        place = self.place(name)
        after = self.follower(place)
        z, a = place.makes[0], (after or place).makes[0]
        return LayerTrace(
            name=name,
            kind=place.kind,
            activation=after.activation if after else place.activation,
            x=tuple(self.values[value] for value in place.reads),
            z=self.values[z],
            a=self.values[a],
            slope=self.slopes.get((after or place).name),
            params=self.params.get(place.owner, {}),
            grads=self.grads.get(place.owner, {}),
            da=self.dvalues.get(a),
            dz=self.dvalues.get(z),
            dx=tuple(self.dvalues.get(value) for value in place.reads),
        )

    def blocks(self) -> list[Block]:
        """One row a layer: shapes and sizes."""
        rows = []
        for name in self.layers:
            layer = self[name]
            sizes = [_norm(layer.dz), _norm(layer.grads)] if self.loss is not None else []
            rows.append((name, layer.activation or "", str(layer.a.shape), layer.a.mean(), layer.a.std(), *sizes))
        heads: tuple[str, ...] = ("layer", "activation", "shape", "mean of a", "std of a")
        if self.loss is not None:
            heads += ("‖dL/dz‖", "‖dL/dW, dL/db‖")
        loss = [] if self.loss is None else [f"loss = {number(self.loss)}"]
        return [Table(f"{len(self.batch.x[0])} samples through {len(self.layers)} layers", heads, tuple(rows)), *loss]


def trace(
    model: Any,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    training: bool = False,
    key: Array | None = None,
    dtype: Any = None,
) -> Trace:
    """Run the model on these samples and keep every number; with y, run it backward too.

    x, y, sample_weight   as for `fit`
    training              whether layers act as they do while training (BatchNormalization, Dropout)
    key                   of that step's randomness; None makes dropout stand aside
    dtype                 float type to compute in; by default the model's own

    Raises NotBuiltError before the model knows its input shape, ValueError for y without `compile`.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, "relu", name="unit", kernel_initializer="ones", input_shape=(2,))])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> seen = trace(model, [[1.0, 2.0]], [[1.0]])
    >>> seen["unit"].z, seen["unit"].a, seen.loss
    (array([[3.]], dtype=float32), array([[3.]], dtype=float32), 4.0)
    >>> seen["unit"].grads["kernel"]
    array([[4.],
           [8.]], dtype=float32)
    """
    if not hasattr(model, "numbers"):
        raise ValueError(f"trace: needs a model first, then samples; got {type(model).__name__}.")
    graph, numbers = model._graph, model.numbers
    targets = () if y is None else model.target_slots()
    batch = data.batch(x, y, sample_weight, inputs=model.input_slots(), targets=targets)
    program = None if y is None else model.program([target.shape for target in batch.y])
    return trace_batch(graph, numbers, batch, program, training=training, key=key, dtype=dtype, model=model)


def trace_batch(
    graph: Graph,
    numbers: steps.Numbers,
    batch: Batch,
    program: Program | None = None,
    *,
    model: Any = None,
    training: bool = False,
    key: Array | None = None,
    dtype: Any = None,
) -> Trace:
    """The same for a checked batch and any bundle of numbers; `program` decided; None: forward only.

    model    whose unfused losses are shown beside a fused rule; needed only with a program
    """
    params, state = (tree_map(lambda a: _plain(a, dtype), tree) for tree in (numbers.params, numbers.state))
    batch = batch._replace(x=tuple(_plain(x, dtype) for x in batch.x))
    ran = run(graph, params, state, batch.x, key=key, training=training, keep=every)
    seen = Trace(
        places=places(graph), inputs=graph.inputs, outputs=graph.outputs, values=ran.values, dvalues={}, params=params,
        state=state, grads={}, slopes=_slopes(graph, ran.values), caches=ran.caches, masks=ran.masks,
        batch=batch, loss=None, losses={}, objectives=(), gaps={},
    )  # fmt: skip
    return seen if program is None else _with_gradients(seen, graph, program, unfused(program, model))


def unfused(program: Program, model: Any) -> tuple[Objective, ...]:
    """The objectives with each loss reading the output itself, as the caller of `compile` wrote it."""
    losses = compiling.losses_of(model.recipe, model.output_names)
    return tuple(
        objective if objective.reads == value else objective._replace(loss=loss, reads=value)
        for objective, loss, value in zip(program.objectives, losses, program.graph.outputs, strict=True)
    )


def _with_gradients(seen: Trace, graph: Graph, program: Program, plain: tuple[Objective, ...]) -> Trace:
    params, batch = seen.params, seen.batch
    found = steps.cost(program, params, seen.values, batch, masks=seen.masks)
    dvalues, grads = backward(graph, params, seen.caches, found.dvalues, trainable=frozenset(params), keep=every)
    for owner, param, regularizer in program.penalties:
        if owner in grads:
            slope = regularizer.gradient(params[owner][param])
            grads[owner] = {**grads[owner], param: grads[owner][param] + slope}
    losses, gaps = {}, {}
    makers = {value: node for node in graph.nodes for value in node.makes}
    for i, (objective, simple) in enumerate(zip(program.objectives, plain, strict=True)):
        if simple.loss is None:
            continue
        y_pred = seen.values[simple.reads]
        losses[simple.name] = np.asarray(simple.loss.call(_targets(simple.loss, batch.y[i], y_pred), y_pred))
        if objective.reads != simple.reads:
            da = _slope_of_loss(seen, simple, i)
            dvalues[simple.reads] = dvalues[simple.reads] + da if simple.reads in dvalues else da
            node = makers[simple.reads]
            by_chain, _ = node.layer.backward({}, seen.caches[node.name], da)
            gaps[simple.reads] = float(np.max(np.abs(by_chain - _slope_of_loss(seen, objective, i))))
    return replace(
        seen, dvalues=dvalues, grads=grads, loss=float(found.total), losses=losses, objectives=plain, gaps=gaps
    )


def _slope_of_loss(seen: Trace, objective: Objective, i: int) -> Array:
    """dJ/d(the value that a loss reads)."""
    assert objective.loss is not None  # only outputs with a loss have a rule
    weights = seen.batch.weights[i] if seen.batch.weights else None
    value = objective.reads
    _, cache = objective.loss.forward(seen.batch.y[i], seen.values[value], weights, seen.masks.get(value))
    return objective.weight * objective.loss.backward(cache)


def _targets(loss: Any, y_true: Array, y_pred: Array) -> Array:
    return y_true if loss.takes_targets_raw else np.asarray(y_true, dtype=y_pred.dtype)


def _slopes(graph: Graph, values: dict[str, Array]) -> dict[str, Array]:
    """f'(z) of every activation whose outputs depend on one input each."""
    found = {}
    for node in graph.nodes:
        function = node.layer.activation if isinstance(node.layer, Activation) else None
        if isinstance(function, Function) and function.elementwise:
            found[node.name] = function.derivative(values[node.reads[0]])
    return found


def alone(graph: Graph, node: Node) -> Graph:
    """One node as a network of its own, from what it reads to what it makes."""
    owners = {node.owner: node.layer} if node.owner in graph.owners else {}
    return Graph((node,), tuple(dict.fromkeys(node.reads)), node.makes, graph.shapes, owners)


def run_alone(
    node: Node, seen: Trace, rows: Any = slice(None), params: Tree | None = None
) -> tuple[dict[str, Array], dict[str, Any]]:
    """One node of a traced network once more, for some of its samples and under the masks of then.

    rows      which samples, as an index of arrays
    params    other parameters than those of the trace
    returns   values and caches by name, as `forward` does
    """
    values = {name: seen.values[name][rows] for name in node.reads}
    masks = {name: seen.masks[name][rows] for name in node.reads if name in seen.masks}
    cache = run_node(node, seen.params if params is None else params, seen.state, values, masks, {}, training=False)
    return values, {node.name: cache}


def every(name: str) -> bool:
    """Keep the value of this name, whatever it is."""
    return True


def _plain(array: Array, dtype: Any) -> Array:
    array = np.asarray(array)
    return array.astype(dtype) if dtype is not None and array.dtype.kind == "f" else array


def _norm(arrays: Any) -> float:
    """The length of all these numbers as one vector."""
    parts = arrays.values() if isinstance(arrays, dict) else [arrays]
    return float(np.sqrt(sum(float(np.sum(np.square(part, dtype=np.float64))) for part in parts if part is not None)))
