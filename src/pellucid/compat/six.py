"""The module `six`, which came with Keras until 2.3: for programs that mean it, where it is not installed."""

import builtins
import functools
import io
import itertools
import pickle
import urllib.parse
import urllib.request
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

_URLLIB = SimpleNamespace(parse=urllib.parse, request=urllib.request)


def iteritems(mapping: Any, **_: Any) -> Any:
    return iter(mapping.items())


def iterkeys(mapping: Any, **_: Any) -> Any:
    return iter(mapping.keys())


def itervalues(mapping: Any, **_: Any) -> Any:
    return iter(mapping.values())


def add_metaclass(metaclass: Any) -> Callable[[type], type]:
    """A decorator that makes the class again, by this metaclass."""

    def made(cls: type) -> type:
        own = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        return metaclass(cls.__name__, cls.__bases__, own)

    return made


def with_metaclass(metaclass: Any, *bases: type) -> Any:
    """A base class that is made by this metaclass."""
    return metaclass("with_metaclass", bases, {})


_MOVES: dict[str, Any] = {
    **{name: getattr(builtins, name) for name in ("range", "zip", "map", "filter", "input")},
    "xrange": range,
    "zip_longest": itertools.zip_longest,
    "reduce": functools.reduce,
    "cPickle": pickle,
    "StringIO": io.StringIO,
    "urllib": _URLLIB,
}
SIX: dict[str, dict[str, Any]] = {
    "six": {
        "PY2": False, "PY3": True, "string_types": (str,), "integer_types": (int,), "text_type": str,
        "binary_type": bytes, "StringIO": io.StringIO, "BytesIO": io.BytesIO, "iteritems": iteritems,
        "iterkeys": iterkeys, "itervalues": itervalues, "add_metaclass": add_metaclass,
        "with_metaclass": with_metaclass, "u": str,
    },
    "six.moves": _MOVES,
    "six.moves.urllib": vars(_URLLIB),
    "six.moves.urllib.request": vars(urllib.request),
    "six.moves.urllib.parse": vars(urllib.parse),
    "six.moves.cPickle": vars(pickle),
}  # fmt: skip
"""The modules, and what is in them."""
