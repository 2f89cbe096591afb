"""`pellucid run`: a Keras program or notebook, unedited, with pellucid in Keras's place."""

from pathlib import Path
from typing import Annotated

import typer

from ..compat import run_notebook, run_program
from ..compat.era import ERAS
from ..errors import FormatError


def run(
    program: Annotated[Path, typer.Argument(help="The program (.py) or notebook (.ipynb).", metavar="PROGRAM")],
    arguments: Annotated[list[str] | None, typer.Argument(help="The program's own arguments.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Stop every training after so many epochs.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Learn from so many samples at most.")] = None,
    era: Annotated[str | None, typer.Option(help=f"Whose defaults it means: {', '.join(ERAS)}; else guessed.")] = None,
) -> None:
    """Run a Keras program or notebook as it is, with pellucid in the place of Keras."""
    if not program.is_file():
        raise typer.BadParameter(f"there is no file {program}.")
    if era not in (None, *ERAS):
        raise typer.BadParameter(f"--era must be one of {', '.join(ERAS)}, got {era!r}.")
    start = run_notebook if program.suffix == ".ipynb" else run_program
    try:
        status = start(program, arguments or [], epochs, limit, era)
    except FormatError as error:
        typer.echo(f"pellucid run: {error}", err=True)
        status = 1
    raise typer.Exit(status)
