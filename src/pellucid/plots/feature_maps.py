"""Feature maps: what every convolution makes of one image, a row a layer."""

from typing import Any

import numpy as np

from ..inside.features import FeatureMaps
from .style import colour_bar, heading, new_figure
from .tiles import as_picture, draw_tiles, some

_MOST, _COLUMNS = 16, 8
_IMAGE, _TILE = 2.6, 0.95  # inches


def feature_maps_picture(maps: FeatureMaps) -> Any:
    """A matplotlib Figure: the image, and for every convolution up to 16 of its maps, on one scale a layer."""
    lines = [-(-min(one.maps.shape[-1], _MOST) // _COLUMNS) for one in maps.layers]
    figure = new_figure(_IMAGE + _COLUMNS * _TILE + 1.4, 0.5 + sum(line * _TILE + 0.5 for line in lines))
    heading(figure, "What each convolution makes of the image")
    left, right = figure.subfigures(1, 2, width_ratios=(_IMAGE, _COLUMNS * _TILE + 1.4))
    image = left.subplots()
    image.imshow(as_picture(maps.image), cmap="gray_r", interpolation="nearest")
    image.set_title(f"image {' × '.join(map(str, maps.image.shape[:2]))}", fontsize=10, loc="left")
    image.set_axis_off()
    image.set_anchor("N")
    rows = right.subplots(len(lines), 1, squeeze=False, height_ratios=[line * _TILE + 0.5 for line in lines])[:, 0]
    for axes, one in zip(rows, maps.layers, strict=True):
        count = one.maps.shape[-1]
        shown = min(count, _MOST)
        images = np.moveaxis(one.maps[..., :shown], -1, 0)
        signed = bool((one.maps < 0).any())
        drawn = draw_tiles(axes, images, _COLUMNS, signed=signed)
        size = " × ".join(map(str, one.maps.shape[:2]))
        function = f", {one.activation}" if one.activation else ""
        axes.set_title(f"{one.layer}{function}: {some(shown, count, 'maps')} of {size}", fontsize=10, loc="left")
        axes.set_anchor("W")
        colour_bar(drawn, axes, "activation", shrink=0.9)
    return figure
