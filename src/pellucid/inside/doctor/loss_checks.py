"""Checks of the loss: does it fall, does it jump, does it run away; and if not, is it the learning rate."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..blocks import number
from .chart import Chart
from .finding import Finding, Fix

LATELY = 12  # checks that ups and downs are counted over


def runaway(chart: Chart) -> Iterator[Finding]:
    """The loss is many times what it was at first."""
    most = chart.limits["runaway"]
    if chart.losses and min(chart.losses[-1], chart.now.loss) > most * chart.first:
        yield _finding(
            chart, "runaway", "severe", f"The loss is {number(chart.now.loss)}; it was {number(chart.first)} at first.",
            "Each step makes things worse: the learning rate is too high.", _slower(chart),
            value=chart.now.loss / chart.first, threshold=most,
        )  # fmt: skip


def not_falling(chart: Chart) -> Iterator[Finding]:
    """The loss is still no better than a constant answer's, and on no way down."""
    limits = chart.limits
    if chart.progress is not None and chart.progress < limits["patience"]:
        return
    share = chart.recent / max(chart.reference, 1e-30)
    if len(chart.losses) < LATELY or not share > limits["not_falling"] or _on_its_way(chart):
        return
    against = "what it was at first" if chart.reference == chart.first else "that of a constant answer"
    ratio = chart.ratio()
    said = (
        f"The loss, {number(chart.recent)}, is not falling: it is {share:.0%} of {against}. "
        f"A step moves the weights by {number(ratio)} of their size."
    )
    cause, fix = _why(chart, ratio)
    yield _finding(chart, "not_falling", "warning", said, cause, fix, value=share, threshold=limits["not_falling"])


def oscillating(chart: Chart) -> Iterator[Finding]:
    """On the same samples, the loss goes up and down by a good part of itself."""
    if len(chart.probed) < LATELY or chart.has_learned:
        return
    losses = np.array(chart.probed[-LATELY:])
    jumps = np.diff(losses)
    worth = max(float(losses.mean()), chart.limits["oscillating_floor"] * chart.reference)
    size = float(np.abs(jumps).mean() / worth)
    half = LATELY // 2
    gone = abs(losses[half:].mean() - losses[:half].mean())
    most = chart.limits["oscillating"]
    if size > most and 0.25 < float((jumps > 0).mean()) < 0.75 and gone < np.abs(jumps).mean():
        yield _finding(
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
        yield _finding(
            chart, "too_fast", "error", f"A step moves the weights of {layer!r} by {ratio:.0%} of their size.",
            "The learning rate is far too high, or the weights begin far too small.", _slower(chart),
            layer=layer, value=ratio, threshold=most,
        )  # fmt: skip


def overfitting(chart: Chart) -> Iterator[Finding]:
    """Validation got worse while training got better (looked at after each epoch)."""
    limits = chart.limits
    logs = [log for log in chart.epochs if "val_loss" in log]
    if len(logs) < 2:
        return
    best = min(logs, key=lambda log: log["val_loss"])
    now = logs[-1]
    rise, fall = now["val_loss"] / max(best["val_loss"], 1e-30), now["loss"] / max(best["loss"], 1e-30)
    least = limits["overfit_rise"] * (chart.constant or 0.0)
    small = now["val_loss"] - best["val_loss"] < least or now["val_loss"] < limits["learned"] * (chart.constant or 0.0)
    if rise > limits["overfit_validation"] and fall < limits["overfit_training"] and not small:
        yield _finding(
            chart, "overfitting", "warning",
            f"Validation loss {number(now['val_loss'])} is {rise:.2f}× its best, {number(best['val_loss'])} in epoch "
            f"{best['epoch'] + 1}, while the training loss fell to {fall:.0%} of what it was then.",
            "The network learns its samples by heart.",
            Fix("Stop at the best epoch (EarlyStopping), or weaken the network: weight decay, Dropout, fewer units.",
                "decay", {"weight_decay": 0.01}),
            value=rise, threshold=limits["overfit_validation"],
        )  # fmt: skip


def not_generalising(chart: Chart) -> Iterator[Finding]:
    """The network learns, and yet the validation loss was never better than a constant answer's."""
    logs = [log["val_loss"] for log in chart.epochs if "val_loss" in log]
    late = chart.progress is None or chart.progress >= chart.limits["patience"]
    if not logs or not chart.constant or not late:
        return
    share = min(logs) / chart.constant
    if (
        share > chart.limits["not_generalising"]
        and chart.recent < chart.limits["not_generalising_training"] * chart.reference
    ):
        yield _finding(
            chart, "not_generalising", "warning",
            f"The training loss falls, but the best validation loss is {share:.0%} of a constant answer's.",
            "What is learned does not hold for other samples: targets that do not belong to their inputs, or inputs "
            "that say nothing about them.",
            Fix("Check that x[i] belongs to y[i], in both parts."),
            value=share, threshold=chart.limits["not_generalising"],
        )  # fmt: skip


def too_good(chart: Chart) -> Iterator[Finding]:
    """The first epoch ends with next to no validation error."""
    if len(chart.epochs) != 1 or not chart.constant or "val_loss" not in chart.epochs[0]:
        return
    share = chart.epochs[0]["val_loss"] / chart.constant
    if share < chart.limits["too_good"]:
        yield _finding(
            chart, "too_good", "hint", f"After one epoch the validation loss is {share:.1%} of a constant answer's.",
            "An easy problem, or a leak: the answer stands among the inputs, or the same samples are in both parts.",
            Fix("Run examine(model, x, y, validation_data): it looks for both."),
            value=share, threshold=chart.limits["too_good"],
        )  # fmt: skip


def _on_its_way(chart: Chart) -> bool:
    """Whether the loss falls, if slowly, by steps of a healthy size: more surely than chance would have it."""
    if not chart.limits["ratio_low"] < chart.ratio() < chart.limits["ratio_high"]:
        return False
    return min(_steadiness(chart.losses, chart), _steadiness(chart.probed, chart)) < -chart.limits["surely"]


def _steadiness(losses: list[float], chart: Chart) -> float:
    """The slope of the last two thirds of these losses, in its standard errors."""
    late = np.array(losses[-2 * chart.window :])
    time = np.arange(len(late)) - (len(late) - 1) / 2
    slope = float(time @ late / (time @ time))
    left = late - late.mean() - slope * time
    error = float(np.sqrt(left @ left / max(len(late) - 2, 1) / (time @ time)))
    return slope / error if error > 0 else 0.0


def _why(chart: Chart, ratio: float) -> tuple[str, Fix]:
    """The likeliest cause of a loss that stands still, and what to do."""
    if ratio < chart.limits["ratio_low"]:
        flat = [name for name, units in chart.now.units.items() if float(units.flat.mean()) > 0.8]
        if not flat:
            return "The learning rate is too low: the steps are too small to get anywhere.", _faster(chart)
        return (
            f"Hardly anything comes through: the activations of {flat[0]!r} are flat.",
            Fix("Begin anew with relu and He's initial weights.", "activation", {"activation": "relu"}),
        )
    if max(vitals.fastest for vitals in chart.vitals) > chart.limits["ratio_high"]:
        return "The learning rate is too high: steps leap over every valley.", _slower(chart)
    lost = _lost(chart)
    if lost > chart.limits["vanishing_warning"]:
        return (
            f"The first layer hears almost nothing: its gradient is {number(lost)} times weaker than the last's.",
            Fix("Begin anew with relu and He's initial weights.", "activation", {"activation": "relu"}),
        )
    return (
        "The updates are of a healthy size, so the network gets nothing out of these inputs: targets that do not "
        "belong to them (shuffled apart?), or too small a network.",
        Fix("Check that x[i] belongs to y[i]; then see whether a small batch can be learned: overfit_small_batch."),
    )


def _lost(chart: Chart) -> float:
    sizes = list(chart.now.gradient.values())
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


def _finding(chart: Chart, check: str, grade: str, what: str, cause: str, fix: Fix, **more: object) -> Finding:
    ruined = fix.kind == "rate" and fix.settings["factor"] < 1  # what steps too long have done no rate mends
    numbers = chart.beginning if ruined else chart.now.numbers
    made = Finding(check, grade, what, cause, fix, step=chart.now.step, view="learning_speed", numbers=numbers)
    return replace(made, **more)  # type: ignore[arg-type]
