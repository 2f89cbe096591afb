"""TimeDistributed: the same layer at every time step.

    forward    y_t = layer(x_t)
    backward   dx_t and the gradients from each dy_t; the gradients are summed over the time steps

The time steps are so many more samples for the layer. Only a layer with a state of its
own, like BatchNormalization, sees them one after another, as in Keras.
"""

from collections.abc import Mapping
from typing import Any, Self

from .. import random
from ..arrays import Array, namespace
from ..errors import ShapeError
from .inner import inner_params, inner_state, prefixed, put_inside
from .layer import ALL, Layer, Params, unprefixed
from .symbolic import Shape
from .table import deserialize, register_layer

PREFIX = "layer/"


@register_layer("TimeDistributed")
class TimeDistributed(Layer):
    """Applies a layer to each time step.

    Args:
        layer: the layer; it is trained with this one, and its weights are this one's.

    >>> from pellucid.layers.dense import Dense
    >>> TimeDistributed(Dense(8)).compute_output_shape((None, 10, 16))
    (None, 10, 8)
    """

    thrifty = supports_masking = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise TypeError(f"TimeDistributed: needs a layer, got {type(layer).__name__}: {layer!r}.")
        self.layer = layer
        put_inside(self, PREFIX, layer)
        self.wants = tuple(dict.fromkeys(["mask", *layer.wants]))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        layer = config["layer"]
        return cls(**{**config, "layer": deserialize(layer) if isinstance(layer, Mapping) else layer})

    @property
    def output_activation(self) -> Any:
        """The layer's: a node of its own here as well."""
        return self.layer.output_activation

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


def _one_step(shape: Shape) -> Shape:
    """The shape of one time step of an input of this shape."""
    return shape[0], *shape[2:]
