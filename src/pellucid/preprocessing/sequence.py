"""Sequences: to one length, as pairs of neighbours, and as windows that slide over a series."""

import json
import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.sequence import PyDataset
from ..errors import DataError, one_of, positive_int

_SIDES = ("pre", "post")


def pad_sequences(
    sequences: Iterable[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Array:
    """Sequences of different lengths as the rows of one array.

    sequences    N lists of T numbers, or of T vectors of one shape
    maxlen       T of the result; the longest sequence's unless given
    padding      "pre" or "post": the side where short ones are filled up with `value`
    truncating   "pre" or "post": the side where long ones are cut
    returns      (N, maxlen, ...)

    >>> pad_sequences([[1], [2, 3, 4]], maxlen=2)
    array([[0, 1],
           [3, 4]], dtype=int32)
    """
    one_of(padding, _SIDES, "pad_sequences: padding")
    one_of(truncating, _SIDES, "pad_sequences: truncating")
    rows = []
    for place, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise DataError(f"pad_sequences: needs a list of lists, but number {place} in it is {sequence!r:.60}.")
        rows.append(sequence)
    length = max(map(len, rows), default=0) if maxlen is None else positive_int(maxlen, "pad_sequences: maxlen")
    inner = next((np.shape(row)[1:] for row in rows if len(row)), ())
    is_text = np.issubdtype(dtype, np.str_)
    if isinstance(value, str) and np.dtype(dtype) != object and not is_text:
        raise ValueError(f"pad_sequences: the value {value!r} is text and dtype is {dtype}; for text, dtype=object.")
    padded = np.full((len(rows), length, *inner), value, dtype=dtype)
    for row, sequence in zip(padded, rows, strict=True):
        if not len(sequence):
            continue
        kept = sequence[-length:] if truncating == "pre" else sequence[:length]
        kept = np.asarray(kept, dtype=dtype)
        if kept.shape[1:] != inner:
            raise DataError(
                f"pad_sequences: the parts of all sequences must have one shape, got {inner} and {kept.shape[1:]}."
            )
        start = length - len(kept) if padding == "pre" else 0
        row[start : start + len(kept)] = kept
    return padded


def make_sampling_table(size: int, sampling_factor: float = 1e-05) -> Array:
    """The chance of keeping the word of each rank, so that frequent words are met less often.

    A word of rank r is taken to have the frequency of Zipf's law, 1 / (r (log r + γ) + 1/2 - 1 / 12r); it is kept with
    the chance min(1, √(sampling_factor / frequency)).

    Source: Mikolov et al., "Distributed representations of words and phrases and their compositionality" (2013), §2.3.

    >>> make_sampling_table(3).round(5)
    array([0.00315, 0.00315, 0.00548])
    """
    rank = np.arange(size, dtype=float)
    rank[:1] = 1
    one_over_frequency = rank * (np.log(rank) + 0.577) + 0.5 - 1 / (12 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * one_over_frequency))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs (word, neighbour) with the label 1, and pairs (word, any word) with the label 0.

    sequence            word numbers; 0 stands for no word
    vocabulary_size     the highest word number plus one
    window_size         how far a neighbour may be away
    negative_samples    pairs of label 0 for each pair of label 1
    categorical         labels [0, 1] and [1, 0] in place of 1 and 0
    sampling_table      what `make_sampling_table` gives

    >>> skipgrams([1, 2], 3, negative_samples=0, shuffle=False)
    ([[1, 2], [2, 1]], [1, 1])
    """
    pairs: list[list[int]] = []
    for place, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        near = range(max(0, place - window_size), min(len(sequence), place + window_size + 1))
        pairs += [[word, sequence[other]] for other in near if other != place and sequence[other]]
    labels = [1] * len(pairs)
    count = int(len(pairs) * negative_samples)
    if count:
        words = [word for word, _ in pairs]
        random.shuffle(words)
        pairs += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)]
        labels += [0] * count
    if shuffle:
        seed = random.randint(0, 10**7) if seed is None else seed
        random.Random(seed).shuffle(pairs)
        random.Random(seed).shuffle(labels)
    return pairs, [[1 - label, label] for label in labels] if categorical else labels


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target that follows it.

    Args:
        data, targets: arrays with time along the first axis.
        length: how many steps back a window reaches.
        sampling_rate: every how many steps within a window.
        stride: steps between the starts of two windows.
        start_index, end_index: the part of the series to use, both ends included.
        shuffle: windows anywhere, in place of one after the other.
        reverse: the latest step first.
        batch_size: windows of a batch.

    >>> windows = TimeseriesGenerator(np.arange(6), np.arange(6), length=3, batch_size=2)
    >>> len(windows), windows[0]
    (2, (array([[0, 1, 2], [1, 2, 3]]), array([3, 4])))
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise DataError(
                f"TimeseriesGenerator: data and targets must be equally long, got {len(data)} and {len(targets)}."
            )
        self.data, self.targets, self.length = data, targets, positive_int(length, "length")
        self.sampling_rate = positive_int(sampling_rate, "sampling_rate")
        self.stride = positive_int(stride, "stride")
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        self.batch_size = positive_int(batch_size, "batch_size")
        if self.start_index > self.end_index:
            raise DataError(
                f"TimeseriesGenerator: a window of length {length} does not fit between start_index={start_index} and "
                f"end_index={self.end_index}. Shorten it."
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        if self.shuffle:
            ends = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)  # noqa: NPY002
        else:
            first = self.start_index + self.batch_size * self.stride * index
            ends = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        samples = np.array([self.data[end - self.length : end : self.sampling_rate] for end in ends])
        targets = np.array([self.targets[end] for end in ends])
        return (samples[:, ::-1] if self.reverse else samples), targets

    def get_config(self) -> dict[str, Any]:
        """The settings and the data, as plain data."""
        settings = ("sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size", "length")
        return {
            "data": np.asarray(self.data).tolist(),
            "targets": np.asarray(self.targets).tolist(),
            **{name: getattr(self, name) for name in settings},
        }

    def to_json(self, **settings: Any) -> str:
        """The same as JSON text."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **settings)
