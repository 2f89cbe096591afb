"""Back-propagation beside the central difference, weight by weight."""

from typing import Any

import numpy as np

from ..arrays import Array
from .style import BLUE, GREY, ORANGE, heading, name_axes, new_figure, plain, title


def gradient_check_picture(found: Array, checked: Array, loss: tuple[Array, Array, float, float], words: str) -> Any:
    """A matplotlib Figure: every gradient against its central difference, and the loss over one weight.

    found, checked   (P,) by back-propagation, and by (J(w + h) - J(w - h)) / 2h
    loss             (P,) values of one weight, (P,) the loss there, the weight as it is, ∂J/∂w there
    """
    figure = new_figure(10.5, 4.6)
    left, right = figure.subplots(1, 2)
    reach = 1.08 * float(np.abs(np.concatenate([found, checked])).max() or 1.0)
    least = float(np.abs(found[found != 0]).min()) if found.any() else 1.0
    for scale in (left.set_xscale, left.set_yscale):
        scale("symlog", linthresh=max(least, reach / 1000))
    largest = 10.0 ** np.floor(np.log10(reach))
    for axis in (left.xaxis, left.yaxis):
        axis.set_ticks([-largest, -largest / 10, 0, largest / 10, largest])
    left.plot((-reach, reach), (-reach, reach), color="#999999", lw=1)
    left.scatter(found, checked, s=26, color=BLUE, edgecolor="white", linewidth=0.6, zorder=3)
    apart = float(np.abs(found - checked).max())
    left.text(0.04, 0.95, f"{len(found)} weights and biases\nfarthest apart: {apart:.1e}", va="top",
              transform=left.transAxes, fontsize=9.5, color=GREY)  # fmt: skip
    plain(left, "both")
    title(left, "Two ways to the same gradient")
    name_axes(left, "by the chain rule", "by the central difference")
    weights, losses, weight, slope = loss
    here = float(np.interp(weight, weights, losses))
    right.plot(weights, losses, color=BLUE, lw=2.2, label="J(w)")
    near = np.array([weight - 0.25 * np.ptp(weights), weight + 0.25 * np.ptp(weights)])
    right.plot(near, here + slope * (near - weight), "--", color=ORANGE, lw=2, label=f"slope {slope:.4g}")
    right.plot([weight], [here], "o", color=ORANGE, ms=8, markeredgecolor="white")
    right.legend(frameon=False, fontsize=9.5)
    plain(right)
    title(right, f"The loss over {words}")
    name_axes(right, "w", "J")
    heading(figure, "∂J/∂w by back-propagation, checked")
    return figure
