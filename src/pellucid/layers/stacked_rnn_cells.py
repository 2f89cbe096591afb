"""StackedRNNCells: several cells as one, each fed with the output of the one below.

A step of the stack is a step of each cell in turn. As no cell hears from those above
it, each may as well walk through the whole sequence before the next one starts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from .. import random
from ..arrays import Array
from .inner import inner_params, prefixed, put_inside
from .layer import ALL, Params, unprefixed
from .own_cell import as_cell, as_given
from .recurrent import Cell, States
from .symbolic import Shape
from .table import deserialize, register_layer


@register_layer("StackedRNNCells")
class StackedRNNCells(Cell):
    """Several recurrent cells, one on top of the other.

    Args:
        cells: from the lowest to the highest.
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells = [as_cell(cell) for cell in cells]
        if not self.cells or not all(isinstance(cell, Cell) for cell in self.cells):
            kinds = ", ".join(type(cell).__name__ for cell in self.cells) or "none"
            raise TypeError(f"StackedRNNCells: needs a list of recurrent cells, got {kinds}.")
        for i, cell in enumerate(self.cells):
            put_inside(self, f"{i}/", cell)
        self.wants = ("key",) if any("key" in cell.wants for cell in self.cells) else ()

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        cells = [deserialize(cell) if isinstance(cell, Mapping) else cell for cell in config["cells"]]
        return cls(**{**config, "cells": cells})

    def setting(self, argument: str) -> Any:
        return list(map(as_given, self.cells)) if argument == "cells" else super().setting(argument)

    @property
    def state_size(self) -> list[Any]:
        return [cell.state_size for cell in self.cells]

    @property
    def sizes(self) -> list[int]:
        return [size for cell in self.cells for size in cell.sizes]

    @property
    def output_size(self) -> int:
        return self.cells[-1].output_size

    def by_cell(self, states: Sequence[Any]) -> list[list[Any]]:
        """The states in a list for each cell."""
        found, rest = [], list(states)
        for cell in self.cells:
            found.append(rest[: len(cell.sizes)])
            rest = rest[len(cell.sizes) :]
        return found

    def init(self, key: Array, *shapes: Shape) -> Params:
        params: Params = {}
        batch, size = shapes[0][0], shapes[0][-1]
        for cell, own in zip(self.cells, random.split(key, len(self.cells)), strict=True):
            params |= inner_params(cell, own, (batch, size))
            size = cell.output_size
        return params

    def rule(self, kind: str, param: str) -> Any:
        number, _, name = param.partition("/")
        return self.cells[int(number)].rule(kind, name)

    def file_parts(self) -> dict[str, Any]:
        return {"cells": list(map(as_given, self.cells))}

    def run(
        self, params: Params, x: Array, first: States, mask: Array | None = None, key: Array | None = None
    ) -> tuple[Array, States, Any]:
        keys = [None] * len(self.cells) if key is None else random.split(key, len(self.cells))
        last: list[Array] = []
        walks = []
        for i, (cell, states) in enumerate(zip(self.cells, self.by_cell(first), strict=True)):
            x, after, walk = cell.run(unprefixed(params, f"{i}/"), x, tuple(states), mask, keys[i])
            last += after
            walks.append(walk)
        return x, tuple(last), walks

    def run_back(
        self,
        params: Params,
        walk: Any,
        dys: Array | None,
        dlast: tuple[Array | None, ...],
        dy: Array | None = None,
        needs: tuple[str, ...] = ALL,
    ) -> tuple[Array | None, States, Params]:
        grads: Params = {}
        dfirst: list[Array] = []
        cells = list(enumerate(zip(self.cells, walk, self.by_cell(dlast), strict=True)))
        for i, (cell, own, dstates) in reversed(cells):
            wanted = ALL if i else needs  # the cell below hears through dx
            dys, dbefore, found = cell.run_back(unprefixed(params, f"{i}/"), own, dys, tuple(dstates), dy, wanted)
            dfirst, dy = [*dbefore, *dfirst], None
            grads |= prefixed(found, f"{i}/") if "params" in needs else {}
        return dys, tuple(dfirst), grads
