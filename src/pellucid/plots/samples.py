"""What a network takes for what, and the samples that it finds hardest."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.samples import Hardest, most_confused
from .style import BLUE, GREY, ORANGE, heading, name_axes, new_figure, plain, signed_colours, title

_CLASSES = 20  # that there is room for


def confusion_picture(counts: Array, names: Sequence[str] | None = None) -> Any:
    """A matplotlib Figure of the confusion matrix: the share of right answers in blue on the diagonal, mistakes in
    orange, the most frequent one darkest.

    counts   (classes, classes): row i is what class i was taken for; of more than 20 classes, those with the most
             mistakes are drawn
    """
    right, total, of = int(np.trace(counts)), int(counts.sum()), len(counts)
    names = [str(i) for i in range(of)] if names is None else list(names)
    chosen = most_confused(counts, _CLASSES)
    rates = (np.diag(counts) / np.maximum(counts.sum(axis=1), 1))[chosen]
    classes, counts, names = len(chosen), counts[np.ix_(chosen, chosen)], [names[i] for i in chosen]
    side = max(4.6, 0.52 * classes + 1.6)
    figure = new_figure(side + 0.9, side)
    axes = figure.subplots()
    wrong = counts - np.diag(np.diag(counts))
    shades = np.where(np.eye(classes, dtype=bool), rates, -wrong / max(wrong.max(), 1))
    axes.imshow(shades, cmap=signed_colours(), vmin=-1.6, vmax=1.6)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count:
                dark = abs(shades[i, j]) > 0.75
                weight, colour = "bold" if i == j else "normal", "white" if dark else "#222222"
                axes.text(j, i, f"{count:,}", ha="center", va="center", fontsize=9, color=colour, fontweight=weight)
    axes.set_xticks(range(classes), names, rotation=0 if max(map(len, names)) < 4 else 45)
    axes.set_yticks(range(classes), names)
    for i, rate in enumerate(rates):
        axes.text(classes - 0.35, i, f"{rate:.0%}", va="center", fontsize=8.5, color=GREY)
    axes.text(classes - 0.35, -0.75, "found", fontsize=8.5, color=GREY)
    axes.tick_params(colors=GREY, length=0)
    axes.set_xticks(np.arange(1, classes) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, classes) - 0.5, minor=True)
    axes.grid(which="minor", color="#eeeeee", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    for side_line in axes.spines.values():
        side_line.set_visible(False)
    name_axes(axes, "taken for", "is")
    note = "" if classes == of else f"The {classes} of {of:,} classes with the most mistakes."
    heading(figure, f"Confusion: {right:,} of {total:,} right, {right / max(total, 1):.1%}", note)
    return figure


def hardest_picture(found: Hardest, images: Array | None = None, names: Sequence[str] | None = None) -> Any:
    """A matplotlib Figure of the samples with the highest loss, and of how the loss is spread over all samples.

    images   (N, H, W) or (N, H, W, 3) of all samples, in their order; without, bars stand for the samples
    """
    figure = new_figure(12, 5.0)
    left, right = figure.subfigures(1, 2, width_ratios=(2.1, 1))
    if images is None:
        _draw_bars(left.subplots(), found)
    else:
        _draw_images(left, found, images, names)
    _draw_spread(right.subplots(), found)
    heading(figure, f"The {len(found.places)} samples with the highest loss")
    return figure


def _draw_images(figure: Any, found: Hardest, images: Array, names: Sequence[str] | None) -> None:
    columns = 8
    rows = max(1, -(-len(found.places) // columns))
    grid = figure.subplots(rows, columns, squeeze=False)
    low, high = float(images.min()), float(images.max())
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, place, loss, taken, i in zip(
        grid.flat, found.places, found.loss, found.taken_for, range(len(found.places)), strict=False
    ):
        axes.imshow(images[place], cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
        label = None if found.labels is None else int(found.labels[i])
        words = [f"loss {loss:.2g}"]
        if label is not None:
            called = (lambda k: str(k)) if names is None else (lambda k: names[k])
            words.insert(
                0, f"{called(label)} taken for {called(taken)}" if taken != label else f"{called(label)}, unsure"
            )
        axes.set_title("\n".join(words), fontsize=8, color=GREY if label == taken else ORANGE, pad=3)


def _draw_bars(axes: Any, found: Hardest) -> None:
    shown = min(len(found.places), 24)
    axes.barh(np.arange(shown), found.loss[:shown], color=ORANGE, height=0.7)
    names = [f"sample {place}" for place in found.places[:shown]]
    if found.labels is not None:
        pairs = zip(names, found.labels, found.taken_for, strict=False)
        names = [f"{name}: is {label}, taken for {taken}" for name, label, taken in pairs]
    axes.set_yticks(np.arange(shown), names)
    axes.set_ylim(shown - 0.4, -0.6)
    plain(axes, "x")
    name_axes(axes, "loss")


def _draw_spread(axes: Any, found: Hardest) -> None:
    """How much of the whole loss comes from the hardest samples."""
    ordered = np.sort(found.every)[::-1]
    share = np.cumsum(ordered) / (ordered.sum() or 1.0)
    of_all = np.arange(1, len(ordered) + 1) / len(ordered)
    axes.plot(of_all, share, color=BLUE, linewidth=2)
    axes.plot([0, 1], [0, 1], ":", color=GREY, linewidth=1)
    place = len(found.places)
    axes.plot(of_all[place - 1], share[place - 1], "o", color=ORANGE, markersize=8)
    axes.annotate(f"these {place} ({of_all[place - 1]:.1%}) have\n{share[place - 1]:.0%} of all loss",
                  (of_all[place - 1], share[place - 1]), xytext=(14, 0), textcoords="offset points", fontsize=9,
                  color=ORANGE, va="bottom" if share[place - 1] < 0.3 else "top",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    plain(axes)
    title(axes, "Where the loss comes from")
    name_axes(axes, "share of the samples, the hardest first", "share of the whole loss")
