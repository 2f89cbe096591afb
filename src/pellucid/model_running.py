"""A model as a layer: called on symbolic values and on arrays, by the engine that it was compiled for."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .arrays import Array, has_namespace
from .config import as_result
from .data.arrange import arrange
from .data.checks import fits
from .data.columns import STRING, Rows, as_array
from .engine import jax
from .engine import passes as plain
from .engine.choose import chosen
from .engine.graph import Graph
from .engine.native import Predictor
from .engine.passes import advance, forward
from .engine.step import Runner, carried
from .engine.stretches import Stretches
from .errors import ShapeError, check_dtype
from .layers.calling import Following, is_for_learning, is_noting, nobody_said
from .layers.forms import filled, leaves_of, taken_out
from .layers.input import Input
from .layers.layer import free_shapes
from .layers.noted import note_whole, taken_apart
from .layers.symbolic import KerasTensor, is_symbolic
from .model_network import ModelNetwork
from .random import next_key
from .variable import is_lending

AnyPredictor = Predictor | Stretches | jax.Predictor


class ModelRunning(ModelNetwork):
    """A network that can be called."""

    def build(self, input_shape: Any = None) -> None:
        """Make the network of a subclass that writes `call`; functional models are built from the start."""
        if type(self).build is ModelRunning.build:
            self.finish(input_shape)

    def finish(self, input_shape: Any) -> None:
        """Note what `call` does with an input of this shape (a list or dict of shapes for several)."""
        if self.graph is not None or not self._by_call:
            return
        self.build_shape = input_shape
        shapes, form = taken_out(input_shape, _is_shape)
        names = [*input_shape] if isinstance(input_shape, Mapping) else [None] * len(shapes)
        values = [Input(batch_shape=tuple(shape), name=name) for shape, name in zip(shapes, names, strict=True)]
        args = (filled(form, values),)
        network, made = taken_apart(self, values, taken_out((args, {}), _is_symbol)[1], None, values)
        if network is None:
            made = note_whole(self, args, {}, None)
        else:
            self._side = [*self._side, *network.added]
        self._connect(args[0], made)

    def __call__(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        """Note the call or compute, as for any layer; inputs and outputs may be dicts where those of the model are."""
        alone = len(args) == 1 and not kwargs
        plain = not training and not is_for_learning() and not self._draws(training)
        if alone and plain and (answer := self.answer(args[0])) is not None:
            return answer
        asked = None if training is None or isinstance(training, Following) else bool(training)
        if self._by_call and (not alone or is_noting() or is_symbolic(list(leaves_of(args)))):
            return self._call_own(args, kwargs, asked)
        if alone and self.graph is None:
            self.build(free_shapes(args[0]))
        if args and self.graph is not None:
            arranged = self._arranged(args[0]) if len(args) == 1 else args[0]
            one = isinstance(arranged, list) and len(arranged) == 1  # Keras, too, is given one value, not a list
            args = (arranged[0] if one else arranged, *args[1:])
        if alone and self._draws(training) and not is_symbolic(args):
            return self.packed(as_result(self._drawn(args[0] if isinstance(args[0], list) else args)))
        made = self._call_formula(args, kwargs, asked)
        return self.packed(made if isinstance(made, list) else [made])

    def _draws(self, training: Any) -> bool:
        """Whether a layer of it draws because nobody says whether this call is for learning."""
        return training is None and nobody_said() and self.graph is not None and self.graph.drawing is not self.graph

    def _drawn(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs, with those layers at work that draw if nobody says that they should not."""
        numbers, graph = self.numbers, self._graph.drawing
        values, _ = forward(graph, numbers.params, numbers.state, arrays, caching=False)
        return [values[name] for name in graph.outputs]

    def _arranged(self, inputs: Any) -> list[Any]:
        """What the model is called on, input by input; arrays must have the shapes that it was made for."""
        slots = self.input_slots()
        given = list(zip(arrange(inputs, slots, "inputs"), slots, strict=True))
        if is_symbolic([value for (value, _), _ in given]):
            return [value for (value, _), _ in given]
        arrays = []
        for (value, name), slot in given:
            array = value if has_namespace(value) else as_array(value, f"{self.name}: {name}")
            array = array[: array.shape[0]] if isinstance(array, Rows) else array
            if slot.dtype != STRING and array is not value:
                check_dtype(array.dtype, f"{self.name}: {name}")
                array = array.astype(slot.dtype)
            if not fits(array.shape, slot.shape):
                raise ShapeError(f"{self.name}: {name} must be shaped {slot.shape}, got {array.shape}.")
            arrays.append(array)
        return arrays

    @property
    def takes_text(self) -> bool:
        return any(tensor.dtype == STRING for tensor in self.inputs)

    def packed(self, outputs: Sequence[Any]) -> Any:
        """One value for each output in the form in which the outputs were given: one alone, a list or a dict."""
        if isinstance(self._output_structure, list | tuple) and len(outputs) == 1:
            return outputs[0]
        return filled(taken_out(self._output_structure, _is_symbol)[1], outputs)

    def answer(self, x: Any) -> Array | None:
        """The output for one array of samples, by the native engine; None where it does not take them."""
        if type(x) is not np.ndarray or self.graph is None or is_lending() or is_noting():
            return None
        predictor = self._predictor_for(self.graph)
        if not isinstance(predictor, Predictor):
            return None
        return predictor.predict({} if self.bundle is None else self.bundle.entries, x)

    def answer_unchecked(self, x: Array) -> Array | None:
        """As `answer`, for samples that nobody has looked at; None also where there is something to be said of them."""
        if self.graph is None or not len(x) or x.dtype != np.float32 or not np.isfinite(x).all():
            return None
        predictor = self._predictor_for(self.graph)
        return self.answer(x) if isinstance(predictor, Predictor) and predictor.takes_any else None

    def _predictor_for(self, graph: Graph) -> AnyPredictor | None:
        """The forward pass as the engine runs it; None for the plain formulas."""
        if self._predictor is None or self._predictor[0] is not graph:
            made: AnyPredictor | None = None
            match chosen(self.engine):
                case "jax":
                    made = None if graph.insists else jax.Predictor(graph)
                case "native":
                    alone = isinstance(self._output_structure, KerasTensor)
                    made = (Predictor.of(graph) if alone else None) or Stretches.of(graph)
            self._predictor = graph, made
        return self._predictor[1]

    def outputs_for(self, x: tuple[Array, ...]) -> tuple[Array, ...]:
        """The outputs for one batch, by the engine; the states of stateful layers move on with it."""
        if len(x) == 1 and (y := self.answer(x[0])) is not None:
            return (y,)
        graph, predictor = self._graph, self._predictor_for(self._graph)
        if isinstance(predictor, jax.Predictor) and all(type(array) is np.ndarray for array in x):
            outputs, numbers = predictor.predict(self.held, x)
        else:
            numbers, native = self.numbers, isinstance(predictor, Stretches) and predictor.reads(x)
            runner: Runner = predictor if native else plain  # type: ignore[assignment]  # it is one that reads x
            ran = runner.run(graph, numbers.params, numbers.state, x, caching=False)
            outputs, numbers = tuple(ran.values[name] for name in graph.outputs), carried(graph, numbers, ran.caches)
        if graph.carries:
            self.numbers = numbers
        return outputs

    def compute(self, *arrays: Array, training: bool = False, **options: Any) -> Any:
        """The output for these arrays (a list, for several outputs)."""
        if not training:
            return _one_or_list(self.outputs_for(arrays))
        numbers, graph = self.numbers, self._graph
        values, caches = forward(
            graph, numbers.params, numbers.state, arrays, key=next_key(), training=True, caching=bool(numbers.state)
        )
        if numbers.state:
            self.numbers = numbers._replace(state=advance(graph, numbers.state, caches))
        return _one_or_list([values[name] for name in graph.outputs])

    def reset_states(self) -> None:
        """Let stateful recurrent layers start from zeros again."""
        for layer in self.leaf_layers():
            if layer.carries and hasattr(type(layer), "reset_states"):
                layer.reset_states()  # type: ignore[operator]  # just asked for


def _one_or_list(outputs: Sequence[Array]) -> Any:
    return outputs[0] if len(outputs) == 1 else list(outputs)


def _is_symbol(part: Any) -> bool:
    return isinstance(part, KerasTensor)


def _is_shape(part: Any) -> bool:
    return isinstance(part, list | tuple) and all(size is None or isinstance(size, int | np.integer) for size in part)
