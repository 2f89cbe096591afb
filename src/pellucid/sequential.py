"""Sequential: the network of one line."""

from collections.abc import Mapping
from typing import Any, Self

from . import structure
from .data.checks import fits
from .errors import NotBuiltError, ShapeError
from .layers.input import Input, InputLayer
from .layers.layer import Layer
from .layers.symbolic import KerasTensor, Shape
from .layers.table import register_layer
from .model import Model
from .model_network import check_names
from .registry import custom_object_scope


@register_layer("Sequential")
class Sequential(Model):
    """Layers one after another.

    Args:
        layers: the layers, in order; more can be added with `add`.

    Without an input shape (an `Input` in front, or `input_shape=` on the first layer) the weights are made when
    the first data arrive.

    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(64, activation="sigmoid", input_shape=(784,)), Dense(10, activation="softmax")])
    >>> model.count_params()
    50890
    """

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        Layer.__init__(self, name=name, trainable=trainable)
        self._start()
        self._entry: Any = None  # a list, where the first layer is a model of several inputs
        self._exit: Any = None
        self._between: list[Any] = []  # what each layer returned
        self._learned_shape = False  # whether nobody said the input's shape: it is that of the first data
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end."""
        if isinstance(layer, KerasTensor):
            layer = layer.call.layer
        if not isinstance(layer, Layer):
            raise TypeError(f"{self.name}: add needs a layer, got {type(layer).__name__}: {layer!r}.")
        if isinstance(layer, InputLayer):
            if self._entry is not None or self._layers:
                raise ValueError(f"{self.name}: an Input must come first and only once; there is a layer before it.")
            self._entry = self._exit = layer.output
            return
        self._catch_up()
        if rebuild and any(layer.name == other.name and layer is not other for other in self._layers):
            raise ValueError(
                f"{self.name}: there is a layer called {layer.name!r} already; names are unique in a model. "
                "Give this one another name=."
            )
        if not self._layers and self._entry is None:
            self._entry = self._exit = _entry_of(layer)
        if self._exit is not None:
            self._exit = layer(self._exit)
            self._between.append(self._exit)
        self._layers.append(layer)
        if rebuild:
            self._rebuild()

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer off."""
        if not self._layers:
            raise ValueError(f"{self.name}: pop from a model without layers.")
        layer = self._layers.pop()
        self._catch_up(layer)
        if rebuild:
            self._rebuild()
        return layer

    def _catch_up(self, last: Any = None) -> None:
        """End where the layers end, of which the last may have been taken from `layers` itself (Keras 1 and 2)."""
        while self._exit is not None and len(self._between) > len(self._layers):
            made = self._between.pop()
            left = (made[0] if isinstance(made, list) else made).call
            layer = last or left.layer
            layer.calls[:] = [noted for noted in layer.calls if noted[0] is not left]
            self._exit = self._between[-1] if self._between else self._entry

    @property
    def outputs(self) -> list[KerasTensor]:
        return super().outputs

    @outputs.setter
    def outputs(self, outputs: Any) -> None:
        """For programs of Keras 1 and 2 that have popped layers off `layers`: the model ends where they end."""
        self._catch_up()
        self._rebuild()

    def build(self, input_shape: Any = None) -> None:
        """Make the weights, for inputs of this shape (the batch axis first)."""
        if self.graph is not None and self._learned_shape and input_shape is not None:
            self._loosen(tuple(input_shape))
        if self.graph is not None or not self._layers:
            return
        if input_shape is None:
            raise NotBuiltError(f"{self.name}: build needs the shape of the input, the batch axis first: (None, 784).")
        self._learned_shape = True
        first = getattr(self._layers[0], "reads", None)  # words, for a layer that looks them up
        self._entry = self._exit = Input(batch_shape=tuple(input_shape), dtype=first)
        for layer in self._layers:
            self._exit = layer(self._exit)
            self._between.append(self._exit)
        self._rebuild()

    def __call__(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        if self._learned_shape and self.graph is not None and len(args) == 1 and hasattr(args[0], "shape"):
            self._loosen(tuple(args[0].shape))
        return super().__call__(*args, training=training, **kwargs)

    def _loosen(self, shape: Shape) -> None:
        """Let axes be free in which these data differ from the first, where all layers allow it."""
        before = self._entry.shape
        if len(shape) != len(before) or shape[-1] != before[-1] or fits(tuple(n or 0 for n in shape), before):
            return
        kept = self._entry, self._exit, self._between, [list(layer.calls) for layer in self._layers]
        free = tuple(a if a == b else None for a, b in zip(shape[1:], before[1:], strict=True))
        try:
            self._exit = self._entry = Input(batch_shape=(None, *free), dtype=self._entry.dtype, name=self._entry.name)
            self._between = []
            for layer in self._layers:
                layer.calls.clear()
            for layer in self._layers:
                self._exit = layer(self._exit)
                self._between.append(self._exit)
                if isinstance(self._exit, list) or self._exit.shape[-1] is None:
                    raise ShapeError(f"{self.name}: {layer.name} has as many outputs as its input is long.")
        except ValueError:  # a layer whose weights need the size: the data are refused as before
            self._entry, self._exit, self._between = kept[:3]
            for layer, calls in zip(self._layers, kept[3], strict=True):
                layer.calls[:] = calls
            return
        self._rebuild()

    def _rebuild(self) -> None:
        """The network of the layers there are."""
        self._programs = {}
        check_names(self.name, self._layers)
        if self._entry is None or self._exit is None or not self._layers:
            self.graph, self.built = None, False
            return
        layers = self._layers
        self._connect(self._entry, self._exit)
        self._layers = layers

    def _reconnect(self) -> None:
        self._rebuild()

    saved_as = "Sequential"
    get_config = structure.sequential_config

    @classmethod
    def from_config(cls, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A new model with these layers and fresh weights."""
        with custom_object_scope(custom_objects):
            return structure.sequential_from_config(cls, config)

    def compute_output_shape(self, *shapes: Any) -> Any:
        for layer in self._layers:
            shapes = (layer.compute_output_shape(*shapes),)
        return shapes[0]


def _entry_of(layer: Layer) -> Any:
    """An Input of the shape that a first layer knows, if it knows one."""
    if layer.batch_shape_hint is not None:
        return Input(batch_shape=layer.batch_shape_hint)
    if isinstance(layer, Model) and layer.graph is not None:
        if layer.shares_inputs:
            return layer.inputs if len(layer.inputs) > 1 else layer.inputs[0]
        inputs = [Input(batch_shape=tensor.shape) for tensor in layer.inputs]
        return inputs if len(inputs) > 1 else inputs[0]
    return None
