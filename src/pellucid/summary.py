"""The table that `model.summary()` prints, in Keras's form."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .compiling import fusion_note
from .functional import calls_between
from .layers.layer import Layer
from .saving import optimizer_numbers

_TITLES = ("Layer (type)", "Output Shape", "Param #", "Connected to")
_JUSTIFIED: tuple[Any, ...] = ("left", "left", "right", "left")
_ENDS, _ENDS_CONNECTED = (0.45, 0.8, 1.0), (0.3, 0.56, 0.74, 1.0)  # of the columns, as shares of the line
_LENGTH, _LENGTH_CONNECTED, _LENGTH_OF_TRAINABLE = 88, 108, 12  # characters, where the terminal is wide enough


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print the layers with their output shapes and numbers of parameters.

    Args:
        line_length: width of the table in characters; by default what the terminal has room for.
        positions: where the columns end, in characters or as shares of the line.
        print_fn: called with the whole text in place of printing it.
        expand_nested: whether to list the layers inside models used as layers.
        show_trainable: whether to add a column that tells which layers are trainable.
        layer_range: the names of the first and the last layer to list.
    """
    import shutil  # here, so that importing pellucid stays quick

    from rich.console import Console

    connected = not _is_line(model)
    if line_length is None:
        wanted = (_LENGTH_CONNECTED if connected else _LENGTH) + (_LENGTH_OF_TRAINABLE if show_trainable else 0)
        line_length = min(wanted, shutil.get_terminal_size().columns - 4)
    widths = _widths(positions or (_ENDS_CONNECTED if connected else _ENDS), line_length, show_trainable)
    plain: dict[str, Any] = {} if print_fn is None else {"color_system": None, "force_terminal": False}
    console = Console(width=max(line_length, 80), highlight=False, **plain)
    with console.capture() as capture:
        console.print(f"[bold]Model: {_quoted(model.name)}[/bold]")
        console.print(_table(model, widths, line_length, expand_nested, show_trainable, layer_range))
        for line in _totals(model):
            console.print(line)
    text = capture.get()
    if print_fn is None:
        print(text, end="")
    else:
        print_fn(text)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _is_line(model: Any) -> bool:
    """Whether each layer just reads the one before."""
    if model.graph is None:
        return True
    values = [value for node in model.graph.nodes for value in node.reads]
    one_each = all(len(node.reads) == 1 for node in model.graph.nodes)
    return one_each and len(values) == len(set(values)) and len(model.inputs) == 1


def _widths(positions: Sequence[float], line_length: int, show_trainable: bool) -> list[int]:
    """The columns' widths; positions are where they end, in characters or as shares of the line."""
    ends = [end / line_length if positions[-1] > 1 else end for end in positions]
    if show_trainable:
        ends = [*(0.9 * end for end in ends), 1.0]
    places = [int(end * line_length) for end in ends]
    widths = [end - start for start, end in zip([0, *places], places, strict=False)]
    if min(widths) < 4:
        raise ValueError(f"summary: {line_length} characters are too few for {len(widths)} columns; give line_length=.")
    return widths


def _table(
    model: Any, widths: list[int], line_length: int, expand_nested: bool, show_trainable: bool, layer_range: Any
) -> Any:
    from rich.box import HEAVY_HEAD
    from rich.table import Table

    table = Table(box=HEAVY_HEAD, width=line_length, show_lines=True)
    connected = len(widths) - show_trainable == len(_TITLES)
    for title, justify, width in zip(_TITLES, _JUSTIFIED, widths, strict=False):
        if connected or title != "Connected to":
            table.add_column(title, width=width, justify=justify)
    if show_trainable:
        table.add_column("Trainable", width=widths[-1], justify="center")
    for layer, indent in _rows(model, expand_nested, layer_range):
        cells = [
            f"{indent * '   ' + '└ ' if indent else ''}{layer.name} ([cyan]{_class(layer)}[/])",
            _shape(layer),
            _params(layer),
        ]
        if connected:
            cells.append(", ".join(_sources(model, layer)) or "-")
        if show_trainable:
            cells.append(("Y" if layer.trainable else "N") if layer.built and layer.weights else "-")
        table.add_row(*cells)
    return table


def _class(layer: Layer) -> str:
    name = layer.class_name
    return "Functional" if name == "Model" else name


def _rows(model: Any, expand_nested: bool, layer_range: Any, indent: int = 0) -> list[tuple[Layer, int]]:
    layers = model.layers
    if layer_range is not None:
        names = [layer.name for layer in layers]
        missing = [name for name in layer_range if name not in names]
        if missing:
            raise ValueError(f"summary: layer_range names {missing[0]!r}, but the layers are {', '.join(names)}.")
        layers = layers[names.index(layer_range[0]) : names.index(layer_range[1]) + 1]
    rows: list[tuple[Layer, int]] = []
    for layer in layers:
        rows.append((layer, indent))
        if expand_nested and hasattr(layer, "layers"):
            rows.extend(_rows(layer, expand_nested, None, indent + 1))
    return rows


def _shape(layer: Layer) -> str:
    if not layer.calls:
        return "?" if getattr(layer, "graph", None) is None else _written(layer.output_shape)
    shapes = [tensor.shape for tensor in layer.calls[-1][1]]
    return _written(shapes[0] if len(shapes) == 1 else shapes)


def _written(shape: Any) -> str:
    return ", ".join(map(str, shape)) if isinstance(shape, list) else str(shape)


def _params(layer: Layer) -> str:
    if not layer.built:  # whether a layer will have weights is known without
        none = type(layer).init is Layer.init and not hasattr(layer, "graph") and not layer.parts
        return "[green]0[/]" if none else "0 (unbuilt)"
    return f"[green]{layer.count_params():,}[/]"


def _sources(model: Any, layer: Layer) -> list[str]:
    found = []
    for call in calls_between(model.inputs, model.outputs):
        if call.layer is layer:
            found += [f"{tensor.call.layer.name}[{_place(tensor)}][{tensor.index}]" for tensor in call.inputs]
    return found


def _place(tensor: Any) -> int:
    """Which of its layer's calls a tensor comes from."""
    return next(i for i, (call, _) in enumerate(tensor.call.layer.calls) if call is tensor.call)


def _totals(model: Any) -> list[str]:
    trainable = sum(weight.size for weight in model.trainable_weights)
    frozen = sum(weight.size for weight in model.non_trainable_weights)
    memory = [np.asarray(array) for array in optimizer_numbers(model) or []]
    arrays = [weight.value for weight in model.weights]
    remembered = sum(math.prod(array.shape) for array in memory)
    lines = [
        f" [bold]Total params: [/][green]{trainable + frozen + remembered:,}[/] ({_bytes([*arrays, *memory])})",
        f" [bold]Trainable params: [/][green]{trainable:,}[/] ({_bytes([w.value for w in model.trainable_weights])})",
        f" [bold]Non-trainable params: [/][green]{frozen:,}[/]"
        f" ({_bytes([w.value for w in model.non_trainable_weights])})",
    ]
    if remembered:
        lines.append(f" [bold]Optimizer params: [/][green]{remembered:,}[/] ({_bytes(memory)})")
    if model.recipe is not None and model.graph is not None:
        note = fusion_note(model.recipe, model.graph, model.output_names)
        if note:
            lines.append(f" [bold]Fused: [/]{note}")
    return lines


def _bytes(arrays: list[Any]) -> str:
    size = float(sum(array.nbytes for array in arrays))
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{size:.2f} {unit}"
