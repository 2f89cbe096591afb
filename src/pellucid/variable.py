"""Variable: an array with a name that can be replaced; arithmetic with it is arithmetic with its numbers.

A pure function may lend variables (and what else keeps numbers) other values for the length of a block: what is
assigned within it stays in the block's frame, and the variable itself is untouched.

    with lent({count: 5}) as frame:
        count.assign_add(1)
    frame[count]                         6
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from .arrays import Array, namespace
from .config import floatx
from .errors import ShapeError

_frames: ContextVar[tuple[dict[Any, Any], ...]] = ContextVar("frames", default=())


@contextmanager
def lent(values: Mapping[Any, Any]) -> Iterator[dict[Any, Any]]:
    """Within the block, each owner of numbers has these; the frame that the block is given hears of all changes."""
    frame = dict(values)
    token = _frames.set((frame, *_frames.get()))
    try:
        yield frame
    finally:
        _frames.reset(token)


def frame_of(owner: Any) -> dict[Any, Any] | None:
    """The innermost frame that lends this owner numbers; None outside such blocks."""
    return next((frame for frame in _frames.get() if owner in frame), None)


def is_lending() -> bool:
    """Whether we are inside such a block."""
    return bool(_frames.get())


class Variable:
    """An array that can be replaced (Keras's `Variable`).

    Args:
        initializer: the first numbers, or a function of the shape that makes them.
        shape: of the numbers, where a function makes them.
        dtype: of the numbers; by default their own, `floatx()` for Python's numbers with fractions.
        trainable: whether gradients may move it.
        name: how it is called.

    >>> total = Variable([1.0, 2.0], name="total")
    >>> total.assign_add([1, 1])
    array([2., 3.], dtype=float32)
    >>> total * 2
    array([4., 6.], dtype=float32)
    """

    _value: Array
    asks_first = True  # recorded @ variable asks the variable

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **_: Any,
    ) -> None:
        dtype = getattr(dtype, "name", dtype)
        if callable(initializer):
            sizes = (shape,) if isinstance(shape, int) else tuple(shape or ())
            initializer = initializer(sizes, dtype=dtype or floatx())
        first = np.array(initializer)
        if dtype is None and first.dtype == np.float64 and not hasattr(initializer, "dtype"):
            dtype = floatx()
        self._value = first if dtype is None else first.astype(dtype)
        self._name, self._trainable = name or "variable", bool(trainable)

    @property
    def value(self) -> Array:
        """The numbers as they are now."""
        frame = frame_of(self)
        return self._value if frame is None else frame[self]

    def _put(self, value: Array) -> None:
        frame = frame_of(self)
        if frame is None:
            self._value = np.array(value)
        else:
            frame[self] = value

    @property
    def name(self) -> str:
        return self._name

    @property
    def path(self) -> str:
        return self.name

    @property
    def trainable(self) -> bool:
        return self._trainable

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> str:
        return str(self.value.dtype)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def numpy(self) -> np.ndarray:
        """A copy of the numbers."""
        return np.array(self.value)

    def read_value(self) -> Array:
        """The numbers as they are now."""
        return self.value

    def assign(self, value: Any) -> Array:
        """Put other numbers of the same shape in place of these; returns them."""
        new = as_before(value, self.value, self.path)
        self._put(new)
        return new

    def assign_add(self, value: Any) -> Array:
        """Add to the numbers; returns the sum."""
        return self.assign(self.value + _plain(value))

    def assign_sub(self, value: Any) -> Array:
        """Take away from the numbers; returns what is left."""
        return self.assign(self.value - _plain(value))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **settings: Any) -> Any:
        """Arithmetic of NumPy's arrays with it: array + variable; array += variable leaves the first array as it is."""
        compute = _OPERATORS.get(ufunc.__name__) if method == "__call__" and not settings else None
        return (compute or getattr(ufunc, method))(*map(_plain, inputs), **settings)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype)

    def __getitem__(self, index: Any) -> Array:
        return self.value[index]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Array]:
        return iter(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __neg__(self) -> Array:
        return -self.value

    def __abs__(self) -> Array:
        return abs(self.value)

    def __eq__(self, other: object) -> Any:
        """Place by place with numbers; two variables are equal when they are the same."""
        return self is other if isinstance(other, Variable) else self.value == other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} path={self.path}, shape={self.shape}, dtype={self.dtype}>"


def as_before(value: Any, old: Array, path: str) -> Array:
    """value as an array of the old one's shape and dtype, a copy where it was NumPy's.

    Raises ShapeError where it has another shape.
    """
    value = _plain(value)
    if hasattr(value, "__array_namespace__") and not isinstance(value, np.ndarray | np.generic):
        new = namespace(value).asarray(value, dtype=old.dtype)
    else:
        new = np.array(value, dtype=np.dtype(str(old.dtype)))
    if tuple(new.shape) != tuple(old.shape):
        raise ShapeError(f"{path}: needs an array shaped {tuple(old.shape)}, got {tuple(new.shape)}.")
    return new


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Variable) else value


_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "floor_divide": operator.floordiv, "remainder": operator.mod, "matmul": operator.matmul, "power": operator.pow,
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
    "equal": operator.eq, "not_equal": operator.ne,
}  # fmt: skip
"""NumPy's name of each operator, and the operator, which other array libraries' numbers know, too."""


def _forwarding(name: str) -> tuple[Callable[..., Array], Callable[..., Array]]:
    """An operator on the numbers behind a variable, with the variable on its left and on its right."""
    compute = getattr(operator, name)

    def left(self: Variable, other: Any) -> Any:
        if getattr(other, "__array_priority__", 0) > 0:  # a symbolic value: it asks for the numbers when it runs
            return NotImplemented
        return compute(self.value, _plain(other))

    def right(self: Variable, other: Any) -> Array:
        return compute(other, self.value)

    return left, right


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul", "pow"):
    _left, _right = _forwarding(_name)
    setattr(Variable, f"__{_name}__", _left)
    setattr(Variable, f"__r{_name}__", _right)
for _name in ("lt", "le", "gt", "ge"):
    setattr(Variable, f"__{_name}__", _forwarding(_name)[0])
