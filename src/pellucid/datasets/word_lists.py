"""What imdb and reuters share: texts as lists of word numbers, by how frequent the words are."""

import json
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, FormatError

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def shuffled(texts: Array, labels: Array, draw: Any) -> tuple[Array, Array]:
    """Texts and labels in a new order, the same for both."""
    order = np.arange(len(texts))
    draw.shuffle(order)
    return texts[order], labels[order]


def with_start(texts: Any, start_char: int | None, index_from: int | None) -> list[list[int]]:
    """Word numbers moved up by index_from, with start_char before each text."""
    up = index_from or 0
    if start_char is None:
        return [[word + up for word in text] for text in texts] if up else [list(text) for text in texts]
    return [[start_char, *(word + up for word in text)] for text in texts]


def shorter_than(texts: list[list[int]], labels: Any, maxlen: int) -> tuple[list[list[int]], Array]:
    """Only the texts of fewer than maxlen words."""
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise DataError(f"load_data: no text is shorter than maxlen={maxlen}. Give a higher one.")
    return [texts[i] for i in kept], np.asarray(labels)[kept]


def within(texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> Array:
    """Texts with oov_char for the words below skip_top or from num_words on (without them, for None), as one array."""
    if not num_words:
        num_words = max(map(max, filter(None, texts)))  # so the rarest word goes, too: Keras's rule
    found = np.empty(len(texts), dtype=object)
    for i, text in enumerate(texts):
        if oov_char is None:
            found[i] = [word for word in text if skip_top <= word < num_words]
        else:
            found[i] = [word if skip_top <= word < num_words else oov_char for word in text]
    return found


def read_word_index(path: str) -> dict[str, int]:
    """The numbers of the words, from a JSON file."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except ValueError as error:
        raise FormatError(path, f"is not a JSON file ({error}).") from error
    if not isinstance(found, dict):
        raise FormatError(path, "holds no table of words.")
    return found
