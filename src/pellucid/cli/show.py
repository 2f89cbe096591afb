"""`pellucid show`: the course's experiments, in the terminal and as pictures."""

import difflib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..arrays import Array
from ..errors import DataError
from ..experiments import EXPERIMENTS, Draw, Experiment, Outcome
from ..formats.safe_write import replacing
from ..terminal.colours import BLUE, ORANGE, QUIET
from .telling import tell


def show(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The experiment.", show_default="list all of them")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go.")] = Path("."),
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same numbers.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Learn for less long.")] = False,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Only the text.")] = False,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help="digits, mnist or an .npz file, for those that read images.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Times through the data: shallow, classifier.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Trainings that differ in their seed alone: shallow.")
    ] = None,
    digit: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Which test image: journey.", show_default="3")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own points for perceptron: a CSV file of two inputs and 0 or 1."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A network of your own for vision, or VGG16's published weights."),
    ] = None,
) -> None:
    """The experiments of a course: the real numbers here, the pictures as PNG files.

    Without a name, all experiments are listed. The pictures are called
    pellucid-NAME-….png; older files of these names are replaced.
    """
    console = Console(highlight=False)
    if name is None:
        list_experiments(console)
        return
    try:
        experiment = named(name)
        asked = {"data": data, "epochs": epochs, "seeds": seeds, "digit": digit, "points": points, "weights": weights}
        options = options_for(
            experiment, seed, quick, {key: value for key, value in asked.items() if value is not None}
        )
        if not no_picture:
            out.mkdir(parents=True, exist_ok=True)
        console.print(
            Text.assemble((experiment.name, f"bold {BLUE}"), (f"   row {experiment.row} of the course", QUIET))
        )
        pictures = Pictures(console, experiment.name, None if no_picture else out)
        outcome = run(console, experiment, options, pictures)
        console.print()
        tell(console, outcome)
        console.print()
        for picture, draw in outcome.pictures.items():
            pictures.write(picture, draw)
    except BrokenPipeError:
        raise
    except (OSError, ValueError, ImportError) as error:
        typer.echo(f"pellucid show: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None
    following = list(EXPERIMENTS)[list(EXPERIMENTS).index(experiment.name) + 1 :]
    if following:
        console.print(Text(f"Next: pellucid show {following[0]}", style=QUIET))


def list_experiments(console: Console) -> None:
    """One line each, with the row of the course."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", style=QUIET)
    table.add_column(style=f"bold {BLUE}", no_wrap=True)
    table.add_column()
    for one in EXPERIMENTS.values():
        table.add_row(str(one.row), one.name, Text(one.line))
    console.print(Text("The experiments of the course, row by row: pellucid show NAME\n"))
    console.print(table)


def named(name: str) -> Experiment:
    """The experiment of that name. Raises ValueError, with the nearest name, when there is none."""
    given = name.lower().replace("_", "-")
    if given in EXPERIMENTS:
        return EXPERIMENTS[given]
    near = difflib.get_close_matches(given, EXPERIMENTS, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(f"there is no experiment {name!r}.{hint} pellucid show lists all of them.")


def options_for(experiment: Experiment, seed: int, quick: bool, asked: dict[str, Any]) -> dict[str, Any]:
    """What the experiment is told. Raises ValueError for an option that it does not have."""
    for option in asked:
        if option not in experiment.options:
            having = ", ".join(one.name for one in EXPERIMENTS.values() if option in one.options)
            raise ValueError(f"{experiment.name} has no --{option}; {having} {'have' if ',' in having else 'has'}.")
    if "points" in asked:
        asked = {**asked, "points": read_points(asked["points"])}
    general = {"seed": seed, "quick": quick}
    return {**{key: value for key, value in general.items() if key in experiment.options}, **asked}


def read_points(path: Path) -> Array:
    """Rows of two inputs and a class from a CSV file, with or without a line of names."""
    for skipped in (0, 1):
        try:
            return np.loadtxt(path, delimiter=",", skiprows=skipped, ndmin=2)
        except ValueError:
            continue
    raise DataError(f"{path}: needs lines of two numbers and a class, 0 or 1, with commas between them.")


class Pictures:
    """Writes each picture once, as soon as it is there, so that Ctrl-C loses nothing already drawn.

    folder   where they go; None: they are not wanted
    """

    def __init__(self, console: Console, experiment: str, folder: Path | None) -> None:
        self._console, self._experiment, self._folder = console, experiment, folder
        self._written: set[str] = set()

    def write(self, picture: str, draw: Draw) -> None:
        """Write it, and say where; without matplotlib, say so once."""
        if self._folder is None or picture in self._written:
            return
        path = self._folder / f"pellucid-{self._experiment}-{picture.replace('/', '-')}.png"
        try:
            figure = draw()
        except ImportError as error:
            self._folder = None
            self._console.print(Text(f"No picture: {error}", style=ORANGE))
            return
        with replacing(path) as file:
            figure.savefig(file, format="png", dpi=150)
        self._written.add(picture)
        self._console.print(Text.assemble("picture  ", (str(path), f"bold {BLUE}")), soft_wrap=True)


def run(console: Console, experiment: Experiment, options: dict[str, Any], pictures: Pictures) -> Outcome:
    """Compute; in a terminal, a line says what is being done."""
    if "ready" in experiment.options:
        options = {**options, "ready": pictures.write}
    if "progress" not in experiment.options or not console.is_terminal:
        return experiment.function(**options)
    with console.status("…") as status:
        return experiment.function(**options, progress=lambda words: status.update(f"{words} …"))
