"""Layers of your own that say `call` and no more: their backward is found.

    class Scale(Layer):
        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")

        def call(self, x):
            return x * self.factor

Every class below Layer that has a `call` and no `forward` is made complete here:

    forward     y = call(x), with the weights that the pass was handed
    backward    the derivative of that (automatic/); a layer may write `forward` and `backward` itself
    advance     the state that `call` assigned
    shapes      from calling it on zeros, unless it has a `compute_output_shape` of its own

A layer that is made of layers is taken apart where its `call` can be noted layer by layer (noted.py).
"""

import inspect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arrays import Array, has_namespace, namespace
from ..automatic import touchable, untouched, vjp
from ..random import key as key_of
from ..random import keys_from
from ..variable import lent
from .bundle import LayerNumbers
from .calling import for_learning, listening, noting
from .forms import filled, leaves_of, taken_out
from .symbolic import Shape

Params = dict[str, Array]


def complete(cls: type) -> None:
    """Give a class that has a `call` of its own what else the engine asks for."""
    own = dict(cls.__dict__)
    if "call" in own and "forward" not in own and own.get("called") is not False:
        cls.called = True  # type: ignore[attr-defined]
        cls.forward, cls.backward = _forward, _backward  # type: ignore[attr-defined]
        if "advance" not in own:
            cls.advance = _advance  # type: ignore[attr-defined]
        asked = inspect.signature(own["call"]).parameters
        cls.asks = tuple(name for name in ("training", "mask") if name in asked)  # type: ignore[attr-defined]
        cls.wants = ("key", "state", "training", *(["mask"] if "mask" in asked else []))  # type: ignore[attr-defined]
        cls.thrifty = cls.activates = False  # type: ignore[attr-defined]
        if "compute_output_shape" not in own:
            cls.compute_output_shape = shapes_by_calling  # type: ignore[attr-defined]
    if getattr(cls, "called", False):
        cls.tells_config = cls.tells_config or "get_config" in own  # type: ignore[attr-defined]
        cls.carries = cls.carries or mentions(cls, "assign", "assign_add", "assign_sub")  # type: ignore[attr-defined]
    if "compute_output_shape" in own and "call" in own:
        cls.compute_output_shape = _one_argument(own["compute_output_shape"])  # type: ignore[attr-defined]
    if "build" in own and getattr(cls, "called", False):
        cls.build = _built_once(own["build"])  # type: ignore[attr-defined]


def mentions(cls: type, *words: str) -> bool:
    """Whether a method of the class names one of these attributes."""
    codes = [value.__code__ for value in vars(cls).values() if inspect.isfunction(value)]
    return any(word in code.co_names for code in codes for word in words)


def _built_once(build: Any) -> Any:
    """Keras's `build(self, input_shape)`: run once, and the layer is built."""

    def built(self: Any, input_shape: Any = None) -> None:
        if not self.built:
            self.build_shapes = _as_shapes(input_shape)
            with noting(False):
                build(self, input_shape)
            self.finish(input_shape)
            self.built = True

    return built


def _one_argument(compute: Any) -> Any:
    """Keras's `compute_output_shape(self, input_shape)`: one shape, or a list of several."""

    def computed(self: Any, *shapes: Shape, **_: Any) -> Any:
        found = compute(self, shapes[0] if len(shapes) == 1 else list(shapes))
        return [tuple(s) for s in found] if found and isinstance(found[0], list | tuple) else tuple(found)

    return computed


def _as_shapes(input_shape: Any) -> tuple[Any, ...]:
    if isinstance(input_shape, Mapping):
        return tuple(tuple(shape) for shape in input_shape.values())
    several = len(input_shape) > 0 and isinstance(input_shape[0], list | tuple)
    return tuple(tuple(shape) for shape in input_shape) if several else (tuple(input_shape),)


# What calling it on zeros tells ------------------------------------------------------------------

_SIZES = ((2, 3), (16, 17), (64, 66))  # for free axes: a sequence may be too short for a window


class Trial:
    """What a layer's `call` gives for zeros of two sizes: an axis of the output that differs is free.

    shapes, dtypes   of its outputs, one after another
    form             how they are nested
    adds             what it adds beside them, while learning or always: None for losses, a metric's name
    """

    def __init__(self, layer: Any, form: Any, shapes: Sequence[Shape], dtypes: Sequence[str]) -> None:
        runs = self._runs(layer, form, shapes, dtypes)
        (one, self.form, _), (other, _, _) = runs[:2]
        self.adds = tuple(dict.fromkeys(label for *_, adds in runs for label in adds))
        self.shapes = [
            tuple(None if a != b else a for a, b in zip(np.shape(y), np.shape(z), strict=True))
            for y, z in zip(one, other, strict=True)
        ]
        self.dtypes = [str(y.dtype) for y in one]

    def _runs(self, layer: Any, form: Any, shapes: Sequence[Shape], dtypes: Sequence[str]) -> list[Any]:
        sizes = _SIZES if any(size is None for shape in shapes for size in shape[1:]) else _SIZES[:1]
        for last, pair in enumerate(sizes, start=1):
            try:
                runs = [self._run(layer, form, shapes, dtypes, free, False) for free in pair]
            except Exception:
                if last == len(sizes):
                    raise
                continue
            if "training" in layer.asks:
                with suppress(Exception), keys_from(key_of(0)):  # what goes with learning alone may refuse zeros
                    runs.append(self._run(layer, form, shapes, dtypes, pair[0], True))
            return runs
        raise AssertionError

    def _run(
        self, layer: Any, form: Any, shapes: Sequence[Shape], dtypes: Sequence[str], free: int, training: bool
    ) -> tuple[list[Any], Any, tuple[str | None, ...]]:
        zeros = [np.zeros(sized(shape, free), dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
        with lent(_now(layer)), for_learning(training), listening() as said, noting(False), np.errstate(all="ignore"):
            y = _calling(layer, form, zeros, training=training, mask=None)
        values, out = taken_out(y, has_namespace)
        return values, out, tuple(dict.fromkeys(one.label for one in said))


def shapes_by_calling(self: Any, *shapes: Shape, form: Any = None, adds: Any = ()) -> Any:
    """The output's shape, from calling the layer on zeros."""
    if not self.built:
        self.build(list(shapes) if len(shapes) > 1 else shapes[0])
    made = Trial(self, form, shapes, [self.dtype] * len(shapes)).shapes
    return made[0] if len(made) == 1 else made


def declared_shapes(layer: Any, shapes: Sequence[Shape]) -> list[Shape] | None:
    """What a layer itself says of its outputs' shapes; None where it does not.

    For calls that go with one size of batch alone, as those that draw `random_normal((32, 10))`.
    """
    said = getattr(layer, "declared_shape", None)
    if said is not None and not callable(said):
        return [(shapes[0][0], *said)]
    if said is None and type(layer).compute_output_shape is shapes_by_calling:
        return None
    found = (said or layer.compute_output_shape)(*([list(shapes)] if said and len(shapes) > 1 else shapes))
    several = len(found) > 0 and isinstance(found[0], list | tuple)
    return [tuple(shape) for shape in (found if several else [found])]


def sized(shape: Shape, free: int) -> tuple[int, ...]:
    return tuple(free if size is None else size for size in shape)


def _now(layer: Any) -> dict[Any, LayerNumbers]:
    """The numbers of the layers that it is made of, as they are: what is assigned to a loan does not stay."""
    return {leaf: leaf.numbers for leaf in layer.leaf_layers() if leaf.built and leaf.bundle is not None}


# A pass through it -------------------------------------------------------------------------------


def shares(layer: Any) -> list[tuple[str, Any]]:
    """The layers with a share in its numbers, each after the prefix of its names: itself, and what it is made of."""
    found: dict[str, Any] = {}
    for leaf in layer.leaf_layers():
        stem, count = f"{leaf.name}/", 1
        while stem in found:
            count += 1
            stem = f"{leaf.name}~{count}/"
        found["" if leaf is layer else stem] = leaf
    return list(found.items())


def _calling(layer: Any, form: Any, arrays: Sequence[Array], **extras: Any) -> Any:
    """What `call` returns for these arrays in the form in which they were given."""
    given = {name: value for name, value in extras.items() if name in layer.asks}
    arrays = [untouched(array) for array in arrays]
    if form is None:
        y = layer.call(*([arrays] if len(arrays) > 1 else arrays), **given)
    else:
        args, kwargs = filled(form, arrays)
        y = layer.call(*args, **given | kwargs)
    values, made = taken_out(y, has_namespace)
    return filled(made, [touchable(value) for value in values])


def _pass(
    layer: Any, params: Params, state: Params, arrays: Sequence[Array], key: Any, form: Any, adds: Any, extras: Any
) -> tuple[list[Any], Params]:
    """The outputs, with what the call adds behind them; and the state that it leaves."""
    numbers = {
        leaf: LayerNumbers(_share(params, prefix, leaf, 0), _share(state, prefix, leaf, 1))
        for prefix, leaf in shares(layer)
    }
    with lent(numbers) as frame, keys_from(key), for_learning(extras.get("training", False)), listening() as said:
        y = _calling(layer, form, arrays, **extras)
    found = [part for part in leaves_of(y) if part is not None]
    for label in adds:
        found.append(_total([one.value for one in said if one.label == label], found[0], label))
    left = {prefix + name: array for prefix, leaf in shares(layer) for name, array in frame[leaf].state.items()}
    return found, left


def _share(arrays: Params, prefix: str, leaf: Any, part: int) -> Params:
    return {name: arrays[prefix + name] for name in leaf._order[part]} if "_order" in leaf.__dict__ else {}


def _total(values: Sequence[Any], like: Array, label: str | None) -> Any:
    """The sum of the losses; of a metric's values, their mean."""
    xp = namespace(like)
    parts = [xp.asarray(value) for value in values]
    if label is not None:
        return sum((part.mean() for part in parts), xp.zeros(())) / max(len(parts), 1)
    return sum((part.sum() for part in parts), xp.zeros((), dtype=like.dtype if like.dtype.kind == "f" else None))


def _forward(
    self: Any,
    params: Params,
    *arrays: Array,
    key: Array | None = None,
    state: Params = MappingProxyType({}),  # type: ignore[assignment]  # to read
    form: Any = None,
    adds: Any = (),
    **extras: Any,
) -> Any:
    found, left = _pass(self, params, state, arrays, key, form, adds, extras)
    shapes = [(tuple(np.shape(y)), getattr(y, "dtype", self.dtype)) for y in found]
    y = found[0] if len(found) == 1 else tuple(found)
    return y, (arrays, key, state, left, shapes, (form, adds, extras))


def _backward(self: Any, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
    arrays, key, state, _, shapes, (form, adds, extras) = cache

    def run(params: Params, *given: Array) -> Any:
        found, _ = _pass(self, params, state, given, key, form, adds, extras)
        return found[0] if len(found) == 1 else tuple(found)

    if isinstance(dy, tuple):
        xp = namespace(next(d for d in dy if d is not None))
        dy = tuple(xp.zeros(*like) if d is None else d for d, like in zip(dy, shapes, strict=True))
    remedy = f"write forward(params, x) and backward(params, cache, dy) in {type(self).__name__}"
    grads, *dx = vjp(run, (params, *arrays), dy, owner=f"layer {self.name!r}", remedy=remedy)
    return dx[0] if len(dx) == 1 else tuple(dx), grads


def _advance(self: Any, state: Params, cache: Any) -> Params:
    """What `call` has assigned."""
    return cache[3]
