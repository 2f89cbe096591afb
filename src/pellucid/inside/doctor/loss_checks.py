"""Checks of the loss: does it fall, does it jump, does it run away; and if not, is it the learning rate."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np

from ...engine.step import Numbers, predict_step
from ..blocks import number
from .chart import Chart
from .finding import Finding, Fix
from .vitals import Vitals

MANY = 16  # weights: of fewer, one is next to 0 by chance
FEW = 5  # losses: of fewer, the error of a slope says little
LATELY = 12  # checks that ups and downs are counted over


def runaway(chart: Chart) -> Iterator[Finding]:
    """The loss is many times what it was at first."""
    most = chart.limits["runaway"]
    if chart.first > 0 and chart.losses and min(chart.losses[-1], chart.now.loss) > most * chart.first:
        yield finding_of(
            chart, "runaway", "severe", f"The loss is {number(chart.now.loss)}; it was {number(chart.first)} at first.",
            "Each step makes things worse: the learning rate is too high.", _slower(chart),
            value=chart.now.loss / chart.first, threshold=most,
        )  # fmt: skip


def loss_sign(chart: Chart) -> Iterator[Finding]:
    """A loss of one's own below 0 that falls while the answers leave the targets."""
    losses = [objective.loss for objective in chart.program.objectives]
    if chart.first >= 0 or chart.now.loss >= 2 * chart.first or len(losses) != 1:
        return
    before, now = (_distance(chart, numbers) for numbers in (chart.beginning, chart.numbers))
    if type(losses[0]).__name__ != "CosineSimilarity" and now > 2 * before:
        yield finding_of(
            chart, "loss_sign", "error",
            f"The loss falls, from {number(chart.first)} to {number(chart.now.loss)}, while the answers move away from "
            f"the targets: their mean squared distance grew from {number(before)} to {number(now)}.",
            "The loss has the wrong sign: training makes it smaller, so a good answer must have a small loss.",
            Fix("Turn the sign of the loss around."), value=now / max(before, 1e-30), threshold=2.0, view="trace",
        )  # fmt: skip


def _distance(chart: Chart, numbers: Numbers) -> float:
    """The mean squared distance of the outputs from the targets; 0 where they are not of one shape."""
    (y_pred, *_), (y, *_) = predict_step(chart.program, numbers, chart.samples.x), chart.samples.y
    return float(np.mean(np.square(y_pred - y))) if np.shape(y_pred) == np.shape(y) else 0.0


def penalty(chart: Chart) -> Iterator[Finding]:
    """Regularizers that weigh more than the task."""
    most, added = chart.limits["penalty"], _start(chart).penalty
    if chart.reference > 0 and added > most * chart.reference:
        cause, fix = _penalised(added / chart.reference)
        yield finding_of(
            chart, "penalty", "warning",
            f"Before training, the penalty on the weights is {number(added)}, beside a loss of {number(chart.first)}.",
            cause, fix, value=added / chart.reference, threshold=most, view="network_view",
        )  # fmt: skip


def few_steps(chart: Chart, steps: int, batch_size: int, samples: int) -> Iterator[Finding]:
    """A whole training of few steps with large batches (looked at once it is over)."""
    limits = chart.limits
    most = limits["few_steps"]
    loss = float(chart.epochs[-1].get("loss", np.nan)) if chart.epochs else np.nan
    large = samples >= 100 and 4 * batch_size > samples
    if large and steps < most and loss > limits["few_steps_loss"] * chart.reference > 0:
        yield finding_of(
            chart, "few_steps", "warning",
            f"The whole training made {steps} steps: a batch has {min(batch_size, samples)} of the {samples} samples.",
            "Each batch moves the weights once, however large it is. The batches are too large for so few epochs.",
            Fix("Use smaller batches, batch_size=32 for instance."), value=float(steps), threshold=most,
        )  # fmt: skip


def not_falling(chart: Chart) -> Iterator[Finding]:
    """The loss is still no better than a constant answer's, and on no way down."""
    limits = chart.limits
    if chart.progress is not None and chart.progress < limits["patience"]:
        return
    share = chart.recent / max(chart.reference, 1e-30)
    stuck = share > limits["not_falling"] or (share > 0.5 and _never_left(chart))
    if len(chart.losses) < LATELY or not stuck or on_its_way(chart):
        return
    against = "what it was at first" if chart.reference == chart.first else "that of a constant answer"
    ratio = chart.ratio()
    said = (
        f"The loss, {number(chart.recent)}, is not falling: it is {share:.0%} of {against}. "
        f"A step moves the weights by {number(ratio)} of their size."
    )
    cause, fix = _why(chart, ratio)
    yield finding_of(chart, "not_falling", "warning", said, cause, fix, value=share, threshold=limits["not_falling"])


def oscillating(chart: Chart) -> Iterator[Finding]:
    """On the same samples, the loss goes up and down by a good part of itself."""
    if len(chart.probed) < LATELY or chart.has_learned:
        return
    half = LATELY // 2
    before, late = (float(np.mean(part)) for part in (chart.losses[-LATELY:-half], chart.losses[-half:]))
    if late < chart.limits["still_better"] * before:
        return  # it leaps, but gets down all the same
    losses = np.array(chart.probed[-LATELY:])
    jumps = np.diff(losses)
    worth = max(float(losses.mean()), chart.limits["oscillating_floor"] * chart.reference)
    size = median(np.abs(jumps).tolist()) / worth
    gone = abs(losses[half:].mean() - losses[:half].mean())
    most = chart.limits["oscillating"]
    if size > most and 0.25 < float((jumps > 0).mean()) < 0.75 and gone < np.abs(jumps).mean():
        yield finding_of(
            chart, "oscillating", "warning",
            f"The loss on the same samples goes up and down by {size:.0%} of itself from check to check. "
            f"A step moves the weights by {number(chart.ratio())} of their size.",
            "Steps leap over the valley: the learning rate is too high, or batches are very small.", _slower(chart),
            value=size, threshold=most,
        )  # fmt: skip


def too_fast(chart: Chart) -> Iterator[Finding]:
    """Steps as large as the weights themselves."""
    ratio, most = chart.ratio(3), chart.limits["ratio_error"]
    if ratio > most and not chart.has_learned:
        layer = max(chart.now.ratio, key=lambda name: chart.now.ratio[name])
        yield finding_of(
            chart, "too_fast", "error", f"A step moves the weights of {layer!r} by {ratio:.0%} of their size.",
            "The learning rate is far too high, or the weights begin far too small.", _slower(chart),
            layer=layer, value=ratio, threshold=most,
        )  # fmt: skip


def first_step(chart: Chart) -> Iterator[Finding]:
    """A first step that leaves nothing of the initial weights."""
    first, most = _start(chart), chart.limits["first_step"]
    params = chart.beginning.params
    large = {
        owner: ratio for owner, ratio in first.ratio.items()
        if ratio > most and np.isfinite(ratio) and sum(array.size for array in params[owner].values()) >= MANY
        and "embeddings" not in params[owner]  # whose vectors begin near 0 by design
    }  # fmt: skip
    if large:
        layer = max(large, key=lambda name: large[name])
        factor = _round(float(np.clip(3e-2 / large[layer], 1e-6, 0.1)))
        yield finding_of(
            chart, "too_fast", "error",
            f"The first step moves the weights of {layer!r} by {number(large[layer])} times their size.",
            "The learning rate is far too high: one step, and nothing is left of the weights it began with.",
            Fix(f"Lower the learning rate, to about {number(factor)} of it.", "rate", {"factor": factor}),
            layer=layer, step=None, value=large[layer], threshold=most,
        )  # fmt: skip


def nowhere(chart: Chart, steps: int) -> Iterator[Finding]:
    """The training is over, the weights have moved a good way, and the loss is where it was early on."""
    early, late = _early_and_late(chart)
    ratio = chart.ratio(len(chart.vitals))
    share, travelled = late / max(chart.reference, 1e-30), steps * ratio
    least = chart.limits["travelled"] / (2 if ratio > chart.limits["ratio_usual"] else 1)  # short steps take longer
    where_it_was = share > chart.limits["not_falling"] and late > 0.9 * min(early, chart.first)
    if len(chart.losses) >= LATELY and where_it_was and travelled > least:
        cause, fix = _why(chart, chart.ratio())
        yield finding_of(
            chart, "not_falling", "warning",
            f"After {steps} steps the loss, {number(late)}, is {share:.0%} of a constant answer's, although "
            f"the weights have moved by {number(travelled)} times their size.",
            cause, fix, value=share, threshold=chart.limits["not_falling"],
        )  # fmt: skip


def _early_and_late(chart: Chart) -> tuple[float, float]:
    """The loss in the first third of the training and in the last: of epochs, which vary less than checks do."""
    epochs = [float(log["loss"]) - chart.now.penalty for log in chart.epochs if "loss" in log]
    losses = epochs if len(epochs) >= 3 else chart.losses or [chart.first]
    third = max(1, len(losses) // 3)
    return median(losses[:third]), median(losses[-third:])


def _never_left(chart: Chart) -> bool:
    """Whether all steps together, each as long as the longest, would hardly have moved the weights."""
    steps = chart.now.step - _start(chart).step
    return steps * max(vitals.fastest for vitals in chart.vitals) < chart.limits["never_left"]


def on_its_way(chart: Chart) -> bool:
    """Whether the loss falls, if slowly, by steps of a healthy size: more surely than chance would have it."""
    if not chart.limits["ratio_low"] < chart.ratio() < chart.limits["ratio_high"]:
        return False
    if 1 < len(chart.probed) < FEW:  # on the same samples, little is chance
        return bool(max(np.diff(chart.probed)) < 0)
    return min(_steadiness(chart.losses, chart), _steadiness(chart.probed, chart)) < -chart.limits["surely"]


def _steadiness(losses: list[float], chart: Chart) -> float:
    """The slope of the last two thirds of these losses, in its standard errors; 0 where they are too few to tell."""
    late = np.array(losses[-2 * chart.window :])
    if len(late) < FEW:
        return 0.0
    time = np.arange(len(late)) - (len(late) - 1) / 2
    slope = float(time @ late / (time @ time))
    left = late - late.mean() - slope * time
    error = float(np.sqrt(left @ left / max(len(late) - 2, 1) / (time @ time)))
    return slope / error if error > 0 else 0.0


def _why(chart: Chart, ratio: float) -> tuple[str, Fix]:
    """The likeliest cause of a loss that stands still, and what to do."""
    if chart.reference > 0 and chart.now.penalty > chart.reference:
        return _penalised(chart.now.penalty / chart.reference)
    if ratio < chart.limits["ratio_low"]:
        rectifies = {one.layer for one in chart.hidden if one.rectifies}  # flat for some samples by design
        flat = [
            name for name, units in chart.now.units.items()
            if float((units.off if name in rectifies else units.flat).mean()) > 0.8
        ]  # fmt: skip
        if not flat:
            return "The learning rate is too low: the steps are too small to get anywhere.", _faster(chart)
        return (
            f"Hardly anything comes through: the activations of {flat[0]!r} are flat.",
            Fix("Begin anew with relu and He's initial weights.", "activation", {"activation": "relu"}),
        )
    lost = _lost(_start(chart))
    if lost > chart.limits["vanishing_warning"] and ratio < chart.limits["ratio_error"]:
        return _fading(lost)
    fast = max(vitals.fastest for vitals in chart.vitals)
    most = chart.limits["ratio_error" if not _harmed(chart) else "ratio_high"]
    if ratio > chart.limits["ratio_high"] or fast > most:
        return "The learning rate is too high: steps leap over every valley.", _slower(chart)
    lost = _lost(chart.now)
    if lost > chart.limits["vanishing_warning"]:
        return _fading(lost)
    return (
        "The updates are of a healthy size, so the network gets nothing out of these inputs: targets that do not "
        "belong to them (shuffled apart?), or too small a network.",
        Fix("Check that x[i] belongs to y[i]; then see whether a small batch can be learned: overfit_small_batch."),
    )


def _harmed(chart: Chart) -> bool:
    """Whether steps too long have left something: most units flat, or a loss above a constant answer's."""
    flat = any(float(units.flat.mean()) > chart.limits["units_severe"] for units in chart.now.units.values())
    return flat or chart.recent > 1.05 * chart.reference


def _penalised(share: float) -> tuple[str, Fix]:
    return (
        f"The regularizer outweighs the task, {number(share)} to 1: it shrinks the weights, whatever the targets say.",
        Fix("Weaken it: regularizers.l2(1e-4), for instance."),
    )


def _start(chart: Chart) -> Vitals:
    return chart.vitals[0] if chart.start is None else chart.start


def _fading(lost: float) -> tuple[str, Fix]:
    return (
        f"The first layer hears almost nothing: its gradient is {number(lost)} times weaker than the last's.",
        Fix("Begin anew with relu and He's initial weights.", "activation", {"activation": "relu"}),
    )


def _lost(vitals: Vitals) -> float:
    sizes = list(vitals.gradient.values())
    return sizes[-1] / sizes[0] if len(sizes) > 1 and sizes[0] > 0 else 1.0


def _slower(chart: Chart) -> Fix:
    ratio = max(chart.ratio(), 1e-12)
    factor = float(np.clip(1e-3 / ratio, 1e-4, 0.1))
    return Fix(f"Lower the learning rate, to about {number(_round(factor))} of it.", "rate", {"factor": _round(factor)})


def _faster(chart: Chart) -> Fix:
    factor = float(np.clip(1e-3 / max(chart.ratio(), 1e-12), 10, 1e6))
    return Fix(f"Raise the learning rate, about {number(_round(factor))} times.", "rate", {"factor": _round(factor)})


def _round(factor: float) -> float:
    """A factor as a power of ten."""
    return float(10.0 ** np.round(np.log10(factor)))


def finding_of(chart: Chart, check: str, grade: str, what: str, cause: str, fix: Fix, **more: object) -> Finding:
    """A finding about the loss, with the numbers that its fix is tried on."""
    ruined = fix.kind == "rate" and fix.settings["factor"] < 1  # what steps too long have done no rate mends
    numbers = chart.beginning if ruined else chart.numbers
    made = Finding(check, grade, what, cause, fix, step=chart.now.step, view="learning_speed", numbers=numbers)
    return replace(made, **more)  # type: ignore[arg-type]
