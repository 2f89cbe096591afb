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

import re
from typing import Any, Self

import numpy as np

from ..arrays import Array, namespace
from ..config import as_result, floatx
from ..registry import Registry

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
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.dtype = np.dtype(dtype or floatx()).name
        self._tally: Sums | None = None

    # What each metric writes -----------------------------------------------------------------------

    def build(self, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        """Learn from the shapes of the data what the sums' shapes need; most metrics need nothing."""

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

    def start(self) -> Sums:
        """The tally of nothing seen yet."""
        tally = {}
        for name, shape in self.sums().items():
            tally[name] = np.zeros(shape)
            tally[f"{name}_rest"] = np.zeros(shape)
        return tally

    def accumulate(self, tally: Sums, *args: Any, **kwargs: Any) -> Sums:
        """The tally with one batch (y_true, y_pred, sample_weight=None) more."""
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

    def read(self, tally: Sums) -> Array:
        """The metric's value: a number, or an array for the few metrics with one number a class or threshold."""
        return self.conclude(settled(tally))

    # Keras's face ----------------------------------------------------------------------------------

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch: (y_true, y_pred, sample_weight=None); lists and arrays of any library."""
        args = tuple(_numpy(value) for value in args)
        if self._tally is None:
            if len(args) > 1 and args[1] is not None:
                self.build(args[0].shape, args[1].shape)
            self._tally = self.start()
        self._tally = self.accumulate(self._tally, *args, **{name: _numpy(value) for name, value in kwargs.items()})

    def result(self) -> Any:
        """The value over all batches since the last `reset_state`, as a NumPy number or array."""
        value = self.read(self.start() if self._tally is None else self._tally)
        return as_result(np.asarray(value, dtype=self.dtype if np.dtype(self.dtype).kind == "f" else floatx())[()])

    def reset_state(self) -> None:
        """Forget all batches."""
        self._tally = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.update_state(*args, **kwargs)
        return self.result()

    @property
    def variables(self) -> list[Array]:
        """The running sums."""
        return list(settled(self.start() if self._tally is None else self._tally).values())

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({settings})"


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
    return value if value is None else np.asarray(value)
