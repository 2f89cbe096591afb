"""A program in the words of the native core: which kernel stands for which layer, loss, metric and optimizer.

Whatever has no kernel, or settings that its kernel does not know, makes the answer None: the plain step runs it then.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import activations, losses, metrics, optimizers, windows
from ..arrays import Array
from ..layers import activation, activation_layers, conv, dense, dropout, lstm, pooling, reshape
from ..layers.input import InputLayer
from .graph import Graph, Node
from .step import Program


def build(core: Any, program: Program) -> Any:
    """The native network of a program, or None where something in it has no kernel."""
    if program.penalties or program.activity or program.constraints or program.graph.added:
        return None
    if len(program.objectives) != 1:
        return None
    laid = lay_out(core, program.graph, program)
    if laid is None:
        return None
    network, values = laid
    return network if _optimizer(network, program) and _judges(network, program, values) else None


def lay_out(core: Any, graph: Graph, program: Program | None = None) -> tuple[Any, dict[str, int]] | None:
    """The native network of a graph and its numbers of the graph's values, or None where a kernel is missing.

    program    what trains it, if anything does
    """
    shape = graph.shapes[graph.inputs[0]]
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or None in shape[1:] or len(shape) < 2:
        return None
    if len(graph.owners) < len([node for node in graph.nodes if node.owner in graph.owners]):
        return None  # a layer is used twice
    network = core.Network()
    last = graph.inputs[0]
    values = {last: network.input(*_places_and_width(shape))}
    for node in graph.nodes:
        follows = node.reads == (last,) and len(node.makes) == 1 and not node.options and node.training is None
        made = _add(network, graph, program, node, values) if follows else None
        if made is None:
            return None
        last = node.makes[0]
        values[last] = made
    if last != graph.outputs[0]:
        return None
    network.output(values[last])
    return network, values


def places_of(graph: Graph) -> tuple[tuple[str, str], ...]:
    """For each parameter, in the core's order: its owner and name."""
    return tuple((owner, name) for owner, layer in graph.owners.items() for name in layer.numbers.params)


def _places_and_width(shape: Sequence[Any]) -> tuple[int, int]:
    return int(np.prod(shape[1:-1], dtype=int)), shape[-1]


def _add(network: Any, graph: Graph, program: Program | None, node: Node, values: dict[str, int]) -> int | None:
    """The value that a node makes, or None where there is no kernel for it."""
    layer: Any = node.layer
    x = values[node.reads[0]]
    if layer.dtype != "float32" or getattr(layer, "data_format", None) == "channels_first":
        return None
    if type(layer) is InputLayer:
        return x
    if type(layer) is dense.Dense:
        kernel, *bias = _parameters(network, program, node)
        return network.dense(x, layer.units, kernel, *(bias or [-1]))
    if type(layer) in (conv.Conv1D, conv.Conv2D):
        if layer.groups > 1:
            return None
        slides = _windows(layer, graph.shapes[node.reads[0]])
        kernel, *bias = _parameters(network, program, node)
        return network.conv(x, *slides, layer.filters, kernel, *(bias or [-1]))
    if type(layer) is lstm.LSTM:
        if not _is_usual_lstm(layer):
            return None
        kernel, recurrent, *bias = _parameters(network, program, node)
        return network.lstm(x, layer.units, kernel, recurrent, *(bias or [-1]), layer.return_sequences)
    if type(layer) in _POOLS:
        return network.pool(x, *_windows(layer, graph.shapes[node.reads[0]]), isinstance(layer, pooling.MaxPooling))
    if type(layer) is dropout.Dropout:
        return None if layer.noise_shape else network.dropout(x, layer.rate, graph.random[node.name])
    if type(layer) in (reshape.Flatten, reshape.Reshape):
        return network.reshape(x, *_places_and_width(graph.shapes[node.makes[0]]))
    name = _activation_name(layer)
    return None if name is None else x if name == "linear" else network.activation(x, name)


_ACTIVATIONS = {activations.get(name): name for name in ("linear", "relu", "sigmoid", "tanh", "softmax")}


def _activation_name(layer: Any) -> str | None:
    """The kernel of an activation layer, if there is one and its settings are the usual ones."""
    if type(layer) is activation.Activation:
        return _ACTIVATIONS.get(layer.activation)
    usual = {"negative_slope": 0.0, "max_value": None, "threshold": 0.0}
    if type(layer) is activation_layers.ReLU and layer.settings() == usual:
        return "relu"
    return None


def _parameters(network: Any, program: Program | None, node: Node) -> list[int]:
    """The core's numbers of a layer's parameters."""
    return [
        network.parameter(value.size, *_movement(program, node.owner, name, value))
        for name, value in node.layer.numbers.params.items()
    ]


def _is_usual_lstm(layer: lstm.LSTM) -> bool:
    """Whether the core's kernel computes this layer: usual activations, no dropout, nothing carried or handed out."""
    usual = layer.cell.activation is activations.tanh and layer.cell.recurrent_activation is activations.sigmoid
    thins = layer.cell.dropout or layer.cell.recurrent_dropout
    return usual and not (thins or layer.return_state or layer.go_backwards or layer.stateful)


_POOLS = (pooling.MaxPooling1D, pooling.MaxPooling2D, pooling.AveragePooling1D, pooling.AveragePooling2D)
_STILL = windows.slide(1, 1)


def _windows(layer: Any, shape: Sequence[Any]) -> tuple[list[int], list[int]]:
    """How a layer's window slides over rows and columns; a sequence is an image of one row."""
    *rows, columns = layer.slides(shape).values()
    return list(rows[0] if rows else _STILL), list(columns)


def _movement(program: Program | None, owner: str, name: str, value: Array) -> tuple[float, bool]:
    """The weight decay of a parameter, and whether it moves at all."""
    if program is None or program.optimizer is None or owner not in program.trainable:
        return 0.0, False
    return float(program.optimizer.decay_of(f"{owner}/{name}", value) or 0.0), True


def slot_names(optimizer: Any) -> tuple[str, ...]:
    """The optimizer's memory of one parameter, in the core's order."""
    return tuple(optimizer.slots(np.zeros(1, np.float32)))


def _optimizer(network: Any, program: Program) -> bool:
    """Whether the core has the program's optimizer, which the network then has too."""
    o: Any = program.optimizer
    extras = ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "gradient_accumulation_steps")
    if o is None or o.use_ema or any(getattr(o, extra) is not None for extra in extras):
        return False
    if type(o) is optimizers.SGD:
        network.sgd(o.momentum, o.nesterov)
    elif type(o) in (optimizers.Adam, optimizers.AdamW):
        network.adam(o.beta_1, o.beta_2, o.epsilon, o.amsgrad)
    elif type(o) is optimizers.RMSprop:
        network.rmsprop(o.rho, o.momentum, o.epsilon, o.centered)
    else:
        return False
    return True


def _judges(network: Any, program: Program, values: dict[str, int]) -> bool:
    """Whether the core has the program's loss and metrics, which the network then has too."""
    objective = program.objectives[0]
    loss: Any = objective.loss
    width = program.graph.shapes[objective.reads][-1]
    kind = _loss_kind(loss)
    if kind is None or objective.weight != 1.0 or loss.reduction not in ("sum_over_batch_size", "mean", "sum"):
        return False
    smoothing = float(getattr(loss, "label_smoothing", 0.0))
    network.loss(kind, loss.reduction != "sum", smoothing, values[objective.reads])
    for measure in program.measures:
        name = _MEASURES.get(type(measure.metric))
        counts_classes = name == "sparse_categorical_accuracy"
        fits = counts_classes == (kind == "sparse_categorical_crossentropy") or width == 1
        if name is None or measure.weighted or not fits:
            return False
        network.measure(name, float(getattr(measure.metric, "threshold", 0.5)))
    return True


_MEASURES: dict[type, str] = {
    metrics.CategoricalAccuracy: "categorical_accuracy",
    metrics.SparseCategoricalAccuracy: "sparse_categorical_accuracy",
    metrics.BinaryAccuracy: "binary_accuracy",
    metrics.MeanSquaredError: "mean_squared_error",
    metrics.MeanAbsoluteError: "mean_absolute_error",
}


def _loss_kind(loss: Any) -> str | None:
    """The kernel of a loss; cross-entropies have one for weighted sums only."""
    if getattr(loss, "dtype", None) is not None:
        return None
    if type(loss) is losses.MeanSquaredError:
        return "mean_squared_error"
    kinds = {
        losses.CategoricalCrossentropy: "categorical_crossentropy",
        losses.SparseCategoricalCrossentropy: "sparse_categorical_crossentropy",
        losses.BinaryCrossentropy: "binary_crossentropy",
    }
    usual = getattr(loss, "from_logits", False) and loss.axis == -1 and getattr(loss, "ignore_class", None) is None
    return kinds.get(type(loss)) if usual else None
