"""Checks after each epoch, of training against validation: learned by heart, learned nothing that holds, too good."""

from collections.abc import Iterator

from ..blocks import number
from .chart import Chart
from .finding import Finding, Fix
from .loss_checks import finding_of


def overfitting(chart: Chart) -> Iterator[Finding]:
    """Validation got worse while training got better, or stayed far behind (looked at after each epoch)."""
    limits, constant, best = chart.limits, chart.constant or 0.0, chart.best
    held = chart.held or constant
    if best is None or len(chart.validated) < 2 or not chart.settled:
        return
    now = chart.validated[-1]
    rise, fall = now["val_loss"] / max(best["val_loss"], 1e-30), now["loss"] / max(best["loss"], 1e-30)
    small = now["val_loss"] - best["val_loss"] < limits["overfit_rise"] * constant
    small = small or now["val_loss"] < limits["learned"] * constant
    rises = rise > limits["overfit_validation"] and fall < limits["overfit_training"] and not small
    behind = now["loss"] < limits["learned"] * constant and now["val_loss"] > limits["overfit_gap"] * held
    if rises or behind:
        said = (
            f"Validation loss {number(now['val_loss'])} is {rise:.2f}× its best, {number(best['val_loss'])} in epoch "
            f"{best['epoch'] + 1}, while the training loss fell to {fall:.0%} of what it was then."
        ) if rises else (
            f"The training loss, {number(now['loss'])}, is {now['loss'] / constant:.1%} of a constant answer's; the "
            f"validation loss, {number(now['val_loss'])}, is {now['val_loss'] / held:.0%} of what that gets there."
        )  # fmt: skip
        yield finding_of(
            chart, "overfitting", "warning", said, "The network learns its samples by heart.",
            Fix("Stop at the best epoch: callbacks=[EarlyStopping(patience=5, restore_best_weights=True)]. For a "
                "better one, weaken the network: Dropout, fewer units.",
                "stop", {"patience": 5, "epochs": len(chart.epochs)}),
            numbers=chart.beginning, value=rise if rises else now["val_loss"] / held,
            threshold=limits["overfit_validation" if rises else "overfit_gap"], view="learning_curves_picture",
        )  # fmt: skip


def not_generalising(chart: Chart) -> Iterator[Finding]:
    """The network learns, and yet the validation loss was never better than a constant answer's."""
    late = chart.progress is None or chart.progress >= chart.limits["patience"]
    constant = chart.held or chart.constant
    if chart.best is None or not constant or not late or not chart.settled:
        return
    first, now, limits = chart.validated[0], chart.validated[-1], chart.limits
    share, last = chart.best["val_loss"] / constant, now["val_loss"] / constant
    train = chart.recent / max(chart.reference, 1e-30)
    half = chart.progress is not None and chart.progress >= 0.5
    nothing = half and share > limits["nothing_learned"] and now["val_loss"] > first["val_loss"]
    nothing = nothing and train < limits["hardly_learned"]
    lost = half and min(share, last - limits["lost_again"]) > limits["not_generalising"]
    lost = lost and min(train, now["loss"] / max(chart.reference, 1e-30)) < limits["lost_training"]
    if (share > limits["not_generalising"] and train < limits["not_generalising_training"]) or nothing or lost:
        yield finding_of(
            chart, "not_generalising", "warning",
            f"The training loss falls, but the best validation loss is {share:.0%} of a constant answer's.",
            "What is learned does not hold for other samples: targets that do not belong to their inputs, or samples "
            "learned by heart, too few for so large a network.",
            Fix("Check that x[i] belongs to y[i], in both parts; then take more samples, or fewer units."),
            value=share, threshold=chart.limits["not_generalising"],
            view="learning_curves_picture",
        )  # fmt: skip


def too_good(chart: Chart) -> Iterator[Finding]:
    """The first epoch ends with next to no validation error."""
    if len(chart.epochs) != 1 or not chart.constant or "val_loss" not in chart.epochs[0]:
        return
    share = chart.epochs[0]["val_loss"] / (chart.held or chart.constant)
    if share < chart.limits["too_good"]:
        yield finding_of(
            chart, "too_good", "hint", f"After one epoch the validation loss is {share:.1%} of a constant answer's.",
            "An easy problem, or a leak: the answer stands among the inputs, or the same samples are in both parts.",
            Fix("Run examine(model, x, y, validation_data): it looks for both."),
            value=share, threshold=chart.limits["too_good"],
        )  # fmt: skip
