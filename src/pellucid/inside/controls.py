"""Controls: hands on a network, also while it learns: set a weight, silence, freeze or revive a unit, change the rate.

    controls = Controls(model)
    controls.set_weight("dense", (0, 1), 0.5)
    controls.silence("dense", 3)
    model.fit(x, y, callbacks=[controls])       # what is frozen stays as it is; any thread may go on turning
    controls.undo()

While the model learns, what another thread asks for waits until the batch at hand is done; what a callback of the
training asks for, and all else, happens at once.
"""

import operator
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..callbacks import Callback
from ..layers.activation import Activation
from ..layers.activation_layers import ReLU
from ..random import next_key
from .blocks import Block, Shown, Table
from .unit_weights import silent_weights, unit_count, unit_places


@dataclass(frozen=True)
class Change:
    """One thing done, and how to take it back.

    words    for people: "dense/kernel[0, 1]: 0.3 → 0.5"
    step     updates made before it
    """

    words: str
    step: int
    do: Callable[[], None]
    back: Callable[[], None]


class Controls(Callback, Shown):
    """Changes a model by hand. Give it to `fit` too: units stay frozen only where it is among the callbacks.

    Args:
        model: a built and compiled model.

    At a prompt it tells what was changed. Layers are given by name, units by number. A unit is one of Dense, a filter
    of a convolution, or one of SimpleRNN, GRU and LSTM, with all its gates.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(2, "relu", input_shape=(1,), kernel_initializer="ones", name="hidden")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> controls = Controls(model)
    >>> controls.silence("hidden", 0)
    >>> model.predict([[3.0]], verbose=0).tolist()
    [[0.0, 3.0]]
    >>> controls
    Changed by hand
        step  change
        0     hidden: unit 0 silenced
    Kept as they are: hidden[0].
    >>> controls.undo()
    >>> model.predict([[3.0]], verbose=0).tolist()
    [[3.0, 3.0]]
    """

    may_skip_batches = runs_first = True

    def __init__(self, model: Any) -> None:
        super().__init__()
        if not getattr(model, "built", False) or not getattr(model, "compiled", False):
            raise ValueError(
                "Controls: needs a built and compiled model: call build or fit, and compile, first. "
                f"Got {type(model).__name__}."
            )
        super().set_model(model)
        self.done: list[Change] = []
        self._undone: list[Change] = []
        self._frozen: dict[tuple[str, int], dict[str, Array]] = {}
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = threading.RLock()
        self._learner: int | None = None  # the thread that trains
        self.may_wait = True  # an engine may learn from several batches at a time: not while a unit has to be held

    def set_model(self, model: Any) -> None:
        if model is not self.model:
            raise ValueError(
                f"Controls: made for {self.model.name}, but among the callbacks of another model, {model.name}. "
                "Make Controls for each model."
            )

    # What one can do -----------------------------------------------------------------------------

    def set_weight(self, layer: str, index: Any, value: float, parameter: str = "kernel") -> None:
        """Give one weight of a layer (by name) another value: index (0, 1) of "kernel" by default."""
        owner = self._owner(layer)
        array = self._params(owner).get(parameter)
        if array is None:
            raise ValueError(f"Controls: {owner!r} has no {parameter!r}; it has {', '.join(self._params(owner))}.")
        place = _index_of(index, array, f"{owner}/{parameter}")
        new = _number(value, "a weight")
        with np.errstate(over="ignore"):
            fits = np.isfinite(array.dtype.type(new))
        if not fits:
            raise ValueError(f"Controls: a weight must be a finite number of {array.dtype}, got {value!r}.")

        def make() -> Change:
            old = float(self._params(owner)[parameter][place])
            shown = ", ".join(map(str, place))
            return self._change(
                f"{owner}/{parameter}[{shown}]: {old:.6g} → {new:.6g}",
                lambda: self._write(owner, parameter, place, new),
                lambda: self._write(owner, parameter, place, old),
            )

        self._ask(make)

    def silence(self, layer: str, unit: int) -> None:
        """Make a unit give 0 whatever comes in, and keep it so."""
        owner, unit = self._unit(layer, unit)
        part = self.model.graph.owners[owner]
        weights = silent_weights(part, self._params(owner), unit, self._function_after(owner))
        self._ask(lambda: self._hold(f"{owner}: unit {unit} silenced", owner, unit, weights))

    def freeze(self, layer: str, unit: int) -> None:
        """Keep a unit's incoming weights and bias as they are now."""
        owner, unit = self._unit(layer, unit)
        self._ask(lambda: self._hold(f"{owner}: unit {unit} frozen", owner, unit, self._of_unit(owner, unit)))

    def thaw(self, layer: str, unit: int) -> None:
        """Let a frozen or silenced unit learn again, from the weights that it has."""
        owner, unit = self._unit(layer, unit)
        self._ask(lambda: self._hold(f"{owner}: unit {unit} learns again", owner, unit, None))

    def revive(self, layer: str, unit: int) -> None:
        """Give a unit fresh weights from the layer's initializers, and let it learn: for units that are dead."""
        owner, unit = self._unit(layer, unit)
        part, params = self.model.graph.owners[owner], self._params(owner)
        fresh = part.init(next_key(), self._input_shape(owner))
        weights = {name: np.asarray(fresh[name])[place] for name, place in unit_places(part, params, unit).items()}
        self._ask(lambda: self._hold(f"{owner}: unit {unit} revived", owner, unit, None, weights))

    def set_rate(self, rate: float) -> None:
        """Learn at another rate from now on."""
        new = _number(rate, "the learning rate")
        if new < 0:
            raise ValueError(f"Controls: the learning rate must be at least 0, got {rate!r}.")
        optimizer = self.model.optimizer
        if not optimizer.rate_is_a_number:
            raise ValueError("Controls: the learning rate comes from a schedule. Compile with a number to change it.")

        def make() -> Change:
            old = float(optimizer.learning_rate)

            def turn(to: float) -> Callable[[], None]:
                return lambda: setattr(optimizer, "learning_rate", to)

            return self._change(f"learning rate: {old:.6g} → {new:.6g}", turn(new), turn(old))

        self._ask(make)

    def undo(self) -> None:
        """Take the latest change back; what was learned since stays."""
        self._move(self.done, self._undone, "undo", lambda change: change.back)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._move(self._undone, self.done, "redo", lambda change: change.do)

    @property
    def frozen(self) -> tuple[tuple[str, int], ...]:
        """The units that are kept as they are: (layer, unit)."""
        return tuple(self._frozen)

    def blocks(self) -> list[Block]:
        """What was done and not taken back, and what is kept as it is."""
        if not self.done:
            return [f"Nothing in {self.model.name} is changed by hand."]
        rows = tuple((str(change.step), change.words) for change in self.done)
        kept = ", ".join(f"{owner}[{unit}]" for owner, unit in self._frozen)
        return [Table("Changed by hand", ("step", "change"), rows), *([f"Kept as they are: {kept}."] if kept else [])]

    # While it learns -----------------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:
        with self._lock:
            self._learner = threading.get_ident()

    def due(self, batch: int) -> bool:
        return bool(self._waiting or self._frozen)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._restore()
        self._work_off()

    def on_train_end(self, logs: Any = None) -> None:
        with self._lock:
            self._learner = None
            self._restore()  # an optimizer may have put averages of the weights in their place
            self._work_off()

    def broken_off(self) -> None:
        """After Ctrl-C or an error: what waits is done now."""
        self.on_train_end()

    def _ask(self, make: Callable[[], Change]) -> None:
        def act() -> None:
            change = make()
            change.do()
            self.done.append(change)
            self._undone.clear()

        with self._lock:
            if self._must_wait:
                self._waiting.append(act)
            else:
                act()

    @property
    def _must_wait(self) -> bool:
        """Whether another thread is learning from a batch."""
        return self._learner not in (None, threading.get_ident())

    def _work_off(self) -> None:
        with self._lock:
            while self._waiting:
                self._waiting.popleft()()

    # Changes -------------------------------------------------------------------------------------

    def _change(self, words: str, do: Callable[[], None], back: Callable[[], None]) -> Change:
        return Change(words, int(self.model.numbers.step), do, back)

    def _hold(
        self, words: str, owner: str, unit: int, held: dict[str, Array] | None, weights: dict[str, Array] | None = None
    ) -> Change:
        """A change of what a unit is held at (None: it is free), and of its weights."""
        before, was_held = self._of_unit(owner, unit), self._frozen.get((owner, unit))

        def put(values: dict[str, Array] | None, hold: dict[str, Array] | None) -> None:
            if hold is None:
                self._frozen.pop((owner, unit), None)
            else:
                self._frozen[owner, unit] = hold
            self.may_wait = not self._frozen
            places = self._places(owner, unit)
            for name, array in (values or {}).items():
                self._write(owner, name, places[name], array)

        after = held if weights is None else weights
        return self._change(words, lambda: put(after, held), lambda: put(before if after else None, was_held))

    def _move(self, source: list[Change], to: list[Change], name: str, which: Any) -> None:
        def act() -> None:
            if source:  # of what waited with this, something may have changed that
                change = source.pop()
                which(change)()
                to.append(change)

        with self._lock:
            if not source and not self._waiting:
                raise ValueError(f"Controls: there is nothing to {name}.")
            if self._must_wait:
                self._waiting.append(act)
            else:
                act()

    def _restore(self) -> None:
        """Give the units that are held their weights back, if a step or another callback has moved them."""
        with self._lock:
            for (owner, unit), held in self._frozen.items():
                now, places = self._params(owner), self._places(owner, unit)
                for name, array in held.items():
                    if not np.array_equal(now[name][places[name]], array):
                        self._write(owner, name, places[name], array)

    def _write(self, owner: str, name: str, place: Any, value: Any) -> None:
        numbers = self.model.numbers
        array = np.array(numbers.params[owner][name])
        array[place] = value
        array.flags.writeable = False
        part = {**numbers.params[owner], name: array}
        self.model.numbers = numbers._replace(params={**numbers.params, owner: part})

    # Where things are ----------------------------------------------------------------------------

    def _params(self, owner: str) -> dict[str, Array]:
        params: dict[str, Array] = self.model.numbers.params[owner]
        return params

    def _places(self, owner: str, unit: int) -> dict[str, Any]:
        return unit_places(self.model.graph.owners[owner], self._params(owner), unit)

    def _of_unit(self, owner: str, unit: int) -> dict[str, Array]:
        """Copies of a unit's numbers."""
        params = self._params(owner)
        return {name: np.array(params[name][place]) for name, place in self._places(owner, unit).items()}

    def _owner(self, layer: str) -> str:
        owners = {owner: part for owner, part in self.model.graph.owners.items() if part.numbers.params}
        found = [layer] if layer in owners else [owner for owner, part in owners.items() if part.name == layer]
        if not found:
            raise ValueError(f"Controls: no layer with weights is called {layer!r}. There are: {', '.join(owners)}.")
        if len(found) > 1:
            raise ValueError(f"Controls: several layers are called {layer!r}: {', '.join(found)}. Give a whole name.")
        return found[0]

    def _unit(self, layer: str, unit: int) -> tuple[str, int]:
        """The owner of a layer's weights, and the unit counted from 0."""
        owner = self._owner(layer)
        count = unit_count(self.model.graph.owners[owner], self._params(owner))
        if count is None:
            raise ValueError(
                f"Controls: {owner!r} is no layer whose units have weights of their own (Dense, Conv2D, LSTM …)."
            )
        place = _whole(unit)
        if place is None or not -count <= place < count:
            raise ValueError(f"Controls: {owner!r} has the units 0 to {count - 1}, got {unit!r}.")
        return owner, place % count

    def _input_shape(self, owner: str) -> Any:
        graph = self.model.graph
        node = next(node for node in graph.nodes if node.owner == owner)
        return graph.shapes[node.reads[0]]

    def _function_after(self, owner: str) -> Any:
        """What the layer's sums go through, where that is all that reads them; else None."""
        graph = self.model.graph
        node = next(node for node in graph.nodes if node.owner == owner and node.layer is graph.owners[owner])
        after = [other.layer for other in graph.nodes if node.makes[0] in other.reads]
        return after[0] if len(after) == 1 and isinstance(after[0], Activation | ReLU) else None


def _whole(value: Any) -> int | None:
    """A whole number as int, or None for what is none."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def _number(value: Any, what: str) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = np.nan
    if isinstance(value, str) or not np.isfinite(found):
        raise ValueError(f"Controls: {what} must be a finite number, got {value!r}.")
    return found


def _index_of(index: Any, array: Array, name: str) -> tuple[int, ...]:
    """The place of one number of an array."""
    given = tuple(index) if isinstance(index, tuple | list) else (index,)
    place = tuple(where for part in given if (where := _whole(part)) is not None)
    if len(place) != len(given) or len(place) != array.ndim:
        raise ValueError(
            f"Controls: {name} is shaped {array.shape}; index {index!r} is not one weight. "
            f"Give {array.ndim} whole numbers."
        )
    if any(not -size <= i < size for i, size in zip(place, array.shape, strict=True)):
        raise ValueError(f"Controls: {name} is shaped {array.shape}, so there is no weight at index {index!r}.")
    return place
