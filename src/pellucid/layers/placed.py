"""Where a layer stands in networks: its calls on symbolic values, as Keras shows them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from .symbolic import Call, KerasTensor


class InboundNode(NamedTuple):
    """One call of a layer, as programs of Keras 1 and 2 look at it."""

    inbound_layers: list[Any]
    input_tensors: list[KerasTensor]
    output_tensors: list[KerasTensor]


class Placed:
    """The symbolic inputs and outputs of a layer's calls."""

    name: str
    calls: list[tuple[Call, tuple[KerasTensor, ...]]]

    @property
    def input(self) -> Any:
        """The symbolic input of the layer's only call (a list, if it has several inputs)."""
        self._only_call()
        return self.get_input_at(0)

    @property
    def output(self) -> Any:
        """The symbolic output of the layer's only call (a list, if it has several outputs)."""
        self._only_call()
        return self.get_output_at(0)

    @property
    def input_shape(self) -> Any:
        """Shape of the layer's input, which must be the same in all its calls."""
        return self._only_shape([call.inputs for call, _ in self.calls])

    @property
    def output_shape(self) -> Any:
        """Shape of the layer's output, which must be the same in all its calls."""
        return self._only_shape([outputs for _, outputs in self.calls])

    def get_input_at(self, node_index: int) -> Any:
        """The symbolic input of one of the layer's calls: the first is 0."""
        inputs = self.calls[node_index][0].inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    def get_output_at(self, node_index: int) -> Any:
        """The symbolic output of one of the layer's calls: the first is 0."""
        outputs = self.calls[node_index][1]
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def _only_shape(self, ends: Sequence[Sequence[KerasTensor]]) -> Any:
        found = {tuple(tensor.shape for tensor in tensors) for tensors in ends}
        if len(found) != 1:
            self._only_call()  # says why there is none
        shapes = found.pop()
        return shapes[0] if len(shapes) == 1 else list(shapes)

    def _only_call(self) -> tuple[Call, tuple[KerasTensor, ...]]:
        if len(self.calls) != 1:
            trouble = "has not been called yet" if not self.calls else f"was called {len(self.calls)} times"
            raise AttributeError(f"{self.name}: {trouble}, so it has no single input and output.")
        return self.calls[0]

    def get_input_shape_at(self, node_index: int) -> Any:
        """The shape of the input of this call (a list, if it has several inputs)."""
        return _shapes(self.get_input_at(node_index))

    def get_output_shape_at(self, node_index: int) -> Any:
        """The shape of the output of this call (a list, if it has several outputs)."""
        return _shapes(self.get_output_at(node_index))

    @property
    def inbound_nodes(self) -> list[InboundNode]:
        """The calls, one after another."""
        return [
            InboundNode([tensor.call.layer for tensor in call.inputs], list(call.inputs), list(outputs))
            for call, outputs in self.calls
        ]

    @property
    def _inbound_nodes(self) -> list[InboundNode]:
        """Under the name that Keras 2 and 3 have."""
        return self.inbound_nodes


def _shapes(tensors: Any) -> Any:
    return [tensor.shape for tensor in tensors] if isinstance(tensors, list) else tensors.shape
