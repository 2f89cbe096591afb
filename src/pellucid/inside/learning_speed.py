"""Learning speed: how strongly each layer is told to change, and how much it does.

    gradient       ‖dL/dW, dL/db‖ of a layer, all its parameters as one vector
    update ratio   ‖update‖ / ‖parameters‖: about 1e-3 is healthy
    lost           the last layer's gradient over the first's: how much fades on the way back
    factor         what each layer on the way loses: lost^(1 / (layers - 1))

Sources: Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen" (1991); for the update ratio,
http://cs231n.github.io/neural-networks-3/#ratio.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine import step as steps
from ..training import ready
from .blocks import Block, Shown, Table
from .recording import Recording
from .trace import trace

GRADES = ((1000.0, "severe"), (50.0, "warning"), (10.0, "notice"))  # the last layer's gradient over the first's
UNTHREADED = 8192  # numbers of which OpenBLAS takes a scalar product in the thread that asks


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
    seen = trace(model, x, y, sample_weight, training=True)
    program = model.program([target.shape for target in seen.batch.y])
    numbers = ready(program, model.numbers)
    rate = program.optimizer.rate_at(numbers.step)
    after, _ = steps.train_step(program, numbers, steps.start_tallies(program), seen.batch, None, rate)
    updates = {
        owner: {name: np.asarray(new) - seen.params[owner][name] for name, new in part.items()}
        for owner, part in after.params.items()
    }
    layers = tuple(owner for owner in _in_order(seen.layers, seen.grads))
    one = [[(seen.grads[name], updates[name], seen.params[name]) for name in layers]]
    return _speeds(layers, [int(numbers.step)], one)


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
    found = _speeds(layers, [frame.step for frame in frames], rows)
    made = np.array([[frame.update_steps or np.nan] for frame in frames])
    return LearningSpeed(layers, found.steps, found.gradient, found.update_ratio / made)


def _speeds(layers: tuple[str, ...], moments: list[int], rows: list[list[tuple[Any, ...]]]) -> LearningSpeed:
    sizes = np.array([[[length(part) for part in layer] for layer in row] for row in rows])  # (T, L, 3)
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
