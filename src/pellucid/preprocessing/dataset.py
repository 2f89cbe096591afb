"""Dataset: elements one after another, and a chain of simple steps over them.

Every walk begins anew, so `fit` can go over it once an epoch. An element is an array, or a tuple or dict of arrays.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Self

import numpy as np

from ..arrays import Array
from ..config import as_result
from ..errors import DataError, positive_int
from ..random import generator, key, next_key


class Dataset:
    """Elements that `walk()` gives, each time from the beginning.

    length   how many there are; None when nobody knows

    >>> numbers = Dataset.from_tensor_slices([1, 2, 3]).map(lambda x: 10 * x).batch(2)
    >>> [batch.tolist() for batch in numbers]
    [[10, 20], [30]]
    """

    def __init__(self, walk: Callable[[], Iterator[Any]], length: int | None = None) -> None:
        self._walk, self._length = walk, length

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> Self:
        """The rows of an array; of a tuple or dict of arrays, the rows together."""
        arrays = _each(np.asarray, tensors)
        lengths = {len(array) for array in _leaves(arrays)}
        if len(lengths) != 1:
            raise DataError(f"from_tensor_slices: arrays must be equally long, got lengths {sorted(lengths)}.")
        (length,) = lengths
        return cls(lambda: (_row(arrays, i) for i in range(length)), length)

    @classmethod
    def from_tensors(cls, tensors: Any) -> Self:
        """One element: all of it."""
        array = _each(np.asarray, tensors)
        return cls(lambda: iter([array]), 1)

    @classmethod
    def from_generator(cls, generator: Callable[..., Iterable[Any]], *_: Any, args: Any = (), **__: Any) -> Self:
        """What a function yields (types and shapes of what it yields need not be told)."""
        return cls(lambda: iter(generator(*args)))

    @classmethod
    def range(cls, *bounds: int) -> Self:
        """Whole numbers, as Python's `range` has them."""
        numbers = range(*bounds)
        return cls(lambda: map(np.asarray, numbers), len(numbers))

    @classmethod
    def zip(cls, *datasets: Any) -> Self:
        """Tuples of the elements of several datasets, as long as all have some."""
        parts = datasets[0] if len(datasets) == 1 else datasets
        lengths = [part._length for part in parts if part._length is not None]
        return cls(lambda: zip(*parts, strict=False), min(lengths) if lengths else None)

    def __iter__(self) -> Iterator[Any]:
        return map(as_result, self._walk())

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError("this dataset does not know how long it is.")
        return self._length

    def cardinality(self) -> int:
        """How many elements; -2 when nobody knows."""
        return -2 if self._length is None else self._length

    def as_numpy_iterator(self) -> Iterator[Any]:
        return self._walk()

    def map(self, map_func: Callable[..., Any], num_parallel_calls: Any = None, deterministic: Any = None) -> "Dataset":
        """A function's result for each element; a tuple's parts are its arguments."""

        def call(element: Any) -> Any:
            return map_func(*element) if isinstance(element, tuple) else map_func(element)

        return Dataset(lambda: map(call, self), self._length)

    def filter(self, predicate: Callable[..., Any]) -> "Dataset":
        """The elements that a function says yes to."""

        def keeps(element: Any) -> bool:
            return bool(predicate(*element) if isinstance(element, tuple) else predicate(element))

        return Dataset(lambda: filter(keeps, self))

    def batch(self, batch_size: int, drop_remainder: bool = False, **_: Any) -> "Dataset":
        """So many elements stacked into one; the last may hold fewer."""
        size = positive_int(batch_size, "batch_size")

        def walk() -> Iterator[Any]:
            elements = iter(self)
            while part := list(itertools.islice(elements, size)):
                if len(part) == size or not drop_remainder:
                    yield _stack(part)

        length = None if self._length is None else self._length // size if drop_remainder else -(-self._length // size)
        return Dataset(walk, length)

    def window(self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False) -> "Dataset":
        """Datasets of `size` elements each, the next one beginning `shift` later (right behind, if not given).

        >>> windows = Dataset.range(5).window(3, shift=1, drop_remainder=True)
        >>> [[int(x) for x in window] for window in windows]
        [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
        """
        size, step = positive_int(size, "size"), positive_int(size if shift is None else shift, "shift")
        width = (size - 1) * positive_int(stride, "stride") + 1

        def walk() -> Iterator[Any]:
            elements = iter(self)
            waiting = list(itertools.islice(elements, width))
            while waiting and (len(waiting) == width or not drop_remainder):
                part = waiting[::stride]
                yield Dataset(partial(iter, part), len(part))
                waiting = waiting[step:]
                skipped = max(step - width, 0)
                following = list(itertools.islice(elements, skipped, skipped + width - len(waiting)))
                waiting += following

        return Dataset(walk)

    def flat_map(self, map_func: Callable[..., Any]) -> "Dataset":
        """The elements of the datasets that a function makes of the elements, one dataset after another."""
        return Dataset(lambda: itertools.chain.from_iterable(self.map(map_func)))

    def interleave(self, map_func: Callable[..., Any], *_: Any, **__: Any) -> "Dataset":
        """As `flat_map`: nothing runs side by side here."""
        return self.flat_map(map_func)

    def reduce(self, initial_state: Any, reduce_func: Callable[[Any, Any], Any]) -> Any:
        """One value from all elements: state = reduce_func(state, element)."""
        for element in self:
            initial_state = reduce_func(initial_state, element)
        return initial_state

    def unbatch(self) -> "Dataset":
        """The rows of each element, one by one."""

        def walk() -> Iterator[Any]:
            for batch in self:
                for i in range(len(_leaves(batch)[0])):
                    yield _row(batch, i)

        return Dataset(walk)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = None, **_: Any
    ) -> "Dataset":
        """Elements in an order by chance: each is drawn from the next `buffer_size` ones; a new order every walk."""
        size = positive_int(int(buffer_size), "buffer_size")
        kept: Any = None if reshuffle_each_iteration is not False else next_key() if seed is None else key(seed)
        seeded = generator(key(seed)) if seed is not None else None

        def walk() -> Iterator[Any]:
            draw = generator(kept) if kept is not None else seeded or generator(next_key())
            elements = iter(self)
            waiting = list(itertools.islice(elements, size))
            while waiting:
                i = int(draw.integers(len(waiting)))
                yield waiting[i]
                following = next(elements, _END)
                if following is _END:
                    waiting[i] = waiting[-1]
                    waiting.pop()
                else:
                    waiting[i] = following

        return Dataset(walk, self._length)

    def take(self, count: int) -> "Dataset":
        """The first elements alone (all of them for -1)."""
        if count < 0:
            return self
        length = count if self._length is None else min(count, self._length)
        return Dataset(lambda: itertools.islice(self, count), length)

    def skip(self, count: int) -> "Dataset":
        """All but the first elements."""
        length = None if self._length is None else max(self._length - count, 0)
        return Dataset(lambda: itertools.islice(self, count, None), length)

    def repeat(self, count: int | None = None) -> "Dataset":
        """Several walks in one; without end, when count is not given."""
        if count is None or count < 0:
            return Dataset(lambda: itertools.chain.from_iterable(map(iter, itertools.repeat(self))))
        length = None if self._length is None else self._length * count
        return Dataset(lambda: itertools.chain.from_iterable(self for _ in range(count)), length)

    def concatenate(self, dataset: "Dataset") -> "Dataset":
        """These elements, then those."""
        known = self._length is not None and dataset._length is not None
        length = len(self) + len(dataset) if known else None
        return Dataset(lambda: itertools.chain(self, dataset), length)

    def enumerate(self, start: int = 0) -> "Dataset":
        """(number, element) pairs."""
        return Dataset(lambda: iter(zip(itertools.count(start), self, strict=False)), self._length)

    def cache(self, filename: str = "") -> "Dataset":
        """Elements kept in memory once they were made."""
        kept: list[Any] = []
        whole = [False]

        def walk() -> Iterator[Any]:
            if whole[0]:
                yield from kept
                return
            found = []
            for element in self:
                found.append(element)
                yield element
            kept[:], whole[0] = found, True

        return Dataset(walk, self._length)

    def prefetch(self, buffer_size: Any = None) -> "Dataset":
        """The same elements: nothing is prepared ahead here."""
        return self

    def with_options(self, options: Any) -> "Dataset":
        """The same elements: there is nothing to choose."""
        return self


_END: Any = object()


def _each(function: Callable[[Any], Any], nested: Any) -> Any:
    """A function's result for every array in a tuple or dict of arrays; lists are arrays."""
    if isinstance(nested, tuple):
        return tuple(_each(function, part) for part in nested)
    if isinstance(nested, dict):
        return {name: _each(function, part) for name, part in nested.items()}
    return function(nested)


def _row(nested: Any, i: int) -> Any:
    """Row i of every array."""
    return _each(lambda array: array[i], nested)


def _leaves(nested: Any) -> list[Array]:
    if isinstance(nested, tuple | dict):
        return [leaf for part in (nested.values() if isinstance(nested, dict) else nested) for leaf in _leaves(part)]
    return [nested]


def _stack(elements: list[Any]) -> Any:
    first = elements[0]
    if isinstance(first, tuple):
        return tuple(_stack(list(parts)) for parts in zip(*elements, strict=True))
    if isinstance(first, dict):
        return {name: _stack([element[name] for element in elements]) for name in first}
    return np.stack([np.asarray(element, dtype=object if isinstance(element, str) else None) for element in elements])
