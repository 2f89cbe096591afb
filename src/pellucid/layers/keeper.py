"""What a layer keeps: its numbers in a bundle, as Keras shows them, and those of the layers that it is made of."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import constraints, initializers, regularizers
from ..arrays import Array
from ..errors import NotBuiltError
from ..random import next_key
from ..variable import Variable, frame_of
from .bundle import Bundle, LayerNumbers, on_host
from .first_numbers import draw
from .forms import leaves_of
from .told import dtype_name
from .weight import Weight, checked

Params = dict[str, Array]
NO_PARTS = ("inside", "calls", "history", "_layers", "_members", "_own", "_whole")  # attributes that hold no parts


class Keeper:
    """Something with weights: a layer, or a model."""

    called: ClassVar[bool] = False
    once_called: ClassVar[Mapping[str, str]] = {}  # what older Kerases called weights: {"W": "kernel"}
    name: str
    dtype: str
    built: bool
    bundle: Bundle | None
    by_call: Any  # whether it is what its `call` does
    inside: tuple[Any, str] | None = None  # the layer that keeps its numbers, and the prefix of their names there
    brought: LayerNumbers | None = None  # the numbers that it had before it was put inside
    _trainable: bool
    _order: tuple[tuple[str, ...], tuple[str, ...]]  # the names of the parameters and of the state

    # The layers that it is made of -----------------------------------------------------------------

    @property
    def parts(self) -> list[Any]:
        """The layers that a layer written with `call` is made of: its attributes, and what stands in their lists."""
        if not self.called:
            return []
        held = [value for name, value in vars(self).items() if name not in NO_PARTS]
        return list(dict.fromkeys(part for part in leaves_of(held) if isinstance(part, Keeper)))

    @property
    def has_own_weights(self) -> bool:
        """Whether it has numbers beside those of its parts."""
        return any(self.__dict__.get("_order", ()))

    def leaf_layers(self) -> list[Any]:
        """The layers that have numbers of their own: this one, or those that it is made of."""
        inside = [leaf for part in self.parts for leaf in part.leaf_layers()]
        return list(dict.fromkeys([self, *inside] if self.has_own_weights else inside)) or [self]

    @property
    def held_weights(self) -> list[Weight]:
        """The weights that it keeps itself, those that learn first."""
        params = [self.weight("params", key) for key in self._keys(0)]
        return params + [self.weight("state", key) for key in self._keys(1)]

    @property
    def file_weights(self) -> list[Weight]:
        """For a layer made of layers: the weights that a file keeps beside those of its parts."""
        return self.held_weights if self.by_call else []

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
        if name in self.once_called:
            return getattr(self, self.once_called[name])
        asked = inspect.getattr_static(type(self), name, None)
        if isinstance(asked, property) and asked.fget is not None:  # which has said why there is none
            return asked.fget(self)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def weight(self, part: str, key: str) -> Weight:
        """A view of one array of "params" or "state", wherever it is kept."""
        return Weight(self, part, key) if self.inside is None else self.inside[0].weight(part, self.inside[1] + key)

    @property
    def trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.weights if weight.trainable]

    @trainable_weights.setter
    def trainable_weights(self, weights: Any) -> None:
        """For layers written for Keras 1 and 2, which say so in `build`: what add_weight made is known already.

        An array of theirs, as `K.zeros` gives it, becomes a weight: in those Kerases it was a variable.
        """
        for array in weights:
            names = [name for name, value in vars(self).items() if value is array and isinstance(value, np.ndarray)]
            for name in names[:1]:
                setattr(self, name, Variable(array, name=name))

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

    # Weights of one's own --------------------------------------------------------------------------

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
        array = draw(initializers.get(initializer or default), next_key(), 0, shape, dtype_name(dtype or self.dtype))
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


def put_weights(changes: Sequence[tuple[Weight, np.ndarray]]) -> None:
    """Replace several weights, of one layer or many, in one assignment to each bundle."""
    new: dict[Any, LayerNumbers] = {}
    for weight, value in changes:
        numbers = new.get(weight._layer) or weight._layer.numbers
        part = {**getattr(numbers, weight._part), weight._key: value}
        new[weight._layer] = numbers._replace(**{weight._part: part})
    for bundle in {id(layer.bundle): layer.bundle for layer in new}.values():
        assert bundle is not None  # a weight belongs to a layer that has numbers
        bundle.put({layer: numbers for layer, numbers in new.items() if layer.bundle is bundle})


def unprefixed(arrays: Params, prefix: str) -> Params:
    """The arrays whose names start with the prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
