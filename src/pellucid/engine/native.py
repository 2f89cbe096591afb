"""The native engine: whole steps of learning in one call, for networks that are made of native kernels only.

    compiled = Compiled.of(program)      None where something in the program has no kernel
    numbers, tallies, batches = compiled.train(numbers, tallies, data, …)

Other networks run in stretches (stretches.py). What is computed is what engine/step.py computes, within float32
rounding. As there, an old bundle is never edited: an epoch writes into arrays of its own, and those of an older bundle
serve again once nobody holds them any more.
"""

import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .. import native
from ..arrays import Array
from .batch import Batch
from .graph import Graph
from .judges import add_judges, add_optimizer, check_rules, check_stations, slot_names
from .kernels import Missing
from .step import Numbers, Program, Tallies
from .stretches import Stretches
from .wiring import Place, Wired, heard_values, wire

_FLOAT32 = np.dtype(np.float32)
_NUMBERS = (_FLOAT32, np.dtype(np.int32), np.dtype(np.int64))  # labels and indices, too, are numbers to the core
KEPT = 3  # sets of arrays that wait to be written into again


class Plan(NamedTuple):
    """A program in the words of the native core.

    places     for each array: where it stands in the bundle
    slots      the names of the optimizer's memory, in the core's order
    """

    program: Program
    places: tuple[Place, ...]
    slots: tuple[str, ...]
    measures: tuple[str, ...]


class Compiled:
    """A program that the native core can run whole."""

    def __init__(self, core: Any, plan: Plan) -> None:
        self.core, self.plan = core, plan
        self._networks = _Networks(lambda: build(core, plan.program).network)
        self._kept: list[Buffers] = []
        self._seen = _Floats()
        self.refused: str | None = None
        self._lock = threading.Lock()

    @cached_property
    def stretches(self) -> Stretches | None:
        """The same program for data that it does not take."""
        return Stretches.of(self.plan.program.graph, self.plan.program, self.core)

    @classmethod
    def of(cls, program: Program, core: Any = None) -> "Compiled | None":
        """The compiled program, or None where the core is not there or lacks a kernel for something in it."""
        core = core or native.load()
        if core is None or why_not_whole(core, program) is not None:
            return None
        measures = tuple(measure.name for measure in program.measures)
        places = build(core, program).places
        return cls(core, Plan(program, places, slot_names(program.optimizer), measures))

    def takes(self, numbers: Numbers, batch: Batch) -> bool:
        """Whether these arrays are what the core reads whole; `refused` then says why not, or is None."""
        self.refused = self._why_not(numbers, batch)
        return self.refused is None

    def _why_not(self, numbers: Numbers, batch: Batch) -> str | None:
        for array in (*batch.x, *batch.y):
            if array.dtype not in _NUMBERS:
                return f"the core reads float32 and whole numbers, not {array.dtype}"
        if any(type(array) is not np.ndarray or array.dtype != np.float32 for array in self._whole(numbers)):
            return "a parameter is no NumPy array of float32"
        weights = _weights(batch)
        if weights is not None and weights.shape != batch.x[0].shape[:1]:
            return "it knows one sample weight for each sample, not one for each of its time steps or pixels"
        return None

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
        weights = _weights(data)
        network = self._networks.borrow()
        batches, seen, loss, measured, finite = network.train(
            read.where, write.where, self._floats("x", data.x), *self._floats("y", data.y), weights, order, samples,
            batch_size, rates, int(numbers.step), None if key is None else tuple(key.tolist()), seconds,
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
        arrays = [_plain(array) for array in self._whole(numbers)]
        weights = _weights(data)
        network = self._networks.borrow()
        x, y = self._floats("x", data.x), *self._floats("y", data.y)
        _, seen, loss, measured, _ = network.evaluate(self.core.Arrays(arrays), x, y, weights, batch_size)
        self._networks.give_back(network)
        return self._tallies(tallies, loss, seen, measured)

    # Numbers as lists of arrays, and back -----------------------------------------------------------

    def _whole(self, numbers: Numbers) -> list[Array]:
        return [getattr(numbers, place.part)[place.owner][place.name] for place in self.plan.places]

    def _floats(self, role: str, arrays: Sequence[Array]) -> list[Array]:
        """The arrays as the core reads them; whole numbers as floats, which are made once for a data set."""
        return [self._seen.floats(array, (role, i)) for i, array in enumerate(arrays)]

    def _arrays(self, numbers: Numbers) -> list[Array]:
        """All arrays, each followed by its slots where the optimizer moves it."""
        slots = numbers.moments["slots"]
        found = []
        for place, array in zip(self.plan.places, self._whole(numbers), strict=True):
            found.append(_plain(array))
            if place.changes and place.part == "params":
                found.extend([_plain(slots[place.owner][place.name][slot]) for slot in self.plan.slots])
        return found

    def _numbers(self, old: Numbers, arrays: list[Array], step: int) -> Numbers:
        """The bundle made of these arrays; what does not change stays as it was."""
        new: dict[str, Any] = {"params": dict(old.params), "state": dict(old.state)}
        slots = dict(old.moments["slots"])
        each = iter(arrays)
        for part, owner, name, changes in self.plan.places:
            now = next(each)
            if not changes:
                continue
            new[part][owner] = {**new[part][owner], name: now}
            if part == "params":
                slots[owner] = {**slots[owner], name: {slot: next(each) for slot in self.plan.slots}}
        return Numbers(new["params"], new["state"], {**old.moments, "slots": slots}, step)

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


def build(core: Any, program: Program) -> Wired:
    """The native network of a program. Raises Missing where something in it has no kernel."""
    check_rules(program)
    graph, (objective,) = program.graph, program.objectives

    def movement(owner: str, name: str, value: Array) -> tuple[float, bool]:
        if program.optimizer is None or owner not in program.trainable:
            return 0.0, False
        return float(program.optimizer.decay_of(f"{owner}/{name}", value) or 0.0), True

    _check_uses(graph)
    if program.optimizer is not None and not program.trainable:
        raise Missing("a network in which nothing learns has no step to make")
    heard = heard_values(graph.nodes, [objective.reads])
    taps = dict.fromkeys([objective.reads, *graph.outputs])
    inputs = dict.fromkeys(graph.inputs, False)
    wired = wire(core, graph, graph.nodes, graph.shapes, inputs, heard, taps, movement)
    add_judges(wired.network, program, wired.values[objective.reads])
    check_stations(program.optimizer)
    add_optimizer(wired.network, program.optimizer)
    wired.network.output(wired.values[graph.outputs[0]])
    return wired


def why_not_whole(core: Any, program: Program) -> str | None:
    """What keeps whole steps of a program out of the core; None where nothing does."""
    try:
        build(core, program)
    except Missing as reason:
        return str(reason)
    return None


def _forward_only(core: Any, graph: Graph) -> Wired:
    """The native network of a graph that only predicts. Raises Missing where a kernel is."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise Missing("several inputs or outputs are predicted in stretches")
    _check_uses(graph)
    taps, inputs = graph.outputs, dict.fromkeys(graph.inputs, False)
    wired = wire(core, graph, graph.nodes, graph.shapes, inputs, frozenset(), taps)
    wired.network.output(wired.values[graph.outputs[0]])
    return wired


def _check_uses(graph: Graph) -> None:
    """Raise Missing where whole steps do not fit the graph, although its nodes may have kernels."""
    owners = [node.owner for node in graph.nodes if node.owner in graph.owners and any(node.layer.numbers)]
    if len(set(owners)) < len(owners):
        raise Missing("layers that are used several times are learned from in stretches")
    if any(node.layer.makes_mask for node in graph.nodes):
        raise Missing("masks are plain formulas")


class Predictor:
    """The forward pass of a graph that is made of native kernels only."""

    def __init__(self, core: Any, graph: Graph) -> None:
        self.core, self.graph = core, graph
        self._weights = [
            (graph.owners[place.owner], place.part, place.name) for place in _forward_only(core, graph).places
        ]
        batch, *self._input = graph.shapes[graph.inputs[0]]
        readers = [node.layer for node in graph.nodes if graph.inputs[0] in node.reads]
        # Whether its input may be any finite numbers of any number of samples.
        self.takes_any = batch is None and not any("input_dim" in layer.__dict__ for layer in readers)
        self._output: tuple[Any, ...] = graph.shapes[graph.outputs[0]][1:]
        self._networks = _Networks(lambda: _forward_only(core, graph).network)

    @classmethod
    def of(cls, graph: Graph, core: Any = None) -> "Predictor | None":
        """The predictor of a graph, or None where the core is not there or lacks a kernel."""
        core = core or native.load()
        try:
            return None if core is None else cls(core, graph)
        except Missing:
            return None

    def predict(self, entries: dict[Any, Any], x: Array) -> Array | None:
        """The output for these samples; None where the arrays are not what the core reads: float32, shaped so.

        entries    the numbers of the graph's layers, by layer
        """
        weights = [getattr(entries[layer], part)[name] for layer, part, name in self._weights]
        for array in (x, *weights):
            if type(array) is not np.ndarray or array.dtype != _FLOAT32 or not array.flags.c_contiguous:
                return None
        if list(x.shape[1:]) != self._input:
            return None
        out: Array = np.empty((x.shape[0], *self._output), _FLOAT32)
        network = self._networks.borrow()
        network.predict(self.core.Arrays(weights), x, out)
        self._networks.give_back(network)
        return out


class _Floats:
    """Arrays as the core reads them. Of whole numbers, the floats are kept until others come in the same role."""

    def __init__(self) -> None:
        self._latest: dict[Any, tuple[Any, Array]] = {}

    def floats(self, array: Array, role: Any) -> Array:
        if array.dtype == _FLOAT32:
            return _plain(array)
        kept = self._latest.get(role)
        if kept is None or kept[0]() is not array:
            kept = self._latest[role] = weakref.ref(array), np.ascontiguousarray(array, np.float32)
        return kept[1]


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


def _weights(batch: Batch) -> Array | None:
    """What each sample counts, or None when all count alike."""
    return _plain(batch.weights[0]) if batch.weights and batch.weights[0] is not None else None


def _plain(array: Array) -> Array:
    """The array as the core reads it: its rows one after another."""
    return np.ascontiguousarray(array)
