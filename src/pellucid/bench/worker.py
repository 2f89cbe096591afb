"""The process of one peer: `python -m pellucid.bench.worker WORKLOAD PEER` answers lines until there are no more."""

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

from . import WORKLOADS
from .floor import floor_of
from .resident import forget_peak, peak_mb
from .workload import Peer, Workload


def find_peer(workload: Workload, name: str) -> Peer:
    """A workload's peer by name; the floor is one of them."""
    return next(peer for peer in (*workload.peers, floor_of(workload)) if peer and peer.name == name)


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
    versions = {name: import_module(name).__version__ for name in peer.modules}
    answer(versions=versions, told=peer.tells() if peer.tells else "")
    forget_peak()  # what it took to read the data
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(repeats):
            shown = float(turn())
        seconds = (time.perf_counter() - start) / repeats * peer.scale
        answer(seconds=seconds, shown=shown, peak_mb=peak_mb())


if __name__ == "__main__":
    workload = WORKLOADS[sys.argv[1]]
    serve(find_peer(workload, sys.argv[2]), workload.repeats)
