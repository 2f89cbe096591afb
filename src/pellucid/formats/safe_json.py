"""JSON that cannot surprise: bounded in size, depth and number of values; no name twice in one object.

NaN and Infinity are read and written as Keras writes them: a setting may hold one.
"""

import json
import os
import re
from typing import Any

from ..errors import FormatError
from . import limits

# Anything up to the next bracket that is not part of a text, or to the end; an unfinished text runs to the end.
_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"?)*+([\[\]{}]?)', re.DOTALL)


def loads(data: bytes, file: str | os.PathLike[str], member: str, most: int = limits.CONFIG_BYTES) -> dict[str, Any]:
    """The object that `data` spells, of at most `most` bytes; `file` and `member` name it in errors.

    Raises FormatError when it is not JSON, not an object, or beyond the limits.
    """
    if len(data) > most:
        raise FormatError(file, f"{member} holds {len(data):,} bytes; the limit is {most:,}.")
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > limits.CONFIG_VALUES:
        raise FormatError(file, f"{member} holds more than {limits.CONFIG_VALUES:,} values.")
    depth = 0
    for found in _BRACKET.finditer(data):
        depth += (found[1] in (b"[", b"{")) - (found[1] in (b"]", b"}"))
        if depth > limits.NESTING:
            raise FormatError(file, f"{member} nests deeper than {limits.NESTING} levels.")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise FormatError(file, f"{member} is not sound JSON: {error}.") from None
    if not isinstance(value, dict):
        raise FormatError(file, f"{member} must be a JSON object, got {type(value).__name__}.")
    return value


def dumps(value: dict[str, Any]) -> bytes:
    """The JSON of an object, as Keras spells it.

    >>> dumps({"units": 3, "activation": None})
    b'{"units": 3, "activation": null}'
    """
    return json.dumps(value).encode("utf-8")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{doubled[:80]!r} stands twice in one object")
    return found
