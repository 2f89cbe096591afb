"""Regularizers by the names and arguments of Keras 1 and 2: l2(l=0.01), activity_l2(0.01), WeightRegularizer(l1=…)."""

from ...regularizers import L1, L1L2, L2

__all__ = [
    "ActivityRegularizer",
    "WeightRegularizer",
    "activity_l1",
    "activity_l1l2",
    "activity_l2",
    "l1",
    "l1_l2",
    "l1l2",
    "l2",
]


def l1(l: float | None = None, l1: float = 0.01) -> L1:
    """l · Σ |x|."""
    return L1(l1 if l is None else l)


def l2(l: float | None = None, l2: float = 0.01) -> L2:
    """l · Σ x²."""
    return L2(l2 if l is None else l)


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """l1 · Σ |x| + l2 · Σ x²."""
    return L1L2(l1, l2)


def WeightRegularizer(l1: float = 0.0, l2: float = 0.0) -> L1L2:
    """Keras 1's name of L1L2."""
    return L1L2(l1, l2)


l1l2 = activity_l1l2 = l1_l2
activity_l1, activity_l2, ActivityRegularizer = l1, l2, WeightRegularizer
