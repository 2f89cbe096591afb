"""Model: a network with its numbers, and everything Keras lets one do with it.

The network itself is data (engine/graph.py); its numbers live in one bundle
(layers/bundle.py). What is here is the face that programs know.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

from . import compiling, old_methods, own_steps, saving, structure, summary, training
from .config import MIXED
from .data import Slot
from .engine import jax
from .engine.choose import chosen
from .engine.native import Compiled
from .engine.portions import AnyCompiled
from .engine.report import EngineReport, report
from .engine.step import Program
from .engine.stretches import Stretches
from .layers.symbolic import KerasTensor, Shape
from .layers.table import register_layer
from .model_running import ModelRunning
from .old_symbols import loss_symbols
from .optimizers import Optimizer
from .registry import custom_object_scope


@register_layer("Functional", "Model")
class Model(ModelRunning):
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
        computes = chosen(engine)  # complains now, rather than at the first batch
        if computes != "jax" and any(layer.mixed for layer in self.leaf_layers()):
            warnings.warn(
                f"{self.name}: the {computes} engine computes in float32, though {MIXED} was asked for: it takes "
                'compile(engine="jax").',
                stacklevel=2,
            )
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
    _make_predict_function = _make_train_function = _make_test_function = old_methods.nothing_to_make
    predict_classes = old_methods.predict_classes
    to_yaml = old_methods.to_yaml
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


_IGNORED_BY_COMPILE = {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"}
