"""OwnCell: a recurrent cell that is written with `call(inputs, states)` and no more, in Keras's way.

    class MinimalCell(Layer):
        state_size = 32

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], 32), name="kernel")
            self.recurrent_kernel = self.add_weight(shape=(32, 32), name="recurrent_kernel")

        def call(self, inputs, states):
            h = inputs @ self.kernel + states[0] @ self.recurrent_kernel
            return h, [h]

`RNN(MinimalCell())` walks it like any other; the walk back is found (automatic/).
"""

from typing import Any

from ..arrays import Array, namespace, scan
from ..automatic import vjp
from ..variable import lent
from .bundle import LayerNumbers
from .inner import put_inside
from .layer import ALL, Layer, Params
from .recurrent import Cell, States
from .symbolic import Shape


class OwnCell(Cell):
    """Lets a layer with `call(inputs, states)` and `state_size` take part as a cell."""

    def __init__(self, own: Any) -> None:
        super().__init__(name=own.name, dtype=own.dtype, trainable=own.trainable)
        self.own = own

    @property
    def state_size(self) -> Any:
        size = self.own.state_size
        return list(size) if isinstance(size, list | tuple) else size

    @property
    def output_size(self) -> int:
        return getattr(self.own, "output_size", None) or self.sizes[0]

    def init(self, key: Array, *shapes: Shape) -> Params:
        self.own.build(shapes[0])
        put_inside(self, "", self.own)
        self.own.brought, brought = None, self.own.brought
        return {} if brought is None else brought.params

    def rule(self, kind: str, param: str) -> Any:
        return self.own.rule(kind, param)

    def run(
        self, params: Params, x: Array, first: States, mask: Array | None = None, key: Array | None = None
    ) -> tuple[Array, States, Any]:
        ys, last = self._walk(params, x, first, mask)
        return ys, last, (x, first, mask)

    def _walk(self, params: Params, x: Array, first: States, mask: Array | None) -> tuple[Array, States]:
        """The outputs and the last states. A masked time step gives out the output before it."""
        xp = namespace(x)

        def step(before: tuple[Array, States], now: Any) -> tuple[tuple[Array, States], Array]:
            (held, states), (here, counts) = before, now
            with lent({self.own: LayerNumbers(params, {})}):
                y, after = self.own.call(here, list(states))
            after = tuple(after) if isinstance(after, list | tuple) else (after,)
            if counts is not None:
                y = xp.where(counts, y, held)
                after = tuple(xp.where(counts, a, b) for a, b in zip(after, states, strict=True))
            return (y, after), y

        nothing = xp.zeros((x.shape[1], self.output_size), dtype=x.dtype)
        held = first[0] if first[0].shape == nothing.shape else nothing
        (_, last), ys = scan(step, (held, tuple(first)), (x, mask))
        return ys, last

    def run_back(
        self,
        params: Params,
        walk: Any,
        dys: Array | None,
        dlast: tuple[Array | None, ...],
        dy: Array | None = None,
        needs: tuple[str, ...] = ALL,
    ) -> tuple[Array | None, States, Params]:
        x, first, mask = walk
        xp = namespace(x)

        def heard(params: Params, x: Array, *first: Array) -> tuple[Array, ...]:
            ys, last = self._walk(params, x, first, mask)
            return ys, *last

        sizes = (len(x), x.shape[1], self.output_size)
        dys = xp.zeros(sizes, dtype=x.dtype) if dys is None else dys
        if dy is not None:
            dys = xp.concat([dys[:-1], (dys[-1] + dy)[None]])
        dlast = tuple(xp.zeros_like(s) if d is None else d for d, s in zip(dlast, first, strict=True))
        remedy = f"write it as a Cell, with step and step_back (layers.recurrent), in {type(self.own).__name__}"
        grads, dx, *dfirst = vjp(heard, (params, x, *first), (dys, *dlast), owner=f"cell {self.name!r}", remedy=remedy)
        return dx, tuple(dfirst), grads


def as_cell(cell: Any) -> Any:
    """A cell as RNN walks it: as it is, or made one where it is a layer with a `call` of its own."""
    own = isinstance(cell, Layer) and not isinstance(cell, Cell) and hasattr(cell, "state_size")
    return OwnCell(cell) if own else cell


def as_given(cell: Any) -> Any:
    """The way back from `as_cell`: for settings and files."""
    return cell.own if isinstance(cell, OwnCell) else cell
