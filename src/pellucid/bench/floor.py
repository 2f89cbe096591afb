"""The floor, which no peer can be ahead of: matrix products alone at the rate of large ones, say, or NumPy's import."""

import numpy as np

from .workload import Peer, Turn, Workload

SIDE, PRODUCTS = 1024, 20
NAME = "floor"
NOTE = "The matrix products alone, at the rate of NumPy's product of large matrices measured in the same rounds"


def floor_of(workload: Workload) -> Peer | None:
    """Who measures the floor: what the workload names, else NumPy's product of large matrices, else nobody.

    The product's seconds are made those of the workload's operations.
    """
    if workload.floor or not workload.flops:
        return workload.floor
    return Peer(NAME, _multiply, ("numpy",), NOTE, scale=workload.flops / (PRODUCTS * 2 * SIDE**3))


def _multiply() -> Turn:
    a = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    out = np.empty_like(a)

    def turn() -> float:
        for _ in range(PRODUCTS):
            np.matmul(a, a, out=out)
        return float(out[0, 0])

    return turn
