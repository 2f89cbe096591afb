"""The native engine: whole steps of learning in one call, for networks that are made of native kernels only.

    compiled = Compiled.of(program)      None where something in the program has no kernel: the plain step runs it
    numbers, tallies, batches = compiled.train(numbers, tallies, data, …)

It computes what engine/step.py computes, within float32 rounding. As there, an old bundle is never edited: an epoch
writes into arrays of its own, and those of an older bundle serve again once nobody holds them any more.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import activations, losses, metrics, native, optimizers, windows
from ..arrays import Array
from ..layers import activation, activation_layers, conv, dense, dropout, lstm, pooling, reshape
from ..layers.input import InputLayer
from .batch import Batch
from .graph import Graph, Node
from .step import Numbers, Program, Tallies

_FLOAT32 = np.dtype(np.float32)
KEPT = 3  # sets of arrays that wait to be written into again


class Plan(NamedTuple):
    """A program in the words of the native core.

    places     for each parameter: its owner and name
    moves      which of them the optimizer moves
    slots      the names of the optimizer's memory, in the core's order
    """

    program: Program
    places: tuple[tuple[str, str], ...]
    moves: tuple[bool, ...]
    slots: tuple[str, ...]
    measures: tuple[str, ...]


class Compiled:
    """A program that the native core can run whole."""

    def __init__(self, core: Any, plan: Plan) -> None:
        self.core, self.plan = core, plan
        self._networks = _Networks(lambda: build(core, plan.program))
        self._kept: list[Buffers] = []
        self._lock = threading.Lock()

    @classmethod
    def of(cls, program: Program, core: Any = None) -> "Compiled | None":
        """The compiled program, or None where the core is not there or lacks a kernel for something in it."""
        core = core or native.load()
        if core is None or build(core, program) is None:
            return None
        places = _places(program.graph)
        return cls(
            core,
            Plan(
                program,
                places,
                tuple(owner in program.trainable for owner, _ in places),
                _slot_names(program.optimizer),
                tuple(measure.name for measure in program.measures),
            ),
        )

    def takes(self, numbers: Numbers, batch: Batch) -> bool:
        """Whether these arrays are what the core reads: float32, and weights one a sample."""
        weights = batch.weights[0] if batch.weights else None
        return (
            all(array.dtype == np.float32 for array in (*batch.x, *batch.y))
            and all(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in self._params(numbers))
            and (weights is None or weights.shape == batch.x[0].shape[:1])
        )

    def train(
        self,
        numbers: Numbers,
        tallies: Tallies,
        data: Batch,
        order: Array | None,
        samples: tuple[int, int],
        batch_size: int,
        rates: Sequence[float],
        key: Array | None,
        seconds: float,
    ) -> tuple[Numbers, Tallies, int]:
        """Learn from samples[0] … samples[1], batch by batch, until they are over or that much time has passed.

        order    row numbers of data, of which the batches are slices; None: as the rows lie
        rates    the learning rate of each update; the last one stays
        key      of the whole training; None makes dropout stand aside

        Returns the next numbers and tallies, and how many batches it was. Where the loss stopped being a number, the
        tallies show it and the numbers are those before that batch.
        """
        was = self._arrays(numbers)
        with self._lock:
            read = next((kept for kept in self._kept if kept.holds(was)), None) or Buffers(self.core, was)
            write = next((kept for kept in self._kept if kept is not read and kept.is_free()), None)
            if write is None:
                write = Buffers(self.core, [np.empty_like(array) for array in was])
            else:
                self._kept.remove(write)
        weights = _plain(data.weights[0]) if data.weights else None
        network = self._networks.borrow()
        batches, seen, loss, measured, finite = network.train(
            read.where, write.where, _plain(data.x[0]), _plain(data.y[0]), weights, order, samples, batch_size,
            rates, int(numbers.step), None if key is None else tuple(key.tolist()), seconds,
        )  # fmt: skip
        self._networks.give_back(network)
        with self._lock:
            self._kept = [*self._kept[-KEPT + 1 :], write]
        learned = batches if finite else batches - 1
        if learned:
            numbers = self._numbers(numbers, write.arrays, numbers.step + learned)
        return numbers, self._tallies(tallies, loss, seen, measured), batches

    def evaluate(self, numbers: Numbers, tallies: Tallies, data: Batch, batch_size: int) -> Tallies:
        """The tallies after looking at these samples too."""
        params = self._params(numbers)
        weights = _plain(data.weights[0]) if data.weights else None
        network = self._networks.borrow()
        _, seen, loss, measured, _ = network.evaluate(
            self.core.Arrays(params), _plain(data.x[0]), _plain(data.y[0]), weights, batch_size
        )
        self._networks.give_back(network)
        return self._tallies(tallies, loss, seen, measured)

    # Numbers as lists of arrays, and back -----------------------------------------------------------

    def _params(self, numbers: Numbers) -> list[Array]:
        return [numbers.params[owner][name] for owner, name in self.plan.places]

    def _arrays(self, numbers: Numbers) -> list[Array]:
        """The parameters, each followed by its slots where it moves."""
        slots = numbers.moments["slots"]
        found = []
        for (owner, name), moves in zip(self.plan.places, self.plan.moves, strict=True):
            found.append(_plain(numbers.params[owner][name]))
            if moves:
                found.extend([_plain(slots[owner][name][slot]) for slot in self.plan.slots])
        return found

    def _numbers(self, old: Numbers, arrays: list[Array], step: int) -> Numbers:
        """The bundle made of these arrays; what does not move stays as it was."""
        params, slots = dict(old.params), dict(old.moments["slots"])
        each = iter(arrays)
        for (owner, name), moves in zip(self.plan.places, self.plan.moves, strict=True):
            now = next(each)
            if moves:
                first = slots[owner] is old.moments["slots"][owner]
                params[owner] = {**params[owner], name: now}
                memory = {slot: next(each) for slot in self.plan.slots}
                slots[owner] = {**(old.moments["slots"][owner] if first else slots[owner]), name: memory}
        return Numbers(params, old.state, {**old.moments, "slots": slots}, step)

    def _tallies(self, tallies: Tallies, loss: float, samples: int, measured: list[float]) -> Tallies:
        was = tallies["losses"]["loss"]
        measures = dict(tallies["measures"])
        for name, total in zip(self.plan.measures, measured, strict=True):
            tally = measures[name]
            measures[name] = {**tally, "total": tally["total"] + total, "count": tally["count"] + samples}
        return {
            "losses": {"loss": {"total": was["total"] + loss, "count": was["count"] + samples}},
            "measures": measures,
        }


class Predictor:
    """The forward pass of a graph that is made of native kernels only."""

    def __init__(self, core: Any, graph: Graph) -> None:
        self.core, self.graph = core, graph
        self._weights = [(graph.owners[owner], name) for owner, name in _places(graph)]
        self._input = graph.shapes[graph.inputs[0]][1:]
        self._output: tuple[Any, ...] = graph.shapes[graph.outputs[0]][1:]
        self._networks = _Networks(lambda: (lay_out(core, graph) or [None])[0])

    @classmethod
    def of(cls, graph: Graph, core: Any = None) -> "Predictor | None":
        """The predictor of a graph, or None where the core is not there or lacks a kernel."""
        core = core or native.load()
        return None if core is None or lay_out(core, graph) is None else cls(core, graph)

    def predict(self, entries: dict[Any, Any], x: Array) -> Array | None:
        """The output for these samples; None where the arrays are not what the core reads: float32, shaped so.

        entries    the numbers of the graph's layers, by layer
        """
        weights = [entries[layer].params[name] for layer, name in self._weights]
        for array in (x, *weights):
            if type(array) is not np.ndarray or array.dtype != _FLOAT32 or not array.flags.c_contiguous:
                return None
        if x.shape[1:] != self._input:
            return None
        out: Array = np.empty((x.shape[0], *self._output), _FLOAT32)
        network = self._networks.borrow()
        network.predict(self.core.Arrays(weights), x, out)
        self._networks.give_back(network)
        return out


class _Networks:
    """Equal networks, each of which serves one call at a time; another is made when two threads call together."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._idle = [make()]

    def borrow(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def give_back(self, network: Any) -> None:
        self._idle.append(network)


class Buffers:
    """The arrays of a bundle, where the core writes them."""

    def __init__(self, core: Any, arrays: list[Array]) -> None:
        self.arrays = arrays
        self.where = core.Arrays(arrays)

    def holds(self, arrays: list[Array]) -> bool:
        return all(a is b for a, b in zip(self.arrays, arrays, strict=True))

    def is_free(self) -> bool:
        """Whether nobody else holds any of the arrays, nor a view of one."""
        return _most_references(self.arrays) <= _ALONE


def _most_references(arrays: list[Array]) -> int:
    return max([sys.getrefcount(array) for array in arrays], default=0)


_ALONE = _most_references([np.empty(0)])


def _plain(array: Array) -> Array:
    """The array as the core reads it: its rows one after another."""
    return np.ascontiguousarray(array)


# A program as a network of the core ----------------------------------------------------------------


def build(core: Any, program: Program) -> Any:
    """The native network of a program, or None where something in it has no kernel."""
    if program.penalties or program.activity or program.constraints or len(program.objectives) != 1:
        return None
    laid = lay_out(core, program.graph, program)
    if laid is None:
        return None
    network, values = laid
    return network if _optimizer(network, program) and _judges(network, program, values) else None


def lay_out(core: Any, graph: Graph, program: Program | None = None) -> tuple[Any, dict[str, int]] | None:
    """The native network of a graph and its numbers of the graph's values, or None where a kernel is missing.

    program    what trains it, if anything does
    """
    shape = graph.shapes[graph.inputs[0]]
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or None in shape[1:] or len(shape) < 2:
        return None
    if len(graph.owners) < len([node for node in graph.nodes if node.owner in graph.owners]):
        return None  # a layer is used twice
    network = core.Network()
    last = graph.inputs[0]
    values = {last: network.input(*_places_and_width(shape))}
    for node in graph.nodes:
        follows = node.reads == (last,) and len(node.makes) == 1 and not node.options
        made = _add(network, graph, program, node, values) if follows else None
        if made is None:
            return None
        last = node.makes[0]
        values[last] = made
    if last != graph.outputs[0]:
        return None
    network.output(values[last])
    return network, values


def _places(graph: Graph) -> tuple[tuple[str, str], ...]:
    """For each parameter, in the core's order: its owner and name."""
    return tuple((owner, name) for owner, layer in graph.owners.items() for name in layer.numbers.params)


def _places_and_width(shape: Sequence[Any]) -> tuple[int, int]:
    return int(np.prod(shape[1:-1], dtype=int)), shape[-1]


def _add(network: Any, graph: Graph, program: Program | None, node: Node, values: dict[str, int]) -> int | None:
    """The value that a node makes, or None where there is no kernel for it."""
    layer: Any = node.layer
    x = values[node.reads[0]]
    if layer.dtype != "float32":
        return None
    if type(layer) is InputLayer:
        return x
    if type(layer) is dense.Dense:
        kernel, *bias = _parameters(network, program, node)
        return network.dense(x, layer.units, kernel, *(bias or [-1]))
    if type(layer) in (conv.Conv1D, conv.Conv2D):
        if layer.groups > 1:
            return None
        slides = _windows(layer, graph.shapes[node.reads[0]])
        kernel, *bias = _parameters(network, program, node)
        return network.conv(x, *slides, layer.filters, kernel, *(bias or [-1]))
    if type(layer) is lstm.LSTM:
        if not _is_usual_lstm(layer):
            return None
        kernel, recurrent, *bias = _parameters(network, program, node)
        return network.lstm(x, layer.units, kernel, recurrent, *(bias or [-1]), layer.return_sequences)
    if type(layer) in _POOLS:
        return network.pool(x, *_windows(layer, graph.shapes[node.reads[0]]), isinstance(layer, pooling.MaxPooling))
    if type(layer) is dropout.Dropout:
        return None if layer.noise_shape else network.dropout(x, layer.rate, graph.random[node.name])
    if type(layer) in (reshape.Flatten, reshape.Reshape):
        return network.reshape(x, *_places_and_width(graph.shapes[node.makes[0]]))
    name = _activation_name(layer)
    return None if name is None else x if name == "linear" else network.activation(x, name)


_ACTIVATIONS = {activations.get(name): name for name in ("linear", "relu", "sigmoid", "tanh", "softmax")}


def _activation_name(layer: Any) -> str | None:
    """The kernel of an activation layer, if there is one and its settings are the usual ones."""
    if type(layer) is activation.Activation:
        return _ACTIVATIONS.get(layer.activation)
    usual = {"negative_slope": 0.0, "max_value": None, "threshold": 0.0}
    if type(layer) is activation_layers.ReLU and layer.settings() == usual:
        return "relu"
    return None


def _parameters(network: Any, program: Program | None, node: Node) -> list[int]:
    """The core's numbers of a layer's parameters."""
    return [
        network.parameter(value.size, *_movement(program, node.owner, name, value))
        for name, value in node.layer.numbers.params.items()
    ]


def _is_usual_lstm(layer: lstm.LSTM) -> bool:
    """Whether the core's kernel computes this layer: usual activations, no dropout, nothing carried or handed out."""
    usual = layer.cell.activation is activations.tanh and layer.cell.recurrent_activation is activations.sigmoid
    thins = layer.cell.dropout or layer.cell.recurrent_dropout
    return usual and not (thins or layer.return_state or layer.go_backwards or layer.stateful)


_POOLS = (pooling.MaxPooling1D, pooling.MaxPooling2D, pooling.AveragePooling1D, pooling.AveragePooling2D)
_STILL = windows.slide(1, 1)


def _windows(layer: Any, shape: Sequence[Any]) -> tuple[list[int], list[int]]:
    """How a layer's window slides over rows and columns; a sequence is an image of one row."""
    *rows, columns = layer.slides(shape).values()
    return list(rows[0] if rows else _STILL), list(columns)


def _movement(program: Program | None, owner: str, name: str, value: Array) -> tuple[float, bool]:
    """The weight decay of a parameter, and whether it moves at all."""
    if program is None or program.optimizer is None or owner not in program.trainable:
        return 0.0, False
    return float(program.optimizer.decay_of(f"{owner}/{name}", value) or 0.0), True


def _slot_names(optimizer: Any) -> tuple[str, ...]:
    """The optimizer's memory of one parameter, in the core's order."""
    return tuple(optimizer.slots(np.zeros(1, np.float32)))


def _optimizer(network: Any, program: Program) -> bool:
    """Whether the core has the program's optimizer, which the network then has too."""
    o: Any = program.optimizer
    extras = ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "gradient_accumulation_steps")
    if o is None or o.use_ema or any(getattr(o, extra) is not None for extra in extras):
        return False
    if type(o) is optimizers.SGD:
        network.sgd(o.momentum, o.nesterov)
    elif type(o) in (optimizers.Adam, optimizers.AdamW):
        network.adam(o.beta_1, o.beta_2, o.epsilon, o.amsgrad)
    elif type(o) is optimizers.RMSprop:
        network.rmsprop(o.rho, o.momentum, o.epsilon, o.centered)
    else:
        return False
    return True


def _judges(network: Any, program: Program, values: dict[str, int]) -> bool:
    """Whether the core has the program's loss and metrics, which the network then has too."""
    objective = program.objectives[0]
    loss: Any = objective.loss
    width = program.graph.shapes[objective.reads][-1]
    kind = _loss_kind(loss)
    if kind is None or objective.weight != 1.0 or loss.reduction not in ("sum_over_batch_size", "mean", "sum"):
        return False
    smoothing = float(getattr(loss, "label_smoothing", 0.0))
    network.loss(kind, loss.reduction != "sum", smoothing, values[objective.reads])
    for measure in program.measures:
        name = _MEASURES.get(type(measure.metric))
        counts_classes = name == "sparse_categorical_accuracy"
        fits = counts_classes == (kind == "sparse_categorical_crossentropy") or width == 1
        if name is None or measure.weighted or not fits:
            return False
        network.measure(name, float(getattr(measure.metric, "threshold", 0.5)))
    return True


_MEASURES: dict[type, str] = {
    metrics.CategoricalAccuracy: "categorical_accuracy",
    metrics.SparseCategoricalAccuracy: "sparse_categorical_accuracy",
    metrics.BinaryAccuracy: "binary_accuracy",
    metrics.MeanSquaredError: "mean_squared_error",
    metrics.MeanAbsoluteError: "mean_absolute_error",
}


def _loss_kind(loss: Any) -> str | None:
    """The kernel of a loss; cross-entropies have one for weighted sums only."""
    if getattr(loss, "dtype", None) is not None:
        return None
    if type(loss) is losses.MeanSquaredError:
        return "mean_squared_error"
    kinds = {
        losses.CategoricalCrossentropy: "categorical_crossentropy",
        losses.SparseCategoricalCrossentropy: "sparse_categorical_crossentropy",
        losses.BinaryCrossentropy: "binary_crossentropy",
    }
    usual = getattr(loss, "from_logits", False) and loss.axis == -1 and getattr(loss, "ignore_class", None) is None
    return kinds.get(type(loss)) if usual else None
