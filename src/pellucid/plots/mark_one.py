"""The Mark I: the letters on its photocells, how it learned to read, and what a response listens to."""

from typing import Any

import numpy as np

from ..inside.letters import alphabet, retina
from ..inside.mark_one import PHOTO, Reading
from .style import BLUE, GREY, ORANGE, heading, name_axes, new_figure, plain, signed_colours, title


def mark_one_picture(reading: Reading) -> Any:
    """A matplotlib Figure: each typeface's letters, the share read right round by round, one response's wires."""
    figure = new_figure(11, 4.0 + 0.55 * len(reading.faces))
    above, below = figure.subfigures(2, 1, height_ratios=(0.5 + 0.5 * len(reading.faces), 3.2))
    for axes, face in zip(above.subplots(len(reading.faces), 1, squeeze=False)[:, 0], reading.faces, strict=True):
        axes.imshow(np.concatenate([retina(ink) for ink in alphabet(face)], axis=1), cmap="Greys", vmax=1.3)
        axes.set_axis_off()
        axes.annotate(face, (0, 0.5), xycoords="axes fraction", xytext=(-6, 0), textcoords="offset points", ha="right",
                      va="center", color=GREY)  # fmt: skip
    curves, wires = below.subplots(1, 2, width_ratios=(1.9, 1))
    _draw_curves(curves, reading)
    seen = (reading.machine.wires @ reading.machine.weights[:, 0]).reshape(20, 20)
    most = float(np.abs(seen).max()) or 1.0
    picture = wires.imshow(seen, cmap=signed_colours(), vmin=-most, vmax=most)
    wires.set_xticks([])
    wires.set_yticks([])
    title(wires, "What the first response hears")
    bar = below.colorbar(picture, ax=wires, shrink=0.9)
    bar.set_label("orange: against    blue: for", color=GREY, fontsize=9)
    bar.ax.tick_params(colors=GREY, labelsize=9)
    bar.outline.set_visible(False)
    name_axes(wires, "wires · weights, of each of 20 × 20 photocells")
    where = (
        "" if reading.shift == 0 else f", up to {reading.shift} cell{'s' if reading.shift > 1 else ''} off the middle"
    )
    heading(
        figure, f"The Mark I learns {' and '.join(reading.faces)}{where}: {reading.after:.0%} read right in the end"
    )
    return figure


def _draw_curves(axes: Any, reading: Reading) -> None:
    first, *others = reading.faces
    rounds = len(reading.alone)
    later = np.arange(rounds + 1, rounds + len(reading.together) + 1)
    axes.plot(np.arange(1, rounds + 1), reading.alone, "-o", color=BLUE, markersize=3.5, label=f"{first} alone")
    axes.plot(later, reading.together, "--s", color=ORANGE, markersize=3.5, label=" and ".join((first, *others)))
    axes.axhline(PHOTO, color=GREY, linewidth=0.8, linestyle=":")
    axes.annotate(f"1960's photograph: {PHOTO:.0%}", (later[-1], PHOTO), xytext=(0, -11), textcoords="offset points",
                  fontsize=8.5, color=GREY, ha="right")  # fmt: skip
    axes.axvline(rounds + 0.5, color="#bbbbbb", linewidth=0.8)
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    plain(axes)
    axes.legend(loc="upper right", fontsize=9, frameon=False, labelcolor=GREY, ncols=2, bbox_to_anchor=(1, 1.16))
    title(axes, "Letters read right")
    unseen = f"{', '.join(others)} added at the line; {reading.other:.0%} of its letters were read unseen"
    name_axes(axes, f"round, in which every letter is shown once\n{unseen}")
