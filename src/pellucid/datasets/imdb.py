"""IMDB: 50,000 film reviews as lists of word numbers, half of them praise (1) and half the opposite (0).

Source: A. Maas et al., "Learning word vectors for sentiment analysis", ACL (2011).
"""

from typing import Any

import numpy as np

from .lists import read_lists
from .npz import Dataset
from .published import published_file
from .word_lists import ORIGIN, read_word_index, shorter_than, shuffled, with_start, within

_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> Dataset:
    """(x_train, y_train), (x_test, y_test): 25,000 and 25,000 reviews and their labels.

    path         the file's name in ~/.keras/datasets ($KERAS_HOME/datasets), where it is fetched to once (17 MB)
    num_words    keep words with numbers below this; the others become oov_char
    skip_top     the same for the most frequent words: numbers below this
    maxlen       leave out reviews of this many words or more
    start_char   the number before every review; None for none
    index_from   word numbers begin after this
    test_split   of Keras until 1.0: the 25,000 reviews for training alone, this share of them for testing
    x            (N,) lists of word numbers
    y            (N,) int64, 0 or 1

    Raises OSError without a network, naming the place where to put the file by hand.
    """
    num_words, test_split = kwargs.pop("nb_words", num_words), kwargs.pop("test_split", None)
    if kwargs:
        raise TypeError(f"imdb.load_data: unknown argument {next(iter(kwargs))!r}.")
    file = published_file(path, origin=ORIGIN + "imdb.npz", file_hash=_SHA256)
    x_train, y_train, x_test, y_test = read_lists(file, ("x_train", "y_train", "x_test", "y_test"))
    draw = np.random.RandomState(seed)
    x_train, y_train = shuffled(x_train, y_train, draw)
    x_test, y_test = shuffled(x_test, y_test, draw)
    train, test = (with_start(x, start_char, index_from) for x in (x_train, x_test))
    if maxlen:
        train, y_train = shorter_than(train, y_train, maxlen)
        test, y_test = shorter_than(test, y_test, maxlen)
    if test_split is not None:
        cut = int(len(train) * (1 - test_split))
        train, test, y_train, y_test = train[:cut], train[cut:], y_train[:cut], y_train[cut:]
    found = within(train + test, num_words, skip_top, oov_char)
    return (found[: len(train)], y_train), (found[len(train) :], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, 1 for the most frequent. In the reviews of `load_data` they stand index_from higher."""
    return read_word_index(published_file(path, origin=ORIGIN + "imdb_word_index.json", file_hash=_INDEX_MD5))
