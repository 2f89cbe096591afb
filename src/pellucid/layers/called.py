"""Layers of your own that say `call` and no more: their backward is found.

    class Scale(Layer):
        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")

        def call(self, x):
            return x * self.factor

Every class below Layer that has a `call` and no `forward` is made complete here:

    forward     y = call(x), with the weights that the pass was handed
    backward    the derivative of that (automatic/); a layer may write `forward` and `backward` itself
    shapes      from calling it on zeros, unless it has a `compute_output_shape` of its own
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..arrays import Array
from ..automatic import vjp
from ..random import keys_from
from ..variable import lent
from .bundle import LayerNumbers
from .symbolic import Shape

Params = dict[str, Array]


def complete(cls: type) -> None:
    """Give a class that has a `call` of its own what else the engine asks for."""
    own = dict(cls.__dict__)
    if "call" in own and "forward" not in own:
        cls.called = True  # type: ignore[attr-defined]
        cls.forward, cls.backward = _forward, _backward  # type: ignore[attr-defined]
        asked = inspect.signature(own["call"]).parameters
        cls.wants = ("key", "state", *(want for want in ("training", "mask") if want in asked))  # type: ignore[attr-defined]
        if "compute_output_shape" not in own:
            cls.compute_output_shape = _shapes_by_calling  # type: ignore[attr-defined]
    if "compute_output_shape" in own and "call" in own:
        cls.compute_output_shape = _one_argument(own["compute_output_shape"])  # type: ignore[attr-defined]
    if "build" in own and getattr(cls, "called", False):
        cls.build = _built_once(own["build"])  # type: ignore[attr-defined]


def _built_once(build: Any) -> Any:
    """Keras's `build(self, input_shape)`: run once, and the layer is built."""

    def built(self: Any, input_shape: Any) -> None:
        if not self.built:
            self.build_shapes = _as_shapes(input_shape)
            build(self, input_shape)
            self.built = True

    return built


def _one_argument(compute: Any) -> Any:
    """Keras's `compute_output_shape(self, input_shape)`: one shape, or a list of several."""

    def computed(self: Any, *shapes: Shape) -> Any:
        found = compute(self, shapes[0] if len(shapes) == 1 else list(shapes))
        return [tuple(s) for s in found] if found and isinstance(found[0], list | tuple) else tuple(found)

    return computed


def _as_shapes(input_shape: Any) -> tuple[Any, ...]:
    several = len(input_shape) > 0 and isinstance(input_shape[0], list | tuple)
    return tuple(tuple(shape) for shape in input_shape) if several else (tuple(input_shape),)


def _shapes_by_calling(self: Any, *shapes: Shape) -> Any:
    """The output's shape, from calling the layer on zeros of two sizes: an axis that differs is free."""
    self.build(list(shapes) if len(shapes) > 1 else shapes[0])
    extras = {want: {"training": False, "mask": None}[want] for want in self.wants if want in ("training", "mask")}
    found = [
        outputs(self, [np.zeros(_sized(shape, free), self.dtype) for shape in shapes], **extras) for free in (2, 3)
    ]
    made = [
        tuple(None if a != b else a for a, b in zip(one.shape, other.shape, strict=True))
        for one, other in zip(*found, strict=True)
    ]
    return made[0] if len(made) == 1 else made


def _sized(shape: Shape, free: int) -> tuple[int, ...]:
    return tuple(free if size is None else size for size in shape)


def outputs(layer: Any, arrays: Sequence[Array], **extras: Any) -> list[Array]:
    """What `call` returns for these arrays, as a list."""
    y = layer.call(list(arrays) if len(arrays) > 1 else arrays[0], **extras)
    return list(y) if isinstance(y, list | tuple) else [y]


@contextmanager
def _handed(layer: Any, params: Params, state: Params, key: Array | None) -> Iterator[None]:
    """Within the block, the layer's weights are these arrays, and its randomness comes from this key."""
    with lent({layer: LayerNumbers(params, state)}), keys_from(key):
        yield


def _forward(self: Any, params: Params, *arrays: Array, key: Array | None, state: Params, **extras: Any) -> Any:
    with _handed(self, params, state, key):
        found = outputs(self, arrays, **extras)
    return found[0] if len(found) == 1 else tuple(found), (arrays, key, state, extras)


def _backward(self: Any, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
    arrays, key, state, extras = cache

    def run(params: Params, *given: Array) -> Any:
        with _handed(self, params, state, key):
            found = outputs(self, given, **extras)
        return found[0] if len(found) == 1 else tuple(found)

    remedy = f"write forward(params, x) and backward(params, cache, dy) in {type(self).__name__}"
    grads, *dx = vjp(run, (params, *arrays), dy, owner=f"layer {self.name!r}", remedy=remedy)
    return dx[0] if len(dx) == 1 else tuple(dx), grads
