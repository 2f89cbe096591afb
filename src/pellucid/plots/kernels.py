"""The kernels of a convolution, and beside them what the loss would have of each."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.features import Kernels
from .mosaic import columns_for
from .style import colour_bar, heading, new_figure, title
from .tiles import draw_tiles, some

_MOST, _MOST_CHANNELS = 64, 16


def kernels_picture(kernels: Kernels) -> Any:
    """A matplotlib Figure of the kernels (KH, KW, C, F), with their gradients where there are some.

    One input channel: a small image each. Three: as colours, grey where a weight is 0. More: a row of channels for
    each kernel.

    Raises ValueError for kernels that have no rows and columns.
    """
    if kernels.kernel.ndim != 4:
        raise ValueError(
            f"kernels_picture: {kernels.layer} has a kernel of {kernels.kernel.shape}, no rows and columns."
        )
    parts = [(kernels.kernel, "Kernels", "weight:  orange below 0    blue above")]
    if kernels.gradient is not None:
        parts.append((kernels.gradient, "Gradients dL/dkernel", "orange: more would help    blue: less"))
    count, channels = kernels.filters, kernels.kernel.shape[2]
    wide = channels not in (1, 3)
    shown = min(count, _MOST_CHANNELS if wide else _MOST)
    columns = min(channels, _MOST_CHANNELS) if wide else columns_for(shown)
    rows = shown if wide else -(-shown // columns)
    panel = 5.6
    figure = new_figure(panel * len(parts) + 0.4, max(2.6, min(8.5, 1.1 + panel * 0.86 * rows / columns)))
    numbers = [str(i) for i in range(shown)]
    size = " × ".join(map(str, kernels.kernel.shape[:2]))
    heading(figure, f"{kernels.layer}: {some(shown, count, 'kernels')} of {size}")
    for axes, (values, name, label) in zip(figure.subplots(1, len(parts), squeeze=False)[0], parts, strict=True):
        title(axes, name)
        if channels == 3:
            limit = float(np.abs(values).max()) or 1.0
            images = np.moveaxis(values[..., :shown], -1, 0) / (2 * limit) + 0.5
            draw_tiles(axes, images, columns, limits=(0, 1), captions=numbers)
            axes.text(0, -0.02, "colours: red, green and blue weights; grey is 0", transform=axes.transAxes, va="top",
                      fontsize=8, color="#666666")  # fmt: skip
            continue
        drawn = draw_tiles(axes, _images(values, shown), columns, signed=True, gap=0.3 if wide else 0.08,
                           captions=() if wide else numbers)  # fmt: skip
        colour_bar(drawn, axes, label)
        if wide:
            axes.text(0, -0.01, f"a row a kernel; a column an input channel, {some(columns, channels, 'channels')}",
                      transform=axes.transAxes, va="top", fontsize=8, color="#666666")  # fmt: skip
    return figure


def _images(values: Array, shown: int) -> Array:
    """(N, KH, KW), kernel by kernel, channel by channel."""
    by_kernel = np.moveaxis(values[:, :, :_MOST_CHANNELS, :shown], (3, 2), (0, 1))  # (F, C, KH, KW)
    return by_kernel.reshape(-1, *values.shape[:2])
