"""An image on its way through a network, from the pixels to the answer, in one picture."""

from typing import Any

import numpy as np

from ..inside.features import Journey, Stage
from .mosaic import columns_for
from .style import BLUE, GREY, ORANGE, heading, new_figure, signed_colours
from .tiles import as_picture, draw_tiles, some, spread

_MOST_MAPS, _MOST_UNITS, _MOST_CLASSES, _MOST_STAGES = 16, 100, 20, 15
_IMAGE = 25  # numbers that may be an image
_WIDE, _NARROW, _ANSWER = 1.15, 0.4, 1.25  # widths of the panels, which are all of one height
_ROW = 8.0  # widths in a row, at most
_SAME = ("Flatten", "Dropout", "SpatialDropout2D", "Reshape", "InputLayer", "GaussianNoise", "GaussianDropout")


def journey_picture(journey: Journey) -> Any:
    """A matplotlib Figure: the input, what each layer made of it, and the answer as bars; a long way in several rows.

    Layers that only pass their numbers on (Flatten, Dropout) are left out; of very many layers, some.
    """
    telling = [stage for stage in journey.stages if stage.kind not in _SAME] or list(journey.stages)
    stages = spread(telling, _MOST_STAGES)
    rows = _rows([_WIDE, *map(_width, stages)])
    widest = max(sum(row) for row in rows)
    figure = new_figure(1.9 * widest + 0.5, 0.7 + 2.9 * len(rows))
    left_out = "" if len(stages) == len(telling) else f" ({some(len(stages), len(telling), 'layers')})"
    note = "Each layer has a scale of its own: the brighter, the stronger. Where a layer goes below 0, orange is below."
    heading(figure, _heading(journey) + left_out, note)
    panels = []
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, row in zip(parts, rows, strict=True):
        rest = [widest - sum(row)] if widest - sum(row) > 0.01 else []
        made = part.subplots(1, len(row) + len(rest), width_ratios=[*row, *rest], squeeze=False)[0]
        for axes in made[len(row) :]:
            axes.set_axis_off()
        panels += list(made[: len(row)])
    image = journey.image if journey.image.ndim > 1 else _square(journey.image)
    panels[0].imshow(as_picture(image), cmap="gray_r", interpolation="nearest")
    panels[0].set_xticks([])
    panels[0].set_yticks([])
    _name(panels[0], "input", "", " × ".join(map(str, journey.image.shape)))
    for axes, stage in zip(panels[1:], stages, strict=True):
        if stage is stages[-1] and stage.value.size == journey.image.size >= _IMAGE and not _is_class(journey):
            _draw_again(axes, stage, image)
        elif stage is stages[-1] and stage.value.ndim < 3:
            _draw_answer(axes, journey)
        else:
            _draw_stage(axes, stage)
    return figure


def _width(stage: Stage) -> float:
    return _WIDE if stage.value.ndim == 3 else _NARROW


def _rows(widths: list[float]) -> list[list[float]]:
    """The widths of the panels, row by row; the last panel is the answer's, which takes more room when it is bars."""
    widths = [*widths[:-1], _ANSWER]
    rows: list[list[float]] = [[]]
    for width in widths:
        if rows[-1] and sum(rows[-1]) + width > _ROW:
            rows.append([])
        rows[-1].append(width)
    return rows


def _is_class(journey: Journey) -> bool:
    """Whether the last layer says a class: its softmax or lone sigmoid does, and what there is a true class for."""
    last = journey.stages[-1]
    sure = last.activation == "softmax" or (last.value.size == 1 and last.activation == "sigmoid")
    return last.value.ndim == 1 and (sure or journey.label is not None)


def _heading(journey: Journey) -> str:
    if not _is_class(journey) or len(journey.names) <= max(journey.answer, 1):
        return "From the input to the last layer"
    said = journey.names[journey.answer]
    if journey.label is None:
        return f"The network takes it for {said}"
    right = journey.label == journey.answer
    return f"The network takes it for {said}, " + (
        "which is right" if right else f"but it is {journey.names[journey.label]}"
    )


def _draw_stage(axes: Any, stage: Stage) -> None:
    value, function = stage.value, stage.activation or stage.kind
    if value.ndim == 3:
        shown = min(value.shape[-1], _MOST_MAPS)
        signed = bool((value < 0).any())
        draw_tiles(axes, np.moveaxis(value[..., :shown], -1, 0), columns_for(shown), signed=signed)
        axes.set_anchor("C")
        size = " × ".join(map(str, value.shape[:2]))
        _name(axes, stage.layer, function, f"{some(shown, value.shape[-1], 'maps')}\nof {size}")
        return
    flat = value.reshape(-1)
    shown = min(flat.size, _MOST_UNITS)
    columns = -(-shown // 25)
    cells = np.full(-(-shown // columns) * columns, np.nan)
    cells[:shown] = flat[:shown]
    most = float(np.abs(flat).max()) or 1.0
    signed = bool((flat < 0).any())
    colours, low = (signed_colours(), -most) if signed else ("viridis", 0.0)
    cells = cells.reshape(-1, columns)
    axes.imshow(cells, cmap=colours, vmin=low, vmax=most, interpolation="nearest", aspect="auto")
    axes.set_box_aspect(_WIDE / _NARROW)
    axes.set_xticks([])
    axes.set_yticks([])
    _name(axes, stage.layer, function, some(shown, flat.size, "units"))


def _draw_again(axes: Any, stage: Stage, image: Any) -> None:
    """As many numbers as went in: the same kind of image."""
    axes.imshow(as_picture(stage.value.reshape(image.shape)), cmap="gray_r", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    _name(axes, stage.layer, stage.activation or stage.kind, " × ".join(map(str, stage.value.shape)))


def _draw_answer(axes: Any, journey: Journey) -> None:
    stage = journey.stages[-1]
    values = stage.value.reshape(-1)
    order = np.sort(np.argsort(-values, kind="stable")[:_MOST_CLASSES])
    names = journey.names if len(journey.names) == values.size else tuple(map(str, range(values.size)))
    labels = [names[i] for i in order]
    colours = [BLUE if i == journey.answer else "#b9c9d6" for i in order]
    hatches = [""] * len(order)
    if journey.label is not None and journey.label != journey.answer:
        colours = [ORANGE if i == journey.answer else colour for i, colour in zip(order, colours, strict=True)]
        hatches = ["///" if i == journey.answer else "" for i in order]
    bars = axes.barh(range(len(order)), values[order], color=colours)
    for one, hatch in zip(bars, hatches, strict=True):
        one.set_hatch(hatch)
    axes.set_yticks(range(len(order)), labels, fontsize=9)
    if journey.label is not None:
        for tick, i in zip(axes.get_yticklabels(), order, strict=True):
            tick.set_fontweight("bold" if i == journey.label else "normal")
    axes.invert_yaxis()
    best = journey.answer if values.size > 1 else 0
    where = int(np.flatnonzero(order == best)[0])
    axes.text(float(values[best]), where, f" {values[best]:.3g}", va="center", fontsize=9, color=GREY)
    low, high = min(0.0, float(values.min())), max(float(values.max()), 0.0)
    axes.set_xlim(low * 1.1, (high or 1) * 1.25)
    axes.tick_params(colors=GREY, length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xticks([])
    axes.set_box_aspect(_WIDE / _ANSWER)
    noun = "unit" if values.size == 1 else "classes" if _is_class(journey) else "units"
    _name(axes, stage.layer, stage.activation or stage.kind, some(len(order), values.size, noun))


def _name(axes: Any, layer: str, function: str, size: str) -> None:
    axes.set_title(f"{layer}\n{function}" if function else f"{layer}\n", fontsize=9)
    axes.set_xlabel(size, fontsize=8, color=GREY)
    if not axes.axison:
        axes.text(0.5, -0.03, size, transform=axes.transAxes, ha="center", va="top", fontsize=8, color=GREY)


def _square(values: Any) -> Any:
    """A row of numbers as the image that it may have been, or as a column."""
    side = int(np.sqrt(values.size))
    return values.reshape(side, side) if side * side == values.size else values.reshape(-1, 1)
