"""The table that `model.summary()` prints, in Keras's form."""

import math
from collections.abc import Callable
from typing import Any

from .compiling import fusion_note
from .functional import calls_between
from .layers.layer import Layer
from .tree import leaves

_SHARES = (("Layer (type)", 33), ("Output Shape", 24), ("Param #", 15))
_JUSTIFIED: tuple[Any, ...] = ("left", "left", "right", "left")
_SHARES_CONNECTED = (("Layer (type)", 21), ("Output Shape", 19), ("Param #", 12), ("Connected to", 19))


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
        line_length: width of the table in characters.
        print_fn: called with the whole text in place of printing it.
        expand_nested: whether to list the layers inside models used as layers.
        show_trainable: whether to add a column that tells which layers are trainable.
        layer_range: the names of the first and the last layer to list.
    """
    from rich.console import Console  # here, so that importing pellucid stays quick

    console = Console(width=line_length or 76, highlight=False, record=print_fn is not None,
                      quiet=print_fn is not None)  # fmt: skip
    with console.capture() as capture:
        console.print(f"[bold]Model: {_quoted(model.name)}[/bold]")
        console.print(_table(model, expand_nested, show_trainable, layer_range))
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


def _table(model: Any, expand_nested: bool, show_trainable: bool, layer_range: Any) -> Any:
    from rich.box import HEAVY_HEAD
    from rich.table import Table

    table = Table(box=HEAVY_HEAD, expand=True, show_lines=True)
    connected = not _is_line(model)
    shares = _SHARES_CONNECTED if connected else _SHARES
    for (title, share), justify in zip(shares, _JUSTIFIED, strict=False):
        table.add_column(title, ratio=share, justify=justify)
    if show_trainable:
        table.add_column("Trainable", ratio=11, justify="center")
    for layer, indent in _rows(model, expand_nested, layer_range):
        cells = [f"{'  ' * indent}{layer.name} ([cyan]{type(layer).__name__}[/])", _shape(layer), _params(layer)]
        if connected:
            cells.append(", ".join(_sources(model, layer)) or "-")
        if show_trainable:
            cells.append("Y" if layer.trainable else "N")
        table.add_row(*cells)
    return table


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
    return f"[green]{layer.count_params():,}[/]" if layer.built else "0 (unbuilt)"


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
    memory = [] if model.graph is None else [array for _, array in leaves(model.numbers.moments)]
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
