"""Bidirectional: a sequence read by two recurrent layers, one from each end.

    forward    a = forward_layer(x)        b = backward_layer(x), with its time steps turned round again
               y = a and b side by side (concat), a + b (sum), (a + b) / 2 (ave), a · b (mul), or both (None)
    backward   da, db = dy's halves, dy, dy / 2, dy · the other; then each layer's own way back
               dx     = what comes back from both, added up

Source: Schuster & Paliwal, "Bidirectional recurrent neural networks", IEEE Trans.
Signal Processing 45 (1997), figure 3.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from .. import random
from ..arrays import Array, namespace
from ..errors import ShapeError, one_of
from .inner import inner_params, inner_state, prefix_of, prefixed, put_inside
from .layer import ALL, Layer, Params, unprefixed
from .rnn import RNN, with_states
from .symbolic import Shape
from .table import deserialize, register_layer

MODES = ("sum", "mul", "concat", "ave", None)


@register_layer("Bidirectional")
class Bidirectional(Layer):
    """Walks a recurrent layer along a sequence both ways.

    Args:
        layer: the recurrent layer; a copy of it reads forwards.
        merge_mode: how the two outputs become one: "concat", "sum", "ave" or "mul"; None returns both.
        weights: first values, those of the forward layer and then those of the backward layer.
        backward_layer: the layer that reads backwards; a copy of `layer` with go_backwards=True, if not given.

    Its layers are `forward_layer` and `backward_layer`; the two are trained together, or not at all.
    Initial states are those of the forward layer, then those of the backward layer.

    >>> from pellucid.layers.lstm import LSTM
    >>> Bidirectional(LSTM(8, return_sequences=True)).compute_output_shape((None, 5, 3))
    (None, 5, 16)
    """

    thrifty = supports_masking = True

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for given in (layer, backward_layer):
            if given is not None and not isinstance(given, RNN):
                raise TypeError(f"Bidirectional: needs a recurrent layer, got {type(given).__name__}.")
        self.merge_mode = one_of(merge_mode, MODES, "merge_mode")
        self.forward_layer = _copy(layer, "forward_")
        self.backward_layer = _copy(layer, "backward_", go_backwards=True) if backward_layer is None else backward_layer
        self._check_pair()
        self.stateful = self.carries = layer.stateful
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state
        for part in self.both:
            part.zero_output_for_mask = part.return_sequences
        put_inside(self, "forward_layer/", self.forward_layer)
        put_inside(self, "backward_layer/", self.backward_layer)
        self.wants = tuple(dict.fromkeys([*self.forward_layer.wants, *self.backward_layer.wants]))
        self._first = None if weights is None else [np.array(weight, dtype=self.dtype) for weight in weights]

    def _check_pair(self) -> None:
        one, two = self.both
        if one.go_backwards == two.go_backwards:
            raise ValueError(
                f"Bidirectional: go_backwards must differ in the two layers, got {one.go_backwards} in both."
            )
        if self.merge_mode not in ("concat", None) and one.activity_regularizer is not None:
            raise ValueError(f"Bidirectional: activity_regularizer needs merge_mode 'concat', got {self.merge_mode!r}.")
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(one, name) != getattr(two, name):
                raise ValueError(
                    f"Bidirectional: {name} must be the same in both layers, "
                    f"got {getattr(one, name)} and {getattr(two, name)}."
                )

    @property
    def both(self) -> tuple[RNN, RNN]:
        """The forward and the backward layer."""
        return self.forward_layer, self.backward_layer

    @property
    def layer(self) -> RNN:
        return self.forward_layer

    @property
    def activity_regularizer(self) -> Any:
        return self.forward_layer.activity_regularizer

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["weights"]
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        layers = {name: deserialize(config[name]) for name in ("layer", "backward_layer") if _described(config, name)}
        return cls(**{**config, **layers})

    # What it keeps -------------------------------------------------------------------------------

    def init(self, key: Array, *shapes: Shape) -> Params:
        keys = random.split(key)
        params: Params = {}
        for part, own in zip(self.both, keys, strict=True):
            params |= inner_params(part, own, shapes[0])
        if self._first is not None:
            if [first.shape for first in self._first] != [array.shape for array in params.values()]:
                raise ShapeError(f"{self.name}: weights must have the shapes {[a.shape for a in params.values()]}.")
            params = dict(zip(params, self._first, strict=True))
        return params

    def init_state(self, *shapes: Shape) -> Params:
        return inner_state(self.forward_layer, shapes[0]) | inner_state(self.backward_layer, shapes[0])

    def _keys(self, part: int) -> tuple[str, ...]:
        return super()._keys(part) if part == 0 else ()  # states of a sequence are no weights

    def rule(self, kind: str, param: str) -> Any:
        which, _, name = param.partition("/")
        return getattr(self, which).rule(kind, name)

    def file_parts(self) -> dict[str, Any]:
        return {"forward_layer": self.forward_layer, "backward_layer": self.backward_layer}

    def reset_states(self) -> None:
        """Let the next batch start from zeros again (stateful=True)."""
        for part in self.both:
            part.reset_states()

    reset_state = reset_states

    # Shapes and calls ----------------------------------------------------------------------------

    def compute_output_shape(self, *shapes: Shape, **options: Any) -> Any:
        half = len(shapes) // 2  # x, then the states of one and of the other
        given = (shapes[0], *shapes[1 : half + 1]), (shapes[0], *shapes[half + 1 :])
        found = [part.compute_output_shape(*own) for part, own in zip(self.both, given, strict=True)]
        one, two = found
        states = [*one[1:], *two[1:]] if self.return_state else []
        one, two = (one[0], two[0]) if self.return_state else (one, two)
        if self.merge_mode is None:
            return [one, two, *states]
        if self.merge_mode != "concat" and one != two:
            raise ShapeError(f"{self.name}: merge_mode={self.merge_mode!r} needs as many units in both layers.")
        merged = (*one[:-1], one[-1] + two[-1]) if self.merge_mode == "concat" else one
        return [merged, *states] if states else merged

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        mask = super().compute_mask(inputs, mask) if self.return_sequences else None
        return [mask, mask] if self.merge_mode is None else [mask]

    def arrange(
        self, inputs: Any, *more: Any, initial_state: Any = None, **others: Any
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        return with_states(super().arrange(inputs, *more, **others), initial_state)

    # Formulas ------------------------------------------------------------------------------------

    def forward(
        self,
        params: Params,
        x: Array,
        *given: Array,
        key: Array | None = None,
        state: Params | None = None,
        mask: Any = None,
        heed_mask: bool = True,
    ) -> tuple[Any, Any]:
        """x (N, T, I) -> y (N, T, 2U) or (N, 2U) with "concat"; cache: those of both layers, and both outputs."""
        keys = (None, None) if key is None else random.split(key)
        half = len(given) // 2
        outputs: list[Array] = []
        states: list[Array] = []
        caches = []
        for part, own_key, first in zip(self.both, keys, (given[:half], given[half:]), strict=True):
            prefix = prefix_of(part)
            extras = {"key": own_key, "state": unprefixed(state or {}, prefix), "mask": mask, "heed_mask": heed_mask}
            y, cache = part.forward(unprefixed(params, prefix), x, *first, **extras)
            outputs.append(y[0] if self.return_state else y)
            states += y[1:] if self.return_state else []
            caches.append(cache)
        one, two = outputs[0], self._turned(outputs[1])
        merged = self._merge(one, two)
        return (*merged, *states) if len(merged) + len(states) > 1 else merged[0], (caches, one, two)

    def _turned(self, y: Array) -> Array:
        """The backward layer's time steps in the order of the input's."""
        return namespace(y).flip(y, axis=1) if self.return_sequences else y

    def _merge(self, one: Array, two: Array) -> tuple[Array, ...]:
        match self.merge_mode:
            case "concat":
                return (namespace(one).concat([one, two], axis=-1),)
            case "sum":
                return (one + two,)
            case "ave":
                return ((one + two) / 2,)
            case "mul":
                return (one * two,)
            case _:
                return one, two

    def _unmerge(self, dys: Sequence[Array | None], one: Array, two: Array) -> tuple[Array | None, Array | None]:
        """dL/d(each layer's output)."""
        dy = dys[0]
        if self.merge_mode is None:
            return dy, dys[1]
        if dy is None:
            return None, None
        match self.merge_mode:
            case "concat":
                return dy[..., : one.shape[-1]], dy[..., one.shape[-1] :]
            case "sum":
                return dy, dy
            case "ave":
                return dy / 2, dy / 2
            case _:
                return dy * two, dy * one

    def backward(self, params: Params, cache: Any, dy: Any, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        caches, one, two = cache
        dys = dy if isinstance(dy, tuple) else (dy,)
        outputs = 2 if self.merge_mode is None else 1
        dstates = dys[outputs:]
        done, dtwo = self._unmerge(dys, one, two)
        heard = (done, None if dtwo is None else self._turned(dtwo))
        grads: Params = {}
        dxs: list[Any] = []
        dfirst: list[Any] = []
        half = len(dstates) // 2
        for part, own, d, dlast in zip(self.both, caches, heard, (dstates[:half], dstates[half:]), strict=True):
            prefix = prefix_of(part)
            dx, found = part.backward(unprefixed(params, prefix), own, (d, *dlast) if dlast else d, needs=needs)
            dx, *dstate = dx if isinstance(dx, tuple) else (dx,)
            dxs.append(dx)
            dfirst += dstate
            grads |= prefixed(found, prefix)
        dx = None if dxs[0] is None else dxs[0] + dxs[1]
        return (dx, *dfirst) if dfirst else dx, grads

    def advance(self, state: Params, cache: Any) -> Params:
        """The states that this batch left in both layers."""
        new: Params = {}
        for part, own in zip(self.both, cache[0], strict=True):
            prefix = prefix_of(part)
            new |= prefixed(part.advance(unprefixed(state, prefix), own), prefix)
        return new


def _copy(layer: RNN, prefix: str, **changed: Any) -> Any:
    """A layer of the same settings, named after the first."""
    return type(layer).from_config({**layer.get_config(), "name": prefix + layer.name.removeprefix(prefix), **changed})


def _described(config: Mapping[str, Any], name: str) -> bool:
    """Whether the config has plain data of a layer under this name."""
    return isinstance(config.get(name), Mapping)
