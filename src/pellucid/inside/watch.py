"""Watch: a callback that records a training without touching it.

Frames are taken at the ends of training batches. By default as many as fit into a small share of the training's time;
so watching costs about that share, whatever the network.

While the model learns, a frame costs a copy of its weights: what the network makes of the probe batch with them, and
the gradients, are worked out when somebody looks. Where a layer or a loss is a function of the user's own, which might
give something else by then, they are worked out at once.
"""

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from threading import Condition
from types import SimpleNamespace
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..callbacks import Callback
from ..data import ArraySource
from ..engine.batch import Batch
from ..engine.choose import chosen
from ..engine.graph import Graph, Tree
from ..engine.step import Numbers, Program
from ..engine.symbol_loss import SymbolLoss
from ..errors import positive_int
from ..layers.lambda_layer import Lambda
from ..losses import FunctionLoss
from ..own_steps import overrides
from ..tree import leaves
from .blocks import Block, Shown
from .frame import Frame, LateArrays, LateFrame, Seen
from .live_file import LiveFile
from .recording import LIMIT, Recording
from .trace import Trace, trace_batch

PROBE = 32  # samples of the probe batch, where none is given
PAUSE = 0.05  # seconds at least between two frames, where `every` does not say, once half a second is gone …
FIRST, LONG = 10, 500  # … before that a 10th of the time gone by, and a 500th in long trainings
ASKED = 1e-4  # seconds that an engine takes to stop and to go on again, for a frame
FREE = 0.01  # seconds that watching may take in any training, beside its share


class Watch(Shown, Callback):
    """Records a training: `watch.recording` while it runs and after.

    Args:
        x, y: the probe batch; by default the first samples of the training data, when these are arrays.
        every: a frame after every so many batches; None: as many as `budget` allows, up to 20 a second and a few
            thousand in all.
        budget: share of the training's time that watching may take, beside a hundredth of a second.
        limit: bytes that the frames may take in memory.
        file: where to write, line by line, what `pellucid watch` follows; None writes nothing.

    The model learns exactly what it would have learned unwatched. `follow()` gives frames as they come.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, name="sum", input_shape=(1,))])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> watch = Watch(every=2)
    >>> _ = model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, epochs=2, verbose=0, callbacks=[watch])
    >>> [frame.step for frame in watch.recording.frames]
    [0, 2, 4, 6, 8]
    """

    may_skip_batches = True

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        *,
        every: int | None = None,
        budget: float = 0.03,
        limit: int = LIMIT,
        file: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        if x is None and y is not None:
            raise ValueError("Watch: got y without x; the probe batch is both.")
        if not 0 < budget <= 1:
            raise ValueError(f"budget must be above 0 and at most 1, got {budget!r}.")
        self.every = None if every is None else positive_int(every, "every")
        self.may_wait = every is None  # an engine may then learn from several batches at a time
        self.budget, self.limit = budget, positive_int(limit, "limit")
        self.recording: Recording | None = None
        self.clock: Callable[[], float] = time.perf_counter
        self._given = x, y
        self._file = file
        self._live: LiveFile | None = None
        self._probe: Batch = Batch(())
        self._number = 0
        self._epoch = self._batch = -1
        self._before: tuple[int, Tree] | None = None  # step and parameters that the update to come begins with
        self._look: Callable[[Numbers, Batch], Trace] | None = None
        self._late: dict[str, int] | None = None  # bytes of what can be worked out later; None: nothing can
        self._started = Condition()
        self._began = self._asked = self.spent = self._latest_cost = self._latest_time = 0.0

    def blocks(self) -> list[Block]:
        """What it has recorded."""
        if self.recording is None:
            return ["Watch: nothing recorded yet; give it to a training: model.fit(…, callbacks=[watch])."]
        return self.recording.blocks()

    def follow(self, timeout: float | None = None) -> Iterator[Frame]:
        """Frames as they come, from another thread: always the latest, until the training is over.

        timeout   seconds to wait for the training to begin; None: as long as it takes

        Who is slow misses some, and nobody waits for who hangs.
        """
        with self._started:
            self._started.wait_for(lambda: self.recording is not None, timeout)
        if self.recording is not None:
            yield from self.recording.follow()

    def on_train_begin(self, logs: Any = None) -> None:
        self._began, self.spent = self.clock(), 0.0
        self._epoch = self._batch = -1
        self._before = None
        self._asked, self.waits_for = self._began, 1 if self._splits() else math.inf
        self._probe = self._make_probe()
        if self._wanted_next():
            self._hold()
        self._look = self._looker()
        one = self._look(self.model.numbers, _few(self._probe, 1))
        description = describe(self.model, one)
        step = int(self.model.numbers.step)
        with self._started:
            if self.recording is None or not _goes_on(self.recording, description, step):
                self.recording, self._number = Recording(description, _named(self._probe), self.limit), 0
            self.recording.reopen()
            self._started.notify_all()
        if self._file is not None:
            self._live = LiveFile(self._file, description, self.params)
        self._late = _sizes(one, len(self._probe.x[0])) if self._is_steady() else None
        latest = self.recording.latest
        if latest is None or latest.step != step:
            self._record({})
        self._count_cost(self._began)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._batch = epoch, -1

    def due(self, batch: int) -> bool:
        """Whether a frame is due after this batch; where one is due after the next, the parameters are held for it."""
        learned, self._batch = batch - self._batch, batch
        if self._before is not None:
            return True
        if self._wanted_next():
            self._hold()
        self._set_pace(learned)
        return False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        start = self.clock()
        self._record(logs or {})
        self._before = None
        if self._wanted_next():
            self._hold()
        self._count_cost(start)
        self._set_pace(1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}
        assert self.recording is not None  # on_train_begin made it
        facts = {"epoch": epoch, "step": int(self.model.numbers.step), "logs": numbers}
        self.recording.epochs.append(facts)
        if self._live is not None:
            self._live.epoch(facts)

    def on_train_end(self, logs: Any = None) -> None:
        self._end(logs or {}, "")

    def broken_off(self) -> None:
        """The last frame shows the model as Ctrl-C or the error has left it, where it can still be looked at."""
        if self.recording is not None and not self.recording.closed:
            with contextlib.suppress(Exception):  # the error at hand is what counts
                self._end({}, "broken off")

    def _end(self, logs: dict[str, Any], why: str) -> None:
        recording = self.recording
        assert recording is not None  # on_train_begin made it
        try:
            if recording.latest is None or recording.latest.step != int(self.model.numbers.step):
                self._record(logs)
            if self._live is not None and recording.latest is not None:
                self._live.frame(recording.latest, last=True)
        finally:
            if self._live is not None:
                self._live.end(self.clock() - self._began, why)
            recording.close()

    def _wanted_next(self) -> bool:
        """Whether the end of the next batch is to be a frame."""
        if self.every is not None:
            return (int(self.model.numbers.step) + 1) % self.every == 0
        now = self.clock()
        return self._affordable(now) and now - self._latest_time >= self._pause(now)

    def _affordable(self, now: float) -> bool:
        return self.spent + self._latest_cost < FREE + self.budget * (now - self._began)

    def _pause(self, now: float) -> float:
        """Seconds at least from one frame to the next."""
        gone = now - self._began
        return max(min(PAUSE, gone / FIRST), gone / LONG)

    def _set_pace(self, learned: int) -> None:
        """Have an engine that learns from many batches at a time ask again when a frame may be due.

        learned   batches since it last asked
        """
        if self.every is not None or not self._splits():
            return
        now = self.clock()
        batch = (now - self._asked) / max(learned, 1)
        self._asked = now
        if self._before is not None:
            self.waits_for = 1  # so that the frame's updates are those of one step
        elif self._affordable(now) and batch > 0:
            self.waits_for = max(1, round((self._latest_time + self._pause(now) - now) / batch))
        else:
            self.waits_for = math.inf

    def _splits(self) -> bool:
        """Whether the engine may be asked often: JAX takes its time to begin."""
        return chosen(self.model.engine) != "jax"

    def _hold(self) -> None:
        numbers = self.model.numbers
        self._before = int(numbers.step), numbers.params

    def _count_cost(self, start: float) -> None:
        self._latest_time = self.clock()
        self._latest_cost = self._latest_time - start + ASKED
        self.spent += self._latest_cost

    def _make_probe(self) -> Batch:
        model, (x, y) = self.model, self._given
        if model.graph is None:
            raise ValueError(f"Watch: {model.name} is not built yet. Call model.build(input_shape) before fit.")
        targets = model.target_slots()
        if x is not None:
            return data.batch(x, y, inputs=model.input_slots(), targets=targets if y is not None else ())
        batches = None if overrides(model, "train_step") else model.loop.batches
        if not isinstance(batches, ArraySource):
            raise ValueError(
                "Watch: the training data are no arrays, or go to a train_step of your own, so give the probe batch: "
                "Watch(x, y)."
            )
        return batches.first(PROBE)

    def _looker(self) -> Callable[[Numbers, Batch], Trace]:
        """What looks at samples with any numbers, as the model is compiled now."""
        model = self.model
        program = model.program([y.shape for y in self._probe.y]) if self._probe.y else None
        graph, told = model.graph, SimpleNamespace(recipe=model.recipe, output_names=list(model.output_names))

        def look(numbers: Numbers, probe: Batch) -> Trace:
            with np.errstate(all="ignore"):  # a network that runs away is recorded, too
                return trace_batch(graph, numbers, probe, program, model=told)

        self._program: Program | None = program
        return look

    def _is_steady(self) -> bool:
        """Whether the same weights will give the same values at any time."""
        graph: Graph = self.model.graph
        parts: list[Any] = [objective.loss for objective in (self._program.objectives if self._program else ())]
        for node in graph.nodes:
            parts += [node.layer, getattr(node.layer, "layer", None), getattr(node.layer, "cell", None)]
        ours = __name__.partition(".")[0]
        return all(
            type(part).__module__.partition(".")[0] == ours and not isinstance(part, Lambda | FunctionLoss | SymbolLoss)
            for part in parts
            if part is not None
        )

    def _record(self, logs: dict[str, Any]) -> None:
        model, before, look, probe = self.model, self._before, self._look, self._probe
        numbers = model.numbers
        if before is not None and before[0] >= int(numbers.step):  # training went back to its last sound numbers
            before = None
        params, state = _copied(numbers.params), _copied(numbers.state)  # held, they would cost training the use of
        known = {f"weights/{name}": array for name, array in _flat(params)}  # its own memory
        known |= {f"state/{name}": array for name, array in _flat(state)}
        known |= {"/".join(("moments", *path)): np.array(array) for path, array in leaves(numbers.moments)}
        old = dict(_flat(params if before is None else before[1]))
        known |= {f"updates/{name}": new - np.asarray(old[name]) for name, new in _flat(params)}
        facts: dict[str, Any] = {
            "number": self._number,
            "step": int(numbers.step),
            "epoch": self._epoch,
            "batch": self._batch,
            "seconds": self.clock() - self._began,
            "rate": float(model.optimizer.rate_at(numbers.step)),
            "update_steps": 0 if before is None else int(numbers.step) - before[0],
            "logs": {name: float(value) for name, value in logs.items() if np.ndim(value) == 0},
        }
        held = Numbers(params, state, {}, numbers.step)
        assert self.recording is not None  # on_train_begin made both
        assert look is not None
        if self._late is not None:
            frame: Frame = LateFrame(facts, LateArrays(known, self._late, lambda: _seen(look(held, probe))))
        else:
            loss, arrays = _seen(look(held, probe))
            frame = Frame(**facts, loss=loss, arrays={**known, **arrays})
        self.recording.add(frame)
        self._number += 1
        if self._live is not None:
            self._live.frame(frame)


def _goes_on(recording: Recording, description: dict[str, Any], step: int) -> bool:
    """Whether a training of this network at this step is that of the recording, taken up again."""
    latest = recording.latest
    return recording.description == description and (latest is None or latest.step <= step)


def _seen(found: Trace) -> Seen:
    """What a frame keeps of a look at the probe batch, beside the numbers that it was looked at with."""
    arrays = {f"gradients/{name}": array for name, array in _flat(found.grads)}
    arrays |= {f"values/{name}": np.asarray(array) for name, array in found.values.items()}
    return found.loss, arrays | {f"dvalues/{name}": np.asarray(array) for name, array in found.dvalues.items()}


def describe(model: Any, seen: Trace) -> dict[str, Any]:
    """The network as plain data that JSON can hold."""
    places = [{**asdict(place), **{part: list(getattr(place, part)) for part in ("reads", "makes", "shape")}}
              for place in seen.places]  # fmt: skip
    return {
        "model": model.name,
        "layers": list(seen.layers),
        "places": places,
        "inputs": list(seen.inputs),
        "outputs": list(seen.outputs),
        "optimizer": type(model.optimizer).__name__,
        "losses": [objective.loss.name if objective.loss else None for objective in seen.objectives],
    }


def _few(batch: Batch, most: int) -> Batch:
    """The first samples of a batch."""
    weights = batch.weights and tuple(None if w is None else w[:most] for w in batch.weights)
    return Batch(tuple(x[:most] for x in batch.x), tuple(y[:most] for y in batch.y), weights)


def _sizes(one: Trace, samples: int) -> dict[str, int]:
    """Bytes of what a look at so many samples finds, from a look at one."""
    found = {f"gradients/{name}": array.nbytes for name, array in _flat(one.grads)}
    for kind, values in (("values", one.values), ("dvalues", one.dvalues)):
        found |= {f"{kind}/{name}": samples * np.asarray(array).nbytes for name, array in values.items()}
    return found


def _named(probe: Batch) -> dict[str, Array]:
    return {f"{kind}/{i}": np.asarray(a) for kind, part in (("x", probe.x), ("y", probe.y)) for i, a in enumerate(part)}


def _flat(tree: dict[str, dict[str, Array]]) -> list[tuple[str, Array]]:
    return [(f"{owner}/{name}", array) for owner, part in tree.items() for name, array in part.items()]


def _copied(tree: Tree) -> Tree:
    return {owner: {name: np.array(array) for name, array in part.items()} for owner, part in tree.items()}
