"""The functions that a recorded array may go through, each with its derivative beside it.

    y, pull = rule(*arguments)       pull(dy) gives dL/d(each argument), in their order

An argument that takes no gradient gets None. Where two values meet, maximum and minimum hand dL/dy to the first,
and clip to what lies on a bound, as TensorFlow does.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array

Pull = Callable[[Array], Sequence[Any]]
Rule = Callable[..., tuple[Any, Pull]]

RULES: dict[str, Rule] = {}
COMPOSED: dict[str, Callable[..., Any]] = {}


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


FLAT = frozenset(
    words(
        "zeros_like ones_like empty_like full_like equal not_equal less less_equal greater greater_equal logical_and "
        "logical_or logical_not logical_xor isnan isinf isfinite sign floor ceil rint round around trunc floor_divide "
        "argmax argmin argsort any all count_nonzero shape ndim size array_equal isclose allclose searchsorted "
        "result_type isdtype nonzero flatnonzero argwhere unique"
    )
)
"""Functions without a slope: their results are plain arrays."""

CREATING = frozenset(words("zeros ones full empty arange linspace eye iinfo finfo meshgrid"))
"""Functions that make arrays out of settings."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Decorator: the function below is the rule of these names."""

    def keep(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return keep


def composed(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function below, f(xp, …), is written with others that have rules."""

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        COMPOSED.update(dict.fromkeys(names, function))
        return function

    return keep


def fitted(grad: Any, x: Any) -> Array:
    """A gradient summed over the axes along which x was spread."""
    shape = np.shape(x)
    grad = np.asarray(grad)
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    spread = tuple(i for i, size in enumerate(shape) if size == 1 and grad.shape[i] != 1)
    return grad.sum(axis=spread, keepdims=True) if spread else grad


# One number from one, or from two ----------------------------------------------------------------


def _of_one(name: str, slope: Callable[[Any, Any], Any], *others: str) -> None:
    """A function of single numbers: dy/dx = slope(x, y)."""
    compute = getattr(np, name)

    def applied(x: Any, **_: Any) -> tuple[Any, Pull]:
        y = compute(x)
        return y, lambda dy: (dy * slope(x, y),)

    rule(name, *others)(applied)


_of_one("negative", lambda x, y: -1)
_of_one("positive", lambda x, y: 1)
_of_one("exp", lambda x, y: y)
_of_one("expm1", lambda x, y: y + 1)
_of_one("log", lambda x, y: 1 / x)
_of_one("log1p", lambda x, y: 1 / (1 + x))
_of_one("log2", lambda x, y: 1 / (x * float(np.log(2))))
_of_one("log10", lambda x, y: 1 / (x * float(np.log(10))))
_of_one("sqrt", lambda x, y: 0.5 / y)
_of_one("square", lambda x, y: 2 * x)
_of_one("abs", lambda x, y: np.sign(x), "absolute", "fabs")
_of_one("reciprocal", lambda x, y: -y * y)
_of_one("sin", lambda x, y: np.cos(x))
_of_one("cos", lambda x, y: -np.sin(x))
_of_one("tan", lambda x, y: 1 + y * y)
_of_one("tanh", lambda x, y: 1 - y * y)
_of_one("sinh", lambda x, y: np.cosh(x))
_of_one("cosh", lambda x, y: np.sinh(x))
_of_one("arctan", lambda x, y: 1 / (1 + x * x), "atan")
_of_one("arcsin", lambda x, y: 1 / np.sqrt(1 - x * x), "asin")
_of_one("arccos", lambda x, y: -1 / np.sqrt(1 - x * x), "acos")


def _of_two(name: str, slopes: Callable[[Any, Any, Any], tuple[Any, Any]], *others: str) -> None:
    """A function of pairs of numbers: (dy/da, dy/db) = slopes(a, b, y)."""
    compute = getattr(np, name)

    def applied(a: Any, b: Any, **_: Any) -> tuple[Any, Pull]:
        y = compute(a, b)

        def pull(dy: Array) -> Sequence[Any]:
            da, db = slopes(a, b, y)
            return fitted(dy * da, a), fitted(dy * db, b)

        return y, pull

    rule(name, *others)(applied)


_of_two("add", lambda a, b, y: (1, 1))
_of_two("subtract", lambda a, b, y: (1, -1))
_of_two("multiply", lambda a, b, y: (b, a))
_of_two("divide", lambda a, b, y: (1 / b, -y / b), "true_divide")
_of_two("maximum", lambda a, b, y: (a >= b, a < b), "fmax")
_of_two("minimum", lambda a, b, y: (a <= b, a > b), "fmin")
_of_two("logaddexp", lambda a, b, y: (np.exp(a - y), np.exp(b - y)))
_of_two("remainder", lambda a, b, y: (1, -np.floor_divide(a, b)), "mod")


@rule("power", "pow", "float_power")
def power(a: Any, b: Any, **_: Any) -> tuple[Any, Pull]:
    y = np.power(a, b)

    def pull(dy: Array) -> Sequence[Any]:
        da = dy * b * np.power(a, np.where(np.equal(b, 0), 1, np.subtract(b, 1))) if np.ndim(b) else (
            dy * b * np.power(a, b - 1) if b != 0 else np.zeros_like(dy)
        )  # fmt: skip
        above = np.greater(a, 0)
        return fitted(da, a), fitted(np.where(above, dy * y * np.log(np.where(above, a, 1)), 0), b)

    return y, pull


@rule("where")
def where(condition: Any, a: Any, b: Any) -> tuple[Any, Pull]:
    return np.where(condition, a, b), lambda dy: (
        None, fitted(np.where(condition, dy, 0), a), fitted(np.where(condition, 0, dy), b)
    )  # fmt: skip


@rule("clip")
def clip(x: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None, **_: Any) -> tuple[Any, Pull]:
    low, high = a_min if min is None else min, a_max if max is None else max
    y = np.clip(x, low, high)
    inside = (True if low is None else np.greater_equal(x, low)) & (True if high is None else np.less_equal(x, high))
    return y, lambda dy: (fitted(dy * inside, x),)


@rule("astype", "asarray", "array", "ascontiguousarray")
def astype(x: Any, dtype: Any = None, **_: Any) -> tuple[Any, Pull]:
    x = np.asarray(x)
    y = x if dtype is None else x.astype(dtype)
    return y, lambda dy: (dy.astype(x.dtype) if x.dtype.kind == "f" else None,)


# Products ----------------------------------------------------------------------------------------


@rule("matmul")
def matmul(a: Any, b: Any, **_: Any) -> tuple[Any, Pull]:
    wide_a, wide_b = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)

    def pull(dy: Array) -> Sequence[Any]:
        dy = np.expand_dims(dy, -2) if a.ndim == 1 else dy
        dy = np.expand_dims(dy, -1) if b.ndim == 1 else dy
        da, db = dy @ np.swapaxes(wide_b, -1, -2), np.swapaxes(wide_a, -1, -2) @ dy
        return fitted(da, wide_a).reshape(a.shape), fitted(db, wide_b).reshape(b.shape)

    return a @ b, pull


@rule("tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> tuple[Any, Pull]:
    y = np.tensordot(a, b, axes)
    if isinstance(axes, int):
        axes = (list(range(a.ndim - axes, a.ndim)), list(range(axes)))
    of_a, of_b = ([int(i) % x.ndim for i in np.atleast_1d(part)] for part, x in zip(axes, (a, b), strict=True))
    free_a, free_b = [i for i in range(a.ndim) if i not in of_a], [i for i in range(b.ndim) if i not in of_b]

    def pull(dy: Array) -> Sequence[Any]:
        count = len(free_a)
        order = np.argsort(of_b)
        da = np.tensordot(dy, b, (list(range(count, dy.ndim)), free_b))  # free axes of a, then a's of b in b's order
        da = da.transpose(np.argsort([*free_a, *(of_a[i] for i in order)]))
        order = np.argsort(of_a)
        db = np.tensordot(a, dy, (free_a, list(range(count))))
        return da, db.transpose(np.argsort([*(of_b[i] for i in order), *free_b]))

    return y, pull


@rule("einsum")
def einsum(subscripts: str, *arrays: Any, **_: Any) -> tuple[Any, Pull]:
    given, _arrow, made = subscripts.replace(" ", "").partition("->")
    parts = given.split(",")
    if not _arrow or "." in subscripts or any(len(set(part)) < len(part) for part in parts):
        raise TypeError(f"einsum({subscripts!r}): a derivative needs the form 'ij,jk->ik', each letter once an array.")

    def share(i: int, dy: Array) -> Array:
        others = [(made, dy), *((part, x) for j, (part, x) in enumerate(zip(parts, arrays, strict=True)) if j != i)]
        known = set("".join(part for part, _ in others))
        kept = "".join(letter for letter in parts[i] if letter in known)
        found = np.einsum(f"{','.join(part for part, _ in others)}->{kept}", *(x for _, x in others))
        shape = [n if letter in known else 1 for letter, n in zip(parts[i], arrays[i].shape, strict=True)]
        return np.broadcast_to(found.reshape(shape), arrays[i].shape)

    return np.einsum(subscripts, *arrays), lambda dy: (None, *(share(i, dy) for i in range(len(arrays))))


@composed("dot")
def dot(xp: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return xp.multiply(a, b)
    return xp.matmul(a, b) if b.ndim <= 2 else xp.tensordot(a, b, ((a.ndim - 1,), (b.ndim - 2,)))


@composed("outer")
def outer(xp: Any, a: Any, b: Any) -> Any:
    return a.reshape(-1, 1) * b.reshape(1, -1)


# Many numbers into few ---------------------------------------------------------------------------


def _widened(dy: Any, x: Any, axis: Any, keepdims: bool) -> Array:
    """dy with the axes that a reduction took away, each of length one."""
    if keepdims:
        return np.asarray(dy)
    return np.expand_dims(dy, tuple(range(np.ndim(x))) if axis is None else axis)


@rule("sum")
def sum_(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> tuple[Any, Pull]:
    y = np.sum(x, axis=axis, keepdims=keepdims)
    return y, lambda dy: (np.broadcast_to(_widened(dy, x, axis, keepdims), x.shape),)


@rule("mean", "average")
def mean(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> tuple[Any, Pull]:
    y = np.mean(x, axis=axis, keepdims=keepdims)
    share = np.size(y) / max(np.size(x), 1)
    return y, lambda dy: (np.broadcast_to(_widened(dy, x, axis, keepdims) * share, x.shape),)


def _extreme(name: str) -> None:
    compute = getattr(np, name)

    def applied(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> tuple[Any, Pull]:
        y = compute(x, axis=axis, keepdims=True)
        hit = x == y
        share = hit / hit.sum(axis=axis, keepdims=True).astype(x.dtype)
        return compute(x, axis=axis, keepdims=keepdims), lambda dy: (_widened(dy, x, axis, keepdims) * share,)

    rule(name, f"a{name}")(applied)


_extreme("max")
_extreme("min")


@rule("prod")
def prod(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> tuple[Any, Pull]:
    y = np.prod(x, axis=axis, keepdims=keepdims)

    def pull(dy: Array) -> Sequence[Any]:
        if np.any(x == 0):
            raise TypeError("prod: a derivative where a factor is 0 is not written down.")
        return (_widened(dy * y, x, axis, keepdims) / x,)

    return y, pull


@rule("cumsum")
def cumsum(x: Any, axis: Any = None, **_: Any) -> tuple[Any, Pull]:
    def pull(dy: Array) -> Sequence[Any]:
        back = np.flip(np.cumsum(np.flip(dy, axis or 0), axis or 0), axis or 0)
        return (back.reshape(x.shape),)

    return np.cumsum(x, axis=axis), pull


@composed("cumprod")
def cumprod(xp: Any, x: Any, axis: Any = 0) -> Any:
    parts = [xp.take(x, 0, axis=axis)]
    for i in range(1, x.shape[axis]):
        parts.append(parts[-1] * xp.take(x, i, axis=axis))
    return xp.stack(parts, axis=axis)


@composed("var")
def var(xp: Any, x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
    return xp.mean(xp.square(x - xp.mean(x, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims)


@composed("std")
def std(xp: Any, x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
    return xp.sqrt(var(xp, x, axis, keepdims))


@composed("norm")
def norm(xp: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord == 1:
        return xp.sum(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord not in (None, 2, "fro", "euclidean"):
        raise TypeError(f"norm: a derivative is written down for ord=1 and 2, got {ord!r}.")
    return xp.sqrt(xp.sum(xp.square(x), axis=axis, keepdims=keepdims))


# The same numbers, arranged anew -----------------------------------------------------------------


@rule("reshape")
def reshape(x: Any, shape: Any, **_: Any) -> tuple[Any, Pull]:
    return np.reshape(x, shape), lambda dy: (dy.reshape(x.shape),)


@rule("ravel")
def ravel(x: Any, **_: Any) -> tuple[Any, Pull]:
    return reshape(x, -1)


@rule("squeeze")
def squeeze(x: Any, axis: Any = None, **_: Any) -> tuple[Any, Pull]:
    return np.squeeze(x, axis), lambda dy: (dy.reshape(x.shape),)


@rule("expand_dims")
def expand_dims(x: Any, axis: Any, **_: Any) -> tuple[Any, Pull]:
    return np.expand_dims(x, axis), lambda dy: (dy.reshape(x.shape),)


@rule("transpose", "permute_dims")
def transpose(x: Any, axes: Any = None) -> tuple[Any, Pull]:
    back = None if axes is None else np.argsort([axis % x.ndim for axis in axes])
    return np.transpose(x, axes), lambda dy: (np.transpose(dy, back),)


@composed("matrix_transpose")
def matrix_transpose(xp: Any, x: Any) -> Any:
    return xp.swapaxes(x, -1, -2)


@rule("swapaxes")
def swapaxes(x: Any, axis1: int, axis2: int) -> tuple[Any, Pull]:
    return np.swapaxes(x, axis1, axis2), lambda dy: (np.swapaxes(dy, axis1, axis2),)


@rule("moveaxis")
def moveaxis(x: Any, source: Any, destination: Any) -> tuple[Any, Pull]:
    return np.moveaxis(x, source, destination), lambda dy: (np.moveaxis(dy, destination, source),)


@rule("broadcast_to")
def broadcast_to(x: Any, shape: Any, **_: Any) -> tuple[Any, Pull]:
    return np.broadcast_to(x, shape), lambda dy: (fitted(dy, x),)


@rule("flip")
def flip(x: Any, axis: Any = None) -> tuple[Any, Pull]:
    return np.flip(x, axis), lambda dy: (np.flip(dy, axis),)


@rule("roll")
def roll(x: Any, shift: Any, axis: Any = None) -> tuple[Any, Pull]:
    back = tuple(-s for s in shift) if isinstance(shift, list | tuple) else -shift
    return np.roll(x, shift, axis), lambda dy: (np.roll(dy, back, axis),)


@rule("concatenate", "concat")
def concatenate(arrays: Any, axis: Any = 0, **_: Any) -> tuple[Any, Pull]:
    ends = np.cumsum([np.shape(x)[axis] for x in arrays])[:-1]
    return np.concatenate(arrays, axis=axis), lambda dy: (np.split(dy, ends, axis=axis),)


@rule("stack")
def stack(arrays: Any, axis: int = 0, **_: Any) -> tuple[Any, Pull]:
    return np.stack(arrays, axis=axis), lambda dy: (list(np.moveaxis(dy, axis, 0)),)


@composed("split", "array_split")
def split(xp: Any, x: Any, parts: Any, axis: int = 0) -> Any:
    size = x.shape[axis]
    ends = [int(end) for end in parts] if not isinstance(parts, int) else [size * i // parts for i in range(1, parts)]
    before = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(a, b))] for a, b in zip([0, *ends], [*ends, size], strict=True)]


@composed("diff")
def diff(xp: Any, x: Any, axis: int = -1) -> Any:
    before = (slice(None),) * (axis % x.ndim)
    return x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]


@rule("repeat")
def repeat(x: Any, repeats: int, axis: Any = None) -> tuple[Any, Pull]:
    y = np.repeat(x, repeats, axis=axis)

    def pull(dy: Array) -> Sequence[Any]:
        if axis is None:
            return (dy.reshape(-1, repeats).sum(axis=1).reshape(x.shape),)
        place = axis % x.ndim
        return (dy.reshape((*x.shape[: place + 1], repeats, *x.shape[place + 1 :])).sum(axis=place + 1),)

    return y, pull


@rule("tile")
def tile(x: Any, reps: Any) -> tuple[Any, Pull]:
    times = (reps,) if isinstance(reps, int) else tuple(int(n) for n in reps)
    rank = max(x.ndim, len(times))
    shape = (1,) * (rank - x.ndim) + x.shape
    times = (1,) * (rank - len(times)) + times
    apart = [size for pair in zip(times, shape, strict=True) for size in pair]
    return np.tile(x, reps), lambda dy: (dy.reshape(apart).sum(axis=tuple(range(0, 2 * rank, 2))).reshape(x.shape),)


@rule("pad")
def pad(x: Any, pad_width: Any, mode: str = "constant", **settings: Any) -> tuple[Any, Pull]:
    if mode != "constant":
        raise TypeError(f"pad: a derivative is written down for mode='constant', got {mode!r}.")
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    inner = tuple(slice(int(a), int(a) + n) for (a, _b), n in zip(widths, x.shape, strict=True))
    return np.pad(x, pad_width, "constant", **settings), lambda dy: (dy[inner],)


@rule("tril")
def tril(x: Any, k: int = 0) -> tuple[Any, Pull]:
    return np.tril(x, k), lambda dy: (np.tril(dy, k),)


@rule("triu")
def triu(x: Any, k: int = 0) -> tuple[Any, Pull]:
    return np.triu(x, k), lambda dy: (np.triu(dy, k),)


def _placed(x: Array, index: Any, dy: Array) -> Array:
    """Zeros shaped as x, with dy added where x[index] was taken."""
    grad = np.zeros_like(x)
    np.add.at(grad, index, dy)
    return grad


@rule("getitem")
def getitem(x: Any, index: Any) -> tuple[Any, Pull]:
    return x[index], lambda dy: (_placed(x, index, dy),)


@rule("take")
def take(x: Any, indices: Any, axis: Any = None, **_: Any) -> tuple[Any, Pull]:
    def pull(dy: Array) -> Sequence[Any]:
        if axis is None:
            return (_placed(x.reshape(-1), indices, dy).reshape(x.shape), None)
        return (_placed(x, ((slice(None),) * (axis % x.ndim) + (indices,)), dy), None)

    return np.take(x, indices, axis=axis), pull


@rule("take_along_axis")
def take_along_axis(x: Any, indices: Any, axis: int = -1) -> tuple[Any, Pull]:
    def pull(dy: Array) -> Sequence[Any]:
        grad = np.zeros_like(x)
        places = list(np.indices(indices.shape, sparse=True))
        places[axis] = indices
        np.add.at(grad, tuple(places), dy)
        return grad, None

    return np.take_along_axis(x, indices, axis), pull


@composed("sort")
def sort(xp: Any, x: Any, axis: int = -1, **_: Any) -> Any:
    return xp.take_along_axis(x, xp.argsort(x, axis=axis), axis)


NAMES = frozenset(RULES) | frozenset(COMPOSED) | FLAT
"""Every function that `namespace(x)` of a recorded array answers itself."""
