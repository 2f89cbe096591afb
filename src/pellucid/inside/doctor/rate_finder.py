"""The learning-rate finder: one short training in which the rate grows with every step, from far too low to too high.

The loss first stands still, then falls, then jumps. A good rate lies where it falls fastest, or a tenth of where it is
lowest.

Source: Smith, "Cyclical learning rates for training neural networks", WACV (2017), section 3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import data
from ...arrays import Array
from ...engine import step as steps
from ...random import key
from ...training import ready
from ..blocks import Block, Shown, Table, number
from .thresholds import limits as all_limits

_SMOOTH = 0.7  # of the old value in the smoothed loss


@dataclass(frozen=True, repr=False)
class RateSweep(Shown):
    """The rates that were tried, and the loss of the batch each one met.

    rates, losses, smooth   (steps,)
    suggested               a tenth of the rate with the lowest loss; None where no rate made it fall
    """

    rates: Array
    losses: Array
    smooth: Array
    suggested: float | None

    def blocks(self) -> list[Block]:
        picked = range(0, len(self.rates), max(1, len(self.rates) // 12))
        rows = tuple((float(self.rates[i]), float(self.losses[i])) for i in picked)
        verdict = "No rate made the loss fall." if self.suggested is None else f"Try {number(self.suggested)}."
        return [Table(f"{len(self.rates)} rates", ("rate", "loss"), rows), verdict]


def find_learning_rate(
    model: Any, x: Any, y: Any, *, batch_size: int = 32, thresholds: Mapping[str, float] | None = None
) -> RateSweep:
    """Which learning rate suits this model, its optimizer and these data. Nothing is changed.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> 0.01 < find_learning_rate(model, x, -x).suggested < 1
    True
    """
    limits = all_limits(thresholds)
    source = data.source(
        x, y, inputs=model.input_slots(), targets=model.target_slots(), batch_size=batch_size, shuffle=True
    )
    count = int(limits["finder_steps"])
    rates = np.geomspace(limits["finder_low"], limits["finder_high"], count)
    batches = (batch for epoch in range(count) for batch in source.batches(key(0), epoch))
    numbers = model.numbers
    losses: list[float] = []
    smooth: list[float] = []
    with np.errstate(all="ignore"):
        for rate, batch in zip(rates, batches, strict=False):
            program = model.program([target.shape for target in batch.y])
            numbers = ready(program, numbers)
            numbers, tallies = steps.train_step(
                program, numbers, steps.start_tallies(program), batch, key(1), float(rate)
            )
            loss = steps.read_tallies(program, tallies)["loss"]
            if not np.isfinite(loss):
                break
            losses.append(loss)
            smooth.append(loss if not smooth else _SMOOTH * smooth[-1] + (1 - _SMOOTH) * loss)
            if smooth[-1] > limits["finder_stop"] * min(smooth):
                break
    found = np.array(smooth)
    best = int(np.argmin(found)) if len(found) else 0
    falls = len(found) > 1 and found[best] < 0.95 * found[0]
    return RateSweep(rates[: len(found)], np.array(losses), found, float(rates[best] / 10) if falls else None)
