"""Checks layer by layer: gradients, dead and saturated units, the scale of sums, weights that stand still, twins."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from ..blocks import number
from .chart import Chart
from .finding import Finding, Fix
from .loss_checks import on_its_way
from .thresholds import grade

_USUAL_DEAD = 0.25  # of the units of a healthy relu layer (our calibration)
_RELU = Fix("Begin anew with relu and He's initial weights.", "activation", {"activation": "relu"})


def vanishing(chart: Chart) -> Iterator[Finding]:
    """The first layer's gradient is a small part of the last's."""
    owners = [owner for owner in chart.now.gradient if owner in chart.kernels()]
    if len(owners) < 2 or chart.has_learned or _some_layer_is_dead(chart):
        return
    first, last = (chart.now.gradient[owner] for owner in (owners[0], owners[-1]))
    lost = last / first if first > 0 else float("inf") if last > 0 else 1.0
    how = next(
        (name for name in ("severe", "warning", "notice") if lost > chart.limits[f"vanishing_{name}"]), ""
    )  # fmt: skip
    if how:
        factor = lost ** (1 / (len(owners) - 1))
        yield Finding(
            "vanishing", how,
            f"The gradient of the first layer, {owners[0]!r}, is {number(lost)} times weaker than that of the last: "
            f"each layer on the way back loses a factor of {number(factor)}." if np.isfinite(lost)
            else f"No gradient at all comes back to the first layer, {owners[0]!r}.",
            "Slopes below 1 multiply: sigmoid has at most 0.25, less where it is saturated; or weights began small.",
            _RELU, layer=owners[0], step=chart.now.step, value=lost, threshold=chart.limits[f"vanishing_{how}"],
            view="learning_speed", numbers=chart.numbers,
        )  # fmt: skip


def exploding(chart: Chart) -> Iterator[Finding]:
    """A gradient that is no number, or many times what this layer's were."""
    past = list(chart.vitals)[:-1]
    for owner, size in chart.now.gradient.items():
        sizes = [vitals.gradient[owner] for vitals in past]
        usual = max(median(sizes), median(sizes[:5])) if sizes else size
        most = chart.limits["exploding"]
        finite = bool(np.isfinite(size))
        if finite and (len(sizes) < 3 or chart.has_learned or not size > most * usual > 0):
            continue
        what = f"{number(size / usual)} times its usual size" if finite else "not finite"
        yield Finding(
            "exploding", "severe" if finite else "error", f"The gradient of {owner!r} is {what}.",
            "Weights that have grown multiply on the way back, or the learning rate is too high.",
            Fix("Clip gradients: clipnorm=1.0 in the optimizer.", "clipnorm", {"clipnorm": 1.0}),
            layer=owner, step=chart.now.step, value=size / usual if finite else None, threshold=most,
            view="learning_speed", numbers=chart.numbers,
        )  # fmt: skip


def dead_units(chart: Chart) -> Iterator[Finding]:
    """Relu units that fire for no sample."""
    for one in chart.hidden:
        if not one.rectifies or chart.has_learned:
            continue
        off = chart.now.units[one.layer].off
        at_first = 0.0 if chart.start is None else float(chart.start.units[one.layer].off.mean())
        if off.mean() < min(at_first + chart.limits["units_notice"], chart.limits["units_warning"]):
            continue  # few samples: at first, too, some units fired for none of them
        off = off & chart.silent(one.layer)
        share = float(off.mean())
        how = grade(share, chart.limits, "units")
        born = max(_USUAL_DEAD, at_first)
        usual = born + 3 * np.sqrt(born * (1 - born) / off.size)  # of few units, many by chance
        harmless = _does_well(chart)
        if how and (harmless or (how == "warning" and (share < usual or on_its_way(chart)))):
            how = "notice"
        if not how:
            continue
        found = _of_units(
            chart, "dead", how, one.layer, off, f"of {one.layer!r} fire for none of the samples",
            "Their sums are below 0 everywhere, so that no gradient reaches them: a step too large, or biases "
            "far below 0.",
            Fix("Use leaky_relu, and a lower learning rate.", "activation", {"activation": "leaky_relu"}),
        )  # fmt: skip
        if how == "severe" and born > chart.limits["units_severe"]:
            found = replace(
                found,
                cause="Their sums are below 0 everywhere, so that no gradient reaches them. They did not fire before "
                "the first step either: biases begin far below 0, or the inputs are of one sign and far too large.",
                fix=Fix("Begin anew with biases at 0 and He's initial weights, or use leaky_relu.", "activation",
                        {"activation": "relu"}),
                numbers=chart.beginning,
            )  # fmt: skip
        elif how == "severe" and born <= _USUAL_DEAD:  # they fired before training
            found = replace(
                found,
                cause="Their sums are below 0 everywhere, so that no gradient reaches them. They fired before "
                "training: steps too large have silenced them.",
                fix=Fix("Lower the learning rate, to about 0.1 of it, and begin anew.", "rate", {"factor": 0.1}),
                numbers=chart.beginning,
            )
        yield found


def saturated_units(chart: Chart) -> Iterator[Finding]:
    """Units whose activation is flat on almost all samples."""
    for one in chart.hidden:
        if one.rectifies or chart.has_learned:
            continue
        units = chart.now.units[one.layer]
        flat = (units.flat > chart.limits["saturation_share"]) | units.off
        if how := grade(float(flat.mean()), chart.limits, "units"):
            yield _of_units(
                chart, "saturation", how, one.layer, flat, f"of {one.layer!r} are saturated",
                "Sums far from 0: inputs or weights too large.",
                Fix("Scale the inputs to about [-1, 1] and begin with Glorot's weights.", "scale"),
            )  # fmt: skip


def activation_scale(chart: Chart) -> Iterator[Finding]:
    """Layers whose sums are of another size than their activation is made for."""
    low, high = chart.limits["activation_low"], chart.limits["activation_high"]
    odd = {name: std for name, std in chart.now.sums.items() if not low <= std <= high}
    if odd:
        name, std = max(odd.items(), key=lambda item: abs(np.log(max(item[1], 1e-30))))
        yield Finding(
            "activation_scale", "hint",
            f"The sums of {len(odd)} of {len(chart.now.sums)} hidden layers vary by less than {low:g} or more than "
            f"{high:g}; those of {name!r} by {number(std)}.",
            "Inputs or initial weights of another scale; often harmless.",
            Fix("Scale the inputs to standard deviation 1.", "scale"),
            step=chart.now.step, value=std, threshold=low if std < low else high, view="saturation",
            numbers=chart.numbers,
        )  # fmt: skip


def standing_still(chart: Chart) -> Iterator[Finding]:
    """Trainable layers whose weights have not changed by a single bit since the check before."""
    if len(chart.vitals) < 2 or chart.vitals[-2].step == chart.now.step or chart.has_learned:
        return
    still = [owner for owner in chart.numbers.params if owner in chart.program.trainable - chart.moved]
    for owner in still:
        silent = not chart.now.gradient.get(owner)
        yield Finding(
            "standing_still", "error", f"The weights of {owner!r} do not move.",
            "No gradient arrives: everything after it is flat or dead, or nothing after it depends on it."
            if silent else "The learning rate is 0, or so small that rounding swallows every step.",
            _RELU if silent else Fix("Raise the learning rate.", "rate", {"factor": 1000.0}),
            layer=owner, step=chart.now.step, value=chart.now.ratio.get(owner), view="learning_speed",
            numbers=chart.numbers,
        )  # fmt: skip


def duplicate_units(chart: Chart) -> Iterator[Finding]:
    """Units of a hidden layer that compute the same."""
    if chart.has_learned:
        return
    last = list(chart.kernels())[-1:]
    for owner, kernel in chart.kernels().items():
        if owner in last:
            continue
        same = chart.copies(owner, kernel)
        share = len(same) / max(kernel.shape[-1] - 1, 1)
        if how := grade(share, chart.limits, "units"):
            yield Finding(
                "duplicates", how, f"{len(same)} of {kernel.shape[-1]} units of {owner!r} are copies of others.",
                "They began with the same weights and hear the same gradient, so they stay the same for ever.",
                Fix("Begin anew with random weights: kernel_initializer='glorot_uniform'.", "fresh",
                    {"initializer": "glorot_uniform"}),
                layer=owner, units=same, step=chart.now.step, value=share, threshold=chart.limits[f"units_{how}"],
                view="network_view", numbers=chart.numbers,
            )  # fmt: skip


def _some_layer_is_dead(chart: Chart) -> bool:
    """Whether not one unit of a layer fires: what is said of gradients before it is said of it."""
    return any(one.rectifies and bool(chart.now.units[one.layer].off.all()) for one in chart.hidden)


def _does_well(chart: Chart) -> bool:
    """Whether the loss is well below a constant answer's, or far above it and coming down."""
    most = chart.limits["dead_harms"]
    return chart.recent < most * chart.reference or chart.reference / most < chart.recent < most * chart.first


def _of_units(chart: Chart, check: str, how: str, layer: str, which: Any, what: str, cause: str, fix: Fix) -> Finding:
    return Finding(
        check, how, f"{int(which.sum())} of {which.size} units {what}.", cause, fix,
        layer=layer, units=tuple(np.flatnonzero(which).tolist()), step=chart.now.step, value=float(which.mean()),
        threshold=chart.limits[f"units_{how}"], view="saturation", numbers=chart.numbers,
    )  # fmt: skip
