"""What happens when a layer is called: on symbolic values the call is noted, on arrays it is computed."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, has_namespace
from ..automatic import touchable, untouched
from ..config import as_result
from ..errors import DataError, check_dtype
from ..random import next_key
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
)
from .forms import filled, leaves_of, taken_out
from .keeper import Keeper
from .noted import note
from .placed import Placed
from .symbolic import Call, KerasTensor, is_symbolic


class Used(Keeper, Placed):
    """Something that can be called."""

    asks: ClassVar[tuple[str, ...]] = ()  # which of "training" and "mask" its own `call` takes
    makes_mask: bool
    supports_masking: bool
    carries: bool
    draws_by_itself: ClassVar[bool]
    arrange: Any
    build: Any
    compute_mask: Any
    compute_output_shape: Any
    output_activation: Any

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
        try:
            y = as_result(self.compute(*arrays, training=is_for_learning() if asked is None else asked, **options))
        except (TypeError, ValueError):
            for array in [] if self.takes_text else arrays:  # whether they are to blame
                check_dtype(array.dtype, f"{self.name}: its input")
            raise
        if self.makes_mask or (masks and self.supports_masking):
            self._hand_on_mask(arrays, masks, y)
        return y

    @property
    def takes_text(self) -> bool:
        """Whether it may be called on strings, as a layer that looks up words."""
        return getattr(self, "reads", None) == "string"

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
        args = exchanged(args, untouched)
        if not nobody_listens():
            with for_learning(learning):
                return as_result(exchanged(self.call(*args, **{**given, **kwargs}), touchable))
        with for_learning(learning), listening() as said:
            y = exchanged(self.call(*args, **{**given, **kwargs}), touchable)
        for layer in dict.fromkeys([self, *self.parts, *self.leaf_layers()]):
            layer._said = tuple(one.value for one in said if one.layer is layer and one.label is None)
        return as_result(y)

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


def exchanged(given: Any, exchange: Callable[[Array], Array]) -> Any:
    """What was given, with its NumPy arrays exchanged; a mask that one carries goes with it."""
    values, form = taken_out(given, lambda part: isinstance(part, np.ndarray))
    others = [exchange(value) for value in values]
    for value, other in zip(values, others, strict=True):
        if (mask := mask_of(value)) is not None and other is not value:
            remember_mask(other, mask)
    return filled(form, others)


def one_or_all(items: Sequence[Any]) -> Any:
    """The item, if it is the only one; else all of them, as a tuple."""
    return items[0] if len(items) == 1 else tuple(items)


def _array(value: Any, dtype: str) -> Array:
    """value, or what a list or number of another kind is as an array of this dtype.

    Raises DataError for what is none.
    """
    if has_namespace(value):
        return value
    try:
        return np.asarray(value, dtype=dtype)
    except (ValueError, TypeError) as error:
        raise DataError(f"a layer or model is called on arrays of numbers, got {value!r:.80} ({error}).") from error


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
