"""Grid warp: a square grid over the plane of inputs, carried through layers of two units.

A dense layer turns, stretches and shifts the grid; its activation bends it. What a network learns with two hidden
units is to bend the plane until a straight line can part the classes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError, positive_int
from .blocks import Block, Shown, Table, number
from .representation import as_labels
from .trace import Trace, trace


@dataclass(frozen=True)
class Stage:
    """The grid at one place of the network.

    name      "inputs", "hidden: z" (sums) or "hidden: tanh" (after the activation)
    points    (R, C, 2) of the grid
    samples   (N, 2); empty without samples
    """

    name: str
    points: Array
    samples: Array


@dataclass(frozen=True, repr=False)
class GridWarp(Shown):
    """The grid, stage by stage.

    stages    the inputs first
    lines     how many points lie from one drawn line of the grid to the next
    answer    (R, C) the network's output at each point: of one unit its value, of several the index of the largest
    classes   how many outputs there are
    labels    (N,) of the samples, or None
    """

    stages: tuple[Stage, ...]
    lines: int
    answer: Array
    classes: int
    labels: Array | None

    def blocks(self) -> list[Block]:
        """One row a stage: how far the grid reaches along its two axes."""
        rows = tuple(
            (
                stage.name,
                *(f"{number(part.min())} to {number(part.max())}" for part in np.moveaxis(stage.points, -1, 0)),
            )
            for stage in self.stages
        )
        title = f"A grid of {self.answer.shape[0]} × {self.answer.shape[1]} points, stage by stage"
        return [Table(title, ("", "first axis", "second axis"), rows)]


def grid_warp(
    model: Any,
    x: Any = None,
    y: Any = None,
    window: tuple[tuple[float, float], tuple[float, float]] | None = None,
    lines: int = 13,
) -> GridWarp:
    """Carry a grid through every layer that has two units.

    x, y     samples (N, 2) to carry along, with their labels
    window   ((least, greatest), (least, greatest)) of the inputs; by default around the samples, else -1 to 1
    lines    of the grid in each direction

    Raises ShapeError for a network whose inputs are not two numbers, or that has no layer of two units.
    """
    slot = model.input_slots()[0]
    if tuple(slot.shape[1:]) != (2,):
        raise ShapeError(f"grid_warp: {model.name} takes inputs shaped {tuple(slot.shape[1:])}; a plane needs (2,).")
    samples = np.zeros((0, 2)) if x is None else np.asarray(x, dtype=np.float64).reshape(-1, 2)
    if window is None:
        window = _window(samples)
    fine = 8  # steps from line to line, so that bent lines look bent
    side = (positive_int(lines, "grid_warp: lines") - 1) * fine + 1
    grid = np.stack(np.meshgrid(*(np.linspace(*ends, side) for ends in window)), axis=-1)
    carried = trace(model, np.concatenate([grid.reshape(-1, 2), samples]))
    stages = [Stage("inputs", grid, samples)]
    for name, values in _two_units(carried):
        stages.append(Stage(name, values[: side * side].reshape(side, side, 2), values[side * side :]))
    if len(stages) == 1:
        raise ShapeError(f"grid_warp: {model.name} has no layer of two units.")
    answers = carried.values[carried.outputs[0]][: side * side].reshape(side * side, -1)
    classes = answers.shape[1]
    answer = answers[:, 0] if classes == 1 else answers.argmax(axis=1)
    labels = None if y is None else as_labels(y)
    return GridWarp(tuple(stages), fine, answer.reshape(side, side), classes, labels)


def _two_units(seen: Trace) -> list[tuple[str, Array]]:
    found = []
    for name in seen.layers:
        layer = seen[name]
        if layer.a.shape[1:] != (2,) or seen[name].a is seen.values[seen.outputs[0]]:
            continue
        if layer.activation not in (None, "linear") and layer.z is not layer.a:
            found.append((f"{name}: sums z", layer.z))
        found.append((f"{name}: {layer.activation or 'output'}", layer.a))
    return found


def _window(samples: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    if not len(samples):
        return (-1.0, 1.0), (-1.0, 1.0)
    low, high = samples.min(axis=0), samples.max(axis=0)
    room = 0.1 * float(max(high - low)) or 1.0
    return (float(low[0] - room), float(high[0] + room)), (float(low[1] - room), float(high[1] + room))
