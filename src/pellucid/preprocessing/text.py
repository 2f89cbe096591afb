"""Text to numbers: words, their counts, and their places in a list by frequency."""

import json
import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import one_of

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

Analyzer = Callable[[str], list[str]]


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    filters   characters that count as spaces between words
    lower     whether to write all in small letters
    split     what stands between words

    >>> text_to_word_sequence("Hello, World!")
    ['hello', 'world']
    """
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate(dict.fromkeys(map(ord, filters), split)).split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """A number from 1 to n - 1 for each word, by Python's `hash`: other numbers in another run of the program.

    Two words may share a number. For numbers that stay: `hashing_trick(text, n, "md5")`.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """A number from 1 to n - 1 for each word, by a hash function; two words may share one.

    hash_function   "md5", a function from text to a whole number, or None for Python's `hash`

    >>> hashing_trick("the cat the dog", 100, "md5")
    [51, 3, 51, 33]
    """
    if n < 2:
        raise ValueError(f"hashing_trick: n must be at least 2, for numbers from 1 to n - 1; got {n!r}.")
    words = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    known: Callable[[str], int] = _md5 if hash_function == "md5" else hash_function or hash
    return [known(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    import hashlib  # here: slow to import

    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers for words, by how frequent they are in the texts that it has seen: 1 for the most frequent.

    Args:
        num_words: only the num_words - 1 most frequent words are used; None for all.
        filters, lower, split: as in `text_to_word_sequence`.
        char_level: characters in place of words.
        oov_token: what words that it has not seen are taken for; None leaves them out.
        analyzer: a function from text to words, in place of the rules above.

    >>> tokenizer = Tokenizer(oov_token="?")
    >>> tokenizer.fit_on_texts(["the cat", "the dog"])
    >>> tokenizer.word_index
    {'?': 1, 'the': 2, 'cat': 3, 'dog': 4}
    >>> tokenizer.texts_to_sequences(["the bird"])
    [[2, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Analyzer | None = None,
        **kwargs: Any,
    ) -> None:
        num_words = kwargs.pop("nb_words", num_words)
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer: unknown argument {next(iter(kwargs))!r}.")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: Counter[str] = Counter()
        self.index_docs: Counter[int] = Counter()
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """See these texts (each a text, or a list of words)."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            self.word_docs.update(set(words))
        by_count = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        listed = ([] if self.oov_token is None else [self.oov_token]) + by_count
        self.word_index = {word: i for i, word in enumerate(dict.fromkeys(listed), start=1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        self.index_docs = Counter({self.word_index[word]: count for word, count in self.word_docs.items()})

    def fit_on_sequences(self, sequences: Iterable[Iterable[int]]) -> None:
        """See these sequences of word numbers; needed before `sequences_to_matrix` without `fit_on_texts`."""
        for sequence in sequences:
            self.document_count += 1
            self.index_docs.update(set(sequence))

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            found = (self.word_index.get(word) for word in self._words(text))
            yield [i for number in found if (i := number if self._uses(number) else unknown) is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of these numbers, joined by spaces."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        for sequence in sequences:
            found = (self.index_word.get(i) if self._uses(i) else None for i in sequence)
            yield " ".join(word for known in found if (word := known if known is not None else self.oov_token))

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> Array:
        """A row for each text, a column for each word: see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Iterable[Iterable[int]], mode: str = "binary") -> Array:
        """A row for each sequence, a column for each word number (column 0 stays empty).

        mode   "binary"   1 where the word occurs
               "count"    how often
               "freq"     how often, for each word of the sequence
               "tfidf"    (1 + log count) · log(1 + documents / (1 + documents with the word))
        """
        one_of(mode, ("binary", "count", "freq", "tfidf"), "Tokenizer: mode")
        if not (self.num_words or self.word_index):
            raise ValueError("Tokenizer: give num_words, or call fit_on_texts first: the matrix needs its width.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Tokenizer: mode 'tfidf' counts documents; call fit_on_texts or fit_on_sequences first.")
        width = self.num_words or len(self.word_index) + 1
        rows = [list(sequence) for sequence in sequences]
        matrix = np.zeros((len(rows), width))
        for row, sequence in zip(matrix, rows, strict=True):
            for number, count in Counter(i for i in sequence if i < width).items():
                documents = self.index_docs.get(number, 0)
                row[number] = {
                    "binary": 1,
                    "count": count,
                    "freq": count / len(sequence),
                    "tfidf": (1 + math.log(count)) * math.log(1 + self.document_count / (1 + documents)),
                }[mode]
        return matrix

    def get_config(self) -> dict[str, Any]:
        """The settings and all that it has seen, in Keras's form: the tables as JSON text."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        tables = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: json.dumps(getattr(self, name)) for name in tables},
        }

    def to_json(self, **settings: Any) -> str:
        """All of it as JSON text, which `tokenizer_from_json` reads."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **settings)

    def _uses(self, number: int | None) -> bool:
        return number is not None and not (self.num_words and number >= self.num_words)

    def _words(self, text: Any) -> list[str]:
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return list(text)
            return [part.lower() for part in text]
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The Tokenizer that `to_json` wrote.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["one two"])
    >>> tokenizer_from_json(tokenizer.to_json()).word_index
    {'one': 1, 'two': 2}
    """
    config = dict(json.loads(json_string)["config"])
    names = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    tables = {name: json.loads(config.pop(name)) for name in names}
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = OrderedDict(tables["word_counts"])
    tokenizer.word_docs = Counter(tables["word_docs"])
    tokenizer.index_docs = Counter({int(i): count for i, count in tables["index_docs"].items()})
    tokenizer.index_word = {int(i): word for i, word in tables["index_word"].items()}
    tokenizer.word_index = tables["word_index"]
    return tokenizer
