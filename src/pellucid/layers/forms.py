"""The form of a call: its arguments, nested as they were written, with the values taken out.

>>> values, form = taken_out(([1, "a"], {"b": 2}), lambda part: isinstance(part, int))
>>> values
[1, 2]
>>> filled(form, [10, 20])
([10, 'a'], {'b': 20})
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Hole(NamedTuple):
    """Where a value was."""

    place: int


def taken_out(given: Any, is_value: Callable[[Any], bool]) -> tuple[list[Any], Any]:
    """The values in nested lists, tuples and dicts, one after another; and the form that they leave."""
    values: list[Any] = []

    def walk(part: Any) -> Any:
        if is_value(part):
            values.append(part)
            return Hole(len(values) - 1)
        if isinstance(part, Mapping):
            return {name: walk(one) for name, one in part.items()}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*map(walk, part))
        return type(part)(map(walk, part)) if type(part) in (list, tuple) else part

    form = walk(given)
    return values, form


def filled(form: Any, values: Sequence[Any]) -> Any:
    """What was given, with these values in the holes."""
    if isinstance(form, Hole):
        return values[form.place]
    if isinstance(form, Mapping):
        return {name: filled(part, values) for name, part in form.items()}
    if isinstance(form, tuple) and hasattr(form, "_fields"):
        return type(form)(*(filled(part, values) for part in form))
    return type(form)(filled(part, values) for part in form) if type(form) in (list, tuple) else form


def leaves_of(given: Any) -> Iterator[Any]:
    """What stands in nested lists, tuples and dicts, one after another."""
    if isinstance(given, Mapping):
        for part in given.values():
            yield from leaves_of(part)
    elif isinstance(given, list | tuple):
        for part in given:
            yield from leaves_of(part)
    else:
        yield given
