"""The Graph of Keras 0: a network with named inputs, nodes and outputs, whose data are one dict.

graph = Graph()
graph.add_input(name="input", input_shape=(32,))
graph.add_node(Dense(16), name="dense", input="input")
graph.add_output(name="output", input="dense")
graph.compile("rmsprop", {"output": "mse"})
graph.fit({"input": x, "output": y}, nb_epoch=10)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...layers import Input
from ...model import Model
from .layers import merge

__all__ = ["Graph"]


class Graph(Model):
    """A model that is put together node by node, by their names."""

    def __init__(self, name: str | None = None) -> None:
        super(Model, self).__init__(name=name)
        self._start()
        self._values: dict[str, Any] = {}
        self._entries: dict[str, Any] = {}
        self._exits: dict[str, Any] = {}
        self.nodes: dict[str, Any] = {}

    def add_input(
        self, name: str, input_shape: Any = None, batch_input_shape: Any = None, dtype: Any = None, ndim: Any = None
    ) -> None:
        """A named input of this shape (without the batch axis)."""
        made = Input(input_shape, dtype=dtype) if batch_input_shape is None else Input(batch_shape=batch_input_shape)
        self._entries[name] = self._values[name] = made

    def add_node(
        self,
        layer: Any,
        name: str,
        input: str | None = None,
        inputs: Sequence[str] = (),
        merge_mode: str = "concat",
        concat_axis: int = -1,
        dot_axes: Any = -1,
        create_output: bool = False,
    ) -> None:
        """A layer that reads from an input or node, or from several that are merged."""
        self.nodes[name] = layer
        self._values[name] = layer(self._read(input, inputs, merge_mode, concat_axis, dot_axes))
        if create_output:
            self.add_output(name, input=name)

    def add_output(
        self,
        name: str,
        input: str | None = None,
        inputs: Sequence[str] = (),
        merge_mode: str = "concat",
        concat_axis: int = -1,
        dot_axes: Any = -1,
    ) -> None:
        """A named output: what a node says, or several nodes' merged."""
        self._exits[name] = self._read(input, inputs, merge_mode, concat_axis, dot_axes)

    def _read(self, input: str | None, inputs: Sequence[str], mode: str, concat_axis: int, dot_axes: Any) -> Any:
        for name in [input] if input else inputs:
            if name not in self._values:
                raise ValueError(f"Graph: there is no input or node called {name!r}.")
        if input:
            return self._values[input]
        return merge([self._values[name] for name in inputs], mode, concat_axis, dot_axes)

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, *args: Any, **settings: Any) -> None:
        self._connect(list(self._entries.values()), list(self._exits.values()))
        by_name = [loss.get(name) for name in self._exits] if isinstance(loss, Mapping) else loss
        super().compile(optimizer, by_name, *args, **settings)

    def _parts(self, data: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
        return [data[name] for name in self._entries], [data[name] for name in self._exits]

    def fit(self, data: Any, *args: Any, **settings: Any) -> Any:  # type: ignore[override]  # one dict
        return super().fit(*self._parts(data), *args, **self._heldout(settings))

    def _heldout(self, settings: dict[str, Any]) -> dict[str, Any]:
        held = settings.get("validation_data")
        return {**settings, "validation_data": self._parts(held)} if isinstance(held, Mapping) else settings

    def evaluate(self, data: Any, *args: Any, **settings: Any) -> Any:  # type: ignore[override]  # one dict
        return super().evaluate(*self._parts(data), *args, **settings)

    def predict(self, data: Any, *args: Any, **settings: Any) -> dict[str, Any]:  # type: ignore[override]  # one dict
        """The outputs, by name."""
        found = super().predict([data[name] for name in self._entries], *args, **{"verbose": 0, **settings})
        return dict(zip(self._exits, found if isinstance(found, list) else [found], strict=True))

    def train_on_batch(self, data: Any, *args: Any, **settings: Any) -> Any:  # type: ignore[override]  # one dict
        return super().train_on_batch(*self._parts(data), *args, **settings)

    def test_on_batch(self, data: Any, *args: Any, **settings: Any) -> Any:  # type: ignore[override]  # one dict
        return super().test_on_batch(*self._parts(data), *args, **settings)
