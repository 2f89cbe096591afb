"""Calls of layers that come with `call` alone, noted on symbolic values.

A layer that is made of layers is taken apart: its `call` runs once on symbolic values, and what it calls there is the
network's own, node by node, under names such as "block/dense". Where that cannot be (the call looks at numbers, uses
NumPy's functions, has weights of its own, does something else while learning), the whole call is one node.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .behind import symbols_behind
from .called import Trial, declared_shapes
from .calling import Following, NotNotedError, listening, noting
from .forms import Hole, filled, leaves_of, taken_out
from .symbolic import Call, KerasTensor, Network, Shape


def note(layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], training: bool | None) -> Any:
    """The symbolic outputs of one call, nested as `call` returns them."""
    values, form = taken_out((args, dict(kwargs)), _is_symbol)
    with noting(False):
        layer.build(shapes_of(args[0]) if args else values[0].shape)
    around = symbols_behind(layer.call)
    network, made = taken_apart(layer, values, form, training, around=around)
    if network is None:
        return note_whole(layer, args, kwargs, training)
    settings = {**kwargs, **({} if training is None else {"training": training})}
    call = Call(layer, (*values, *around), {}, (), args, settings, training, network)
    _, out = taken_out(made, _is_symbol)
    return _noted(call, [t.shape for t in network.outputs], [t.dtype for t in network.outputs], out)


def note_whole(layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], training: bool | None) -> Any:
    """The same, for a call that is one node."""
    values, form = taken_out((args, dict(kwargs)), _is_symbol)
    standing = layer.standing
    known = getattr(getattr(layer, "function", None), "output", None)  # of an Operation
    if known is not None and (found := known([v.shape for v in values], [v.dtype for v in values])) is not None:
        return note_declared(layer, values, found[0], (args, kwargs), training, dtype=found[1])
    try:
        trial = Trial(standing, form, [value.shape for value in values], [value.dtype for value in values])
    except ValueError:  # as of shapes that do not fit each other
        shapes = declared_shapes(layer, [value.shape for value in values])
        if shapes is None or len(shapes) > 1:
            raise
        return note_declared(layer, values, shapes[0], (args, kwargs), training)
    if any(leaf.carries for leaf in standing.leaf_layers()):
        standing.carries = True
    options: dict[str, Any] = {} if _is_simple(args, kwargs, values) else {"form": form}
    if trial.adds:
        options["adds"] = trial.adds
    settings = {**kwargs, **({} if training is None else {"training": training})}
    call = Call(layer, tuple(values), options, (), args, settings, training)
    return _noted(call, trial.shapes, trial.dtypes, trial.form)


def note_declared(
    layer: Any, values: Sequence[KerasTensor], shape: Shape, given: Any, training: bool | None, dtype: str | None = None
) -> Any:
    """The same, for a call that cannot be tried, of a layer that says itself what shape it gives."""
    args, kwargs = given
    options = {} if _is_simple(args, kwargs, values) else {"form": taken_out(given, _is_symbol)[1]}
    call = Call(layer, tuple(values), options, (), args, dict(kwargs), training)
    return _noted(call, [shape], [dtype or values[0].dtype], Hole(0))


def _noted(call: Call, shapes: Sequence[Shape], dtypes: Sequence[str], form: Any) -> Any:
    tensors = tuple(
        KerasTensor(shape, dtype, call, i, len(shapes))
        for i, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True))
    )
    call.layer.calls.append((call, tensors))
    return filled(form, tensors)


def _is_symbol(part: Any) -> bool:
    return isinstance(part, KerasTensor)


def _is_simple(args: tuple[Any, ...], kwargs: Mapping[str, Any], values: Sequence[KerasTensor]) -> bool:
    """Whether the call has one value, or one list of several, and nothing else."""
    if kwargs or len(args) != 1:
        return False
    several = args[0] if type(args[0]) is list and len(args[0]) > 1 else list(args)
    return len(several) == len(values) and all(one is other for one, other in zip(several, values, strict=True))


def shapes_of(given: Any) -> Any:
    """The shapes of nested symbolic values."""
    values, form = taken_out(given, lambda part: hasattr(part, "shape"))
    return filled(form, [tuple(value.shape) for value in values])


def taken_apart(
    layer: Any,
    values: Sequence[KerasTensor],
    form: Any,
    training: bool | None,
    inputs: Any = None,
    around: Sequence[KerasTensor] = (),
) -> tuple[Network | None, Any]:
    """The call as a network of its own, and what it returned; None where it cannot be noted.

    inputs    what the network starts from; by default stand-ins for the values
    around    symbolic values that the call uses without being handed them (behind.py): they enter the network, too
    """
    if not (layer.parts or around) or "mask" in layer.asks or layer.has_own_weights:
        return None, None
    phase = Following(True) if training is None else training
    before = {part: len(part.calls) for part in _all_parts(layer)}
    try:
        network, made = _traced(layer, values, form, phase, inputs)
        if isinstance(phase, Following) and phase.asked:
            noted = {part: len(part.calls) for part in _all_parts(layer)}
            other, _ = _traced(layer, values, form, Following(False), None)
            _forget(layer, noted)  # it was only to compare
            if _kinds(network) != _kinds(other):
                _forget(layer, before)
                return None, None
    except Exception:  # whatever it is, the call by itself will say it better
        return None, None
    return network._replace(inputs=(*network.inputs, *around)), made


def _traced(layer: Any, values: Sequence[KerasTensor], form: Any, training: Any, inputs: Any) -> tuple[Network, Any]:
    held = {part: len(part.calls) for part in _all_parts(layer)}
    inputs = inputs or [stand_in(f"{layer.name}_{i}", value.shape, value.dtype) for i, value in enumerate(values)]
    args, kwargs = filled(form, inputs)
    given = {"training": training} if "training" in layer.asks else {}
    try:
        with noting(True), listening() as said:
            made = layer.call(*args, **given | kwargs)
        outputs = [part for part in leaves_of(made) if part is not None]
        if not outputs or not all(isinstance(part, KerasTensor) for part in (*outputs, *(one.value for one in said))):
            raise NotNotedError
    except Exception:
        _forget(layer, held)
        raise
    added = tuple((one.value, one.label) for one in said)
    return Network(tuple(inputs), tuple(outputs), added), made


def _forget(layer: Any, noted: Mapping[Any, int]) -> None:
    """Drop the calls of its parts beyond these numbers."""
    for part in _all_parts(layer):
        del part.calls[noted.get(part, 0) :]


def _all_parts(layer: Any) -> list[Any]:
    return [layer, *(inner for part in layer.parts for inner in _all_parts(part))]


class _Entry:
    """Where a value enters the network of a call."""

    output_activation = None
    is_entry = True

    def __init__(self, name: str) -> None:
        self.name = name


def stand_in(name: str, shape: Shape, dtype: str) -> KerasTensor:
    """A symbolic value that a network of its own starts from."""
    return KerasTensor(shape, dtype, Call(_Entry(name), ()))


def _kinds(network: Network) -> list[Any]:
    """The layers of a network as they are met from its outputs; without those that only add noise."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting = [*network.outputs, *(value for value, _ in network.added)]
    while waiting:
        call = waiting.pop().call
        if id(call) not in seen:
            seen.add(id(call))
            layer = call.layer
            if call.inputs and (layer.called or "key" not in layer.wants):
                found.append(type(layer) if layer.__class__.__name__ == "Lambda" else layer)
            waiting.extend(call.inputs)
    return found
