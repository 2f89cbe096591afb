"""Learning curves of one training or of several, with the best epoch marked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .style import DASHES, GREY, SERIES, heading, log_axis, name_axes, new_figure, plain, title

History = Mapping[str, Sequence[float]]


def learning_curves_picture(
    runs: Mapping[str, History] | History, names: Sequence[str] | None = None, log: bool | None = None
) -> Any:
    """A matplotlib Figure with a panel a quantity: training solid, validation dashed, a colour for each run.

    runs    what `history.history` holds, or several of those by label
    names   "loss", "accuracy" …; by default all that the runs have, val_ ones beside theirs
    log     a logarithmic axis for losses; by default where they fall to a tenth
    """
    several: dict[str, Any] = dict(runs) if any(isinstance(run, Mapping) for run in runs.values()) else {"": runs}
    known = dict.fromkeys(name for run in several.values() for name in run if not name.startswith("val_"))
    wanted = list(known) if names is None else list(names)
    if not wanted:
        raise ValueError("learning_curves_picture: the histories are empty.")
    figure = new_figure(max(6.0, 5.2 * len(wanted)), 4.2)
    for axes, name in zip(figure.subplots(1, len(wanted), squeeze=False)[0], wanted, strict=True):
        _draw(axes, several, name, log)
    heading(figure, "Learning curves" if len(several) == 1 else f"Learning curves of {len(several)} trainings")
    return figure


def _draw(axes: Any, runs: Mapping[str, Any], name: str, log: bool | None) -> None:
    title(axes, name.replace("_", " ").capitalize())
    alone, seen = len(runs) == 1, []
    for place, (label, run) in enumerate(runs.items()):
        for key, part in ((name, "training"), (f"val_{name}", "validation")):
            values = np.asarray(run.get(key, ()), dtype=float)
            if not len(values):
                continue
            colour = SERIES[(part == "validation") if alone else place % len(SERIES)]
            style = DASHES[part == "validation"]
            words = " ".join(filter(None, (label, part, f"{values[-1]:.4g}")))
            epochs = np.arange(1, len(values) + 1)
            marker = "o" if len(values) == 1 else ""
            axes.plot(epochs, values, linestyle=style, color=colour, linewidth=2, label=words, marker=marker)
            if part == "validation" and len(values) > 2 and np.isfinite(values).any():
                least = "loss" in name or "error" in name
                best = int(np.nanargmin(values) if least else np.nanargmax(values))
                ring = {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 1.8}
                axes.plot(best + 1, values[best], "o", markersize=7, zorder=4, **ring)
            seen.append(values)
    every = np.concatenate(seen) if seen else np.zeros(0)
    finite = every[np.isfinite(every)]
    positive = bool(len(finite)) and float(finite.min()) > 0
    if positive and (log or (log is None and "loss" in name and finite.max() > 10 * finite.min())):
        log_axis(axes)
    if "acc" in name:
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    plain(axes)
    rings = "   (○ best validation)" if any(f"val_{name}" in run for run in runs.values()) else ""
    name_axes(axes, f"epoch{rings}")
    if seen:
        axes.legend(frameon=False, fontsize=8.5, handlelength=2.6, labelcolor=GREY)
