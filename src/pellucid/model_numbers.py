"""The numbers of a model: those of its layers and of its optimizer, in one bundle."""

from typing import Any

import numpy as np

from . import compiling
from .arrays import Array
from .engine.choose import chosen
from .engine.graph import Graph
from .engine.step import Numbers
from .errors import NotBuiltError
from .layers.bundle import Bundle, LayerNumbers, OptimizerNumbers, on_host, settle
from .layers.layer import Layer
from .layers.weight import Weight
from .variable import frame_of, is_lending


class ModelNumbers(Layer):
    """A layer that keeps the numbers of a whole network."""

    _bundle: Bundle | None = None
    _members: dict[str, Layer]  # by owner, those with numbers
    graph: Graph | None
    recipe: compiling.Recipe | None
    engine: str | None  # what compile asked for
    layers: Any
    _own: Layer | None  # keeps the weights that a subclass adds

    @property
    def bundle(self) -> Bundle | None:
        """Where the numbers live; two models that come to share layers have one bundle from then on."""
        while self._bundle is not None and self._bundle.moved_to is not None:
            self._bundle = self._bundle.moved_to
        return self._bundle

    @bundle.setter
    def bundle(self, home: Bundle | None) -> None:
        self._bundle = home

    def _adopt(self) -> None:
        """One bundle for the numbers of all layers, and of the optimizer."""
        members: list[Any] = [layer for layer in self._graph.owners.values() if layer.bundle is not None]
        self._members = {owner: layer for owner, layer in self._graph.owners.items() if layer.bundle is not None}
        self.bundle = settle([*members, *([self.recipe] if self.recipe else [])])

    @property
    def numbers(self) -> Numbers:
        """All numbers that change while the model learns: a free snapshot, for bundles are replaced, never edited."""
        return on_host(self._numbers())

    @numbers.setter
    def numbers(self, new: Numbers) -> None:
        if strangers := new.params.keys() - self._members.keys():
            raise ValueError(
                f"{self.name}: these are the numbers of another model: it has no layer {sorted(strangers)[0]!r}. "
                f"To copy weights, use set_weights(other.get_weights())."
            )
        changes: dict[Any, Any] = {
            layer: LayerNumbers(new.params.get(owner, {}), new.state.get(owner, {}))
            for owner, layer in self._members.items()
        }
        if self.recipe is not None:
            changes[self.recipe] = OptimizerNumbers(new.moments, new.step)
            self.recipe.optimizer.iterations = int(new.step)
        for layer in [layer for layer in changes if frame_of(layer) is not None]:
            frame_of(layer)[layer] = changes.pop(layer)  # type: ignore[index]  # just asked for
        assert self.bundle is not None
        self.bundle.put(changes)

    @property
    def held(self) -> Numbers:
        """`numbers`, left on their device where the engine is JAX."""
        return self._numbers() if chosen(self.engine) == "jax" else self.numbers

    def _numbers(self) -> Numbers:
        self._require_built("numbers")
        assert self.bundle is not None
        entries = self.bundle.entries
        lending = is_lending()
        held = {owner: layer.numbers if lending else entries[layer] for owner, layer in self._members.items()}
        memory = entries.get(self.recipe) or OptimizerNumbers({}, 0)
        return Numbers(
            params={owner: numbers.params for owner, numbers in held.items() if numbers.params},
            state={owner: numbers.state for owner, numbers in held.items() if numbers.state},
            moments=memory.moments,
            step=memory.step,
        )

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = value

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, layer by layer, in Keras's order."""
        self._require_built("weights")
        return super().get_weights()

    def count_params(self) -> int:
        """How many numbers the layers keep."""
        self._require_built("weights to count")
        return sum(weight.size for weight in self.weights)

    @property
    def has_own_weights(self) -> bool:
        return self._own is not None

    @property
    def file_weights(self) -> list[Weight]:
        return [] if self._own is None else self._own.held_weights

    def _keep(self, key: str, array: Array, trainable: bool) -> Weight:
        if self._own is None:
            self._own = Layer(name=self.name)
            self._own.built = True
        return self._own._keep(key, array, trainable)

    @property
    def _graph(self) -> Graph:
        self._require_built("network")
        assert self.graph is not None
        return self.graph

    def _require_built(self, what: str) -> None:
        if self.graph is None:
            raise NotBuiltError(
                f"{self.name}: has no {what} yet, because it has not seen an input shape. "
                "Give its first layer input_shape=…, add an Input, call build(input_shape), or call fit."
            )
