"""Saturated and dead units, layer by layer, while a network learns."""

from typing import Any

from ..inside.saturation import GRADES
from ..inside.saturation_history import SaturationHistory
from .style import DASHES, GREY, SERIES, heading, name_axes, new_figure, plain, title

_GRADE_LINES = {"notice": "#b8860b", "warning": "#d95f02", "severe": "#7f3300"}


def saturation_picture(history: SaturationHistory) -> Any:
    """A matplotlib Figure of the shares of saturated and of dead units over the steps, with the doctor's grades."""
    figure = new_figure(10.5, 4.2)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, shares, words in ((left, history.saturated, "Saturated units"), (right, history.dead, "Dead units")):
        title(axes, words)
        ends = []
        for i, name in enumerate(history.layers):
            label = f"{name} ({history.activations[i]})"
            axes.plot(
                history.steps, shares[:, i], linestyle=DASHES[i % len(DASHES)], color=SERIES[i % len(SERIES)],
                linewidth=2, label=label,
            )  # fmt: skip
            ends.append(shares[-1, i])
        for least, grade in GRADES:
            axes.axhline(least, color=_GRADE_LINES[grade], linewidth=0.8, alpha=0.8)
            axes.annotate(
                grade, (1.0, least), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
                fontsize=8, color=_GRADE_LINES[grade], va="center", annotation_clip=False,
            )  # fmt: skip
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        plain(axes)
        name_axes(axes, "step", "share of the layer's units" if axes is left else "")
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside lower center", ncols=min(4, len(history.layers)), frameon=False,
        fontsize=9, labelcolor=GREY,
    )  # fmt: skip
    heading(figure, "Units that no longer learn, by layer")
    return figure
