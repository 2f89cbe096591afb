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

from typing import Any, ClassVar

from .. import activations, regularizers
from ..arrays import Array
from ..formats.document import snake_case
from ..random import next_key
from .adding import Adding
from .bundle import Bundle, LayerNumbers
from .called import complete
from .first_numbers import draw, waiting_for
from .forms import leaves_of
from .keeper import NO_PARTS, Params, put_weights, unprefixed
from .symbolic import Call, KerasTensor, Shape
from .told import Told, batch_shape, checked_name, dtype_name, is_mixed, names, shapes_from
from .used import Used, free_shapes, one_or_all

__all__ = [
    "ALL",
    "Layer",
    "Params",
    "draw",
    "free_shapes",
    "names",
    "one_or_all",
    "put_weights",
    "unprefixed",
    "waiting_for",
]

ALL = ("inputs", "params")


class Layer(Told, Adding, Used):
    """Base of all layers.

    Args:
        name: how the layer is called; by default its class and a number.
        trainable: whether training moves its parameters.
        dtype: float type of its parameters, or "mixed_bfloat16"; by default `config.dtype_policy()`.
        weights: arrays to start from, as `set_weights` takes them (Keras 1 and 2).
        input_shape, batch_input_shape, input_dim, input_length, batch_size: what a first layer may say of its input.
    """

    wants: tuple[str, ...] = ()
    thrifty: ClassVar[bool] = False
    activates: ClassVar[bool] = False
    precise: ClassVar[bool] = False  # whether it computes in float32 whatever the policy
    supports_masking: bool = False  # whether the mask of its input holds for its output (see compute_mask)
    makes_mask: bool = False  # whether its output has a mask of its own making
    draws_by_itself: ClassVar[bool] = False  # whether it draws in calls of which nobody says if they are for learning
    carries: bool = False  # whether its state moves outside training too
    activity_regularizer: Any = None

    def __init__(
        self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **first_layer: Any
    ) -> None:
        self.bundle: Bundle | None = None
        self.built = False
        self.name = names.next(snake_case(self.class_name)) if name is None else checked_name(name)
        self._trainable = bool(trainable)
        self.dtype, self.mixed = dtype_name(dtype), is_mixed(dtype)
        self._first_weights = first_layer.pop("weights", None)
        if "activity_regularizer" in first_layer:
            self.activity_regularizer = regularizers.get(first_layer.pop("activity_regularizer"))
        self.batch_shape_hint = batch_shape(type(self).__name__, first_layer)
        self.calls: list[tuple[Call, tuple[KerasTensor, ...]]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        complete(cls)

    @property
    def compute_dtype(self) -> str:
        """The float type it computes in with engine="jax"."""
        return "bfloat16" if self.mixed else self.dtype

    @property
    def variable_dtype(self) -> str:
        """The float type of its parameters."""
        return self.dtype

    @property
    def class_name(self) -> str:
        """The class that a file names, and that automatic names come from."""
        return type(self).__name__ if self.called else getattr(type(self), "saved_as", type(self).__name__)

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
        of_old = " Its get_output(train) is of Keras 0.3: write call(x)." if hasattr(self, "get_output") else ""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(params, x).{of_old}")

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
            if parts and name not in NO_PARTS:
                found[name] = value if isinstance(value, Layer) else parts
        return found

    @property
    def by_call(self) -> bool:
        """Whether it is what its `call` does."""
        return self.called

    @property
    def standing(self) -> "Layer":
        """The layer that stands in a network for a call that is not taken apart."""
        return self

    @property
    def output_activation(self) -> Any:
        """The activation that follows this layer as a node of its own, or None."""
        activation = self.activation if self.activates else None
        return None if activation is activations.linear else activation

    def build(self, input_shape: Any) -> None:
        """Draw the first parameters for inputs of this shape (a list of shapes for several inputs)."""
        if self.built:
            return
        shapes = shapes_from(input_shape)
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
