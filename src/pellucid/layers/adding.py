"""What a layer adds to the loss, beside what `compile` says."""

from typing import Any

from ..metrics.metric import name_of
from .calling import say
from .forms import leaves_of
from .symbolic import KerasTensor


class Adding:
    """Losses and metrics that a layer's `call`, or the program, adds."""

    parts: Any
    leaf_layers: Any
    _added: tuple[Any, ...] = ()  # losses that it was given as functions
    _said: tuple[Any, ...] = ()  # the losses that its latest call on arrays has added

    def add_loss(self, loss: Any, inputs: Any = None) -> None:
        """Let something more be made small: in `call` a value computed there; elsewhere a function of no arguments.

        inputs    what the value depends on (Keras 2); it is known anyway
        """
        for one in leaves_of(loss):
            if callable(one) and not isinstance(one, KerasTensor):
                self._added = (*self._added, one)
            elif not say(self, one):
                self._said = (*self._said, one)

    def add_metric(self, value: Any, name: str | None = None, aggregation: Any = None) -> None:
        """Report the mean of a value that is computed in `call` (Keras 2), by itself or by a metric that is called."""
        say(self, value, name or name_of(value) or "metric")

    @property
    def losses(self) -> list[Any]:
        """What the latest call on arrays has added, the functions' values now, and the regularizers' penalties."""
        leaves = self.leaf_layers()
        layers = list(dict.fromkeys([self, *self.parts, *leaves]))
        penalties = [
            rule(weight.value)
            for leaf in leaves
            for weight in leaf.trainable_weights
            if (rule := leaf.rule("regularizer", weight.name)) is not None
        ]
        said = [one for layer in layers for one in layer._said]
        return [*said, *(function() for layer in layers for function in layer._added), *penalties]
