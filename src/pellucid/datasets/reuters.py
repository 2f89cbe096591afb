"""Reuters: 11,228 news of 1987 as lists of word numbers, with one of 46 subjects.

Source: D. Lewis, "Reuters-21578, distribution 1.0" (1997).
"""

from typing import Any

import numpy as np

from .lists import read_lists
from .npz import Dataset
from .published import published_file
from .word_lists import ORIGIN, read_word_index, shorter_than, shuffled, with_start, within

_SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
_SUBJECTS = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship
    cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin
    strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr
    gas silver wpi hog lead
"""


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> Dataset:
    """(x_train, y_train), (x_test, y_test): news and their subjects, the last share of them for testing.

    path         the file's name in ~/.keras/datasets ($KERAS_HOME/datasets), where it is fetched to once (2 MB)
    test_split   the share for testing
    num_words, skip_top, maxlen, start_char, oov_char, index_from   as in imdb.load_data
    x            (N,) lists of word numbers
    y            (N,) int64, 0 to 45

    Raises OSError without a network, naming the place where to put the file by hand.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"reuters.load_data: unknown argument {next(iter(kwargs))!r}.")
    file = published_file(path, origin=ORIGIN + "reuters.npz", file_hash=_SHA256)
    texts, labels = read_lists(file, ("x", "y"))
    texts, labels = shuffled(texts, labels, np.random.RandomState(seed))
    news = with_start(texts, start_char, index_from)
    if maxlen:
        news, labels = shorter_than(news, labels, maxlen)
    found = within(news, num_words, skip_top, oov_char)
    cut = int(len(found) * (1 - test_split))
    return (found[:cut], labels[:cut]), (found[cut:], labels[cut:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, 1 for the most frequent. In the news of `load_data` they stand index_from higher."""
    return read_word_index(published_file(path, origin=ORIGIN + "reuters_word_index.json", file_hash=_INDEX_MD5))


def get_label_names() -> tuple[str, ...]:
    """The names of the 46 subjects, in the order of their numbers."""
    return tuple(_SUBJECTS.split())
