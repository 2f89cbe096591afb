"""PyDataset: batches by number, for data that are read or made as they are needed."""

from collections import deque
from collections.abc import Iterator
from collections.abc import Sequence as Numbers
from itertools import islice
from typing import Any

from ..errors import positive_int


class PyDataset:
    """Data of which batch number i can be asked for; also called Sequence, as in older programs.

    A subclass writes `__len__` (how many batches), `__getitem__(i)` (batch i: (x, y) or (x, y, weights)) and, when
    something should change between epochs, `on_epoch_end`.

    workers              threads that prepare batches ahead of the training; they come in order all the same
    max_queue_size       batches prepared ahead
    use_multiprocessing  accepted for programs that say so; the workers are threads in any case

    >>> class Squares(PyDataset):
    ...     def __len__(self): return 3
    ...     def __getitem__(self, i): return [[i]], [[i * i]]
    >>> Squares().num_batches
    3
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = positive_int(workers, "workers")
        self.max_queue_size = positive_int(max_queue_size, "max_queue_size")
        self.use_multiprocessing = bool(use_multiprocessing)

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must write __len__: the number of batches of an epoch.")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must write __getitem__: the batch of that number.")

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has; None when there is no end."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Called before the first batch of an epoch."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of an epoch."""


Sequence = PyDataset


def fetched(dataset: Any, numbers: Numbers[int]) -> Iterator[Any]:
    """The batches of these numbers, in this order, prepared ahead by the dataset's workers if it has several."""
    workers = getattr(dataset, "workers", 1) or 1
    if workers == 1:
        yield from map(dataset.__getitem__, numbers)
        return
    from concurrent.futures import ThreadPoolExecutor  # here: slow to import, and seldom needed

    pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
    try:
        remaining = iter(numbers)
        ahead = max(workers, getattr(dataset, "max_queue_size", 10))
        waiting = deque(pool.submit(dataset.__getitem__, number) for number in islice(remaining, ahead))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(pool.submit(dataset.__getitem__, number) for number in islice(remaining, 1))
            yield batch
    finally:
        pool.shutdown(cancel_futures=True)
