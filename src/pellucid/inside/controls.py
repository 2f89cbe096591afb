"""Controls: hands on a network, also while it learns: set a weight, silence, freeze or revive a unit, change the rate.

    controls = Controls(model)
    controls.set_weight("dense", (0, 1), 0.5)
    controls.silence("dense", 3)
    model.fit(x, y, callbacks=[controls])       # what is frozen stays as it is; any thread may go on turning
    controls.undo()

While the model learns, what is asked for waits until the batch at hand is done. Otherwise it happens at once.
"""

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

LOW, NOTHING = -1e4, 1e-30  # a weighted sum at which sigmoid, softplus and their like give no more than this


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


class Controls(Callback):
    """Changes a model by hand. Give it to `fit` too: units stay frozen only where it is among the callbacks.

    Args:
        model: a built and compiled model.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(2, "relu", input_shape=(1,), kernel_initializer="ones", name="hidden")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> controls = Controls(model)
    >>> controls.silence("hidden", 0)
    >>> model.predict([[3.0]], verbose=0).tolist()
    [[0.0, 3.0]]
    >>> controls.undo()
    >>> model.predict([[3.0]], verbose=0).tolist()
    [[3.0, 3.0]]
    """

    may_skip_batches = True

    def __init__(self, model: Any) -> None:
        super().__init__()
        if not model.built or not model.compiled:
            raise ValueError("Controls: needs a built and compiled model: call build or fit, and compile, first.")
        self.set_model(model)
        self.done: list[Change] = []
        self._undone: list[Change] = []
        self._frozen: dict[tuple[str, int], dict[str, Array]] = {}
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = threading.RLock()
        self._learning = False
        self.may_wait = True  # an engine may learn from several batches at a time: not while a unit has to be held

    # What one can do -----------------------------------------------------------------------------

    def set_weight(self, layer: str, index: Any, value: float, parameter: str = "kernel") -> None:
        """Give one weight of a layer (by name) another value: index (0, 1) of "kernel" by default."""
        owner = self._owner(layer)
        array = self._params(owner).get(parameter)
        if array is None:
            raise ValueError(f"Controls: {layer!r} has no {parameter!r}; it has {', '.join(self._params(owner))}.")
        place = np.index_exp[index] if not isinstance(index, tuple) else index
        if np.shape(array[place]) != ():
            raise ValueError(
                f"Controls: {layer}/{parameter} is shaped {array.shape}; index {index!r} is not one weight."
            )
        if not np.isfinite(value):
            raise ValueError(f"Controls: a weight must be a finite number, got {value!r}.")

        def make() -> Change:
            old = float(self._params(owner)[parameter][place])
            shown = ", ".join(map(str, place))
            return self._change(
                f"{owner}/{parameter}[{shown}]: {old:.6g} → {value:.6g}",
                lambda: self._write(owner, parameter, place, value),
                lambda: self._write(owner, parameter, place, old),
            )

        self._ask(make)

    def silence(self, layer: str, unit: int) -> None:
        """Make a unit (of a kernel's last axis) give 0 whatever comes in, and keep it so."""
        owner = self._unit(layer, unit)
        quiet = self._quiet(owner)
        weights = {name: np.zeros_like(array[..., unit]) for name, array in self._params(owner).items()}
        if quiet:
            if "bias" not in weights:
                raise ValueError(f"Controls: {layer!r} has no bias, without which its activation is never 0.")
            weights["bias"] = np.full_like(weights["bias"], quiet)
        self._ask(lambda: self._hold(f"{owner}: unit {unit} silenced", owner, unit, weights))

    def freeze(self, layer: str, unit: int) -> None:
        """Keep a unit's incoming weights and bias as they are now."""
        owner = self._unit(layer, unit)

        def make() -> Change:
            now = {name: np.array(array[..., unit]) for name, array in self._params(owner).items()}
            return self._hold(f"{owner}: unit {unit} frozen", owner, unit, now)

        self._ask(make)

    def thaw(self, layer: str, unit: int) -> None:
        """Let a frozen or silenced unit learn again, from the weights that it has."""
        owner = self._unit(layer, unit)
        self._ask(lambda: self._hold(f"{owner}: unit {unit} learns again", owner, unit, None))

    def revive(self, layer: str, unit: int) -> None:
        """Give a unit fresh weights from the layer's initializers, and let it learn: for units that are dead."""
        owner = self._unit(layer, unit)
        part = self.model.graph.owners[owner]
        fresh = part.init(next_key(), self._input_shape(owner))
        weights = {name: np.asarray(fresh[name])[..., unit] for name in self._params(owner)}
        self._ask(lambda: self._hold(f"{owner}: unit {unit} revived", owner, unit, None, weights))

    def set_rate(self, rate: float) -> None:
        """Learn at another rate from now on."""
        if not rate >= 0 or not np.isfinite(rate):
            raise ValueError(f"Controls: the learning rate must be a finite number of at least 0, got {rate!r}.")
        optimizer = self.model.optimizer
        if not optimizer.rate_is_a_number:
            raise ValueError("Controls: the learning rate comes from a schedule. Compile with a number to change it.")

        def make() -> Change:
            old = float(optimizer.learning_rate)

            def turn(to: float) -> Callable[[], None]:
                return lambda: setattr(optimizer, "learning_rate", to)

            return self._change(f"learning rate: {old:.6g} → {rate:.6g}", turn(rate), turn(old))

        self._ask(make)

    def undo(self) -> None:
        """Take the latest change back; what was learned since stays."""
        self._when_free(lambda: self._move(self.done, self._undone, "undo", lambda change: change.back))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._when_free(lambda: self._move(self._undone, self.done, "redo", lambda change: change.do))

    @property
    def frozen(self) -> tuple[tuple[str, int], ...]:
        """The units that are kept as they are: (layer, unit)."""
        return tuple(self._frozen)

    # While it learns -----------------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:
        with self._lock:
            self._learning = True

    def due(self, batch: int) -> bool:
        return bool(self._waiting or self._frozen)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        for owner, unit in self._frozen:
            self._restore(owner, unit)
        self._work_off()

    def on_train_end(self, logs: Any = None) -> None:
        with self._lock:
            self._learning = False
            self._work_off()

    def _ask(self, make: Callable[[], Change]) -> None:
        def act() -> None:
            change = make()
            change.do()
            self.done.append(change)
            self._undone.clear()

        self._when_free(act)

    def _when_free(self, act: Callable[[], None]) -> None:
        with self._lock:
            if self._learning:
                self._waiting.append(act)
            else:
                act()

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
        before = {name: np.array(array[..., unit]) for name, array in self._params(owner).items()}
        was_held = self._frozen.get((owner, unit))

        def put(values: dict[str, Array] | None, hold: dict[str, Array] | None) -> None:
            if hold is None:
                self._frozen.pop((owner, unit), None)
            else:
                self._frozen[owner, unit] = hold
            self.may_wait = not self._frozen
            for name, array in (values or {}).items():
                self._write(owner, name, (..., unit), array)

        after = held if weights is None else weights
        return self._change(words, lambda: put(after, held), lambda: put(before if after else None, was_held))

    def _move(self, source: list[Change], to: list[Change], name: str, which: Any) -> None:
        if not source:
            raise ValueError(f"Controls: there is nothing to {name}.")
        change = source.pop()
        which(change)()
        to.append(change)

    def _restore(self, owner: str, unit: int) -> None:
        held = self._frozen[owner, unit]
        now = self._params(owner)
        for name, array in held.items():
            if not np.array_equal(now[name][..., unit], array):
                self._write(owner, name, (..., unit), array)

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

    def _owner(self, layer: str) -> str:
        owners = self.model.graph.owners
        found = [owner for owner, part in owners.items() if layer in (owner, part.name)]
        if not found:
            raise ValueError(f"Controls: no layer is called {layer!r}. There are: {', '.join(owners)}.")
        return found[0]

    def _unit(self, layer: str, unit: int) -> str:
        owner = self._owner(layer)
        params = self._params(owner)
        if not set(params) <= {"kernel", "bias"} or "kernel" not in params:
            raise ValueError(f"Controls: {layer!r} is no layer of units with a kernel and a bias (Dense, Conv1D …).")
        count = params["kernel"].shape[-1]
        if not -count <= unit < count:
            raise ValueError(f"Controls: {layer!r} has the units 0 to {count - 1}, got {unit!r}.")
        return owner

    def _input_shape(self, owner: str) -> Any:
        graph = self.model.graph
        node = next(node for node in graph.nodes if node.owner == owner)
        return graph.shapes[node.reads[0]]

    def _quiet(self, owner: str) -> float:
        """The weighted sum at which a unit of this layer gives 0."""
        graph = self.model.graph
        node = next(node for node in graph.nodes if node.owner == owner and node.layer is graph.owners[owner])
        after = [other.layer for other in graph.nodes if node.makes[0] in other.reads]
        function = after[0] if len(after) == 1 and isinstance(after[0], Activation | ReLU) else None
        for z in (0.0, LOW):
            probe = np.array([[z, 1.0]], np.float32)
            if abs((probe if function is None else np.asarray(function(probe)))[0, 0]) < NOTHING:
                return z
        raise ValueError(f"Controls: the activation of {owner!r} is never 0, so no unit of it can be silent.")
