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

from .. import native
from ..arrays import Array
from .batch import Batch
from .graph import Graph
from .kernels import build, lay_out, places_of, slot_names
from .step import Numbers, Program, Tallies

_FLOAT32 = np.dtype(np.float32)
_TARGETS = (_FLOAT32, np.dtype(np.int32))  # numbers, or labels of classes, which the core reads as numbers
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
        places = places_of(program.graph)
        return cls(
            core,
            Plan(
                program,
                places,
                tuple(owner in program.trainable for owner, _ in places),
                slot_names(program.optimizer),
                tuple(measure.name for measure in program.measures),
            ),
        )

    def takes(self, numbers: Numbers, batch: Batch) -> bool:
        """Whether these arrays are what the core reads: float32, labels of classes, and weights one a sample."""
        weights = batch.weights[0] if batch.weights else None
        return (
            all(array.dtype == np.float32 for array in batch.x)
            and all(array.dtype in _TARGETS for array in batch.y)
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
            read.where, write.where, _plain(data.x[0]), np.ascontiguousarray(data.y[0], np.float32), weights, order, samples, batch_size,
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
            self.core.Arrays(params),
            _plain(data.x[0]),
            np.ascontiguousarray(data.y[0], np.float32),
            weights,
            batch_size,
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
        self._weights = [(graph.owners[owner], name) for owner, name in places_of(graph)]
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
