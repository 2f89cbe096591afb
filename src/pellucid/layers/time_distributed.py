"""TimeDistributed: the same layer at every time step.

    forward    y_t = layer(x_t)
    backward   dx_t and the gradients from each dy_t; the gradients are summed over the time steps

The time steps are so many more samples for the layer. Only a layer with a state of its
own, like BatchNormalization, sees them one after another, as in Keras. A model is laid
out in the network node by node, between a node that makes the time steps samples and
one that undoes it.
"""

from typing import Any

from .. import random
from ..arrays import Array, namespace
from ..errors import ShapeError
from .inner import inner_params, inner_state, prefixed, put_inside
from .layer import ALL, Layer, Params, unprefixed
from .symbolic import Shape
from .table import register_layer
from .wrapper import Wrapper

PREFIX = "layer/"


@register_layer("TimeDistributed")
class TimeDistributed(Wrapper):
    """Applies a layer to each time step.

    Args:
        layer: the layer or model; its weights are this layer's.

    >>> from pellucid.layers.dense import Dense
    >>> TimeDistributed(Dense(8)).compute_output_shape((None, 10, 16))
    (None, 10, 8)
    """

    thrifty = supports_masking = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.fold: Layer | None = None  # for a model or a layer of one's own: the nodes before and after it
        if hasattr(layer, "graph") or layer.by_call:
            self.fold, self.unfold = FoldTime(name=f"{self.name}_fold"), UnfoldTime(name=f"{self.name}_unfold")
            self.fold.built = self.unfold.built = True
        else:
            put_inside(self, PREFIX, layer)
            self.wants = tuple(dict.fromkeys(["mask", *layer.wants]))

    @property
    def output_activation(self) -> Any:
        """The layer's: a node of its own here as well."""
        return self.layer.output_activation

    @property
    def parts(self) -> list[Layer]:
        return [] if self.fold is None else [self.layer]

    def build(self, input_shape: Any) -> None:
        if self.fold is None:
            super().build(input_shape)
        else:
            self.layer.build(_one_step(input_shape))
            self.built = True

    def compute(self, *arrays: Array, **options: Any) -> Any:
        if self.fold is None:
            return super().compute(*arrays, **options)
        x = arrays[0]
        y = self.layer(x.reshape(-1, *x.shape[2:]), training=options.get("training", False))
        return y.reshape(*x.shape[:2], *y.shape[1:])

    def init(self, key: Array, *shapes: Shape) -> Params:
        return inner_params(self.layer, key, _one_step(shapes[0]))

    def init_state(self, *shapes: Shape) -> Params:
        return inner_state(self.layer, _one_step(shapes[0]))

    def rule(self, kind: str, param: str) -> Any:
        return self.layer.rule(kind, param.removeprefix(PREFIX))

    def file_parts(self) -> dict[str, Any]:
        return {"layer": self.layer}

    def compute_output_shape(self, *shapes: Shape) -> Any:
        if len(shapes[0]) < 3:
            raise ShapeError(f"{self.name}: needs sequences shaped (batch, time, …), got {shapes[0]}.")
        batch, *rest = self.layer.compute_output_shape(_one_step(shapes[0]))
        return (batch, shapes[0][1], *rest)

    def forward(self, params: Params, x: Array, *, mask: Any = None, **extras: Any) -> tuple[Array, Any]:
        """x (N, T, ...) -> y (N, T, ...); cache: the layer's, or one for each time step and the state."""
        own = unprefixed(params, PREFIX)
        if extras.get("state"):
            return self._one_after_another(own, x, mask, **extras)
        if "mask" in self.layer.wants:  # a mask of the time steps alone says nothing inside one of them
            extras["mask"] = None if mask is None or mask.ndim < 3 else mask.reshape(-1, *mask.shape[2:])
        y, cache = self.layer.forward(own, x.reshape(-1, *x.shape[2:]), **extras)
        return y.reshape(*x.shape[:2], *y.shape[1:]), cache

    def _one_after_another(
        self, own: Params, x: Array, mask: Any, *, state: Params, key: Array | None = None, **extras: Any
    ) -> tuple[Array, Any]:
        state = unprefixed(state, PREFIX)
        ys, caches = [], []
        for t in range(x.shape[1]):
            given = {**extras, "state": state}
            if "key" in self.layer.wants:
                given["key"] = None if key is None else random.fold_in(key, t)
            if "mask" in self.layer.wants:
                given["mask"] = None if mask is None else mask[:, t]
            y, cache = self.layer.forward(own, x[:, t], **given)
            if extras.get("training"):
                state = self.layer.advance(state, cache)
            ys.append(y)
            caches.append(cache)
        return namespace(x).stack(ys, axis=1), (caches, state)

    def backward(self, params: Params, cache: Any, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        own = unprefixed(params, PREFIX)
        wanted = {"needs": needs} if self.layer.thrifty else {}
        if not self.layer._order[1]:
            dx, grads = self.layer.backward(own, cache, dy.reshape(-1, *dy.shape[2:]), **wanted)
            return None if dx is None else dx.reshape(*dy.shape[:2], *dx.shape[1:]), prefixed(grads, PREFIX)
        total: Params = {}
        dxs = []
        for t, step in enumerate(cache[0]):
            dx, grads = self.layer.backward(own, step, dy[:, t], **wanted)
            dxs.append(dx)
            total = {name: total[name] + grad for name, grad in grads.items()} if total else grads
        return None if dxs[0] is None else namespace(dy).stack(dxs, axis=1), prefixed(total, PREFIX)

    def advance(self, state: Params, cache: Any) -> Params:
        return prefixed(cache[1], PREFIX)


class FoldTime(Layer):
    """x (N, T, ...) -> y (N·T, ...): each time step a sample."""

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return None, *shapes[0][2:]

    def forward(self, params: Params, x: Array) -> tuple[Array, tuple[int, ...]]:
        return x.reshape(-1, *x.shape[2:]), x.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Array, Params]:
        return dy.reshape(shape), {}


class UnfoldTime(Layer):
    """y (N·T, ...) and the x (N, T, ...) that it came from -> (N, T, ...); the mask is x's."""

    supports_masking = True

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return *shapes[1][:2], *shapes[0][1:]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else mask[1]

    def forward(self, params: Params, y: Array, x: Array) -> tuple[Array, tuple[int, ...]]:
        return y.reshape(*x.shape[:2], *y.shape[1:]), y.shape

    def backward(self, params: Params, shape: tuple[int, ...], dy: Array) -> tuple[Any, Params]:
        return (dy.reshape(shape), None), {}


def _one_step(shape: Shape) -> Shape:
    """The shape of one time step of an input of this shape."""
    return shape[0], *shape[2:]
