"""Small ONNX models for ONNX Runtime, made operation by operation."""

from collections.abc import Sequence
from typing import Any

from ..arrays import Array


class OnnxGraph:
    """A chain of operations, each of which reads what the one before it made."""

    def __init__(self, shape: Sequence[int]) -> None:
        import onnx

        self._onnx, self._shape = onnx, list(shape)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []
        self._last = "x"

    def add(self, operation: str, *weights: Array, **settings: Any) -> None:
        """One operation, its weights as further inputs."""
        names = []
        for weight in weights:
            names.append(f"w{len(self._weights)}")
            self._weights.append(self._onnx.numpy_helper.from_array(weight, names[-1]))
        made = f"v{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operation, [self._last, *names], [made], **settings))
        self._last = made

    def session(self) -> Any:
        """What runs it."""
        import onnxruntime

        helper, number = self._onnx.helper, self._onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "chain",
            [helper.make_tensor_value_info("x", number, self._shape)],
            [helper.make_tensor_value_info(self._last, number, None)],
            self._weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
