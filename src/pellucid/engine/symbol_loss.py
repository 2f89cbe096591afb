"""A loss that looks at other values of the network than the output it stands for.

    def vae_loss(y_true, y_pred):
        return mse(y_true, y_pred) - 0.5 * K.mean(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)

The function is called once, on symbolic values. What it notes is a small network of its own: from the targets, the
output and the values that it looked at to the loss of each sample.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..arrays import Array, namespace
from ..layers import Input
from ..layers.behind import symbols_behind
from ..layers.symbolic import KerasTensor
from ..losses import Loss
from ..losses.reduction import reduce
from .graph import Graph
from .layout import lay_out
from .passes import backward, forward


class SymbolLoss(Loss):
    """The loss of that network.

    graph   from (targets, output, *the other values) to one loss for each sample, or for all
    looks   the other values
    """

    takes_targets_raw = True

    def __init__(self, name: str, graph: Graph, looks: Sequence[KerasTensor]) -> None:
        super().__init__(name)
        self.graph, self.looks = graph, tuple(looks)

    @classmethod
    def of(cls, function: Callable[..., Any], output: KerasTensor) -> "SymbolLoss | None":
        """The loss that a function means, where it looks at symbolic values beside those that it is handed."""
        around = [value for value in symbols_behind(function) if value is not output]
        if not around:
            return None
        targets = Input(batch_shape=output.shape)
        try:
            loss = function(targets, output)
        except (TypeError, ValueError):  # it needs numbers: then it does not look at symbols
            return None
        if not isinstance(loss, KerasTensor):
            return None
        looks = [value for value in around if _uses(loss, value)]
        graph = lay_out([targets, output, *looks], [loss])
        return cls(getattr(function, "__name__", "loss"), graph, looks) if looks else None

    def forward(
        self, y_true: Array, y_pred: Array, sample_weight: Any = None, mask: Any = None, *others: Array
    ) -> tuple[Array, tuple[Any, ...]]:
        xp = namespace(y_pred)
        y_true = xp.asarray(y_true, dtype=y_pred.dtype)
        if y_true.ndim < y_pred.ndim:
            y_true = y_true.reshape(*y_true.shape, *(1,) * (y_pred.ndim - y_true.ndim))
        values, caches = forward(self.graph, _no_numbers(self.graph), {}, (y_true, y_pred, *others))
        cost, dl = reduce(values[self.graph.outputs[0]], xp, self.reduction, sample_weight, mask)
        return cost, (caches, dl, y_pred, others)

    def backward(self, cache: tuple[Any, ...]) -> tuple[Array, ...]:
        """dcost/d(output), and dcost/d(each of the other values)."""
        caches, dl, *(y_pred, others) = cache
        start = {self.graph.outputs[0]: dl}
        found, _ = backward(
            self.graph,
            _no_numbers(self.graph),
            caches,
            start,
            trainable=frozenset(),
            keep=self.graph.inputs.__contains__,
        )
        zeros = namespace(y_pred).zeros_like
        reads = self.graph.inputs[1:]
        return tuple(found.get(name, zeros(x)) for name, x in zip(reads, (y_pred, *others), strict=True))


def _no_numbers(graph: Graph) -> dict[str, dict[str, Array]]:
    """The layers of such a network are functions: they have no parameters."""
    return {owner: {} for owner in graph.owners}


def _uses(made: KerasTensor, value: KerasTensor) -> bool:
    """Whether one symbolic value is computed from another."""
    seen, waiting = set[int](), [made]
    while waiting:
        tensor = waiting.pop()
        if tensor is value:
            return True
        if id(tensor) not in seen:
            seen.add(id(tensor))
            waiting += tensor.call.inputs
    return False
