"""Arrays that note how they were computed, so that a derivative can be walked back along the notes.

    y = f(x)          computed by NumPy; beside it: x, and how dL/dy becomes dL/dx
    gradients(y, dy)  from the last note to the first, each adds its share to what it came from

Source: Linnainmaa, "Taylor expansion of the accumulated rounding error", BIT 16 (1976), section 3.

>>> x = Recorded(np.array([1.0, 2.0]))
>>> y = (x * x).sum()
>>> gradients([y], [np.array(1.0)], [x])
[array([2., 4.])]
"""

import heapq
import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..arrays import Array
from . import rules

_count = itertools.count()


class NoRuleError(TypeError):
    """A function whose derivative nobody wrote down was used on a recorded array."""


class Recorded:
    """An array, what it was computed from, and the way back.

    value     the numbers
    parents   the arguments; among them other recorded arrays, alone or in a list
    pull      from dL/d(this) to dL/d(each argument)
    """

    def __init__(self, value: Any, parents: Sequence[Any] = (), pull: Callable[[Array], Sequence[Any]] | None = None):
        self.value, self.parents, self.pull = np.asarray(value), parents, pull
        self.number = next(_count)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def T(self) -> Any:
        return call("transpose", self)

    def get_shape(self) -> tuple[int, ...]:
        return self.shape

    def astype(self, dtype: Any, **_: Any) -> Any:
        return call("astype", self, dtype)

    def reshape(self, *shape: Any, **_: Any) -> Any:
        return call("reshape", self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return call("transpose", self, order)

    def flatten(self) -> Any:
        return call("reshape", self, -1)

    ravel = flatten

    def copy(self) -> Any:
        return self

    def __getitem__(self, index: Any) -> Any:
        return call("getitem", self, index)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise NoRuleError("x[…] = … inside a function that is differentiated")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NoRuleError("a conversion to a plain NumPy array")

    def __array_namespace__(self, **_: Any) -> Any:
        return NAMESPACE

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        if method != "__call__" or settings.get("out") is not None:
            raise NoRuleError(f"numpy.{ufunc.__name__}.{method} with out=")
        return call(ufunc.__name__, *inputs, **settings)

    def __array_function__(self, func: Any, types: Any, args: Any, settings: Any) -> Any:
        return call(func.__name__, *args, **settings)

    def __repr__(self) -> str:
        return f"<recorded {self.value!r}>"


_METHODS = rules.words(
    "sum mean max min prod std var cumsum cumprod squeeze clip swapaxes repeat take dot any all argmax argmin round"
)
_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "matmul": "matmul",
    "mod": "remainder", "floordiv": "floor_divide", "and": "logical_and", "or": "logical_or",
}  # fmt: skip
_COMPARISONS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip


def call(name: str, *args: Any, **settings: Any) -> Any:
    """The function of this name on these arguments, noted down if it has a derivative.

    Raises NoRuleError for a function that the rules do not know.
    """
    settings = {setting: plain(value) for setting, value in settings.items()}
    if name in rules.COMPOSED:
        return rules.COMPOSED[name](NAMESPACE, *args, **settings)
    if name in rules.RULES:
        value, pull = rules.RULES[name](*map(plain, args), **settings)
        return Recorded(value, args, pull)
    if name in rules.FLAT:
        return getattr(np, name)(*map(plain, args), **settings)
    raise NoRuleError(f"numpy.{name}")


def plain(value: Any) -> Any:
    """The numbers of a recorded array, also of those in a list or tuple."""
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value.value if isinstance(value, Recorded) else value


def gradients(ys: Sequence[Any], dys: Sequence[Array], wanted: Sequence[Recorded]) -> list[Array]:
    """dL/d(each wanted array) from dL/d(each y); zeros where the ys do not depend on it."""
    found: dict[int, Array] = {}
    known: dict[int, Recorded] = {}

    def add(node: Any, grad: Any) -> None:
        if isinstance(node, list | tuple) and grad is not None:
            for part, share in zip(node, grad, strict=True):
                add(part, share)
        elif isinstance(node, Recorded) and grad is not None:
            if node.number not in known:
                known[node.number] = node
                heapq.heappush(waiting, -node.number)
            found[node.number] = grad if node.number not in found else found[node.number] + grad

    waiting: list[int] = []
    for y, dy in zip(ys, dys, strict=True):
        add(y, dy)
    while waiting:
        node = known[-heapq.heappop(waiting)]
        if node.pull is not None:
            for parent, share in zip(node.parents, node.pull(found[node.number]), strict=False):
                add(parent, share)
    return [
        np.asarray(found.get(node.number, np.zeros_like(node.value)), dtype=node.dtype).reshape(node.shape)
        for node in wanted
    ]


class _Functions(SimpleNamespace):
    """What `namespace(x)` gives for a recorded x: NumPy's names."""

    def __getattr__(self, name: str) -> Any:
        if name in rules.NAMES:
            return lambda *args, **settings: call(name, *args, **settings)
        found = getattr(np, name)
        if callable(found) and not isinstance(found, type) and name not in rules.CREATING:
            raise NoRuleError(f"numpy.{name}")
        return found


NAMESPACE = _Functions()
NAMESPACE.linalg = SimpleNamespace(norm=lambda *args, **settings: call("norm", *args, **settings))


def _method(name: str) -> Callable[..., Any]:
    return lambda self, *args, **settings: call(name, self, *args, **settings)


def _operator(name: str) -> Callable[..., Any]:
    def compute(self: Recorded, other: Any) -> Any:
        if getattr(other, "asks_first", False):  # as a weight does
            return NotImplemented
        return call(name, self, other)

    return compute


def _reversed(name: str) -> Callable[..., Any]:
    return lambda self, other: call(name, other, self)


for _name in _METHODS:
    setattr(Recorded, _name, _method(_name))
for _name, _meaning in _OPERATORS.items():
    setattr(Recorded, f"__{_name}__", _operator(_meaning))
    setattr(Recorded, f"__r{_name}__", _reversed(_meaning))
for _name, _meaning in _COMPARISONS.items():
    setattr(Recorded, f"__{_name}__", _method(_meaning))
for _name, _meaning in {"neg": "negative", "abs": "abs", "invert": "logical_not"}.items():
    setattr(Recorded, f"__{_name}__", _method(_meaning))
Recorded.__hash__ = object.__hash__  # type: ignore[method-assign]  # == compares numbers; each is itself
