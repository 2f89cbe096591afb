"""`pellucid info`: what is installed, and with what it computes."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import native
from ..engine.choose import chosen
from ..engine.devices import describe
from ..models import load_model

EXTRAS = {
    "plots": "matplotlib",
    "jax": "jax",
    "images": "pillow",
    "sklearn": "scikit-learn",
}
"""The optional package behind each extra, as pyproject.toml has them."""

_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS")


def info(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="MODEL", help="A saved network: what computes it.", show_default="this installation"),
    ] = None,
) -> None:
    """Show versions, the engine and the installed extras.

    With a network, what computes it: which layers have a kernel, which run as
    plain formulas and why, the instruction set and the threads.
    """
    if model is not None:
        try:
            typer.echo(load_model(model).engine_report())
        except (OSError, ValueError, ImportError) as error:
            typer.echo(f"pellucid info: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(2) from None
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts():
        table.add_row(name, Text(value))
    Console(highlight=False).print(table)


def version() -> str:
    """This package's version."""
    return str(sys.modules[__name__.partition(".")[0]].__version__)


def facts() -> Iterator[tuple[str, str]]:
    """(name, value) of all that `pellucid info` shows."""
    yield "pellucid", version()
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "numpy", np.__version__
    yield "engine", engine()
    if installed("jax"):
        yield "JAX computes on", describe()
    yield "BLAS", blas()
    yield "BLAS threads", threads()
    for extra, package in EXTRAS.items():
        found = installed(package)
        yield f"extra {extra}", f"{package} {found}" if found else f"not installed (pip install {package})"


def engine() -> str:
    """With what networks compute, as far as there are kernels for them."""
    asked = chosen(None)
    if asked == "jax":
        return "jax (PELLUCID_ENGINE)"
    if asked == "native":
        return f"native: {native.instruction_set()}, {native.num_threads()} threads (PELLUCID_NUM_THREADS)"
    return f"numpy; {native.why_not()}" if native.load() is None else "numpy (PELLUCID_ENGINE)"


def installed(package: str) -> str | None:
    """The version of an installed package; None when it is not there."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def blas() -> str:
    """The library that multiplies NumPy's matrices."""
    found = np.show_config(mode="dicts")["Build Dependencies"].get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def threads() -> str:
    """How many threads it may use: what an environment variable says, or all cores."""
    for name in _THREADS:
        if os.environ.get(name):
            return f"{os.environ[name]} ({name})"
    return f"as many as cores ({native.cores()})"
