"""Names of Python's own modules that programs before 2022 use and that Python has dropped since."""

import base64
import collections
import fractions
import inspect
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def getargspec(function: Any) -> tuple[Any, ...]:
    """The first four parts of inspect.getfullargspec: args, varargs, keywords, defaults."""
    return tuple(inspect.getfullargspec(function)[:4])


_ABSTRACT = ("Callable", "Hashable", "Iterable", "Iterator", "Mapping", "MutableMapping", "MutableSequence", "Sequence")

DROPPED: dict[Any, dict[str, Any]] = {
    time: {"clock": time.process_time},
    collections: {name: getattr(collections.abc, name) for name in _ABSTRACT},
    fractions: {"gcd": math.gcd},
    inspect: {"getargspec": getargspec},
    base64: {"encodestring": base64.encodebytes, "decodestring": base64.decodebytes},
}
"""What Python 3.8 to 3.11 dropped, module by module, and what each meant."""


@contextmanager
def old_python() -> Iterator[None]:
    """Within the block the modules have them again."""
    missing = [(module, name) for module, names in DROPPED.items() for name in names if name not in vars(module)]
    for module, name in missing:
        setattr(module, name, DROPPED[module][name])
    try:
        yield
    finally:
        for module, name in missing:
            delattr(module, name)
