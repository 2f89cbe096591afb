"""Runs one workload on several libraries side by side, and writes down what came out.

Each peer is a process of its own that answers the line "epoch" with the seconds it took and the loss it reached. One
round asks every peer for one epoch, one after another, so that only one computes at a time and all of them see the
same machine, warm or slow. Every other round goes through the peers backwards. The first epoch of each peer, in which
some compile, is not counted.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
Epoch = Callable[[], float]  # trains for one epoch, returns its mean loss


@dataclass(frozen=True)
class Peer:
    """One contestant: start() makes the network and returns what trains it for an epoch."""

    name: str
    start: Callable[[], Epoch]
    modules: tuple[str, ...]  # whose versions are noted
    note: str = ""  # what this peer does otherwise than the rest


@dataclass
class Worker:
    """The process of one peer, and what it has said so far."""

    peer: Peer
    process: subprocess.Popen[str]
    errors: IO[bytes]
    versions: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    trouble: str = ""

    def hear(self) -> dict[str, Any]:
        """The next answer; an empty one when the process has ended or could not start, which sets trouble."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"trouble": self.last_words()}
        self.trouble = answer.pop("trouble", "")
        return answer

    def ask(self, what: str) -> dict[str, Any]:
        """The answer to one line."""
        assert self.process.stdin is not None
        print(what, file=self.process.stdin, flush=True)
        return self.hear()

    def last_words(self) -> str:
        """What the process wrote before it ended."""
        code = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return f"ended with exit code {code}: {lines[-1] if lines else 'no message'}"


def find_mnist() -> Path | None:
    """Real MNIST: $PELLUCID_MNIST, ../shared/data/mnist.npz beside the repository, or Keras's own copy."""
    places = [
        os.environ.get("PELLUCID_MNIST"),
        ROOT.parent / "shared" / "data" / "mnist.npz",
        Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / "mnist.npz",
    ]
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


def load_images(count: int) -> tuple[Any, Any]:
    """Training images (count, 28, 28) float32 in [0, 1] and labels (count,): real MNIST, else noise of that shape."""
    path = find_mnist()
    if path is None:
        draw = np.random.default_rng(0)
        return draw.random((count, 28, 28), dtype=np.float32), draw.integers(0, 10, count)
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["x_train"][:count].astype(np.float32) / 255, arrays["y_train"][:count].astype(np.int64)


def serve(peer: Peer) -> None:
    """Be the process of one peer: answer lines until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not look like an answer

    def answer(**facts: Any) -> None:
        print(json.dumps(facts), file=answers, flush=True)

    try:
        epoch = peer.start()
    except ModuleNotFoundError as error:
        answer(trouble=f"{error.name} is not installed")
        return
    answer(versions={name: sys.modules[name].__version__ for name in peer.modules})
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = float(epoch())
        seconds = time.perf_counter() - start
        # Kilobytes on Linux, bytes on macOS.
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        answer(seconds=seconds, loss=loss, peak_mb=peak_mb)


def launch(script: str, peer: Peer) -> Worker:
    """Start the process of a peer and hear whether it is ready."""
    environment = os.environ | {
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")])),
    }
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
    process = subprocess.Popen(
        [sys.executable, script, "--worker", peer.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        text=True,
    )
    worker = Worker(peer, process, errors)
    worker.versions = worker.hear().get("versions", {})
    return worker


def measure(script: str, peers: list[Peer], rounds: int) -> list[Worker]:
    """Start every peer, warm it up, and let them take turns."""
    workers = []
    for peer in peers:
        print(f"  {peer.name}: ", end="", flush=True)
        worker = launch(script, peer)
        if not worker.trouble:
            worker.losses.append(worker.ask("epoch").get("loss", float("nan")))
        print(worker.trouble or "ready", flush=True)
        workers.append(worker)
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}: ", end="", flush=True)
        for worker in workers if number % 2 == 0 else reversed(workers):
            if worker.trouble:
                continue
            answer = worker.ask("epoch")
            if not worker.trouble:
                worker.seconds.append(answer["seconds"])
                worker.losses.append(answer["loss"])
                worker.peak_mb = answer["peak_mb"]
                print(f"{worker.peer.name} {answer['seconds']:.3f}  ", end="", flush=True)
        print(flush=True)
    for worker in workers:
        worker.process.communicate()
        worker.errors.close()
    return workers


def cpu_name() -> str:
    """The processor's own name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def report(title: str, work: str, command: str, workers: list[Worker], load_before: float) -> dict[str, Any]:
    """All that was measured, as plain data."""
    ours = statistics.median(workers[0].seconds) if workers[0].seconds else None
    rows = [
        {
            "name": worker.peer.name,
            "median_s": statistics.median(worker.seconds),
            "min_s": min(worker.seconds),
            "max_s": max(worker.seconds),
            "seconds": worker.seconds,
            "times_ours": statistics.median(worker.seconds) / ours if ours else None,
            "losses": worker.losses,
            "peak_mb": worker.peak_mb,
            "versions": worker.versions,
            "note": worker.peer.note,
        }
        for worker in workers
        if worker.seconds and not worker.trouble
    ]
    return {
        "title": title,
        "work": work,
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "cores": cores(),
        "load_before": load_before,
        "system": platform.platform(),
        "python": platform.python_version(),
        "data": "real MNIST" if find_mnist() else "noise of MNIST's shape (the real one was not found)",
        "rows": sorted(rows, key=lambda row: row["median_s"]),
        "left_out": {worker.peer.name: worker.trouble for worker in workers if worker.trouble},
    }


def as_markdown(found: dict[str, Any]) -> str:
    """The same as a page to read."""
    lines = [
        f"# {found['title']}",
        "",
        found["work"],
        "",
        f"Data: {found['data']}. {found['cpu']}, {found['cores']} cores, Python {found['python']}, {found['system']}; "
        f"load before the run {found['load_before']:.1f}; {found['date']}.",
        "",
        "| | s an epoch, median | least to most | times ours | loss of the last epoch | peak memory, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        ratio = f"{row['times_ours']:.2f}" if row["times_ours"] else "–"
        mark = " *" if row["note"] else ""
        lines.append(
            f"| {row['name']}{mark} | {row['median_s']:.4f} | {row['min_s']:.4f} to {row['max_s']:.4f} | {ratio} | "
            f"{row['losses'][-1]:.5f} | {row['peak_mb']:.0f} |"
        )
    epochs = max((len(row["seconds"]) for row in found["rows"]), default=0)
    lines += ["", f"{epochs} epochs were timed after one to warm up; losses are of epoch {epochs + 1}."]
    lines += [f"\\* {row['name']}: {row['note']}" for row in found["rows"] if row["note"]]
    versions = {name: version for row in found["rows"] for name, version in row["versions"].items()}
    lines += ["", "Versions: " + ", ".join(f"{name} {versions[name]}" for name in sorted(versions)) + "."]
    if found["left_out"]:
        lines += ["", "Left out: " + "; ".join(f"{name} ({why})" for name, why in found["left_out"].items()) + "."]
    return "\n".join([*lines, "", f"Again: `{found['command']}`", ""])


def main(title: str, work: str, peers: list[Peer], script: str) -> int:
    """The command line of a benchmark; the first peer is ours. Returns the exit code."""
    parser = argparse.ArgumentParser(description=work)
    parser.add_argument(
        "--rounds", type=int, default=7, help="epochs that are timed, at least 5 for a result that counts"
    )
    parser.add_argument("--peers", nargs="+", choices=[peer.name for peer in peers], help="only these, beside ours")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="where the report goes")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(next(peer for peer in peers if peer.name == options.worker))
        return 0
    chosen = [peer for peer in peers if peer is peers[0] or not options.peers or peer.name in options.peers]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{title}: {work}\n")
    workers = measure(script, chosen, options.rounds)
    name = Path(script).stem
    found = report(title, work, f"python benchmarks/{name}.py --rounds {options.rounds}", workers, load)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    (options.results / f"{name}.md").write_text(as_markdown(found))
    print("\n" + as_markdown(found))
    return 1 if workers[0].trouble else 0
