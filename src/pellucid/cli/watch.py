"""`pellucid watch`: a training that runs elsewhere, in this terminal."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from ..inside.live_file import LiveReader
from ..terminal.watching import line_of, watched

PAUSE = 0.25  # seconds between two looks at the file


def watch(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the training writes: Watch(file=FILE).")],
    once: Annotated[bool, typer.Option("--once", help="Show what there is, and do not wait for more.")] = False,
) -> None:
    """Follow a running training: curves, layers, time left.

    The training writes FILE with the callback pellucid.inside.Watch(file="FILE"),
    and knows nothing of who reads it: Ctrl-C here leaves it alone. Watching may
    begin before the training does, and ends with it.
    """
    console = Console(highlight=False)
    if once and not file.exists():
        typer.echo(f"pellucid watch: there is no file {file}.", err=True)
        raise typer.Exit(2)
    if not file.parent.is_dir():
        typer.echo(f"pellucid watch: there is no folder {file.parent}.", err=True)
        raise typer.Exit(2)
    try:
        reader = follow(LiveReader(file), console, once)
    except (OSError, ValueError) as error:
        typer.echo(f"pellucid watch: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(1 if reader.why or (reader.gone and not reader.over) else 0)


def follow(
    reader: LiveReader, console: Console, once: bool = False, sleep: Callable[[float], None] = time.sleep
) -> LiveReader:
    """Show a training until it is over, its process is gone, or Ctrl-C; `once` shows it as it is now."""
    if once or not console.is_terminal:
        return _follow_in_lines(reader, console, once, sleep)
    latest = time.monotonic()
    with Live(console=console, auto_refresh=False) as live:
        try:
            while True:
                gone = reader.gone  # asked before reading: what it wrote last is then read for sure
                if reader.poll():
                    latest = time.monotonic()
                live.update(watched(reader, console, time.monotonic() - latest), refresh=True)
                if reader.over or gone:
                    break
                sleep(PAUSE)
        except KeyboardInterrupt:
            pass
    return reader


def _follow_in_lines(reader: LiveReader, console: Console, once: bool, sleep: Callable[[float], None]) -> LiveReader:
    """The same for what is no terminal: a line an epoch, and the whole picture in the end."""
    told = 0
    if not once and not reader.path.exists():
        console.print(f"Waiting for {reader.path} …", soft_wrap=True)
    try:
        while True:
            gone = reader.gone
            reader.poll()
            if len(reader.epochs) < told:
                told = 0  # another training writes here now
            for epoch in [] if once else reader.epochs[told:]:
                console.print(line_of(reader, epoch), soft_wrap=True)
            told = len(reader.epochs)
            if once or reader.over or gone:
                break
            sleep(PAUSE)
    except KeyboardInterrupt:
        return reader
    console.print(watched(reader, console, 0.0))
    return reader
