"""plot_model: a network as boxes and arrows. Needs matplotlib, the extra `plots`."""

import io
import os
from typing import Any

from ..functional import calls_between
from ..layers.symbolic import Call, KerasTensor

_WIDTH, _GAP = 3.2, 0.5  # inches of a box, and between two
_LINE = 0.22  # inches of a line of text


class Drawing:
    """A drawn network: `write("model.png")`, or its bytes with `create(format="svg")`; notebooks show it."""

    def __init__(self, figure: Any, dpi: int) -> None:
        self.figure, self.dpi = figure, dpi

    def create(self, prog: Any = None, format: str = "png") -> bytes:
        """The picture's bytes, as "png", "svg" or "pdf"."""
        file = io.BytesIO()
        self.figure.savefig(file, format=format, dpi=self.dpi, bbox_inches="tight")
        return file.getvalue()

    def write(self, path: Any, **_: Any) -> None:
        """Write the picture; the file's ending says of which kind."""
        self.figure.savefig(os.fspath(path), dpi=self.dpi, bbox_inches="tight")

    write_png = write_svg = write_pdf = write

    def _repr_png_(self) -> bytes:
        return self.create()


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **_: Any,
) -> Drawing:
    """Draw a model's layers and what flows between them, into a file (None: into none).

    rankdir   "TB" from top to bottom, "LR" from left to right
    """
    drawing = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    if to_file:
        drawing.write(to_file)
    return drawing


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **_: Any,
) -> Drawing:
    """The drawing that `plot_model` writes."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plot_model needs matplotlib. Install it: pip install 'pellucid[plots]'") from None
    calls = calls_between(model.inputs, model.outputs)
    known = {id(call) for call in calls}
    calls = [tensor.call for tensor in model.inputs if id(tensor.call) not in known] + calls
    texts = [_text(c, show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable) for c in calls]
    places = _places(calls)
    height = _LINE * (max(text.count("\n") for text in texts) + 2)
    across, down = max(x for x, _ in places) + 1, max(y for _, y in places) + 1
    columns, rows = (across, down) if rankdir == "TB" else (down, across)
    figure = Figure(figsize=(columns * (_WIDTH + _GAP), rows * (height + _GAP)))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, columns * (_WIDTH + _GAP)), ylim=(rows * (height + _GAP), 0))
    axes.set_axis_off()
    middles = []
    for text, (x, y) in zip(texts, places, strict=True):
        column, row = (x, y) if rankdir == "TB" else (y, x)
        middles.append(((column + 0.5) * (_WIDTH + _GAP), (row + 0.5) * (height + _GAP)))
        box = {"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": "black"}
        axes.text(*middles[-1], text, ha="center", va="center", fontsize=9, bbox=box)
    number = {id(call): i for i, call in enumerate(calls)}
    for i, call in enumerate(calls):
        for tensor in call.inputs:
            if id(tensor.call) in number:
                a, b = middles[number[id(tensor.call)]], middles[i]
                ends = ((a[0], a[1] + height / 2), (b[0], b[1] - height / 2))
                if rankdir != "TB":
                    ends = ((a[0] + _WIDTH / 2, a[1]), (b[0] - _WIDTH / 2, b[1]))
                axes.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "->", "color": "black"})
    return Drawing(figure, dpi)


def _text(call: Call, shapes: bool, dtype: bool, names: bool, activations: bool, trainable: bool) -> str:
    """What stands in a box."""
    layer = call.layer
    lines = [f"{layer.name} ({type(layer).__name__})" if names else type(layer).__name__]
    activation = getattr(layer, "activation", None)
    if activations and activation is not None:
        lines.append(f"activation: {getattr(activation, 'name', activation)}")
    outputs = next((made for noted, made in layer.calls if noted is call), ())
    if shapes:
        if call.inputs:
            lines.append(f"in: {_shapes(call.inputs)}")
        lines.append(f"out: {_shapes(outputs)}")
    if dtype:
        lines.append(f"type: {', '.join(tensor.dtype for tensor in outputs)}")
    if trainable:
        lines.append("trainable" if layer.trainable else "frozen")
    return "\n".join(lines)


def _shapes(tensors: tuple[KerasTensor, ...]) -> str:
    return ", ".join(str(tensor.shape) for tensor in tensors)


def _places(calls: list[Call]) -> list[tuple[int, int]]:
    """For each call: its column, and its row, one below the lowest that it reads from."""
    rows: dict[int, int] = {}
    taken: dict[int, int] = {}
    places = []
    for call in calls:
        row = rows[id(call)] = 1 + max((rows.get(id(tensor.call), -1) for tensor in call.inputs), default=-1)
        places.append((taken.get(row, 0), row))
        taken[row] = taken.get(row, 0) + 1
    return places
