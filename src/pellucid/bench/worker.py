"""The process of one peer: `python -m pellucid.bench.worker WORKLOAD PEER` answers lines until there are no more."""

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

from . import WORKLOADS
from .floor import floor_peer
from .workload import Peer, Workload


def find_peer(workload: Workload, name: str) -> Peer:
    """A workload's peer by name; the floor is one of them."""
    return next(peer for peer in (*workload.peers, floor_peer(workload)) if peer.name == name)


def serve(peer: Peer, repeats: int) -> None:
    """Make the peer ready, then do its work `repeats` times for each line that comes in."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not look like an answer

    def answer(**facts: Any) -> None:
        print(json.dumps(facts), file=answers, flush=True)

    try:
        turn = peer.start()
    except ModuleNotFoundError as error:
        answer(trouble=f"{error.name} is not installed")
        return
    answer(versions={name: import_module(name).__version__ for name in peer.modules})
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(repeats):
            shown = float(turn())
        seconds = (time.perf_counter() - start) / repeats * peer.scale
        answer(seconds=seconds, shown=shown, peak_mb=_peak_mb())


def _peak_mb() -> float:
    """The most memory that this process has had; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    # Kilobytes on Linux, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    workload = WORKLOADS[sys.argv[1]]
    serve(find_peer(workload, sys.argv[2]), workload.repeats)
