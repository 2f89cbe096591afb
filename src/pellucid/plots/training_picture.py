"""The picture of one training: test images, the weights learned, and the curves that led there."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..arrays import Array
from .curves import draw_curves
from .predictions import draw_predictions
from .style import GREY, new_figure
from .weights import draw_weights


def training_picture(
    history: Mapping[str, Sequence[float]],
    images: Array | None,
    labels: Array,
    probabilities: Array,
    kernel: Array,
    names: Sequence[str] | None = None,
    heading: str = "",
    note: str = "",
) -> Any:
    """A matplotlib Figure of what a network of dense layers has learned about images.

    history         loss, accuracy, val_loss, val_accuracy: one number an epoch
    images          (N, H, W) or (N, H, W, 3) test images; None when the inputs are no images, and only curves are drawn
    labels          (N,) their classes
    probabilities   (N, classes) what the network says
    kernel          (I, U) the weights of its first layer
    names           of the classes; their numbers by default
    heading, note   words in the top left and in the bottom right corner
    """
    figure = new_figure(12, 8.8 if images is not None else 4.2)
    figure.suptitle(heading, fontsize=14, fontweight="bold", x=0.01, ha="left")
    figure.supxlabel(note, fontsize=9, color=GREY, x=0.99, ha="right")
    parts = figure.subfigures(2, 1, height_ratios=(2.2, 1)) if images is not None else [figure]
    if images is not None:
        left, right = parts[0].subplots(1, 2, width_ratios=(1.12, 1))
        draw_predictions(left, images, labels, probabilities, names)
        draw_weights(right, kernel, images.shape[1:])
    for axes, name in zip(parts[-1].subplots(1, 2), ("loss", "accuracy"), strict=True):
        draw_curves(axes, history, name)
    return figure
