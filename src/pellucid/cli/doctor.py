"""`pellucid doctor`: what is wrong with a saved network, its data, how it learns; or with a program's trainings."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console, RenderableType
from rich.text import Text

from ..arrays import Array
from ..compat import run_notebook, run_program
from ..datasets import load
from ..errors import DataError
from ..inside.doctor import Doctor, Finding, Visit, examine, folded, look_back, on_call, try_it
from ..inside.doctor.finding import by_gravity
from ..models import load_model
from ..terminal.explained import Drawn
from ..terminal.findings import findings

CHECKS = 100  # while it learns
_NO_TRIAL = "There is no warning whose fix a copy could try."


def doctor(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL|PROGRAM", help="A network saved as .keras or .h5; or a .py or .ipynb.")
    ],
    data: Annotated[
        str, typer.Option(metavar="DATA", help="digits, mnist, fashion_mnist, or an .npz file.")
    ] = "digits",
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Epochs to watch it learn, on a copy; 0 only looks.",
            show_default="5; a program: as many as it says",
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Samples in one step of learning.")] = 32,
    scale: Annotated[
        float | None,
        typer.Option(metavar="NUMBER", help="What inputs are divided by.", show_default="255 for bytes, else 1"),
    ] = None,
    hints: Annotated[bool, typer.Option("--hints", help="Show hints, too.")] = False,
    trial: Annotated[bool, typer.Option("--try-it", help="Try the gravest finding's fix on a copy.")] = False,
) -> None:
    """Examine a network: the data, the beginning, how it learns, what it answers.

    It is examined as it is, then watched while a copy in memory learns for some
    epochs; the file stays as it is. An .npz file holds x_train, y_train, x_test
    and y_test.

    A Keras program or notebook is run, and every training in it is looked after.

    The exit status is 1 when there is a warning or worse.
    """
    console = Console(highlight=False)
    if model.suffix in (".py", ".ipynb"):
        raise typer.Exit(_attend(model, epochs, hints, trial, console))
    try:
        patient, parts = load_model(model), load(data)
        found = consult(patient, parts, 5 if epochs is None else epochs, batch_size, scale)
        found = folded(found)
        console.print(findings(found, hints))
        if any(finding.alarm for finding in found):
            console.print(Text(f"See it: pellucid look {model} --data {data}"))
        if trial:
            console.print(_tried(found, load_model(model), parts, batch_size, scale))
    except (OSError, ValueError) as error:
        typer.echo(f"pellucid doctor: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(_counted(found, hints, console))


def _counted(found: list[Finding], hints: bool, console: Console) -> int:
    """Say how many findings are alarms; the exit status."""
    alarms = sum(finding.alarm for finding in found)
    hidden = 0 if hints else sum(finding.grade == "hint" for finding in found)
    more = f" {hidden} are hints: --hints shows them." if hidden else ""
    console.print(Text(f"{alarms} of {len(found)} findings are warnings or worse.{more}"))
    return 1 if alarms else 0


def _attend(program: Path, epochs: int | None, hints: bool, trial: bool, console: Console) -> int:
    """Run a program with the doctor on call; the exit status."""
    if not program.is_file():
        raise typer.BadParameter(f"there is no file {program}.")
    start = run_notebook if program.suffix == ".ipynb" else run_program
    with on_call() as visits:
        status = start(program, [], epochs or None)
    console.print()
    if not visits:
        console.print(Text("The doctor: no call of fit was made, so there was nothing to look after."))
    for number, visit in enumerate(visits, start=1):
        name = f": {visit.name}" if visit.name else ""
        console.rule(Text(f"Training {number} of {len(visits)}{name}"), align="left", style="dim")
        if not visit.name:
            console.print(Text("It did not begin: fit refused its model or its data, and the message above says why."))
            continue
        if visit.findings or not visit.excuse:
            console.print(findings(visit.diagnosis, hints))
        if visit.excuse:
            console.print(Text(f"Not looked after{' any further' * bool(visit.findings)}. {visit.excuse}"))
        if trial:
            console.print(_remedy(visit))
    alarmed = _counted([finding for visit in visits for finding in visit.diagnosis], hints, console)
    if alarmed:
        console.print(Text("See it: model.save('model.keras') in the program, then pellucid look model.keras"))
    return status or alarmed


def _remedy(visit: Visit) -> RenderableType:
    """The fix of the gravest finding of a training that a copy can try, with both curves."""
    try:
        tried = visit.remedy()
    except (TypeError, ValueError) as error:
        return Text(f"Its fix cannot be tried here: {error}")
    return Text(_NO_TRIAL) if tried is None else Drawn(tried)


def _tried(found: list[Finding], model: Any, parts: Any, batch_size: int, scale: float | None) -> RenderableType:
    """The fix of the gravest finding that a fork can try, with both curves."""
    (x, y), (x_test, y_test) = parts
    given = fitted(x, model, scale), as_targets(y, model), (fitted(x_test, model, scale), as_targets(y_test, model))
    for finding in found:
        if finding.alarm and finding.fix.kind:
            return Drawn(try_it(finding, model, *given, batch_size=batch_size))
    return Text(_NO_TRIAL)


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
    return shaped(x, tuple(model.input_shape[1:]), scale)


def shaped(x: Array, shape: tuple[Any, ...], scale: float | None) -> Array:
    """The same for one input of a model, whose samples have this shape."""
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
