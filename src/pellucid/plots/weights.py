"""The weights of a first layer, each unit's as an image: what that unit looks for."""

import math
from typing import Any

import numpy as np

from ..arrays import Array
from .mosaic import columns_for, mosaic
from .style import GREY, signed_colours, title

_MOST = 64


def draw_weights(axes: Any, kernel: Array, shape: tuple[int, ...]) -> None:
    """Draw the weights from each input to each unit; blue is positive, orange negative, white zero.

    axes      matplotlib Axes
    kernel    (I, U), one column a unit; at most 64 units are drawn
    shape     of the inputs as an image: (H, W), or (H, W, C) whose colours are added up

    All images share one scale, which ends at the largest weight but the top half percent.
    """
    inputs, units = kernel.shape
    if inputs != math.prod(shape):
        raise ValueError(
            f"draw_weights: a kernel of {inputs} inputs needs images of as many pixels, got the shape {shape}."
        )
    shown = min(units, _MOST)
    images = kernel.T[:shown].reshape(shown, *shape)
    images = images.sum(axis=3) if images.ndim == 4 else images
    limit = float(np.quantile(np.abs(images), 0.995)) or 1.0
    sheet = mosaic(images, columns_for(shown))
    drawn = axes.imshow(sheet, cmap=signed_colours(), vmin=-limit, vmax=limit, interpolation="nearest")
    which = f"the {units}" if shown == units else f"{shown} of the {units}"
    title(axes, f"What {which} hidden neurons look for")
    axes.set_axis_off()
    bar = axes.figure.colorbar(
        drawn, ax=axes, shrink=0.6, aspect=25, pad=0.02, extend="both", panchor=False, anchor=(0, 1)
    )
    bar.set_label("weight   (orange: against, blue: for)", color=GREY, fontsize=8)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=GREY, labelsize=8, length=2)
