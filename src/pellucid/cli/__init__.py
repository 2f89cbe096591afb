"""The command `pellucid`."""

import io
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .bench import bench
from .doctor import doctor
from .info import info, version
from .look import look
from .run import run
from .show import show
from .train import train
from .watch import watch


class Commands(TyperGroup):
    """The commands together. What is wrong with an option is said in one line, as all our errors are."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a letter that the terminal lacks is no reason to stop
        try:
            sys.exit(super().main(args, "pellucid", complete_var, False, windows_expand_args, **extra))
        except typer.Abort:
            sys.exit(130)
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "pellucid"
            typer.echo(f"{command}: {error.format_message().rstrip('.')}. Try: {command} --help", err=True)
            sys.exit(2)


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pellucid {version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def pellucid(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Deep learning with the Keras API, where every number can be seen."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(train)
app.command()(info)
app.command(context_settings={"allow_interspersed_args": True, "ignore_unknown_options": True})(run)
app.command()(doctor)
app.command()(bench)
app.command()(look)
app.command()(show)
app.command()(watch)
