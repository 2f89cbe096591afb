"""Metric: running sums, and what they say.

Every metric is three small pieces, and this base turns them into the two faces that programs use:

    sums()                 the sums it keeps, by name, and their shapes
    measure(y_true, …)     what one batch adds to each of them
    conclude(sums)         the number (or numbers) that they say

    pure        tally = metric.start();  tally = metric.accumulate(tally, y_true, y_pred);  metric.read(tally)
    stateful    metric.update_state(y_true, y_pred);  metric.result();  metric.reset_state()

A sum of float32 numbers stops hearing small terms once it is large. So sums are
float64 on NumPy; where a library computes in float32 only (JAX as it comes), the part
that each addition rounds away is kept in a sum of its own, `<name>_rest`.
Source of that: D. Knuth, "The Art of Computer Programming" 2, 4.2.2, theorem B (two-sum).
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self

import numpy as np

from ..arrays import Array, namespace
from ..config import as_result, floatx
from ..registry import Registry
from ..variable import Variable, frame_of, lent

registry = Registry("metric")

Sums = dict[str, Array]


class Metric:
    """Base of all metrics; the pure face is what a training step runs, also inside `jax.jit`.

    name     shown in the training log; the class's own name in snake_case by default
    dtype    float type of `result()`; `floatx()` by default

    A metric of your own is the three pieces:

    >>> class Largest(Metric):
    ...     def sums(self): return {"total": (), "batches": ()}
    ...     def measure(self, y_true, y_pred, sample_weight=None): return {"total": y_pred.max(), "batches": 1}
    ...     def conclude(self, sums): return sums["total"] / sums["batches"]
    >>> metric = Largest()
    >>> metric.update_state([0, 0], [1.0, 4.0])
    >>> metric.update_state([0, 0], [2.0, 1.0])
    >>> print(metric.name, metric.result())
    largest 3.0

    or, in Keras's way, variables and what becomes of them; other metrics may be among its attributes:

    >>> class Positives(Metric):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.count = self.add_weight(name="count", initializer="zeros")
    ...     def update_state(self, y_true, y_pred, sample_weight=None): self.count.assign_add((y_pred > 0).sum())
    ...     def result(self): return self.count.value
    >>> metric = Positives()
    >>> metric.update_state([0, 0], np.array([1.0, -4.0]))
    >>> print(metric.result())
    1.0
    """

    own_way: ClassVar[bool] = False  # whether it is written in Keras's way: update_state and result

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.dtype = np.dtype(getattr(dtype, "name", dtype) or floatx()).name
        self._kept: Sums | None = None
        self._weights: list[Variable] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "reset_states" in cls.__dict__ and "reset_state" not in cls.__dict__:  # its name before 2021
            cls.reset_state = cls.__dict__["reset_states"]  # type: ignore[method-assign]
        if "result" in cls.__dict__:
            cls.result = _quiet(cls.__dict__["result"])  # type: ignore[method-assign]
        cls.own_way = cls.update_state is not Metric.update_state or cls.result is not Metric.result

    # What each metric writes -----------------------------------------------------------------------

    def build(self, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        """Learn from the shapes of the data what the sums' shapes need; most metrics need nothing."""
        for part in self.parts().values():
            part.build(target_shape, output_shape)

    def sums(self) -> dict[str, tuple[int, ...]]:
        """The names and shapes of the running sums."""
        raise NotImplementedError(f"{type(self).__name__}: write sums(), the names and shapes of the running sums.")

    def measure(self, *args: Any, **kwargs: Any) -> Sums:
        """What (y_true, y_pred, sample_weight) of one batch add to each sum."""
        raise NotImplementedError(f"{type(self).__name__}: write measure(y_true, y_pred, sample_weight=None).")

    def conclude(self, sums: Sums) -> Array:
        """The metric's value, from its sums."""
        raise NotImplementedError(f"{type(self).__name__}: write conclude(sums), the metric's value.")

    # The pure face ---------------------------------------------------------------------------------

    def start(self) -> Any:
        """The tally of nothing seen yet."""
        if not self.own_way:
            return self._nothing()
        with lent(self._frame(self._first())) as frame:
            self.reset_state()
            return self._gathered(frame)

    def accumulate(self, tally: Any, *args: Any, **kwargs: Any) -> Any:
        """The tally with one batch (y_true, y_pred, sample_weight=None) more."""
        if self.own_way:
            given = args[:-1] if len(args) > 2 and args[-1] is None else args
            with lent(self._frame(tally)) as frame:
                self.update_state(*given, **kwargs)
                return self._gathered(frame)
        return self._with(tally, *args, **kwargs)

    def read(self, tally: Any) -> Any:
        """The metric's value: a number, or an array for the few metrics with one number a class or threshold.

        One written in Keras's way may give a dict of them.
        """
        if not self.own_way:
            return self.conclude(settled(tally))
        with lent(self._frame(tally)):
            return _number(self.result())

    def hold(self, tally: Any) -> None:
        """From now on `result()` tells of this tally."""
        for owner, value in self._frame(tally).items():
            if isinstance(owner, Variable):
                owner.assign(value)
            else:
                owner._kept = value

    def _nothing(self) -> Sums:
        tally = {}
        for name, shape in self.sums().items():
            tally[name] = np.zeros(shape)
            tally[f"{name}_rest"] = np.zeros(shape)
        return tally

    def _with(self, tally: Sums, *args: Any, **kwargs: Any) -> Sums:
        more = self.measure(*args, **kwargs)
        new = dict(tally)
        for name, term in more.items():
            total = tally[name]
            if _is_numpy(total) and _is_numpy(term):
                new[name] = total + term  # float64
            else:
                new[name], lost = two_sum(total, term)
                new[f"{name}_rest"] = tally[f"{name}_rest"] + lost
        return new

    # What a metric in Keras's way keeps: sums, where it is a Mean, say; variables; other metrics

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None, **_: Any
    ) -> Variable:
        """A variable of the metric's own, which every epoch starts from 0.

        Args:
            shape: of its numbers; Keras 2 took the name first, which will do, too.
            initializer: its first numbers: "zeros", "ones", or a function of the shape.
        """
        if isinstance(shape, str):
            name, shape, initializer = shape, () if isinstance(initializer, str) else initializer, _.get("initializer")
        shape = (shape,) if isinstance(shape, int) else tuple(shape or ())
        first = initializer if callable(initializer) else np.ones if initializer in ("ones", "one") else np.zeros
        variable = Variable(first, shape, dtype or self.dtype, trainable=False, name=name)
        self._weights.append(variable)
        return variable

    add_variable = add_weight

    def parts(self) -> "dict[str, Metric]":
        """The metrics among its attributes, in lists and dicts of them, too."""
        found: dict[str, Metric] = {}
        for name, value in vars(self).items():
            held = list(value.values()) if isinstance(value, Mapping) else value
            several = held if isinstance(held, list | tuple) else [held]
            metrics = [part for part in several if isinstance(part, Metric)]
            found.update((f"{name}_{i}" if i else name, part) for i, part in enumerate(metrics))
        return found

    @property
    def _has_sums(self) -> bool:
        return type(self).sums is not Metric.sums

    @property
    def _tally(self) -> Any:
        frame = frame_of(self)
        return self._kept if frame is None else frame[self]

    @_tally.setter
    def _tally(self, tally: Any) -> None:
        frame = frame_of(self)
        if frame is None:
            self._kept = tally
        else:
            frame[self] = tally

    def _first(self) -> Any:
        """What it keeps at first, as nested dicts of arrays."""
        if not self.own_way:
            return self._nothing()
        first: dict[str, Any] = {str(i): variable.value for i, variable in enumerate(self._weights)}
        first |= {name: part._first() for name, part in self.parts().items()}
        return {**first, "sums": self._nothing()} if self._has_sums else first

    def _owners(self, tally: Any) -> Iterator[tuple[Any, Any]]:
        """Each owner of numbers, and its share of the tally."""
        if not self.own_way:
            yield self, tally
            return
        if self._has_sums:
            yield self, tally["sums"]
        yield from ((variable, tally[str(i)]) for i, variable in enumerate(self._weights))
        for name, part in self.parts().items():
            yield from part._owners(tally[name])

    def _frame(self, tally: Any) -> dict[Any, Any]:
        return dict(self._owners(tally))

    def _gathered(self, frame: Mapping[Any, Any]) -> Any:
        """The way back from `_frame`."""
        if not self.own_way:
            return frame[self]
        tally: dict[str, Any] = {str(i): frame[variable] for i, variable in enumerate(self._weights)}
        tally |= {name: part._gathered(frame) for name, part in self.parts().items()}
        return {**tally, "sums": frame[self]} if self._has_sums else tally

    # Keras's face ----------------------------------------------------------------------------------

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch: (y_true, y_pred, sample_weight=None); lists and arrays of any library."""
        args = tuple(_numpy(value) for value in args)
        if self._tally is None:
            if len(args) > 1 and args[1] is not None:
                self.build(args[0].shape, args[1].shape)
            self._tally = self.start()
        self._tally = self._with(self._tally, *args, **{name: _numpy(value) for name, value in kwargs.items()})

    def result(self) -> Any:
        """The value over all batches since the last `reset_state`, as a NumPy number or array."""
        value = self.conclude(settled(self._nothing() if self._tally is None else self._tally))
        if not _is_numpy(value) and not isinstance(value, list):
            return value  # inside `jax.jit`
        return as_result(np.asarray(value, dtype=self.dtype if np.dtype(self.dtype).kind == "f" else floatx())[()])

    def reset_state(self) -> None:
        """Forget all batches."""
        if self._has_sums:
            self._tally = None if frame_of(self) is None else self._nothing()
        for variable in self._weights:
            variable.assign(np.zeros(variable.shape))
        for part in self.parts().values():
            part.reset_state()

    def reset_states(self) -> None:
        """The old name of `reset_state`."""
        self.reset_state()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        told = _told.get()
        if told is None:
            self.update_state(*args, **kwargs)
            return self.result()
        value = self.read(self.accumulate(self.start(), *args, **kwargs))
        told.append((value, self.name))
        return value

    @property
    def variables(self) -> list[Any]:
        """The running sums, and the variables."""
        sums = settled(self._nothing() if self._tally is None else self._tally) if self._has_sums else {}
        inside = [variable for part in self.parts().values() for variable in part.variables]
        return [*sums.values(), *self._weights, *inside]

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({settings})"


_told: ContextVar[list[tuple[Any, str]] | None] = ContextVar("told", default=None)


@contextmanager
def of_one_batch() -> Iterator[None]:
    """Within the block (a layer's `call`), a metric that is called tells of its arguments alone and keeps nothing."""
    token = _told.set([])
    try:
        yield
    finally:
        _told.reset(token)


def name_of(value: Any) -> str | None:
    """The name of the metric that gave this value in such a block."""
    return next((name for given, name in _told.get() or () if given is value), None)


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b as the nearest float, and exactly what that rounding lost.

    >>> total, lost = two_sum(np.float32(2**24), np.float32(1))
    >>> print(total, lost)
    1.6777216e+07 1.0
    """
    xp = namespace(b if _is_numpy(a) and not _is_numpy(b) else a)
    a = xp.asarray(a)
    b = xp.asarray(b, dtype=a.dtype)
    total = a + b
    second = total - a
    return total, (a - (total - second)) + (b - second)


def settled(tally: Sums) -> Sums:
    """The sums of a tally, each with its rest."""
    return {name: total + tally[f"{name}_rest"] for name, total in tally.items() if f"{name}_rest" in tally}


def snake_case(name: str) -> str:
    """
    >>> snake_case("MeanIoU"), snake_case("AUC")
    ('mean_io_u', 'auc')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _is_numpy(value: Any) -> bool:
    """Whether a number is NumPy's or Python's, and not another library's."""
    return isinstance(value, np.ndarray | np.generic | int | float)


def _numpy(value: Any) -> Any:
    """A list or number as an array; arrays of any library stay what they are."""
    return value if value is None or hasattr(value, "__array_namespace__") else np.asarray(value)


def _number(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _number(part) for name, part in value.items()}
    return value.value if isinstance(value, Variable) else value


def _quiet(result: Callable[..., Any]) -> Callable[..., Any]:
    """A `result` that says nothing of 0 / 0, which is what a metric that has seen nothing may come to."""

    @functools.wraps(result)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return as_result(_number(result(self, *args, **kwargs)))

    return call
