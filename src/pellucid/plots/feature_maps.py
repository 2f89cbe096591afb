"""Feature maps: what every convolution makes of one image, a row a layer."""

from typing import Any

import numpy as np

from ..inside.features import FeatureMaps
from .style import colour_bar, heading, new_figure
from .tiles import as_picture, draw_tiles, some, spread

_MOST, _COLUMNS, _LAYERS = 16, 8, 8
_IMAGE, _TILE, _LINE = 2.6, 0.95, 1.3  # inches; with its caption a line is higher than a tile


def feature_maps_picture(maps: FeatureMaps) -> Any:
    """A matplotlib Figure: the image, and for up to 8 convolutions up to 16 maps each, on one scale a layer."""
    chosen = spread(maps.layers, _LAYERS)
    lines = [-(-min(one.maps.shape[-1], _MOST) // _COLUMNS) for one in chosen]
    figure = new_figure(_IMAGE + _COLUMNS * _TILE + 1.4, 0.5 + sum(line * _TILE * _LINE + 0.5 for line in lines))
    left_out = "" if len(chosen) == len(maps.layers) else f": {some(len(chosen), len(maps.layers), 'convolutions')}"
    heading(figure, f"What each convolution makes of the image{left_out}")
    left, right = figure.subfigures(1, 2, width_ratios=(_IMAGE, _COLUMNS * _TILE + 1.4))
    image = left.subplots()
    image.imshow(as_picture(maps.image), cmap="gray_r", interpolation="nearest")
    image.set_title(f"image {' × '.join(map(str, maps.image.shape[:2]))}", fontsize=10, loc="left")
    image.set_axis_off()
    image.set_anchor("N")
    rows = right.subplots(len(lines), 1, squeeze=False, height_ratios=[line * _TILE * _LINE + 0.5 for line in lines])[
        :, 0
    ]
    for axes, one in zip(rows, chosen, strict=True):
        count = one.maps.shape[-1]
        shown = min(count, _MOST)
        images = np.moveaxis(one.maps[..., :shown], -1, 0)
        signed = bool((one.maps < 0).any())
        drawn = draw_tiles(axes, images, _COLUMNS, signed=signed, captions=[str(i) for i in range(shown)])
        size = " × ".join(map(str, one.maps.shape[:2]))
        function = f", {one.activation}" if one.activation else ""
        axes.set_title(f"{one.layer}{function}: {some(shown, count, 'maps')} of {size}", fontsize=10, loc="left")
        axes.set_anchor("W")
        colour_bar(drawn, axes, "activation", shrink=0.9)
    return figure
