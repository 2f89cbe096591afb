"""Learning speed: how strongly each layer is told to change, and how much it does.

    gradient       ‖dL/dW, dL/db‖ of a layer, all its parameters as one vector
    update ratio   ‖update‖ / ‖parameters‖: about 1e-3 is healthy
    lost           the last layer's gradient over the first's: how much fades on the way back
    factor         what each layer on the way loses: lost^(1 / (layers - 1))

Sources: Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen" (1991); for the update ratio,
http://cs231n.github.io/neural-networks-3/#ratio.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..engine import step as steps
from ..engine.graph import Tree
from ..engine.stretches import Stretches, runner_for
from .blocks import Block, Shown, Table
from .recording import Recording

GRADES = ((1000.0, "severe"), (50.0, "warning"), (10.0, "notice"))  # the last layer's gradient over the first's
UNTHREADED = 8192  # numbers of which OpenBLAS takes a scalar product in the thread that asks
_PART = 1 << 20  # numbers
_BY_OWNER = ("slots", "average", "accumulated")  # of an optimizer's memory


@dataclass(frozen=True, repr=False)
class LearningSpeed(Shown):
    """Gradients and updates by layer over time.

    layers         L layers with parameters, the first first
    steps          (T,)
    gradient       (T, L)
    update_ratio   (T, L) of one step (the mean of several where a frame covers several); nan where no step was made,
                   or where all parameters are 0
    """

    layers: tuple[str, ...]
    steps: Array
    gradient: Array
    update_ratio: Array

    @property
    def lost(self) -> Array:
        """(T,): the last layer's gradient over the first's; inf where nothing arrives at the first."""
        return _over(self.gradient[:, -1], self.gradient[:, 0])

    @property
    def factor(self) -> Array:
        """(T,): what is lost from one layer to the one before it, as a geometric mean."""
        return self.lost ** (1 / max(len(self.layers) - 1, 1))

    @property
    def per_layer(self) -> Array:
        """(T, L - 1): each layer's gradient over that of the layer before it."""
        return _over(self.gradient[:, 1:], self.gradient[:, :-1])

    @property
    def grade(self) -> str:
        """How bad the latest `lost` is: "severe", "warning", "notice" or ""."""
        return next((name for least, name in GRADES if self.lost[-1] > least), "")

    def blocks(self) -> list[Block]:
        """The latest moment, layer by layer."""
        lost = ["", *(f"×{value:.3g}" for value in self.per_layer[-1])]
        rows = tuple(zip(self.layers, self.gradient[-1].tolist(), _texts(self.update_ratio[-1]), lost, strict=True))
        heads = ("layer", "‖gradient‖", "update/weights", "against the layer before")
        summary = f"last over first: {self.lost[-1]:.3g}, a factor of {self.factor[-1]:.3g} a layer" + (
            f": {self.grade}" if self.grade else ""
        )
        return [Table(f"Learning speed at step {self.steps[-1]}", heads, rows), summary]


def learning_speed(model: Any, x: Any, y: Any, sample_weight: Any = None) -> LearningSpeed:
    """The speed of each layer at this moment, and the updates that one step on these samples would make.

    Nothing is changed.
    """
    batch = data.batch(x, y, sample_weight, inputs=model.input_slots(), targets=model.target_slots())
    program, numbers = model.program([target.shape for target in batch.y]), model.numbers
    numbers = numbers._replace(moments={**program.optimizer.init({}), **numbers.moments})
    runner = runner_for(program.graph, program, model.engine, numbers.params, batch.x)
    grads, _, _ = steps.gradients(program, numbers, batch, None, runner)
    scale = program.optimizer.loss_scale(numbers.moments)
    mover = runner.mover if isinstance(runner, Stretches) else None
    sizes = {}
    for owner, moved in _moved(program, numbers, grads, mover):
        before, gradient = numbers.params[owner], length(grads.pop(owner))
        gap = float(np.sqrt(sum(_apart(moved[name], old) for name, old in before.items())))
        sizes[owner] = gradient / (1.0 if scale is None else float(scale)), gap, length(before)
    layers = tuple(owner for owner in program.graph.owners if owner in sizes)
    return _speeds(layers, [int(numbers.step)], np.array([[sizes[name] for name in layers]]))


def _moved(
    program: steps.Program, numbers: steps.Numbers, grads: Tree, mover: Any
) -> Iterator[tuple[str, dict[str, Array]]]:
    """Where one step would move each layer's parameters; one layer after another, so that few are in memory at a time.

    Clipped by the length of all gradients together, they are moved together, too.
    """
    optimizer = program.optimizer
    assert optimizer is not None  # compile sees to it
    rate = optimizer.rate_at(numbers.step)
    together = getattr(optimizer, "inner_optimizer", optimizer).global_clipnorm is not None
    parts = [list(grads)] if together else [[owner] for owner in grads]
    for owners in parts:
        before, own = ({owner: tree[owner] for owner in owners} for tree in (numbers.params, grads))
        moments = {
            kind: {owner: numbers.moments[kind].get(owner, tree[owner]) for owner in owners}
            if kind in _BY_OWNER
            else numbers.moments[kind]
            for kind, tree in optimizer.init(before).items()
        }
        after = optimizer.update(before, own, moments, numbers.step, rate, mover)[0]
        for owner, param, constraint in program.constraints:
            if owner in after:
                after[owner] = {**after[owner], param: constraint(after[owner][param])}
        for owner in owners:
            yield owner, after.pop(owner)


def _apart(one: Array, other: Array) -> float:
    """The squares of all differences, summed a part at a time: the arrays may be large."""
    flat, against = np.asarray(one).reshape(-1), np.asarray(other).reshape(-1)
    places = range(0, flat.size, _PART)
    return sum(sum_of_squares(flat[i : i + _PART] - against[i : i + _PART]) for i in places)


def learning_speed_of(recording: Recording) -> LearningSpeed:
    """The speeds over a recorded training, on its probe batch.

    Raises ValueError for a recording without gradients: its probe batch had no targets.
    """
    frames = recording.frames
    parts = [[_by_owner(frame.part(kind)) for kind in ("gradients", "updates", "weights")] for frame in frames]
    if not parts or not parts[0][0]:
        raise ValueError("learning_speed: the recording has no gradients. Give the probe batch targets: Watch(x, y).")
    layers = tuple(_in_order(recording.description["layers"], parts[0][0]))
    rows = [[tuple(part[name] for part in frame) for name in layers] for frame in parts]
    sizes = np.array([[[length(part) for part in layer] for layer in row] for row in rows])
    found = _speeds(layers, [frame.step for frame in frames], sizes)
    made = np.array([[frame.update_steps or np.nan] for frame in frames])
    return LearningSpeed(layers, found.steps, found.gradient, found.update_ratio / made)


def _speeds(layers: tuple[str, ...], moments: list[int], sizes: Array) -> LearningSpeed:
    """sizes: (T, L, 3), the lengths of the gradient, the update and the parameters."""
    weights = np.where(sizes[..., 2] > 0, sizes[..., 2], np.nan)
    return LearningSpeed(layers, np.array(moments), sizes[..., 0], sizes[..., 1] / weights)


def length(arrays: dict[str, Array]) -> float:
    """All numbers of these arrays as one vector: its length.

    >>> length({"kernel": np.array([3.0]), "bias": np.array([4.0])})
    5.0
    """
    total = sum(sum_of_squares(array) for array in arrays.values())
    if not 1e-30 < total < 1e30:  # squares that float32 may be too small for
        total = sum(float(np.sum(np.square(array, dtype=np.float64))) for array in arrays.values())
    return float(np.sqrt(total))


def sum_of_squares(array: Array) -> float:
    """The squares of all numbers, summed without waking OpenBLAS's threads, which then take a core for 0.1 s.

    >>> sum_of_squares(np.array([[3.0], [4.0]]))
    25.0
    """
    numbers = np.asarray(array).reshape(-1)
    parts = (numbers[first : first + UNTHREADED] for first in range(0, numbers.size, UNTHREADED))
    return sum(float(np.vdot(part, part)) for part in parts)


def _in_order(layers: Any, owned: dict[str, Any]) -> list[str]:
    """The layers that have parameters, in the network's order; shared ones once."""
    return [name for name in layers if name in owned]


def _by_owner(arrays: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """{"dense/kernel": …} as {"dense": {"kernel": …}}."""
    found: dict[str, dict[str, Array]] = {}
    for name, array in arrays.items():
        owner, _, param = name.rpartition("/")
        found.setdefault(owner, {})[param] = array
    return found


def _over(above: Array, below: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def _texts(values: Array) -> list[Any]:
    return ["" if np.isnan(value) else value for value in values.tolist()]
