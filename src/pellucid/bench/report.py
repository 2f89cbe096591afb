"""What was measured, as plain data and as a page to read."""

import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import native
from .images import find_mnist
from .turns import Worker, split_floor
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
    workload: Workload, workers: list[Worker], rounds: int, load_before: float, isa: str | None = None
) -> dict[str, Any]:
    """All that was measured; seconds everywhere.

    isa     the instruction set that all were kept to
    """
    contestants, floor = split_floor(workers)
    done = [worker for worker in contestants if worker.seconds and not worker.trouble]
    ours = next((worker for worker in done if worker.peer is workload.peers[0]), None)
    median = statistics.median(ours.seconds) if ours else None
    rows: list[dict[str, Any]] = [
        {
            "name": worker.peer.name,
            "ours": worker.peer.ours,
            "median_s": statistics.median(worker.seconds),
            "min_s": min(worker.seconds),
            "max_s": max(worker.seconds),
            "seconds": worker.seconds,
            "times_ours": statistics.median(worker.seconds) / median if median else None,
            "shown": worker.shown,
            "peak_mb": worker.peak_mb,
            "versions": worker.versions,
            "note": worker.peer.note,
        }
        for worker in done
    ]
    peers = [row for row in rows if not row["ours"]]
    best = min(peers, key=lambda row: row["median_s"], default=None)
    floor_s = statistics.median(floor.seconds) if floor and floor.seconds else None
    return {
        "workload": workload.name,
        "title": workload.title,
        "work": workload.work,
        "unit": workload.unit,
        "per_second": workload.per_second,
        "shows": workload.shows,
        "command": f"pellucid bench {workload.name} --rounds {rounds}" + (f" --isa {isa}" if isa else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "cores": native.cores(),
        "instruction_set": isa or native.instruction_set(),
        "all_kept_to": isa,
        "load_before": load_before,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "data": "real MNIST" if find_mnist() else "noise of MNIST's shape (the real one was not found)",
        "rounds": rounds,
        "repeats": workload.repeats,
        "rows": sorted(rows, key=lambda row: row["median_s"]),
        "best_peer": best["name"] if best else None,
        "times_best_peer": best["median_s"] / median if best and median else None,
        "jax_times_by_hand": _ratio(rows, "Pellucid/JAX", "JAX"),
        "floor_s": floor_s,
        "times_floor": median / floor_s if median and floor_s else None,
        "left_out": {worker.peer.name: worker.trouble for worker in contestants if worker.trouble},
    }


def _ratio(rows: list[dict[str, Any]], one: str, other: str) -> float | None:
    """The median of one peer over that of the other; None where one of them did not run."""
    medians = {row["name"]: row["median_s"] for row in rows}
    return medians[one] / medians[other] if one in medians and other in medians else None


def as_markdown(found: dict[str, Any]) -> str:
    """The same as a page to read."""

    def time(seconds: float) -> str:
        return f"{seconds * found['per_second']:.4g}"

    kept = f" Every library is kept to {found['all_kept_to']}, by its own switch." if found["all_kept_to"] else ""
    lines = [
        f"# {found['title']}",
        "",
        found["work"] + kept,
        "",
        f"Data: {found['data']}. {found['cpu']}, {found['cores']} cores, native engine: {found['instruction_set']}; "
        f"Python {found['python']}, {found['system']}; load before {found['load_before']:.1f}; {found['date']}.",
        "",
        f"| | {found['unit']}, median | least to most | times ours | {found['shows']} | peak memory, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        ratio = f"{row['times_ours']:.2f}" if row["times_ours"] else "–"
        mark = " *" if row["note"] else ""
        name = f"**{row['name']}**" if row["ours"] else row["name"]
        lines.append(
            f"| {name}{mark} | {time(row['median_s'])} | {time(row['min_s'])} to {time(row['max_s'])} | {ratio} | "
            f"{row['shown'][-1]:.5f} | {row['peak_mb']:.0f} |"
        )
    lines += ["", *_in_short(found)]
    lines += [f"\\* {row['name']}: {row['note']}" for row in found["rows"] if row["note"]]
    versions = {name: version for row in found["rows"] for name, version in row["versions"].items()}
    lines += ["", "Versions: " + ", ".join(f"{name} {versions[name]}" for name in sorted(versions)) + "."]
    if found["left_out"]:
        lines += ["", "Left out: " + "; ".join(f"{name} ({why})" for name, why in found["left_out"].items()) + "."]
    return "\n".join([*lines, "", f"Again: `{found['command']}`", ""])


def _in_short(found: dict[str, Any]) -> list[str]:
    """The two ratios, and what was timed."""
    work = "" if found["repeats"] == 1 else f"; a turn does the work {found['repeats']} times, and its time is the mean"
    lines = [f"{found['rounds']} turns of each were timed after one to warm up, with a rest before each{work}."]
    lines += [f"The {found['shows']} is the last turn's.", ""]
    if found["times_best_peer"]:
        lines.append(f"**{found['times_best_peer']:.2f} times as fast as the best peer, {found['best_peer']}.**")
    if found["jax_times_by_hand"]:
        lines.append(f"Our JAX engine takes {found['jax_times_by_hand']:.2f} of the time of JAX written by hand.")
    if found["times_floor"]:
        floor = f"{found['floor_s'] * found['per_second']:.3g} {found['unit']}"
        lines.append(
            f"The matrix products alone would take {floor} at the rate of NumPy's product of large matrices, measured "
            f"in the same rounds: {found['times_floor']:.2f} of that."
        )
    return [*lines, ""]
