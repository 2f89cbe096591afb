"""What every layer is: settings and two formulas. Its numbers live in a bundle (bundle.py).

    forward    y, cache  = layer.forward(params, x)           cache: whatever backward will need
    backward   dx, grads = layer.backward(params, cache, dy)  grads: by parameter name

A layer that needs more than its input declares it in `wants`:

    "key"        a random key while training, None otherwise      Dropout
    "state"      its numbers that no gradient moves               BatchNormalization
    "training"   whether this pass is for learning                BatchNormalization
    "mask"       which time steps of its input count, or None     LSTM
                 (a tuple with one for each input, if there are several)

A layer whose dx or grads are costly declares `thrifty = True`; its backward then
takes `needs`, a tuple with "inputs" (dx is wanted) and "params" (grads are wanted).
A layer with `activates = True` leaves its `activation` to the network, which makes
a node of its own of it: so the weighted sum and the activation can both be seen.
"""

import inspect
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array
from ..config import as_result, floatx
from ..errors import NotBuiltError, ShapeError
from ..formats.document import snake_case
from ..random import fold_in, next_key
from ..variable import Variable, frame_of
from .bundle import Bundle, LayerNumbers, on_host
from .called import complete
from .calling import (
    Following,
    NotNotedError,
    for_learning,
    is_for_learning,
    is_noting,
    listening,
    mask_of,
    nobody_listens,
    noting,
    remember_mask,
    say,
)
from .forms import filled, leaves_of, taken_out
from .noted import note
from .symbolic import Call, KerasTensor, Shape, is_symbolic
from .weight import Weight, checked

Params = dict[str, Array]
ALL = ("inputs", "params")


class Names:
    """Names for layers that were given none: dense, dense_1, dense_2, …"""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.restart()

    def restart(self) -> None:
        self._used: dict[str, int] = {}

    def next(self, stem: str) -> str:
        with self._lock:
            count = self._used[stem] = self._used.get(stem, -1) + 1
        return f"{stem}_{count}" if count else stem


names = Names()
_NO_PARTS = ("inside", "calls", "history", "_layers", "_members", "_own", "_whole")  # attributes that hold no parts


class Layer:
    """Base of all layers.

    Args:
        name: how the layer is called; by default its class and a number.
        trainable: whether training moves its parameters.
        dtype: float type of its parameters; by default `config.floatx()`.
        weights: arrays to start from, as `set_weights` takes them (Keras 1 and 2).
        input_shape, batch_input_shape, input_dim, input_length, batch_size: what a first layer may say of its input.
    """

    wants: tuple[str, ...] = ()
    thrifty: ClassVar[bool] = False
    activates: ClassVar[bool] = False
    called: ClassVar[bool] = False  # whether it comes with `call` alone (see called.py)
    tells_config: ClassVar[bool] = False  # whether it then has a get_config of its own
    asks: ClassVar[tuple[str, ...]] = ()  # which of "training" and "mask" that takes
    supports_masking: bool = False  # whether the mask of its input holds for its output (see compute_mask)
    makes_mask: bool = False  # whether its output has a mask of its own making
    draws_by_itself: ClassVar[bool] = False  # whether it draws in calls of which nobody says if they are for learning
    carries: bool = False  # whether its state moves outside training too
    inside: "tuple[Layer, str] | None" = None  # the layer that keeps its numbers, and the prefix of their names there
    brought: LayerNumbers | None = None  # the numbers that it had before it was put inside
    activity_regularizer: Any = None
    _added: tuple[Any, ...] = ()  # losses that it was given as functions
    _given: Mapping[str, Any] = {}  # the arguments that a layer of one's own was made with
    _said: tuple[Any, ...] = ()  # the losses that its latest call on arrays has added

    def __init__(
        self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **first_layer: Any
    ) -> None:
        self.bundle: Bundle | None = None
        self.built = False
        self.name = names.next(snake_case(self.class_name)) if name is None else _checked_name(name)
        self._trainable = bool(trainable)
        self.dtype = _dtype_name(dtype)
        self._first_weights = first_layer.pop("weights", None)
        if "activity_regularizer" in first_layer:
            self.activity_regularizer = regularizers.get(first_layer.pop("activity_regularizer"))
        self.batch_shape_hint = _batch_shape(type(self).__name__, first_layer)
        self.calls: list[tuple[Call, tuple[KerasTensor, ...]]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        complete(cls)

    @property
    def class_name(self) -> str:
        """The class that a file names, and that automatic names come from."""
        return type(self).__name__ if self.called else getattr(self, "saved_as", type(self).__name__)

    # What a layer defines ------------------------------------------------------------------------

    def init(self, key: Array, *shapes: Shape) -> Params:
        """First parameters for inputs of these shapes."""
        return {}

    def init_state(self, *shapes: Shape) -> Params:
        """First state for inputs of these shapes."""
        return {}

    def compute_output_shape(self, *shapes: Shape) -> Any:
        """Shape of the output (a list of shapes, if there are several outputs)."""
        return shapes[0]

    def forward(self, params: Params, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        raise NotImplementedError(f"{type(self).__name__} defines no forward(params, x).")

    def backward(self, params: Params, *args: Any, **kwargs: Any) -> tuple[Any, Params]:
        raise NotImplementedError(f"{type(self).__name__} defines no backward(params, cache, dy).")

    def advance(self, state: Params, cache: Any) -> Params:
        """State after a training batch; most layers have none."""
        return state

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Which time steps of the output count: an array of booleans, or None when all do.

        Args:
            inputs: the input, or a list of several.
            mask: the input's mask or None, or a list with one for each of several.
        """
        return mask[0] if isinstance(mask, list | tuple) else mask

    def arrange(
        self, inputs: Any, *more: Any, mask: Any = None, **others: Any
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        """The inputs of a call one after another, the options for `forward`, and masks given, by the input's place."""
        if mask is not None and "mask" not in self.wants:
            raise TypeError(f"{self.name}: heeds no mask, so a call takes no argument 'mask'.")
        if others:
            raise TypeError(f"{self.name}: a call takes no argument {next(iter(others))!r}.")
        values = [*inputs, *more] if isinstance(inputs, list | tuple) else [inputs, *more]
        masks = mask if isinstance(mask, list | tuple) else [mask]
        return values, {}, {place: one for place, one in enumerate(masks) if one is not None}

    def rule(self, kind: str, param: str) -> Any:
        """The "regularizer" or "constraint" of a parameter, or None."""
        return getattr(self, f"{param}_{kind}", None)

    def file_parts(self) -> dict[str, Any]:
        """For a layer made of layers: the name that a file gives to each, or to each list of them."""
        found: dict[str, Any] = {}
        for name, value in vars(self).items() if self.by_call else ():
            parts = [part for part in leaves_of(value) if isinstance(part, Layer)]
            if parts and name not in _NO_PARTS:
                found[name] = value if isinstance(value, Layer) else parts
        return found

    @property
    def file_weights(self) -> list[Weight]:
        """For a layer made of layers: the weights that a file keeps beside those of its parts."""
        return self.held_weights if self.by_call else []

    @property
    def held_weights(self) -> list[Weight]:
        """The weights that it keeps itself, those that learn first."""
        params = [self.weight("params", key) for key in self._keys(0)]
        return params + [self.weight("state", key) for key in self._keys(1)]

    @property
    def parts(self) -> "list[Layer]":
        """The layers that a layer written with `call` is made of: its attributes, and what stands in their lists."""
        if not self.called:
            return []
        held = [value for name, value in vars(self).items() if name not in _NO_PARTS]
        return list(dict.fromkeys(part for part in leaves_of(held) if isinstance(part, Layer)))

    @property
    def has_own_weights(self) -> bool:
        """Whether it has numbers beside those of its parts."""
        return any(self.__dict__.get("_order", ()))

    def leaf_layers(self) -> "list[Layer]":
        """The layers that have numbers of their own: this one, or those that it is made of."""
        inside = [leaf for part in self.parts for leaf in part.leaf_layers()]
        return list(dict.fromkeys([self, *inside] if self.has_own_weights else inside)) or [self]

    @property
    def by_call(self) -> bool:
        """Whether it is what its `call` does."""
        return self.called

    @property
    def standing(self) -> "Layer":
        """The layer that stands in a network for a call that is not taken apart."""
        return self

    # What it adds to the loss --------------------------------------------------------------------

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
        """Report the mean of a value that is computed in `call` (Keras 2)."""
        say(self, value, name or "metric")

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

    # Settings ------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The settings, as plain data: each argument of the constructor, by name."""
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        if self.batch_shape_hint is not None:
            config["batch_input_shape"] = list(self.batch_shape_hint)
        if self.tells_config:  # it adds its own
            return config
        for argument in inspect.signature(type(self).__init__).parameters.values():
            if argument.kind in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL):
                continue
            if argument.name not in ("self", *config):
                given = self._given.get(argument.name, argument.default) if self.called else self.setting(argument.name)
                config[argument.name] = _plain(given)
        return config

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        if cls.called:  # what it was made with, for its config
            known = list(inspect.signature(cls.__init__).parameters)[1:]
            object.__setattr__(layer, "_given", {**dict(zip(known, args, strict=False)), **kwargs})
        return layer

    def setting(self, argument: str) -> Any:
        """What the constructor was given for this argument."""
        return getattr(self, argument)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer with these settings."""
        if not cls.called:
            return cls(**config)
        parameters = inspect.signature(cls.__init__).parameters
        open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        taken = {name: value for name, value in config.items() if open_ended or name in parameters}
        made = cls(**taken)
        if "name" in config and "name" not in taken:
            made.name = config["name"]
        if config.get("trainable") is False:
            made.trainable = False
        return made

    @property
    def trainable(self) -> bool:
        return self._trainable if self.inside is None else self.inside[0].trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for part in self.parts:
            part.trainable = value
        if self.inside is None:
            self._trainable = bool(value)
        else:  # a layer's numbers are trained together, or not at all
            self.inside[0].trainable = value

    @property
    def output_activation(self) -> Any:
        """The activation that follows this layer as a node of its own, or None."""
        activation = self.activation if self.activates else None
        return None if activation is activations.linear else activation

    # Use -----------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Draw the first parameters for inputs of this shape (a list of shapes for several inputs)."""
        if self.built:
            return
        shapes = _shapes(input_shape)
        if self.called and type(self).init is Layer.init:  # its weights came, or will come, by add_weight
            self.build_shapes, self.built = shapes, True
            return
        if not self.called:
            self.compute_output_shape(*shapes)
        params, state = self.init(next_key(), *shapes), self.init_state(*shapes)
        self._order = tuple(params), tuple(state)
        self.build_shapes = shapes
        if params or state:
            Bundle().put({self: LayerNumbers(params, state)})
        self.built = True
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def finish(self, input_shape: Any) -> None:
        """What follows a `build` that a subclass has written."""

    def __call__(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        """Note the call, when given what `Input` returns; compute, when given arrays.

        Args:
            training: whether this pass is for learning; on symbolic values, for good (None: as each pass is).
            mask: which time steps count, where the layer heeds masks (a list with one for each of several inputs).
        """
        asked = None if training is None or isinstance(training, Following) else bool(training)
        if self.called:
            return self._call_own(args, kwargs, asked)
        return self._call_formula(args, kwargs, asked)

    def _call_formula(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], asked: bool | None) -> Any:
        """A call of a layer with formulas of its own."""
        inputs, options, masks = self.arrange(*args, **kwargs)
        if is_symbolic([*inputs, *masks.values()]):
            return self.note_call([*inputs, *masks.values()], options, tuple(masks), args, kwargs, asked)
        if is_noting():
            raise NotNotedError(f"{self.name}: is called on arrays.")
        arrays = [_array(value, self.dtype) for value in inputs]
        batch = arrays[0].shape[0] if self.carries else None
        shapes = [(batch, *array.shape[1:]) for array in arrays]
        self.build(shapes if len(shapes) > 1 else shapes[0])
        masks = masks or {i: mask for i, array in enumerate(arrays) if (mask := mask_of(array)) is not None}
        if masks:
            masks = options["masks"] = {place: _array(mask, "bool") for place, mask in masks.items()}
        y = as_result(self.compute(*arrays, training=is_for_learning() if asked is None else asked, **options))
        if self.makes_mask or (masks and self.supports_masking):
            self._hand_on_mask(arrays, masks, y)
        return y

    def _hand_on_mask(self, arrays: list[Array], masks: dict[int, Array], y: Any) -> None:
        """Let the outputs carry their masks to the next layer."""
        given = one_or_all([masks.get(i) for i in range(max(len(arrays), *(place + 1 for place in masks), 1))])
        found = self.compute_mask(one_or_all(arrays), given)
        several = found if isinstance(found, list | tuple) else [found]
        for one, mask in zip(y if isinstance(y, list | tuple) else [y], several, strict=False):
            if mask is not None:
                remember_mask(one, mask)

    def _call_own(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], training: bool | None) -> Any:
        """A call of a layer that is written with `call` alone."""
        if is_symbolic(list(leaves_of([args, kwargs]))):
            return note(self, args, kwargs, training)
        if is_noting():
            raise NotNotedError(f"{self.name}: is called on arrays.")
        if args:
            args = (_arrays(args[0], self.dtype), *args[1:])
            self.build(free_shapes(args[0]))
        learning = is_for_learning() if training is None else training
        given = {"training": learning} if "training" in self.asks else {}
        if "mask" in self.asks and args and (mask := mask_of(args[0])) is not None:
            given["mask"] = mask
        if not nobody_listens():
            with for_learning(learning):
                return as_result(self.call(*args, **{**given, **kwargs}))
        with for_learning(learning), listening() as said:
            y = self.call(*args, **{**given, **kwargs})
        for layer in dict.fromkeys([self, *self.parts, *self.leaf_layers()]):
            layer._said = tuple(one.value for one in said if one.layer is layer and one.label is None)
        return as_result(y)

    def _computed(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        """What the layer computes from arrays: for subclasses that add something, as `super().call(inputs)`."""
        written: Any = next(cls for cls in type(self).__mro__ if "forward" in vars(cls) and "asks" not in vars(cls))
        inputs, options, masks = self.arrange(*args, **kwargs)
        if is_noting() or is_symbolic(inputs):
            raise NotNotedError(f"{self.name}: computes from arrays.")
        learning = is_for_learning() if training is None else bool(training)
        y = self._run(written, inputs, learning, masks, options)
        activation = getattr(self, "activation", None) if written.activates else None
        return y if activation is None else activation(y)

    call: Any = _computed

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
        regularizer: Any = None,
        constraint: Any = None,
        **_: Any,
    ) -> Weight:
        """A weight of one's own, for layers written with `build` and `call` (Keras's way).

        Args:
            shape: of the weight.
            initializer: how its first values are drawn: Glorot for matrices and zeros for others, if not given.
            trainable: whether gradients move it.
            name: how it is called; by default weight, weight_1, …
            regularizer, constraint: as in `Dense`.

        Returns a view that computes like an array: `x @ self.kernel`.
        """
        if isinstance(shape, str):  # Keras 2 took the name first
            name, shape, initializer = shape, initializer, dtype
            dtype = None
        shape = (shape,) if isinstance(shape, int) else tuple(shape or ())
        key = name or f"weight_{sum(map(len, self.__dict__.get('_order', ())))}"
        default = "glorot_uniform" if len(shape) > 1 else "zeros"
        array = draw(initializers.get(initializer or default), next_key(), 0, shape, _dtype_name(dtype or self.dtype))
        weight = self._keep(key, array, trainable)
        setattr(self, f"{key}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{key}_constraint", constraints.get(constraint))
        return weight

    add_variable = add_weight

    def _keep(self, key: str, array: Array, trainable: bool) -> Weight:
        """A new weight with these numbers."""
        params, state = self._order if "_order" in self.__dict__ else ((), ())
        if key in (*params, *state):
            raise ValueError(f"{self.name}: has a weight called {key!r} already; give this one another name=.")
        self._order = ((*params, key), state) if trainable else (params, (*state, key))
        old = LayerNumbers({}, {}) if self.bundle is None else self.bundle.entries[self]
        part = "params" if trainable else "state"
        new = old._replace(**{part: {**getattr(old, part), key: array}})
        (self.bundle or Bundle()).put({self: new})
        return self.weight(part, key)

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) is Variable:  # one of the program's own: from now on a weight of this layer
            taken = [key for keys in self.__dict__.get("_order", ()) for key in keys]
            key = name if value.name in ("variable", *taken) else value.name
            value = self._keep(key, value.numpy(), value.trainable)
        object.__setattr__(self, name, value)

    def note_call(
        self,
        values: Sequence[Any],
        options: Mapping[str, Any],
        masked: tuple[int, ...] = (),
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] = {},
        training: bool | None = None,
    ) -> Any:
        """The symbolic outputs for these symbolic inputs (see `Call`)."""
        for value in values:
            if not isinstance(value, KerasTensor):
                raise TypeError(
                    f"{self.name}: got symbolic inputs mixed with {type(value).__name__}. "
                    "Call it on what Input(...) and other layers return, or on arrays alone."
                )
        if self.inside is not None:
            raise ValueError(
                f"{self.name}: is part of {self.inside[0].name}, which keeps its numbers; "
                "it cannot be a layer of the network by itself as well."
            )
        shapes = [value.shape for value in values[: len(values) - len(masked)]]
        with noting(False):
            shape = self.compute_output_shape(*shapes, **options)
            self.build(shapes if len(shapes) > 1 else shapes[0])
        settings = {**kwargs, **({} if training is None else {"training": training})}
        call = Call(self, tuple(values), options, masked, args, settings, training)
        several = isinstance(shape, list)
        found = shape if several else [shape]
        outputs = tuple(KerasTensor(s, self.dtype, call, i, len(found)) for i, s in enumerate(found))
        self.calls.append((call, outputs))
        return list(outputs) if several else outputs[0]

    def compute(
        self, *arrays: Array, training: bool = False, masks: Mapping[int, Array] | None = None, **options: Any
    ) -> Any:
        """The output for these arrays, activation included."""
        y = self._run(type(self), arrays, training, masks or {}, options)
        return y if self.output_activation is None else self.output_activation(y)

    def _run(
        self,
        written: Any,
        arrays: Sequence[Array],
        training: bool,
        masks: Mapping[int, Array],
        options: Mapping[str, Any],
    ) -> Any:
        """What the formula that this class has written gives; a state that moves has moved."""
        params, state = self.numbers
        extras = {
            "key": next_key() if training else None,
            "state": state,
            "training": training,
            "mask": one_or_all([masks.get(place) for place in range(max(len(arrays) - 1, *masks, 0) + 1)]),
        }
        wants = vars(self).get("wants", written.wants)
        forward = inspect.getattr_static(written, "forward").__get__(self, type(self))
        y, cache = forward(params, *arrays, **{want: extras[want] for want in wants}, **options)
        if self.carries or (training and state):
            advance = inspect.getattr_static(written, "advance").__get__(self, type(self))
            for name, value in advance(state, cache).items():
                self.weight("state", name).assign(value)
        return y

    # Numbers, as Keras shows them ----------------------------------------------------------------

    @property
    def numbers(self) -> Any:
        """The layer's numbers as they are now: LayerNumbers(params, state), or a model's Numbers."""
        if not self.built:
            raise NotBuiltError(
                f"{self.name}: has no weights yet, because it has not seen an input shape. "
                "Call it on data, or give the model an Input."
            )
        frame = frame_of(self)
        if frame is not None:
            return frame[self]
        if self.inside is not None:
            keeper, prefix = self.inside
            return LayerNumbers(*(unprefixed(part, prefix) for part in keeper.numbers))
        return LayerNumbers({}, {}) if self.bundle is None else on_host(self.bundle.entries[self])

    def put(self, part: str, key: str, value: Array) -> None:
        """Replace one array of "params" or "state"."""
        numbers = self.numbers
        changed = numbers._replace(**{part: {**getattr(numbers, part), key: value}})
        frame = frame_of(self)
        if frame is not None:
            frame[self] = changed
            return
        assert self.bundle is not None  # only layers with numbers get here
        self.bundle.put({self: changed})

    def __getattr__(self, name: str) -> Weight:
        for part, keys in zip(("params", "state"), self.__dict__.get("_order", ()), strict=False):
            if name in keys:
                return self.weight(part, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def weight(self, part: str, key: str) -> Weight:
        """A view of one array of "params" or "state", wherever it is kept."""
        return Weight(self, part, key) if self.inside is None else self.inside[0].weight(part, self.inside[1] + key)

    @property
    def trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.weights if weight.trainable]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.weights if not weight.trainable]

    @property
    def weights(self) -> list[Weight]:
        """Layer by layer, parameters before state (a shared layer's once)."""
        leaves = self.leaf_layers()
        return [w for leaf in leaves for w in (leaf.held_weights if leaf is self or leaf.by_call else leaf.weights)]

    @property
    def trainable_variables(self) -> list[Weight]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Weight]:
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Weight]:
        return self.weights

    def _keys(self, part: int) -> tuple[str, ...]:
        """The names of the parameters (part 0) and of the state (part 1) that are weights."""
        return self.__dict__.get("_order", ((), ()))[part]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights, in Keras's order."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Put these arrays in place of the weights; nothing changes when one of them does not fit."""
        views = self.weights
        if len(weights) != len(views):
            raise ValueError(
                f"{self.name}: set_weights needs {len(views)} arrays ({', '.join(v.path for v in views)}), "
                f"got {len(weights)}."
            )
        put_weights([(view, checked(value, view.value, view.path)) for view, value in zip(views, weights, strict=True)])

    def count_params(self) -> int:
        """How many numbers the layer keeps, parameters and state together."""
        if not self.built:
            raise NotBuiltError(f"{self.name}: has no weights to count until it has seen an input shape.")
        return sum(weight.size for weight in self.weights)

    # Places in a network -------------------------------------------------------------------------

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
        """Shape of the layer's only input."""
        inputs = self._only_call()[0].inputs
        return inputs[0].shape if len(inputs) == 1 else [tensor.shape for tensor in inputs]

    @property
    def output_shape(self) -> Any:
        """Shape of the layer's only output."""
        outputs = self._only_call()[1]
        return outputs[0].shape if len(outputs) == 1 else [tensor.shape for tensor in outputs]

    def get_input_at(self, node_index: int) -> Any:
        """The symbolic input of one of the layer's calls: the first is 0."""
        inputs = self.calls[node_index][0].inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    def get_output_at(self, node_index: int) -> Any:
        """The symbolic output of one of the layer's calls: the first is 0."""
        outputs = self.calls[node_index][1]
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def _only_call(self) -> tuple[Call, tuple[KerasTensor, ...]]:
        if len(self.calls) != 1:
            trouble = "has not been called yet" if not self.calls else f"was called {len(self.calls)} times"
            raise AttributeError(f"{self.name}: {trouble}, so it has no single input and output.")
        return self.calls[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def put_weights(changes: Sequence[tuple[Weight, np.ndarray]]) -> None:
    """Replace several weights, of one layer or many, in one assignment to each bundle."""
    new: dict[Layer, LayerNumbers] = {}
    for weight, value in changes:
        numbers = new.get(weight._layer) or weight._layer.numbers
        part = {**getattr(numbers, weight._part), weight._key: value}
        new[weight._layer] = numbers._replace(**{weight._part: part})
    for bundle in {id(layer.bundle): layer.bundle for layer in new}.values():
        assert bundle is not None  # a weight belongs to a layer that has numbers
        bundle.put({layer: numbers for layer, numbers in new.items() if layer.bundle is bundle})


class _Awaited:
    """How many numbers a file still has for layers that are being built."""

    def __init__(self, numbers: int) -> None:
        self.numbers = self.left = numbers

    def take(self, numbers: int) -> None:
        self.left -= numbers
        if self.left < 0:
            raise ShapeError(f"its layers need more numbers than the {self.numbers:,} that it holds.")


_awaited: ContextVar[_Awaited | None] = ContextVar("awaited", default=None)


@contextmanager
def waiting_for(numbers: int) -> Iterator[None]:
    """Within the block, layers are built without first numbers: a file holds that many, which will be put in.

    Raises ShapeError as soon as the layers need more.
    """
    token = _awaited.set(_Awaited(numbers))
    try:
        yield
    finally:
        _awaited.reset(token)


def draw(initializer: Any, key: Array, place: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """First numbers for the parameter at this place of a layer, each place with a key of its own.

    Inside `waiting_for` they are zeros that take no memory, for others will take their place.
    """
    awaited = _awaited.get()
    if awaited is not None:
        awaited.take(math.prod(shape))
        return np.broadcast_to(np.zeros((), dtype), shape)
    return np.asarray(initializer(shape, dtype=dtype, key=fold_in(key, place)))


def unprefixed(arrays: Params, prefix: str) -> Params:
    """The arrays whose names start with the prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def one_or_all(items: Sequence[Any]) -> Any:
    """The item, if it is the only one; else all of them, as a tuple."""
    return items[0] if len(items) == 1 else tuple(items)


def _array(value: Any, dtype: str) -> Array:
    """value, or what a list or number of another kind is as an array of this dtype."""
    return value if hasattr(value, "__array_namespace__") else np.asarray(value, dtype=dtype)


def _arrays(given: Any, dtype: str) -> Any:
    """Nested arrays as they are; a list of numbers as one array."""
    if isinstance(given, Mapping):
        return {name: _arrays(part, dtype) for name, part in given.items()}
    if isinstance(given, list | tuple) and any(hasattr(part, "shape") for part in leaves_of(given)):
        return type(given)(_arrays(part, dtype) for part in given)
    return _array(given, dtype)


def free_shapes(given: Any) -> Any:
    """The shapes of nested arrays, with free batch axes."""
    values, form = taken_out(given, lambda part: hasattr(part, "shape"))
    return filled(form, [(None, *value.shape[1:]) if value.shape else () for value in values])


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"name must be a string without '/', got {name!r}.")
    return name


def _dtype_name(dtype: Any) -> str:
    """The float type that Keras's `dtype` argument (a name, a policy or its config) stands for."""
    if isinstance(dtype, dict):
        dtype = dtype.get("config", {}).get("name")
    name = floatx() if dtype is None else np.dtype(getattr(dtype, "name", dtype)).name
    return name


def _batch_shape(owner: str, given: dict[str, Any]) -> Shape | None:
    """The input shape that a first layer's old-style arguments describe, or None."""
    allowed = {"input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length", "batch_size"}
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise TypeError(f"{owner}: unknown argument {unknown[0]!r}. See help({owner}) for those it takes.")
    for name in ("batch_input_shape", "batch_shape"):
        if given.get(name) is not None:
            return tuple(given[name])
    if given.get("input_shape") is not None:
        shape = given["input_shape"]
        return given.get("batch_size"), *((shape,) if isinstance(shape, int) else tuple(shape))
    if given.get("input_dim") is not None:
        length = (given["input_length"],) if "input_length" in given else ()
        return given.get("batch_size"), *length, given["input_dim"]
    return None


def _shapes(input_shape: Any) -> tuple[Shape, ...]:
    """One shape or a list of shapes, as a tuple of shapes."""
    shape = tuple(input_shape)
    if shape and all(isinstance(part, list | tuple) for part in shape):
        return tuple(tuple(part) for part in shape)
    if not all(part is None or isinstance(part, int | np.integer) for part in shape):
        raise ShapeError(f"input_shape must hold whole numbers and None, got {input_shape!r}.")
    return (shape,)


def _plain(value: Any) -> Any:
    """A setting as plain data that a file can hold."""
    if isinstance(value, activations.Activation):
        return activations.serialize(value)
    for kind, module in (
        (initializers.Initializer, initializers),
        (regularizers.Regularizer, regularizers),
        (constraints.Constraint, constraints),
    ):
        if isinstance(value, kind):
            return module.serialize(value)
    if isinstance(value, Layer):
        return {"module": "keras.layers", "class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value
