"""Peers take turns: each is a process of its own, and one round asks every peer for one turn, one after another.

So only one computes at a time, and all of them see the same machine, warm or slow. Every other round goes through the
peers backwards. Before each turn all rest: the threads of some (OpenBLAS's, for a tenth of a second) go on spinning
after their last product, and whoever came next would share the processor with them. The first turn of each peer, in
which some compile, is not counted.
"""

import json
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

from .floor import NAME as FLOOR
from .floor import floor_peer
from .restrict import switches
from .workload import Peer, Workload

REST = 0.3  # seconds before each turn
PACKAGES = Path(__file__).resolve().parents[2]  # where this package was found, so that workers find the same


@dataclass
class Worker:
    """The process of one peer, and what it has said so far."""

    peer: Peer
    process: subprocess.Popen[str]
    errors: IO[bytes]
    versions: dict[str, str] = field(default_factory=dict)
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

    def turn(self) -> dict[str, Any]:
        """One turn of its work, after a rest."""
        assert self.process.stdin is not None
        time.sleep(REST)
        with suppress(BrokenPipeError):  # where it has ended, hear() tells why
            print("turn", file=self.process.stdin, flush=True)
        return self.hear()

    def last_words(self) -> str:
        """What the process wrote before it ended."""
        code = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
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


def launch(workload: Workload, peer: Peer, isa: str | None = None) -> Worker:
    """Start the process of a peer and hear whether it is ready."""
    environment = (
        os.environ
        | switches(isa)
        | {
            "CUDA_VISIBLE_DEVICES": "",
            "JAX_PLATFORMS": "cpu",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")])),
        }
    )
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
    process = subprocess.Popen(
        [sys.executable, "-m", "pellucid.bench.worker", workload.name, peer.name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True,
    )  # fmt: skip
    worker = Worker(peer, process, errors)
    worker.versions = worker.hear().get("versions", {})
    return worker


def take_turns(
    workload: Workload, peers: list[Peer], rounds: int, say: Callable[[str], None], isa: str | None = None
) -> list[Worker]:
    """Start every peer, warm it up, and let them take turns; the last worker is the floor, if there is one.

    say     hears, piece by piece, how far it is
    isa     the instruction set that all are kept to (restrict.py)
    """
    workers: list[Worker] = []
    contestants = [*peers, floor_peer(workload)] if workload.flops else peers
    try:
        for peer in contestants:
            say(f"  {peer.name}: ")
            worker = launch(workload, peer, isa)
            workers.append(worker)
            if not worker.trouble:
                worker.shown.append(worker.turn().get("shown", float("nan")))
            say((worker.trouble or "ready") + "\n")
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}: ")
            for worker in workers if number % 2 == 0 else reversed(workers):
                if worker.trouble:
                    continue
                answer = worker.turn()
                if not worker.trouble:
                    worker.seconds.append(answer["seconds"])
                    worker.shown.append(answer["shown"])
                    worker.peak_mb = answer["peak_mb"]
                    say(f"{worker.peer.name} {answer['seconds'] * workload.per_second:.4g}  ")
            say("\n")
    finally:
        for worker in workers:
            worker.end()
    return workers


def split_floor(workers: list[Worker]) -> tuple[list[Worker], Worker | None]:
    """The contestants, and the floor."""
    floors = [worker for worker in workers if worker.peer.name == FLOOR]
    return [worker for worker in workers if worker.peer.name != FLOOR], floors[0] if floors else None
