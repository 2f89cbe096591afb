"""`pellucid doctor`: what is wrong with a saved network, its data, or the way it learns."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from ..arrays import Array
from ..datasets import load
from ..errors import DataError
from ..inside.doctor import Doctor, Finding, examine, look_back
from ..inside.doctor.finding import by_gravity
from ..models import load_model
from ..terminal.findings import findings

CHECKS = 100  # while it learns


def doctor(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A network saved as .keras or .h5.")],
    data: Annotated[
        str, typer.Option(metavar="DATA", help="digits, mnist, fashion_mnist, or an .npz file.")
    ] = "digits",
    epochs: Annotated[
        int, typer.Option(metavar="N", min=0, help="Epochs to watch it learn, on a copy; 0 only looks.")
    ] = 5,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Samples in one step of learning.")] = 32,
    scale: Annotated[
        float | None,
        typer.Option(metavar="NUMBER", help="What inputs are divided by.", show_default="255 for bytes, else 1"),
    ] = None,
    hints: Annotated[bool, typer.Option("--hints", help="Show hints, too.")] = False,
) -> None:
    """Examine a network: the data, the beginning, how it learns, what it answers.

    It is examined as it is, then watched while a copy in memory learns for some
    epochs; the file stays as it is. An .npz file holds x_train, y_train, x_test
    and y_test.

    The exit status is 1 when there is a warning or worse.
    """
    console = Console(highlight=False)
    try:
        found = consult(load_model(model), load(data), epochs, batch_size, scale)
    except (OSError, ValueError) as error:
        typer.echo(f"pellucid doctor: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None
    console.print(findings(found, hints))
    alarms = sum(finding.alarm for finding in found)
    console.print(Text(f"{alarms} of {len(found)} findings are warnings or worse."))
    raise typer.Exit(1 if alarms else 0)


def consult(model: Any, parts: Any, epochs: int, batch_size: int, scale: float | None) -> list[Finding]:
    """All findings before, during and after some epochs of training.

    parts    (x_train, y_train), (x_test, y_test)

    Raises ValueError for a model that was saved without `compile`, DataError for data of another shape.
    """
    if not model.compiled:
        raise ValueError("the model was saved before compile, so nobody knows what it should learn.")
    (x, y), (x_test, y_test) = parts
    x, x_test = fitted(x, model, scale), fitted(x_test, model, scale)
    y, y_test = as_targets(y, model), as_targets(y_test, model)
    found = examine(model, x, y, (x_test, y_test))
    if any(finding.check == "data" for finding in found) or not epochs:
        return found
    batches = -(-len(x) // batch_size) * epochs
    watching = Doctor(every=max(1, batches // CHECKS), verbose=0)
    model.fit(
        x, y, batch_size=batch_size, epochs=epochs, validation_data=(x_test, y_test), verbose=0, callbacks=[watching]
    )
    known = {(finding.check, finding.layer) for finding in found}
    found += [finding for finding in watching.findings if (finding.check, finding.layer) not in known]
    return by_gravity([*found, *look_back(model, x_test, y_test)])


def fitted(x: Array, model: Any, scale: float | None) -> Array:
    """Samples in the shape that the model takes, divided by the scale."""
    shape = tuple(model.input_shape[1:])
    x = x.astype(np.float32) / np.float32(scale or (255 if x.dtype == np.uint8 else 1))
    if None not in shape and x.shape[1:] != shape and x[0].size == np.prod(shape):
        return x.reshape(-1, *shape)
    if x.shape[1:] != shape and None not in shape:
        raise DataError(f"the model takes samples shaped {shape}, and these are shaped {x.shape[1:]}.")
    return x


def as_targets(y: Array, model: Any) -> Array:
    """Class numbers as rows with a one, where the loss compares rows."""
    slot = model.target_slots()[0]
    wants_rows = len(slot.shape) == 2 and slot.shape[-1] not in (None, 1) and slot.kind != "labels"
    if not wants_rows or y.ndim != 1 or y.dtype.kind not in "iu":
        return y
    if y.max() >= slot.shape[-1] or y.min() < 0:
        raise DataError(f"the model knows {slot.shape[-1]} classes, and the targets run from {y.min()} to {y.max()}.")
    return np.eye(slot.shape[-1], dtype=np.float32)[y]
