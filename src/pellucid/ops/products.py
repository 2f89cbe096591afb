"""Sums of products, and what is made of them: inverses, decompositions."""

from collections.abc import Callable
from typing import Any

from ..arrays import namespace
from ..backend.symbols import array, on_symbols
from .by_name import by_name

matmul, tensordot, einsum, outer = map(by_name, ("matmul", "tensordot", "einsum", "outer"))
dot, inner, vdot, cross, trace = map(by_name, ("dot", "inner", "vdot", "cross", "trace"))


def _of_matrices(name: str) -> Callable[..., Any]:
    def compute(*given: Any, **settings: Any) -> Any:
        arrays = [array(one) for one in given]
        return getattr(namespace(arrays[0]).linalg, name)(*arrays, **settings)

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"linalg.{name}, as the arrays' own library has it."
    return on_symbols(compute)


cholesky, det, inv, solve = map(_of_matrices, ("cholesky", "det", "inv", "solve"))
eigh, qr, svd = map(_of_matrices, ("eigh", "qr", "svd"))

__all__ = [
    "cholesky", "cross", "det", "dot", "eigh", "einsum", "inner", "inv", "matmul", "outer", "qr", "solve", "svd",
    "tensordot", "trace", "vdot",
]  # fmt: skip
