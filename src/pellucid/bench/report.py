"""What was measured, as plain data."""

import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import native
from .images import find_mnist
from .turns import Worker
from .workload import Workload


def cpu_name() -> str:
    """The processor's own name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def report(
    workload: Workload,
    contestants: list[Worker],
    floor: Worker | None,
    rounds: int,
    load_before: float,
    isa: str | None = None,
) -> dict[str, Any]:
    """All that was measured, in seconds and MB; page.py turns it into a page.

    isa     the instruction set that all were kept to
    """
    done = [worker for worker in contestants if worker.values and not worker.trouble]
    ours = next((worker for worker in done if worker.peer is workload.peers[0]), None)
    median = statistics.median(ours.values) if ours else None
    rows = sorted((_row(worker, median) for worker in done), key=lambda row: row["median"])
    best = next((row for row in rows if not row["ours"]), None)
    floor_at = statistics.median(floor.values) if floor and floor.values else None
    return {
        "workload": workload.name,
        "title": workload.title,
        "work": workload.work,
        "measure": workload.measure,
        "unit": workload.unit,
        "per_unit": workload.per_unit,
        "shows": workload.shows,
        "inside": workload.inside,
        "command": f"pellucid bench {workload.name} --rounds {rounds}" + (f" --isa {isa}" if isa else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "cores": native.cores(),
        "instruction_set": isa or native.instruction_set(),
        "all_kept_to": isa,
        "load_before": load_before,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "data": ("MNIST" if find_mnist() else "noise of MNIST's shape") if workload.images else None,
        "rounds": rounds,
        "repeats": workload.repeats,
        "rows": rows,
        "best_peer": best["name"] if best else None,
        "times_best_peer": best["median"] / median if best and median else None,
        "difference": _difference(rows) if workload.alike else None,
        "asides": _asides(workload, rows),
        "floor": floor_at,
        "floor_note": floor.peer.note if floor else "",
        "times_floor": median / floor_at if median and floor_at else None,
        "left_out": {worker.peer.name: worker.trouble for worker in contestants if worker.trouble},
    }


def _row(worker: Worker, median_of_ours: float | None) -> dict[str, Any]:
    """What one peer did."""
    median = statistics.median(worker.values)
    return {
        "name": worker.peer.name,
        "ours": worker.peer.ours,
        "median": median,
        "least": min(worker.values),
        "most": max(worker.values),
        "values": worker.values,
        "times_ours": median / median_of_ours if median_of_ours else None,
        "seconds": statistics.median(worker.seconds),
        "shown": worker.shown,
        "peak_mb": worker.peak_mb,
        "versions": worker.versions,
        "note": "; ".join(filter(None, [worker.peer.note, worker.told])),
    }


def _difference(rows: list[dict[str, Any]]) -> float | None:
    """The largest difference between what two peers returned in the same turn; None where one is alone."""
    turns = zip(*(row["shown"] for row in rows), strict=False)
    return max(max(turn) - min(turn) for turn in turns) if len(rows) > 1 else None


def _asides(workload: Workload, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ratios that a workload tells besides, where both peers ran."""
    medians = {row["name"]: row["median"] for row in rows}
    return [
        aside._asdict() | {"ratio": medians[aside.first] / medians[aside.second]}
        for aside in workload.asides
        if aside.first in medians and aside.second in medians
    ]
