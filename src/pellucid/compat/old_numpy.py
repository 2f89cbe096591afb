"""Names of NumPy that programs before 2024 use and that NumPy has dropped since."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def asscalar(a: Any) -> Any:
    """The number in an array of one."""
    return np.asarray(a).item()


DROPPED: dict[str, Any] = {
    "float": float, "int": int, "object": object, "str": str, "complex": complex, "unicode": str,
    "float_": np.float64, "complex_": np.complex128, "unicode_": np.str_, "string_": np.bytes_, "bool8": np.bool_,
    "Inf": np.inf, "Infinity": np.inf, "PINF": np.inf, "NINF": -np.inf, "NaN": np.nan, "NAN": np.nan,
    "product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any, "row_stack": np.vstack,
    "in1d": np.isin, "round_": np.round, "asscalar": asscalar,
}  # fmt: skip
"""What NumPy 1.20 to 2.4 dropped, and what each meant."""


@contextmanager
def old_numpy() -> Iterator[None]:
    """Within the block NumPy has them again."""
    missing = {name: value for name, value in DROPPED.items() if name not in vars(np)}
    for name, value in missing.items():
        setattr(np, name, value)
    try:
        yield
    finally:
        for name in missing:
            delattr(np, name)
