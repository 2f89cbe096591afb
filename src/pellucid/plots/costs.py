"""Cost functions: what each asks for an answer, how hard it pushes, and how a neuron learns with it."""

from typing import Any

import numpy as np

from ..inside.costs import ENTROPY, NAMES, QUADRATIC, Lessons
from .style import BLUE, ORANGE, heading, name_axes, new_figure, plain, title

_STYLES = {QUADRATIC: (ORANGE, "--"), ENTROPY: (BLUE, "-")}


def costs_picture(lessons: Lessons) -> Any:
    """A matplotlib Figure: cost and push over the answer of a sigmoid neuron that should say 0, and its lessons."""
    starts = list(dict.fromkeys((run.weight, run.bias) for run in lessons.runs))
    figure = new_figure(11.5, 6.6)
    panels = figure.subplots(2, max(2, len(starts)), squeeze=False)
    for axes in panels[0, 2:]:
        axes.set_axis_off()
    answer = np.linspace(0.001, 0.995, 500)
    drawn = {
        "What an answer costs": {QUADRATIC: answer**2, ENTROPY: -np.log(1 - answer)},
        "How hard it pushes: |dJ/dz|": {QUADRATIC: 2 * answer**2 * (1 - answer), ENTROPY: answer},
    }
    for axes, (words, lines) in zip(panels[0], drawn.items(), strict=False):
        for cost, values in lines.items():
            axes.plot(answer, values, color=_STYLES[cost][0], linestyle=_STYLES[cost][1], lw=2.2, label=NAMES[cost])
        plain(axes)
        title(axes, words)
        name_axes(axes, "answer a, where 0 is right")
    panels[0, 0].legend(frameon=False, fontsize=9.5, loc="upper left")
    panels[0, 0].set_ylim(0, 3)
    for axes, start in zip(panels[1], starts, strict=False):
        for run in (run for run in lessons.runs if (run.weight, run.bias) == start):
            colour, dashes = _STYLES.get(run.cost, ("black", ":"))
            axes.plot(run.answer, color=colour, linestyle=dashes, lw=2.2, label=NAMES.get(run.cost, run.cost))
        axes.set_ylim(0, 1.02)
        plain(axes)
        title(axes, f"Learning from weight {start[0]:g}, bias {start[1]:g}")
        name_axes(axes, "step", "answer")
    note = "Quadratic: (y - a)²; cross-entropy: -ln(1 - a) where y is 0. The input is 1."
    heading(figure, "A sigmoid neuron learns to say 0", note)
    return figure
