"""The network of a model: which layers there are, how they are connected, what goes in and comes out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from . import compiling
from .data import Slot
from .engine.layout import lay_out
from .engine.portions import AnyCompiled
from .engine.step import Program
from .functional import layers_between
from .layers.calling import nobody_listens
from .layers.forms import leaves_of
from .layers.layer import Layer
from .layers.symbolic import KerasTensor, Shape, is_symbolic
from .layers.whole import Whole
from .model_numbers import ModelNumbers


class ModelNetwork(ModelNumbers):
    """A layer that is a network of layers."""

    _by_call = False
    _programs: dict[Any, Program]  # by the shapes of the targets
    _compiled: dict[Program, AnyCompiled | None]
    _looked_at: list[KerasTensor]  # by losses, beside their outputs
    lends_layers: ClassVar[bool] = False  # whether `layers` is the model's own list, as until Keras 2.2: layers.pop()
    _layers: list[Layer]

    def _start(self) -> None:
        """A model without a network yet."""
        self.graph, self.recipe = None, None
        self._programs, self._compiled = {}, {}
        self._predictor: Any = None  # with the graph that it is for
        self.engine = None
        self.stop_training = False
        self.history: Any = None
        self.loop: Any = None  # the latest call of fit
        self._layers, self._own = [], None
        self._side: list[tuple[KerasTensor, str | None]] = []  # what is added to the loss, or reported
        self._looked_at = []
        self._whole: Whole | None = None
        self._input_structure: Any = None
        self._output_structure: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """All but what engines have compiled and what the latest `fit` went through, for copies and pickle."""
        left_out: dict[str, Any] = {"_compiled": {}, "_predictor": None, "loop": None}
        return self.__dict__ | {name: empty for name, empty in left_out.items() if name in self.__dict__}

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """The network between these symbolic values; those in a dict in the order of their names, as in Keras."""
        inputs, outputs = (
            dict(sorted(ends.items())) if isinstance(ends, Mapping) else ends for ends in (inputs, outputs)
        )
        self._inputs, self._outputs = _flat(inputs, "inputs"), _flat(outputs, "outputs")
        self._input_structure, self._output_structure = inputs, outputs
        functions = ((self, one) for one in self._added)
        self.graph = lay_out(self._inputs, self._outputs, self._side, functions, self._looked_at)
        if not self._by_call:
            self._layers = layers_between(self._inputs, [*self._outputs, *(value for value, _ in self._side)])
            check_names(self.name, self._layers)
        self._adopt()
        self.built = True

    def add_loss(self, loss: Any, inputs: Any = None) -> None:
        """Let something more be made small: a symbolic value of this network, or a function of no arguments."""
        if is_symbolic(list(leaves_of(loss))) and nobody_listens():
            self._side += [(one, None) for one in leaves_of(loss)]
            self._reconnect()
            return
        super().add_loss(loss)
        if self.graph is not None and any(callable(one) for one in leaves_of(loss)):
            self._reconnect()

    def add_metric(self, value: Any, name: str | None = None, aggregation: Any = None) -> None:
        """Report the mean of a symbolic value of this network (Keras 2)."""
        if nobody_listens():
            self._side.append((value, name or value.name))
            self._reconnect()
        else:
            super().add_metric(value, name)

    def _reconnect(self) -> None:
        self._programs = {}
        self._connect(self._input_structure, self._output_structure)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in Keras's order (a model used as a layer counts as one)."""
        own = self._layers if self.lends_layers else list(self._layers)
        return self.parts if self._by_call else own

    @property
    def by_call(self) -> bool:
        return self._by_call

    @property
    def parts(self) -> list[Layer]:
        return super().parts if self._by_call else []

    def leaf_layers(self) -> list[Layer]:
        """All layers, those inside models used as layers included, each once."""
        found: dict[Layer, None] = {}
        for layer in [self._own, *self.layers]:
            found.update(dict.fromkeys([] if layer is None else layer.leaf_layers()))
        return list(found)

    @property
    def standing(self) -> Layer:
        """The layer that stands in a network for this model's call, where that is not taken apart."""
        self._whole = self._whole or Whole(self)
        return self._whole

    @property
    def inputs(self) -> list[KerasTensor]:
        self._require_built("inputs")
        return list(self._inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        self._require_built("outputs")
        return list(self._outputs)

    @outputs.setter
    def outputs(self, outputs: Any) -> None:
        """The network ends there from now on, as in Keras 1 and 2: model.outputs = [model.layers[-1].output]."""
        ends = outputs if isinstance(outputs, list | tuple) else [outputs]
        self._programs = {}
        self._connect(self._input_structure, ends if len(ends) > 1 else ends[0])

    @property
    def input(self) -> Any:
        self._require_built("input")
        return self._inputs[0] if len(self._inputs) == 1 else list(self._inputs)

    @property
    def output(self) -> Any:
        self._require_built("output")
        return self._outputs[0] if len(self._outputs) == 1 else list(self._outputs)

    @property
    def input_shape(self) -> Any:
        shapes = [tensor.shape for tensor in self.inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def input_names(self) -> list[str]:
        """The keys of the inputs where they were given as a dict, else the names of the Inputs."""
        names = [tensor.call.layer.name for tensor in self.inputs]
        return list(self._input_structure) if isinstance(self._input_structure, Mapping) else names

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs, each made unique."""
        found: list[str] = []
        for i, tensor in enumerate(self.outputs):
            name = tensor.call.layer.name
            if isinstance(self._output_structure, Mapping):
                name = list(self._output_structure)[i]
            found.append(compiling.unused(name, found))
        return found

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place in `layers`."""
        if (name is None) == (index is None):
            raise ValueError("get_layer: give either a name or an index.")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"get_layer: there are {len(self.layers)} layers, got index {index}.")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"get_layer: no layer is called {name!r}. There are: {names}.")

    def compute_output_shape(self, *shapes: Shape) -> Any:
        """Shapes of the outputs for inputs of these shapes."""
        found = dict(zip(self._graph.inputs, shapes, strict=True))
        for node in self._graph.nodes:
            made = node.layer.compute_output_shape(*(found[name] for name in node.inputs), **node.options)
            found.update(zip(node.makes, made if isinstance(made, list) else [made], strict=False))
        outputs = [found[name] for name in self._graph.outputs]
        return outputs[0] if len(outputs) == 1 else outputs

    @property
    def output_shape(self) -> Any:
        shapes = [tensor.shape for tensor in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def input_slots(self) -> tuple[Slot, ...]:
        """What each input must look like."""
        named = zip(self.input_names, self.inputs, strict=True)
        return tuple(Slot(name, t.shape, t.dtype, *_whole_numbers(self, t)) for name, t in named)


def _flat(tensors: Any, argument: str) -> tuple[KerasTensor, ...]:
    """One symbolic value, or nested lists and dicts of them, as a tuple."""
    found = tuple(leaves_of(tensors))
    for tensor in found:
        if not isinstance(tensor, KerasTensor):
            raise TypeError(
                f"Model: {argument} must be what Input(...) and layers called on it return, "
                f"got {type(tensor).__name__}: {tensor!r:.80}."
            )
    return found


def check_names(model: str, layers: Sequence[Layer]) -> None:
    """Refuse two layers of one name; one layer may stand at several places, with the same weights."""
    names = Counter(layer.name for layer in {id(layer): layer for layer in layers}.values())
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise ValueError(
            f"{model}: two layers are called {twice!r}; names are unique in a model. Rename one with name=."
        )


def _whole_numbers(model: ModelNetwork, tensor: KerasTensor) -> tuple[Any, ...]:
    """What a Slot says of an input that an Embedding reads: whole numbers below its number of rows."""
    graph = model._graph
    value = graph.inputs[[id(t) for t in model.inputs].index(id(tensor))]
    readers = [node.layer for node in graph.nodes if value in node.reads]
    limits: list[int] = [layer.__dict__["input_dim"] for layer in readers if "input_dim" in layer.__dict__]
    return ("indices", min(limits)) if limits else ()
