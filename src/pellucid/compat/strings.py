"""`tf.strings`, as far as programs prepare texts with it: on arrays of strings, element by element."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..layers.lookup import texts
from ..layers.text_vectorization import SPLIT, STANDARDIZE


def _each(change: Callable[[str], Any], values: Any) -> Any:
    """The change of each string; of one string alone, that of it."""
    found = texts(values)
    changed = np.empty(found.size, dtype=object)
    changed[:] = [change(text) for text in found.reshape(-1).tolist()]
    return changed.reshape(found.shape) if found.ndim else changed[0]


def lower(input: Any, encoding: str = "", name: Any = None) -> Any:
    """In small letters: A to Z alone, or with encoding="utf-8" all there are."""
    return _each(str.lower if encoding else STANDARDIZE["lower"], input)


def upper(input: Any, encoding: str = "", name: Any = None) -> Any:
    """In capitals: a to z alone, or with encoding="utf-8" all there are."""
    capitals = {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
    return _each(str.upper if encoding else lambda text: text.translate(capitals), input)


def strip(input: Any, name: Any = None) -> Any:
    """Without space at both ends."""
    return _each(lambda text: text.strip(" \t\n\v\f\r"), input)


def regex_replace(input: Any, pattern: str, rewrite: str, replace_global: bool = True, name: Any = None) -> Any:
    r"""What matches a pattern replaced; in the rewriting \1 is the first group.

    >>> regex_replace("a<br />b", "<br />", " ")
    'a b'
    """
    expression = re.compile(pattern)
    return _each(lambda text: expression.sub(rewrite, text, count=0 if replace_global else 1), input)


def split(input: Any, sep: str | None = None, maxsplit: int = -1, name: Any = None) -> Any:
    """The words of each string, as lists."""
    return _each(lambda text: text.split(sep, maxsplit) if sep else SPLIT["whitespace"](text), input)


def length(input: Any, unit: str = "BYTE", name: Any = None) -> Any:
    """How many bytes each string has, or letters with unit="UTF8_CHAR"."""
    return np.asarray(_each(lambda text: len(text if unit == "UTF8_CHAR" else text.encode()), input)).astype("int32")[
        ()
    ]


def substr(input: Any, pos: int, len: int, unit: str = "BYTE", name: Any = None) -> Any:
    """`len` letters of each string, from `pos` on."""
    return _each(lambda text: text[pos : pos + len if pos + len else None], input)


def join(inputs: Any, separator: str = "", name: Any = None) -> Any:
    """Arrays of strings, joined element by element."""
    parts = np.broadcast_arrays(*map(texts, inputs))
    joined = np.empty(parts[0].size, dtype=object)
    joined[:] = [separator.join(each) for each in zip(*(part.ravel() for part in parts), strict=True)]
    return joined.reshape(parts[0].shape) if parts[0].ndim else joined[0]


STRINGS: dict[str, Any] = {
    "lower": lower, "upper": upper, "strip": strip, "regex_replace": regex_replace, "split": split, "length": length,
    "substr": substr, "join": join,
}  # fmt: skip
