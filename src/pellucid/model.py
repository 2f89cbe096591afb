"""Model: a network with its numbers, and everything Keras lets one do with it.

The network itself is data (engine/graph.py); its numbers live in one bundle
(layers/bundle.py). What is here is the face that programs know.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from . import compiling, old_methods, own_steps, saving, structure, summary, training
from .arrays import Array
from .config import as_result
from .data import Slot
from .data.arrange import arrange
from .data.checks import fits
from .engine import graph as plain
from .engine import jax
from .engine.choose import chosen
from .engine.graph import Graph, advance, forward, lay_out
from .engine.native import Compiled, Predictor
from .engine.portions import AnyCompiled
from .engine.report import EngineReport, report
from .engine.step import Numbers, Program, Runner, carried
from .engine.stretches import Stretches
from .errors import NotBuiltError, ShapeError
from .functional import layers_between
from .layers.bundle import Bundle, LayerNumbers, OptimizerNumbers, on_host, settle
from .layers.calling import Following, is_for_learning, is_noting, nobody_listens, nobody_said
from .layers.forms import filled, leaves_of, taken_out
from .layers.input import Input
from .layers.layer import Layer, free_shapes
from .layers.noted import note_whole, taken_apart
from .layers.symbolic import KerasTensor, Shape, is_symbolic
from .layers.table import register_layer
from .layers.weight import Weight
from .layers.whole import Whole
from .old_symbols import loss_symbols
from .optimizers import Optimizer
from .random import next_key
from .registry import custom_object_scope
from .variable import frame_of, is_lending

AnyPredictor = Predictor | Stretches | jax.Predictor


@register_layer("Functional", "Model")
class Model(Layer):
    """A network from inputs to outputs.

    Args:
        inputs: what `Input(…)` returned; a list or dict of them for several inputs.
        outputs: what layers called on it returned; a list or dict for several outputs.

    >>> from pellucid import Input, Model
    >>> from pellucid.layers import Dense
    >>> x = Input((3,))
    >>> model = Model(x, Dense(2, activation="softmax")(x))
    >>> model.count_params()
    8
    """

    wants = ("key", "state", "training")
    saved_as = "Functional"
    shares_inputs = False  # True: a Sequential that begins with this model has its inputs, not new ones like them
    _bundle: Bundle | None = None
    _by_call = False

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any) -> None:
        inputs, outputs = kwargs.pop("input", inputs), kwargs.pop("output", outputs)
        by_itself = self.called or own_steps.overrides(self, "train_step")
        if by_itself and inputs is None and outputs is None:  # a subclass with `call`: built by the first data
            super().__init__(name=name, **kwargs)
            self._start()
            self._by_call = True
            return
        if inputs is None or outputs is None:
            raise ValueError(
                f"{type(self).__name__}: needs inputs= and outputs=, what Input(...) and layers called on it return."
            )
        super().__init__(name=name, **kwargs)
        self._start()
        self._connect(inputs, outputs)

    def _start(self) -> None:
        """A model without a network yet."""
        self.graph: Graph | None = None
        self.recipe: compiling.Recipe | None = None
        self._programs: dict[Any, Program] = {}
        self._compiled: dict[Program, AnyCompiled | None] = {}
        self._predictor: tuple[Graph, AnyPredictor | None] | None = None  # and the graph that it is for
        self.engine: str | None = None  # what compile asked for
        self.stop_training = False
        self.history: Any = None
        self.loop: training.Loop | None = None  # the latest call of fit
        self._layers: list[Layer] = []
        self._own: Layer | None = None  # keeps the weights that a subclass adds
        self._side: list[tuple[KerasTensor, str | None]] = []  # what is added to the loss, or reported
        self._looked_at: list[KerasTensor] = []  # by losses, beside their outputs
        self._whole: Whole | None = None
        self._input_structure: Any = None
        self._output_structure: Any = None

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """The network between these symbolic values."""
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

    # Structure -----------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers, in Keras's order (a model used as a layer counts as one)."""
        return self.parts if self._by_call else list(self._layers)

    @property
    def by_call(self) -> bool:
        return self._by_call

    @property
    def parts(self) -> list[Layer]:
        return super().parts if self._by_call else []

    @property
    def has_own_weights(self) -> bool:
        return self._own is not None

    @property
    def file_weights(self) -> list[Weight]:
        return [] if self._own is None else self._own.held_weights

    @property
    def standing(self) -> Layer:
        """The layer that stands in a network for this model's call, where that is not taken apart."""
        self._whole = self._whole or Whole(self)
        return self._whole

    def _keep(self, key: str, array: Array, trainable: bool) -> Weight:
        if self._own is None:
            self._own = Layer(name=self.name)
            self._own.built = True
        return self._own._keep(key, array, trainable)

    @property
    def inputs(self) -> list[KerasTensor]:
        self._require_built("inputs")
        return list(self._inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        self._require_built("outputs")
        return list(self._outputs)

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

    # Numbers -------------------------------------------------------------------------------------

    @property
    def numbers(self) -> Numbers:
        """All numbers that change while the model learns: a free snapshot, for bundles are replaced, never edited."""
        return on_host(self._numbers())

    @numbers.setter
    def numbers(self, new: Numbers) -> None:
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

    # A model as a layer --------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Make the network of a subclass that writes `call`; functional models are built from the start."""
        if type(self).build is Model.build:
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
            array = value if hasattr(value, "__array_namespace__") else np.asarray(value, dtype=slot.dtype)
            if not fits(array.shape, slot.shape):
                raise ShapeError(f"{self.name}: {name} must be shaped {slot.shape}, got {array.shape}.")
            arrays.append(array)
        return arrays

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

    # Training ------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        *,
        engine: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Choose how the model learns.

        Args:
            optimizer: name or instance.
            loss: name, instance or function; a list or dict of them for several outputs.
            loss_weights: how much each output's loss counts.
            metrics: what to report beside the loss.
            weighted_metrics: metrics that heed sample weights.
            engine: "numpy", "native", "jax" or "auto" (native where it can); by default PELLUCID_ENGINE, or "auto".

        What is trainable is settled here: change `trainable` later, and compile again (Keras's rule).
        """
        loss_weights, metrics = old_methods.weights_and_metrics(loss_weights, metrics)
        unknown = sorted(set(kwargs) - _IGNORED_BY_COMPILE - set(old_methods.COMPILE))
        if unknown:
            raise TypeError(f"compile: unknown argument {unknown[0]!r}. It takes optimizer, loss, metrics, "
                            "loss_weights and weighted_metrics.")  # fmt: skip
        made = compiling.recipe(optimizer, loss, loss_weights, metrics, weighted_metrics, self.leaf_layers())
        if self.graph is not None:
            compiling.check_outputs(made, self.output_names)
            self._look_around(made)
        chosen(engine)  # complains now, rather than at the first batch
        memory = None
        if self.recipe is not None and self.bundle is not None:
            if made.optimizer is self.recipe.optimizer:
                memory = self.bundle.entries.get(self.recipe)
            self.bundle.drop(self.recipe)
        self.recipe, self._programs, self._compiled = made, {}, {}
        self.engine, self._predictor = engine, None
        if self.bundle is not None and memory is not None:
            self.bundle.put({made: memory})

    @property
    def total_loss(self) -> KerasTensor:
        """The loss as a symbolic value (Keras 2), from `inputs`, `sample_weights` and `targets`."""
        return loss_symbols(self).total

    @property
    def targets(self) -> list[KerasTensor]:
        """What the targets enter the `total_loss` by."""
        return loss_symbols(self).targets

    @property
    def sample_weights(self) -> list[KerasTensor]:
        """What the sample weights enter the `total_loss` by."""
        return loss_symbols(self).sample_weights

    def _look_around(self, recipe: compiling.Recipe) -> None:
        """Keep the values that losses look at beside their outputs (Keras 1 and 2)."""
        recipe.looking = compiling.looking_losses(recipe, self.output_names, self._outputs)
        looked_at = [value for loss in recipe.looking.values() for value in loss.looks]
        if looked_at or self._looked_at:
            self._looked_at = looked_at
            self._reconnect()

    def leaf_layers(self) -> list[Layer]:
        """All layers, those inside models used as layers included, each once."""
        found: dict[Layer, None] = {}
        for layer in [self._own, *self.layers]:
            found.update(dict.fromkeys([] if layer is None else layer.leaf_layers()))
        return list(found)

    @property
    def optimizer(self) -> Optimizer | None:
        return None if self.recipe is None else self.recipe.optimizer

    @property
    def loss(self) -> Any:
        return None if self.recipe is None else self.recipe.loss

    @property
    def compiled(self) -> bool:
        return self.recipe is not None

    @property
    def metrics(self) -> list[Any]:
        """The metrics, in the logs' order (those given by name appear once the model has seen targets)."""
        program = next(iter(self._programs.values()), None)
        if program is not None:
            return list(dict.fromkeys(measure.metric for measure in program.measures))
        return [] if self.recipe is None else compiling.metrics_given(self.recipe)

    @property
    def metrics_names(self) -> list[str]:
        """The names in the logs, in order (the metrics appear once the model has seen targets)."""
        program = next(iter(self._programs.values()), None)
        if program is None:
            return ["loss"]
        several = [f"{o.name}_loss" for o in program.objectives if o.loss] if len(program.objectives) > 1 else []
        return ["loss", *several, *(measure.name for measure in program.measures)]

    def program(self, target_shapes: Sequence[Shape]) -> Program:
        """What `compile` decided, for targets of these shapes."""
        recipe = self._require_compiled()
        known = tuple((len(shape), shape[-1] if len(shape) > 1 else None) for shape in target_shapes)
        if known not in self._programs:
            self._programs[known] = compiling.program(recipe, self._graph, self.output_names, target_shapes)
        return self._programs[known]

    def program_for(self, target_shapes: Sequence[Shape]) -> tuple[Program, AnyCompiled | None]:
        """The program for targets of these shapes, and the same compiled where the engine can do that."""
        program = self.program(target_shapes)
        if program not in self._compiled:
            engine = chosen(self.engine)
            native = (Compiled.of(program) or Stretches.of(program.graph, program)) if engine == "native" else None
            self._compiled[program] = jax.Compiled(program) if engine == "jax" else native
        return program, self._compiled[program]

    def engine_report(self) -> EngineReport:
        """What computes the model: which layers run in the native core, which as plain formulas, and why. Print it."""
        self._require_built("layers to report on")
        program = None if self.recipe is None else next(reversed(self._compiled), None)
        if program is None and self.recipe is not None:
            program = self.program([slot.shape for slot in self.target_slots()])
        compiled = None if program is None else self._compiled.get(program)
        return report(self._graph, program, compiled, self.engine)

    def _require_compiled(self) -> compiling.Recipe:
        if self.recipe is None:
            raise ValueError(f"{self.name}: call compile(optimizer=…, loss=…) before training or evaluating.")
        return self.recipe

    def input_slots(self) -> tuple[Slot, ...]:
        """What each input must look like."""
        named = zip(self.input_names, self.inputs, strict=True)
        return tuple(Slot(name, t.shape, t.dtype, *_whole_numbers(self, t)) for name, t in named)

    def target_slots(self) -> tuple[Slot, ...]:
        """What each target must look like, by its loss."""
        recipe, shapes = self._require_compiled(), [tensor.shape for tensor in self.outputs]
        if self._graph.added and compiling.compares_nothing(recipe):  # all of the loss is what the layers add
            return ()
        return compiling.target_slots(recipe, self.output_names, shapes)

    fit = old_methods.fit
    evaluate = old_methods.evaluate
    predict = old_methods.predict
    fit_generator = old_methods.fit_generator
    evaluate_generator = old_methods.evaluate_generator
    predict_generator = old_methods.predict_generator
    predict_proba = old_methods.predict_proba
    predict_classes = old_methods.predict_classes
    train_on_batch = training.train_on_batch
    test_on_batch = training.test_on_batch
    predict_on_batch = training.predict_on_batch
    train_step = training.train_step
    test_step = training.test_step
    predict_step = training.predict_step
    reset_metrics = training.reset_metrics
    training_state = training.training_state
    restore_training_state = training.restore_training_state

    # Looks and files -----------------------------------------------------------------------------

    summary = summary.print_summary

    def get_config(self) -> dict[str, Any]:
        """The structure as plain data; for a subclass that writes `call`, the arguments that it was made with."""
        return super().get_config() if self._by_call else structure.functional_config(self)

    to_json = structure.to_json
    save = saving.save
    save_weights = saving.save_weights
    load_weights = saving.load_weights

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A new model with this structure and fresh weights."""
        with custom_object_scope(custom_objects):
            if "input_layers" not in config:  # a subclass that writes `call`
                return super().from_config(config)
            return structure.functional_from_config(cls, config)


def _one_or_list(outputs: Sequence[Array]) -> Any:
    return outputs[0] if len(outputs) == 1 else list(outputs)


_IGNORED_BY_COMPILE = {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"}


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


def _is_symbol(part: Any) -> bool:
    return isinstance(part, KerasTensor)


def _is_shape(part: Any) -> bool:
    return isinstance(part, list | tuple) and all(size is None or isinstance(size, int | np.integer) for size in part)


def check_names(model: str, layers: Sequence[Layer]) -> None:
    twice = next((name for name, count in Counter(layer.name for layer in layers).items() if count > 1), None)
    if twice is not None:
        raise ValueError(
            f"{model}: two layers are called {twice!r}; names are unique in a model. Rename one with name=."
        )


def _whole_numbers(model: Model, tensor: KerasTensor) -> tuple[Any, ...]:
    """What a Slot says of an input that an Embedding reads: whole numbers below its number of rows."""
    graph = model._graph
    value = graph.inputs[[id(t) for t in model.inputs].index(id(tensor))]
    readers = [node.layer for node in graph.nodes if value in node.reads]
    limits: list[int] = [layer.__dict__["input_dim"] for layer in readers if "input_dim" in layer.__dict__]
    return ("indices", min(limits)) if limits else ()
