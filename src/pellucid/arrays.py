"""The few array moves our formulas need beyond the Python array API standard.

Formulas run on any array that answers `__array_namespace__`: NumPy by default,
JAX arrays (also while being traced by `jax.jit`) for GPUs and clusters.
"""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

Array = Any  # anything that answers __array_namespace__


def namespace(x: Array) -> Any:
    """The module that owns x: `numpy` for NumPy arrays, `jax.numpy` for JAX arrays.

    >>> import numpy as np
    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    return x.__array_namespace__()


def has_namespace(value: Any) -> bool:
    """Whether `namespace` finds something's functions: it is an array of NumPy, a number taken from one, or of JAX."""
    return hasattr(value, "__array_namespace__")


def one_hot(index: Array, classes: int, dtype: Any) -> Array:
    """Rows of zeros with a one at each index.

    index    (...)            whole numbers in [0, classes)
    returns  (..., classes)

    >>> import numpy as np
    >>> one_hot(np.array([2, 0]), 3, "float32")
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    xp = namespace(index)
    return xp.asarray(index[..., None] == xp.arange(classes), dtype=dtype)


def add_rows(rows: Array, index: Array, count: int) -> Array:
    """Zeros, with each row added at its index.

    rows     (K, D)
    index    (K,)         whole numbers in [0, count)
    returns  (count, D)

    >>> import numpy as np
    >>> add_rows(np.array([[1.0], [2.0], [4.0]]), np.array([1, 0, 1]), 3).tolist()
    [[2.0], [5.0], [0.0]]
    """
    xp = namespace(rows)
    total = xp.zeros((count, rows.shape[1]), dtype=rows.dtype)
    if hasattr(total, "at"):
        return total.at[index].add(rows)
    if index.size == 0:
        return total
    order = xp.argsort(index, stable=True)  # sorted, the rows of one index lie side by side: sums without a loop
    sorted_index = index[order]
    starts = xp.flatnonzero(xp.diff(sorted_index, prepend=-1))
    total[sorted_index[starts]] = xp.add.reduceat(rows[order], starts, axis=0)
    return total


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, xs: Any, reverse: bool = False, loose: int | None = None
) -> tuple[Any, Any]:
    """Walk along the first axis of xs:  carry, y = step(carry, x).

    xs       an array or None, or a (nested) tuple of them walked together
    y        likewise
    loose    which part of a tuple y is only for another walk: on NumPy it stays a list, which spares a copy
    returns  the last carry, and all the ys stacked in the order of xs

    A plain loop on NumPy; on JAX, `jax.lax.scan`, so that a long sequence is compiled once.

    >>> import numpy as np
    >>> scan(lambda total, x: (total + x, total), np.zeros(1), np.array([[1.0], [2.0], [3.0]]))
    (array([6.]), array([[0.],
           [1.],
           [3.]]))
    """
    first = next(_arrays(xs))
    if hasattr(first, "at"):
        from jax.lax import scan as jax_scan

        return jax_scan(step, carry, xs, reverse=reverse)
    count = len(first)
    ys: list[Any] = [None] * count
    for t in reversed(range(count)) if reverse else range(count):
        carry, ys[t] = step(carry, _slice(xs, t))
    if loose is None:
        return carry, _stack(ys)
    parts = [list(part) for part in zip(*ys, strict=True)]
    return carry, tuple(part if i == loose else _stack(part) for i, part in enumerate(parts))


def _arrays(xs: Any) -> Iterator[Array]:
    """The arrays in a nested tuple."""
    if isinstance(xs, tuple):
        for part in xs:
            yield from _arrays(part)
    elif xs is not None and not isinstance(xs, list):
        yield xs


def _slice(xs: Any, t: int) -> Any:
    if isinstance(xs, tuple):
        return tuple(_slice(part, t) for part in xs)
    return None if xs is None else xs[t]


def _stack(ys: list[Any]) -> Any:
    """One nested tuple of stacks, from a list of nested tuples of arrays."""
    if isinstance(ys[0], tuple):
        return tuple(_stack(list(parts)) for parts in zip(*ys, strict=True))
    return None if ys[0] is None else namespace(ys[0]).stack(ys)


# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969): erf near 0, then
# erfc up to 4 and beyond. Coefficients from the highest power down, numerator and denominator.
_ERF_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_ERFC_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2)
    + (8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3)
    + (3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)
_ERFC_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1)
    + (1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2)
    + (2.33520497626869185e-3,),
)


def erf(x: Array) -> Array:
    """The error function, 2/√π ∫₀ˣ exp(-t²) dt; within 2e-16 in float64.

    Source: Cody (1969), above.

    >>> import numpy as np
    >>> erf(np.array([-10.0, 0.0, 0.5]))
    array([-1.        ,  0.        ,  0.52049988])
    """
    xp = namespace(x)
    return xp.where(xp.abs(x) <= 0.46875, _erf_near(x), xp.sign(x) * (1 - _erfc_beyond(x)))


def erfc(x: Array) -> Array:
    """1 - erf(x), with its digits kept where erf is nearly 1.

    Source: Cody (1969), above.

    >>> import numpy as np
    >>> erfc(np.array([-10.0, 0.0, 10.0]))
    array([2.00000000e+00, 1.00000000e+00, 2.08848758e-45])
    """
    xp = namespace(x)
    beyond = _erfc_beyond(x)
    return xp.where(xp.abs(x) <= 0.46875, 1 - _erf_near(x), xp.where(x < 0, 2 - beyond, beyond))


def _erf_near(x: Array) -> Array:
    """erf(x) for |x| up to 0.46875."""
    near = namespace(x).clip(x, -0.46875, 0.46875)
    return near * _ratio(_ERF_NEAR, near * near)


def _erfc_beyond(x: Array) -> Array:
    """erfc(|x|) for |x| from 0.46875 on."""
    xp = namespace(x)
    if x.dtype == xp.float16:  # whose largest number the polynomials pass
        return xp.asarray(_erfc_beyond(xp.asarray(x, dtype=xp.float32)), dtype=x.dtype)
    size = xp.clip(xp.abs(x), 0.46875, 30.0)  # e⁻⁹⁰⁰ is 0 already
    flat = 1 / xp.square(xp.maximum(size, 4.0))
    far = (1 / math.sqrt(math.pi) - flat * _ratio(_ERFC_FAR, flat)) / size
    return xp.exp(-size * size) * xp.where(size <= 4, _ratio(_ERFC_MIDDLE, xp.minimum(size, 4.0)), far)


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    """One polynomial over another."""
    above, below = (functools.reduce(lambda total, c: total * x + c, parts) for parts in coefficients)
    return above / below
