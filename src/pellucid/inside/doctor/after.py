"""After training: what the curves and the answers show."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import data
from ...engine import step as steps
from ..blocks import number
from ..trace import unfused
from .finding import Finding, Fix, by_gravity
from .thresholds import limits as all_limits
from .yardstick import constant_loss, is_classification


def look_back(
    model: Any, x: Any, y: Any, history: Any = None, *, thresholds: Mapping[str, float] | None = None
) -> list[Finding]:
    """What can be seen after training, best on data that were not learned from; the gravest first.

    x, y       arrays, as for `evaluate`
    history    what `fit` returned; by default that of the model's latest training
    """
    limits = all_limits(thresholds)
    batch = data.batch(x, y, inputs=model.input_slots(), targets=model.target_slots())
    program, numbers = model.program([target.shape for target in batch.y]), model.numbers
    objectives = unfused(program, model)
    outputs = steps.predict_step(program, numbers, batch.x)
    found: list[Finding] = []
    if not all(np.isfinite(output).all() for output in outputs):
        fix = Fix("Load an earlier state, and train on with a lower rate.")
        return [Finding("not_finite", "error", "Some answers are no numbers.", "Weights overflowed.", fix)]
    widths = [program.graph.shapes[name][-1] for name in program.graph.outputs]
    constant = constant_loss(objectives, batch, widths)
    loss = sum(
        o.weight * float(o.loss.forward(y, output)[0])
        for o, y, output in zip(objectives, batch.y, outputs, strict=True) if o.loss is not None
    )  # fmt: skip
    if constant and loss > limits["not_falling"] * constant:
        found.append(Finding(
            "no_better_than_constant", "warning",
            f"The loss on these samples, {number(loss)}, is {loss / constant:.0%} of what one constant answer gives.",
            "It has learned nothing that holds here.", Fix("Give fit a Doctor: it says why."),
            value=loss / constant, threshold=limits["not_falling"], view="confusion_of",
        ))  # fmt: skip
    for objective, output in zip(objectives, outputs, strict=True):
        if is_classification(objective.loss) and output.shape[-1] > 1:
            counts = np.bincount(output.reshape(-1, output.shape[-1]).argmax(axis=1), minlength=output.shape[-1])
            share = counts.max() / counts.sum()
            if share > limits["one_answer"]:
                found.append(Finding(
                    "one_answer", "warning", f"{share:.0%} of the samples are taken for class {int(counts.argmax())}.",
                    "The network gives one answer to everything.",
                    Fix("Look at the balance of the classes, and whether the loss fell at all."),
                    value=float(share), threshold=limits["one_answer"],
                    view="confusion_of",
                ))  # fmt: skip
    found += _still_falling(history or model.history, limits)
    return by_gravity(found)


def _still_falling(history: Any, limits: Mapping[str, float]) -> list[Finding]:
    """Training that ended while it was getting better."""
    logs = {} if history is None else history.history
    name = "val_loss" if "val_loss" in logs else "loss"
    curve = np.array(logs.get(name, []), dtype=float)
    if len(curve) < 8:
        return []
    quarter = len(curve) // 4
    fall = float(1 - np.median(curve[-quarter:]) / np.median(curve[-2 * quarter : -quarter]))
    if fall < limits["still_falling"] or curve[-1] > curve.min() * 1.02:
        return []
    return [Finding(
        "still_falling", "hint", f"In the last quarter of the training, {name} fell by {fall:.0%}.",
        "It was not done.", Fix("Train for more epochs."), value=fall, threshold=limits["still_falling"],
        view="learning_curves_picture",
    )]  # fmt: skip
