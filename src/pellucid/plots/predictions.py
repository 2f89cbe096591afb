"""Test images with what a network takes them for: some that it gets right, and the ones it gets wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from .style import GREY, ORANGE, title

_COLUMNS = 10
_CAPTION = 0.55  # height of a caption, in images


def draw_predictions(
    axes: Any, images: Array, labels: Array, probabilities: Array, names: Sequence[str] | None = None, rows: int = 5
) -> None:
    """Draw images with the predicted class under each; wrong ones are framed, crossed and named.

    axes            matplotlib Axes
    images          (N, H, W) from 0, paper, or (N, H, W, 3) from 0 to 1 or 255
    labels          (N,) whole numbers from 0
    probabilities   (N, classes)
    names           of the classes; their numbers by default
    rows            of ten images: up to two of wrong ones, those that the network is surest about, and right ones
    """
    names = [str(i) for i in range(probabilities.shape[1])] if names is None else names
    taken_for = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(taken_for != labels)
    wrong_rows = min(2, -(-len(wrong) // _COLUMNS), rows - 1)
    right = examples(labels, taken_for == labels, (rows - wrong_rows) * _COLUMNS)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][: wrong_rows * _COLUMNS]
    top = _draw_rows(axes, 0.0, images, right, [names[i] for i in taken_for[right]], None)
    if len(surest):
        heading = f"Mistakes: {len(wrong):,} of {len(labels):,} images"
        if len(surest) < len(wrong):
            heading += f"; the {len(surest)} that it is surest about"
        axes.text(0, top + 0.35, heading, fontsize=9.5, fontweight="bold", color=ORANGE, va="center")
        captions = [f"✗ {names[taken_for[i]]}\nis {names[labels[i]]}" for i in surest]
        top = _draw_rows(axes, top + 0.75, images, surest, captions, ORANGE)
    axes.set_xlim(-0.05, _COLUMNS)
    axes.set_ylim(top, -0.05)
    axes.set_aspect("equal")
    axes.set_axis_off()
    title(axes, "Test images, and what the network takes them for")


def examples(labels: Array, good: Array, count: int) -> Array:
    """Places of up to `count` good samples, the classes taking turns.

    >>> examples(np.array([0, 0, 1, 1, 2]), np.array([True, True, True, False, True]), 4)
    array([0, 2, 4, 1])
    """
    places = np.flatnonzero(good)
    turn = np.empty(len(places), dtype=int)
    for label in np.unique(labels[places]):
        mine = labels[places] == label
        turn[mine] = np.arange(mine.sum())
    return places[np.lexsort((labels[places], turn))][:count]


def _draw_rows(axes: Any, top: float, images: Array, chosen: Array, captions: list[str], frame: str | None) -> float:
    """Draw the chosen images from this height downwards; returns where they end."""
    from matplotlib.patches import Rectangle

    line = 1 + _CAPTION
    longest = max((len(line) for caption in captions for line in caption.split("\n")), default=0)
    letters = 8.5 if longest < 5 else 6.5
    low, high = float(images.min()), float(images.max())
    for place, (index, caption) in enumerate(zip(chosen, captions, strict=True)):
        x, y = place % _COLUMNS, top + place // _COLUMNS * line
        place_of = (x, x + 0.92, y + 0.92, y)
        axes.imshow(images[index], cmap="gray_r", vmin=low, vmax=high, extent=place_of, interpolation="nearest")
        axes.text(x + 0.46, y + 1.02, caption, ha="center", va="top", fontsize=letters, color=frame or GREY)
        colour, thickness = (frame, 1.6) if frame else ("#cccccc", 0.6)
        axes.add_patch(Rectangle((x, y), 0.92, 0.92, fill=False, edgecolor=colour, linewidth=thickness))
    return top + -(-len(chosen) // _COLUMNS) * line
