"""`pellucid bench`: how fast and how lean, beside every other library that is installed."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from .. import native
from ..bench import WORKLOADS
from ..bench.chart import draw
from ..bench.page import as_markdown
from ..bench.report import report
from ..bench.restrict import INSTRUCTION_SETS
from ..bench.turns import take_turns


def bench(
    workloads: Annotated[
        list[str] | None, typer.Argument(help=f"Which ones: {', '.join(WORKLOADS)}; all by default.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each library that are measured.")] = 7,
    peers: Annotated[str | None, typer.Option(help="Only these libraries beside ours, with commas.")] = None,
    isa: Annotated[
        str | None, typer.Option(help=f"Keep every library to this instruction set: {', '.join(INSTRUCTION_SETS)}.")
    ] = None,
    results: Annotated[Path, typer.Option(help="The folder for tables (.md), numbers (.json), chart.png.")] = Path(
        "benchmarks/results"
    ),
) -> None:
    """Measure Pellucid and every other library that is installed at the same work. Run nothing else meanwhile."""
    for name in workloads or []:
        if name not in WORKLOADS:
            raise typer.BadParameter(f"there is no workload {name!r}. There are: {', '.join(WORKLOADS)}.")
    chosen = [WORKLOADS[name] for name in workloads or WORKLOADS]
    known = dict.fromkeys(peer.name for workload in chosen for peer in workload.peers)
    wanted = list(known) if peers is None else [name.strip() for name in peers.split(",")]
    for name in wanted:
        if name not in known:
            raise typer.BadParameter(f"there is no peer {name!r}. There are: {', '.join(known)}.")
    if isa is not None and isa not in INSTRUCTION_SETS:
        raise typer.BadParameter(f"there is no switch to {isa!r}. There are: {', '.join(INSTRUCTION_SETS)}.")
    if isa is not None and native.available() and isa not in native.available():
        raise typer.BadParameter(f"this processor does not run {isa}. There are: {', '.join(native.available())}.")
    suffix = f"-{isa}" if isa else ""
    results.mkdir(parents=True, exist_ok=True)
    for workload in chosen:
        first, *others = workload.peers
        contestants = [first, *(peer for peer in others if peer.name in wanted)]
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        typer.echo(f"{workload.title}: {workload.work}\n")
        workers = take_turns(workload, contestants, rounds, lambda piece: typer.echo(piece, nl=False), isa)
        found = report(workload, *workers, rounds, load, isa)
        (results / f"{workload.name}{suffix}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        (results / f"{workload.name}{suffix}.md").write_text(as_markdown(found), encoding="utf-8")
        typer.echo("\n" + as_markdown(found))
    files = [results / f"{name}{suffix}.json" for name in WORKLOADS]
    tables = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    try:
        draw([one for one in tables if one["times_best_peer"] is not None], results / f"chart{suffix}.png")
    except ModuleNotFoundError:
        typer.echo("No chart: that needs matplotlib (pip install 'pellucid[plots]').")
    typer.echo(f"Written: {results}")
