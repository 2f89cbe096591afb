"""Watch: a callback that records a training without touching it.

Frames are taken on a fixed probe batch, at the ends of training batches. By default as many as fit into a small share
of the training's time; so watching costs about that share, whatever the network.
"""

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..callbacks import Callback
from ..data import ArraySource
from ..engine.batch import Batch
from ..engine.graph import Tree
from ..errors import positive_int
from ..tree import leaves
from .frame import Frame
from .live_file import LiveFile
from .recording import LIMIT, Recording
from .trace import Trace, trace_batch

PROBE = 32  # samples of the probe batch, where none is given
PAUSE = 0.05  # seconds at least between two frames, where `every` does not say


class Watch(Callback):
    """Records a training: `watch.recording` while it runs and after.

    Args:
        x, y: the probe batch; by default the first samples of the training data, when these are arrays.
        every: a frame after every so many batches; None: as many as `budget` allows, up to 20 a second.
        budget: share of the training's time that watching may take.
        limit: bytes that the frames may take in memory.
        file: where to write, line by line, what `pellucid watch` follows; None writes nothing.

    The model learns exactly what it would have learned unwatched.

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
        self.budget, self.limit = budget, limit
        self.recording: Recording | None = None
        self.clock: Callable[[], float] = time.perf_counter
        self._given = x, y
        self._file = file
        self._live: LiveFile | None = None
        self._probe: Batch = Batch(())
        self._number = 0
        self._epoch = self._batch = -1
        self._before: tuple[int, Tree] | None = None  # step and parameters that the update to come begins with
        self._began = self.spent = self._latest_cost = self._latest_time = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._began, self.spent = self.clock(), 0.0
        self._epoch = self._batch = -1
        self._before = None
        if self._wanted_next():
            self._hold()
        self._probe = self._make_probe()
        first = self._trace()
        description = describe(self.model, first)
        if self.recording is None or self.recording.description != description:
            self.recording, self._number = Recording(description, _named(self._probe), self.limit), 0
        self.recording.reopen()
        if self._file is not None:
            self._live = LiveFile(self._file, description, self.params)
        latest = self.recording.latest
        if latest is None or latest.step != int(self.model.numbers.step):
            self._record(first, {})
        self._count_cost(self._began)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def due(self, batch: int) -> bool:
        """Whether a frame is due after this batch; where one is due after the next, the parameters are held for it."""
        self._batch = batch
        if self._before is not None:
            return True
        if self._wanted_next():
            self._hold()
        return False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        start = self.clock()
        self._record(self._trace(), logs or {})
        self._before = None
        if self._wanted_next():
            self._hold()
        self._count_cost(start)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}
        assert self.recording is not None  # on_train_begin made it
        facts = {"epoch": epoch, "step": int(self.model.numbers.step), "logs": numbers}
        self.recording.epochs.append(facts)
        if self._live is not None:
            self._live.epoch(facts)

    def on_train_end(self, logs: Any = None) -> None:
        assert self.recording is not None  # on_train_begin made it
        latest = self.recording.latest
        if latest is None or latest.step != int(self.model.numbers.step):
            self._record(self._trace(), logs or {})
        if self._live is not None and self.recording.latest is not None:
            self._live.frame(self.recording.latest, last=True)
            self._live.end(self.clock() - self._began)
        self.recording.close()

    def _wanted_next(self) -> bool:
        """Whether the end of the next batch is to be a frame."""
        if self.every is not None:
            return (int(self.model.numbers.step) + 1) % self.every == 0
        now = self.clock()
        affordable = self.spent + self._latest_cost < self.budget * (now - self._began)
        return affordable and now - self._latest_time >= PAUSE

    def _hold(self) -> None:
        numbers = self.model.numbers
        self._before = int(numbers.step), numbers.params

    def _count_cost(self, start: float) -> None:
        self._latest_time = self.clock()
        self._latest_cost = self._latest_time - start
        self.spent += self._latest_cost

    def _make_probe(self) -> Batch:
        model, (x, y) = self.model, self._given
        targets = model.target_slots()
        if x is not None:
            return data.batch(x, y, inputs=model.input_slots(), targets=targets if y is not None else ())
        batches = model.loop.batches
        if not isinstance(batches, ArraySource):
            raise ValueError("Watch: the training data are no arrays, so give the probe batch: Watch(x, y).")
        first = next(batches.batches(None))
        weights = first.weights and tuple(None if w is None else w[:PROBE] for w in first.weights)
        return Batch(tuple(x[:PROBE] for x in first.x), tuple(y[:PROBE] for y in first.y), weights)

    def _trace(self) -> Trace:
        model, probe = self.model, self._probe
        program = model.program([y.shape for y in probe.y]) if probe.y else None
        with np.errstate(all="ignore"):  # a network that runs away is recorded, too
            return trace_batch(model.graph, model.numbers, probe, program, model=model)

    def _record(self, seen: Trace, logs: dict[str, Any]) -> None:
        model, before = self.model, self._before
        numbers = model.numbers
        if before is not None and before[0] >= int(numbers.step):  # training went back to its last sound numbers
            before = None
        arrays = {
            f"weights/{name}": array.copy() for name, array in _flat(seen.params)
        }  # held, they would cost training
        arrays |= {f"state/{name}": array.copy() for name, array in _flat(seen.state)}  # the use of its own memory
        arrays |= {"/".join(("moments", *path)): np.array(array) for path, array in leaves(numbers.moments)}
        arrays |= {f"gradients/{name}": array for name, array in _flat(seen.grads)}
        old = dict(_flat(seen.params if before is None else before[1]))
        arrays |= {f"updates/{name}": new - np.asarray(old[name]) for name, new in _flat(seen.params)}
        arrays |= {f"values/{name}": np.asarray(array) for name, array in seen.values.items()}
        arrays |= {f"dvalues/{name}": np.asarray(array) for name, array in seen.dvalues.items()}
        assert self.recording is not None  # on_train_begin made it
        self.recording.add(
            Frame(
                number=self._number,
                step=int(numbers.step),
                epoch=self._epoch,
                batch=self._batch,
                seconds=self.clock() - self._began,
                loss=seen.loss,
                rate=float(model.optimizer.rate_at(numbers.step)),
                update_steps=0 if before is None else int(numbers.step) - before[0],
                logs={name: float(value) for name, value in logs.items() if np.ndim(value) == 0},
                arrays=arrays,
            )
        )
        self._number += 1
        if self._live is not None and self.recording.latest is not None:
            self._live.frame(self.recording.latest)


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


def _named(probe: Batch) -> dict[str, Array]:
    return {f"{kind}/{i}": np.asarray(a) for kind, part in (("x", probe.x), ("y", probe.y)) for i, a in enumerate(part)}


def _flat(tree: dict[str, dict[str, Array]]) -> list[tuple[str, Array]]:
    return [(f"{owner}/{name}", array) for owner, part in tree.items() for name, array in part.items()]
