"""The floor: how long a workload's matrix products alone would take at the rate of large ones."""

import numpy as np

from .workload import Peer, Turn, Workload

SIDE, PRODUCTS = 1024, 20
NAME = "floor"


def floor_peer(workload: Workload) -> Peer:
    """NumPy's product of large matrices, its seconds made those of the workload's operations."""
    return Peer(NAME, _multiply, ("numpy",), scale=workload.flops / (PRODUCTS * 2 * SIDE**3))


def _multiply() -> Turn:
    a = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    out = np.empty_like(a)

    def turn() -> float:
        for _ in range(PRODUCTS):
            np.matmul(a, a, out=out)
        return float(out[0, 0])

    return turn
