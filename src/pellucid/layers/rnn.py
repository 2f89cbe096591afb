"""RNN: a recurrent cell walked along a sequence. SimpleRNN, LSTM and GRU are this with their own cells.

forward    h_1, h_2, …, h_T = the cell's walk through x_1, x_2, …, x_T
           y = all of them (return_sequences), or h_T
backward   the cell's walk back (recurrent.py); without return_sequences only h_T hears of dy
"""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from .. import regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError
from ..formats.document import snake_case
from .inner import inner_params, put_inside
from .layer import ALL, Layer, Params
from .own_cell import as_cell, as_given
from .recurrent import Cell, States
from .stacked_rnn_cells import StackedRNNCells
from .symbolic import Shape
from .table import deserialize, register_layer


class Cache(NamedTuple):
    walk: Any  # the cell's own
    last: States
    shown: Array | None  # where the output is not zeroed for the mask
    given: bool  # whether the first states came from outside


@register_layer("RNN")
class RNN(Layer):
    """Walks a cell along the time steps of a sequence.

    Args:
        cell: an LSTMCell, GRUCell, SimpleRNNCell or one of your own: a `Cell`, or a layer with state_size and
            call(inputs, states), whose walk back is found. A list of cells is stacked.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as in `SimpleRNN`.

    Called with `initial_state=[…]` it starts from those states; a mask that comes with the input is then not heeded
    (as in Keras 3), unless it is given as mask=.

    >>> from pellucid.layers.lstm import LSTMCell
    >>> RNN([LSTMCell(8), LSTMCell(4)]).compute_output_shape((None, 5, 3))
    (None, 4)
    """

    thrifty = supports_masking = True

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        if "input_dim" in kwargs:  # the width of a step; how many there are is free unless input_length says it
            kwargs.setdefault("input_length", None)
        super().__init__(**kwargs)
        self.cell = StackedRNNCells(cell) if isinstance(cell, list | tuple) else as_cell(cell)
        if not isinstance(self.cell, Cell):
            raise TypeError(
                f"{type(self).__name__}: needs a recurrent cell, or a layer with state_size and call(inputs, states), "
                f"got {type(cell).__name__}."
            )
        put_inside(self, "", self.cell)
        self.return_sequences, self.return_state = bool(return_sequences), bool(return_state)
        self.go_backwards, self.unroll = bool(go_backwards), bool(unroll)
        self.stateful = self.carries = bool(stateful)
        self.zero_output_for_mask = bool(zero_output_for_mask)
        self.wants = ("mask", *self.cell.wants, *(("state",) if stateful else ()))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        if isinstance(config.get("cell"), Mapping):
            config = {**config, "cell": deserialize(config["cell"])}
        return cls(**config)

    def setting(self, argument: str) -> Any:
        return as_given(self.cell) if argument == "cell" else super().setting(argument)

    @property
    def state_size(self) -> Any:
        return self.cell.state_size

    # What it keeps -------------------------------------------------------------------------------

    def init(self, key: Array, *shapes: Shape) -> Params:
        return inner_params(self.cell, key, (shapes[0][0], *shapes[0][2:]))

    def init_state(self, *shapes: Shape) -> Params:
        if not self.stateful:
            return {}
        batch = shapes[0][0]
        if batch is None:
            raise ShapeError(
                f"{self.name}: stateful=True needs a fixed batch size, but the input shape is {shapes[0]}. "
                "Give the model Input(batch_shape=(batch, time, features))."
            )
        return {f"state_{i}": np.zeros((batch, size), dtype=self.dtype) for i, size in enumerate(self.cell.sizes)}

    def _keys(self, part: int) -> tuple[str, ...]:
        return super()._keys(part) if part == 0 else ()  # states of a sequence are no weights

    def rule(self, kind: str, param: str) -> Any:
        return self.cell.rule(kind, param)

    def file_parts(self) -> dict[str, Any]:
        return {"cell": as_given(self.cell)}

    def reset_states(self) -> None:
        """Let the next batch start from zeros again (stateful=True)."""
        for name, array in self.numbers.state.items() if self.built else ():
            self.weight("state", name).assign(np.zeros(array.shape))

    reset_state = reset_states

    # Shapes and calls ----------------------------------------------------------------------------

    def compute_output_shape(self, *shapes: Shape, **options: Any) -> Any:
        if len(shapes[0]) != 3:
            raise ShapeError(
                f"{self.name}: needs sequences shaped (batch, time, features), got {shapes[0]}. "
                "One number a time step? Add an axis: x[..., None]. Behind another recurrent layer? Give that one "
                "return_sequences=True."
            )
        batch, time, _ = shapes[0]
        sizes = self.cell.sizes
        if len(shapes) > 1 and [shape[-1] for shape in shapes[1:]] != sizes:
            raise ShapeError(f"{self.name}: needs initial states of the sizes {sizes}, got {list(shapes[1:])}.")
        size = self.cell.output_size
        output = (batch, time, size) if self.return_sequences else (batch, size)
        return [output, *((batch, size) for size in sizes)] if self.return_state else output

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        mask = super().compute_mask(inputs, mask) if self.return_sequences else None
        return [mask, *(None for _ in self.cell.sizes)] if self.return_state else mask

    def arrange(
        self, inputs: Any, *more: Any, initial_state: Any = None, **others: Any
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        return with_states(super().arrange(inputs, *more, **others), initial_state)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        if not self.return_state or not isinstance(self.cell, StackedRNNCells):
            return made
        output, *states = made
        return [output, *self.cell.by_cell(states)]

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
    ) -> tuple[Any, Cache]:
        """x (N, T, I), given states (N, U) each -> y (N, T, U) or (N, U), and the last states if asked for."""
        xp = namespace(x)
        times = xp.swapaxes(x, 0, 1)
        counts = _time_first(mask) if heed_mask else None
        if self.go_backwards:
            times, counts = xp.flip(times, axis=0), None if counts is None else xp.flip(counts, axis=0)
        ys, last, walk = self.cell.run(params, times, given or self._first(state, x), counts, key)
        y = xp.swapaxes(ys, 0, 1) if self.return_sequences else ys[-1]
        shown = None
        if self.zero_output_for_mask and counts is not None:
            shown = xp.swapaxes(counts, 0, 1) if self.return_sequences else counts[-1]
            y = xp.where(shown, y, 0.0)
        return (y, *last) if self.return_state else y, Cache(walk, last, shown, bool(given))

    def _first(self, state: Params | None, x: Array) -> States:
        """The states to start from: what the batch before left, or zeros."""
        if not self.stateful:
            return tuple(namespace(x).zeros((len(x), size), dtype=x.dtype) for size in self.cell.sizes)
        assert state is not None  # it is among `wants`
        first = tuple(state.values())
        if first[0].shape[0] != len(x):
            raise ShapeError(
                f"{self.name}: is stateful for batches of {first[0].shape[0]} samples, got {len(x)}. "
                "Give it as many samples as that divides, and the same batch_size."
            )
        return first

    def backward(self, params: Params, cache: Cache, dy: Any, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        dy, *dlast = dy if self.return_state else (dy, *(None for _ in cache.last))
        xp = namespace(cache.last[0])
        if dy is not None and cache.shown is not None:
            dy = xp.where(cache.shown, dy, 0.0)
        dys = None
        if self.return_sequences and dy is not None:
            dys, dy = xp.swapaxes(dy, 0, 1), None
        dx, dfirst, grads = self.cell.run_back(params, cache.walk, dys, tuple(dlast), dy, needs)
        if dx is not None:
            dx = xp.swapaxes(xp.flip(dx, axis=0) if self.go_backwards else dx, 0, 1)
        return (dx, *dfirst) if cache.given else dx, grads

    def advance(self, state: Params, cache: Cache) -> Params:
        """The states that this batch left, for the next to start from."""
        return dict(zip(state, cache.last, strict=True))


class GatedRNN(RNN):
    """Base of SimpleRNN, LSTM and GRU, whose settings are their cell's.

    Args:
        cell_class: of the cell.
        given: the arguments of the constructor, by name, "kwargs" among them.
    """

    def __init__(self, cell_class: type[Cell], given: Mapping[str, Any]) -> None:
        own, kwargs = _shared(cell_class, given), given["kwargs"]
        cell = cell_class(**own, name=snake_case(cell_class.__name__), dtype=kwargs.get("dtype"))
        super().__init__(cell, **_shared(RNN, given), **kwargs)
        self.activity_regularizer = regularizers.get(given["activity_regularizer"])
        self.use_cudnn = given.get("use_cudnn")

    def __getattr__(self, name: str) -> Any:
        cell = self.__dict__.get("cell")
        if cell is not None and name in inspect.signature(type(cell)).parameters:
            return getattr(cell, name)
        return super().__getattr__(name)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("use_cudnn", None)
        return config


def _shared(made: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the arguments that this class takes too."""
    taken = inspect.signature(made).parameters
    return {name: value for name, value in given.items() if name in taken and name != "kwargs"}


def with_states(arranged: tuple[list[Any], dict[str, Any], dict[int, Any]], initial_state: Any) -> Any:
    """What `arrange` returns, with these states after the other inputs."""
    values, options, masks = arranged
    states = list(_flat(initial_state))
    return [*values, *states], {"heed_mask": False} if states and not masks else options, masks


def _flat(states: Any) -> Any:
    """One state after another, from a nested list of them."""
    if isinstance(states, list | tuple):
        for part in states:
            yield from _flat(part)
    elif states is not None:
        yield states


def _time_first(mask: Any) -> Array | None:
    """The input's mask (N, T) as booleans (T, N, 1)."""
    mask = mask[0] if isinstance(mask, tuple) else mask
    if mask is None:
        return None
    counts = mask != 0
    counts = counts.any(axis=-1) if counts.ndim == 3 else counts
    return namespace(counts).swapaxes(counts, 0, 1)[..., None]
