"""Peers take turns: each is a process of its own, and one round asks every peer for one turn, one after another.

So only one computes at a time, and all of them see the same machine, warm or slow. Every other round goes through the
peers backwards. Before each turn all rest: the threads of some (OpenBLAS's, for a tenth of a second) go on spinning
after their last product, and whoever came next would share the processor with them. The first turn of each peer, in
which some compile, is not counted.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from .floor import floor_of
from .resident import PrivatePeak
from .restrict import switches
from .workload import Measure, Peer, Workload

REST = 0.3  # seconds before each turn
PACKAGES = Path(__file__).resolve().parents[2]  # where this package was found, so that workers find the same


@dataclass
class Worker:
    """The process of one peer, and what it has said so far.

    values     what is compared, one for each turn
    shown      what each turn returned, the one to warm up included
    """

    peer: Peer
    process: subprocess.Popen[str]
    errors: IO[bytes]
    versions: dict[str, str] = field(default_factory=dict)
    told: str = ""
    values: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    trouble: str = ""

    def hear(self) -> dict[str, Any]:
        """The next answer; an empty one when the process has ended or could not start, which sets trouble."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"trouble": self.last_words()}
        self.trouble = answer.pop("trouble", "")
        return answer

    def turn(self, workload: Workload, counts: bool = True) -> None:
        """One turn of its work, after a rest; whether it counts, or only warms up."""
        time.sleep(REST)
        answer = self._ask(workload.measure)
        if self.trouble:
            return
        self.shown.append(answer["shown"])
        if not math.isfinite(answer["shown"]):
            self.trouble = f"its {workload.shows} became {answer['shown']}"
        elif counts:
            measured = {Measure.TIME: "seconds", Measure.MEMORY: "private_mb", Measure.NUMBER: "shown"}
            self.values.append(answer[measured[workload.measure]])
            self.seconds.append(answer["seconds"])
            self.peak_mb = answer["peak_mb"]

    def _ask(self, measure: Measure) -> dict[str, Any]:
        """What it answers when it is told to do its work."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # where it has ended, hear() tells why
            print("turn", file=self.process.stdin, flush=True)
        if measure is not Measure.MEMORY:
            return self.hear()
        try:
            with PrivatePeak(self.process.pid) as peak:
                answer = self.hear()
        except OSError:
            self.trouble = "this system does not tell what memory is private (Linux does)"
            return {}
        return answer | {"private_mb": peak.mb}

    def last_words(self) -> str:
        """What the process wrote before it ended."""
        code = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        lines = [line for line in lines if not line.startswith(("    @ ", "***"))]  # frames of compiled code
        return f"ended with exit code {code}: {lines[-1] if lines else 'no message'}"

    def end(self) -> None:
        """Let the process go."""
        if self.process.stdin and not self.process.stdin.closed:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()


def launch(workload: Workload, peer: Peer, folder: str, isa: str | None = None) -> Worker:
    """Start the process of a peer and hear whether it is ready.

    folder    where it may leave files for the others of its run
    """
    environment = (
        os.environ
        | switches(isa)
        | {
            "CUDA_VISIBLE_DEVICES": "",
            "JAX_PLATFORMS": "cpu",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PELLUCID_BENCH_FOLDER": folder,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")])),
        }
    )
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
    process = subprocess.Popen(
        [sys.executable, "-m", "pellucid.bench.worker", workload.name, peer.name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True,
    )  # fmt: skip
    worker = Worker(peer, process, errors)
    ready = worker.hear()
    worker.versions, worker.told = ready.get("versions", {}), ready.get("told", "")
    return worker


def take_turns(
    workload: Workload, peers: list[Peer], rounds: int, say: Callable[[str], None], isa: str | None = None
) -> tuple[list[Worker], Worker | None]:
    """Start every peer, warm it up, and let them take turns; returns the contestants and the floor, if there is one.

    say     hears, piece by piece, how far it is
    isa     the instruction set that all are kept to (restrict.py)
    """
    floor = floor_of(workload)
    workers: list[Worker] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for peer in [*peers, *([floor] if floor else [])]:
                say(f"  {peer.name}: ")
                worker = launch(workload, peer, folder, isa)
                workers.append(worker)
                if not worker.trouble:
                    worker.turn(workload, counts=False)
                say((worker.trouble or "ready") + "\n")
            for number in range(rounds):
                say(f"  round {number + 1} of {rounds}: ")
                for worker in workers if number % 2 == 0 else reversed(workers):
                    if not worker.trouble:
                        worker.turn(workload)
                        said = worker.trouble or f"{worker.values[-1] * workload.per_unit:.4g}"
                        say(f"{worker.peer.name} {said}  ")
                say("\n")
        finally:
            for worker in workers:
                worker.end()
    return (workers[:-1], workers[-1]) if floor else (workers, None)
