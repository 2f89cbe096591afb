"""Chart: what the doctor has seen of one training so far. The checks read nothing else."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from ...arrays import Array
from ...engine import passes as plain
from ...engine.batch import Batch
from ...engine.step import Numbers, Program, Runner
from ...layers.batch_normalization import BatchNormalization
from .vitals import Hidden, Vitals, silent_units, twins

KEPT = 40  # checks
AGAIN = 8  # looks after which silent units, or copies of units, are looked for anew


@dataclass
class Chart:
    """One patient.

    limits     the thresholds by name
    samples    more of the training data than the checks use, to see whether a silent unit is a dead one
    constant   the loss of the best constant answer; None where unknown
    first      the loss before training
    held       what the constant answer that is best on the training data is worth on the validation data
    progress   share of the planned steps that has been made; None where unknown
    losses     mean training loss since the check before, without penalties, one number a check
    probed     loss on the fixed samples, one number a look
    moved      owners that moved since the look before
    recent     the loss of late: the median of the last third of the checks, of five at least
    beginning  the numbers before training: what a lower rate is tried from
    start      what was measured with them
    epochs     the logs of each epoch that is over
    validated  those of them that tell a validation loss, and `best`, the one with the lowest
    has_learned    whether the loss is so small that flaws inside are no alarm
    runner     what takes samples through the network, and how many at a time
    numbers    those of the latest look; of older ones only what was measured is kept
    """

    limits: Mapping[str, float]
    program: Program
    hidden: tuple[Hidden, ...]
    samples: Batch
    numbers: Numbers
    beginning: Numbers
    constant: float | None
    first: float
    held: float | None = None
    progress: float | None = None
    losses: list[float] = field(default_factory=list)
    probed: list[float] = field(default_factory=list)
    vitals: deque[Vitals] = field(default_factory=lambda: deque(maxlen=KEPT))
    moved: frozenset[str] = frozenset()
    epochs: list[Mapping[str, Any]] = field(default_factory=list)
    validated: list[Mapping[str, Any]] = field(default_factory=list)
    best: Mapping[str, Any] | None = None
    recent: float = float("inf")
    has_learned: bool = False
    runner: Runner = plain
    at_a_time: int | None = None
    start: Vitals | None = None
    _silent: tuple[int, dict[str, Array]] = (-AGAIN, {})
    _unlike: dict[str, int] = field(default_factory=dict)

    def begin(self, vitals: Vitals) -> None:
        """What was measured before training."""
        self.vitals.append(vitals)
        self.start = vitals

    def add(self, loss: float, vitals: Vitals | None = None, numbers: Numbers | None = None) -> None:
        """One check more: the mean training loss since the one before; of a look, what it measured, and of what."""
        if vitals is not None and numbers is not None:
            self.vitals.append(vitals)
            self.numbers = numbers
            self.probed.append(vitals.loss)
        self.losses.append(loss)
        self.recent = median(self.losses[-self.window :])
        self.has_learned = min(self.recent, self.now.loss) < self.limits["learned"] * self.reference

    def end_epoch(self, log: Mapping[str, Any]) -> None:
        """The logs of an epoch."""
        self.epochs.append(log)
        if "val_loss" in log:
            self.validated.append(log)
            if self.best is None or log["val_loss"] < self.best["val_loss"]:
                self.best = log

    @property
    def now(self) -> Vitals:
        """The latest check."""
        return self.vitals[-1]

    @property
    def reference(self) -> float:
        """What the loss is held against: a constant answer's; the first one, where that is a little smaller or unknown.

        A first loss far below a constant answer's is a network's that learned before, or is luck: it need not fall.
        """
        if self.constant is None or 0.8 * self.constant < self.first < self.constant:
            return self.first
        return self.constant

    @property
    def settled(self) -> bool:
        """Whether moving averages, which validation goes by, have caught up with the weights."""
        steps = self.limits["settled"] / (1 - self.momentum) if self.momentum else 0.0
        return self.momentum < 1 and int(self.numbers.step) - int(self.beginning.step) >= steps

    @property
    def momentum(self) -> float:
        """The largest momentum of a BatchNormalization that learns; 0 without one."""
        layers = (self.program.graph.owners[owner] for owner in self.program.trainable)
        return max((layer.momentum for layer in layers if isinstance(layer, BatchNormalization)), default=0.0)

    @property
    def window(self) -> int:
        """How many checks "of late" are."""
        return max(5, len(self.losses) // 3)

    def ratio(self, checks: int = 9) -> float:
        """The fastest layer's update ratio of late."""
        return median([vitals.fastest for vitals in list(self.vitals)[-checks:]])

    def silent(self, layer: str) -> Array:
        """(units,) whether a relu unit fired for none of the samples when last looked at, which takes a pass."""
        looks = len(self.probed)
        if looks - self._silent[0] >= AGAIN:
            found = silent_units(self.program, self.numbers, self.samples, self.hidden, self.runner, self.at_a_time)
            self._silent = looks, found
        return self._silent[1][layer]

    def copies(self, owner: str, kernel: Array) -> tuple[int, ...]:
        """The units that compute what one before them does; where there were none, there are none for some looks."""
        looks = len(self.probed)
        if looks - self._unlike.get(owner, -AGAIN) < AGAIN:
            return ()
        found = twins(kernel, self.limits["duplicate"])
        if not found:
            self._unlike[owner] = looks
        return found

    def kernels(self) -> dict[str, Array]:
        """The weights of the layers that learn, by owner: what has inputs and units, and no time in between."""
        params = self.numbers.params
        found = {o: params[o].get("kernel") for o in self.now.gradient if "recurrent_kernel" not in params[o]}
        return {owner: kernel for owner, kernel in found.items() if kernel is not None and kernel.ndim > 1}
