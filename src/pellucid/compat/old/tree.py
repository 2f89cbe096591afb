"""keras.tree: nested lists, tuples and dicts, leaf by leaf."""

from collections.abc import Callable
from typing import Any

from ...layers.forms import filled, leaves_of, taken_out

__all__ = ["flatten", "map_structure", "pack_sequence_as"]


def flatten(structure: Any) -> list[Any]:
    """The leaves, one after another.

    >>> flatten({"a": [1, 2], "b": 3})
    [1, 2, 3]
    """
    return list(leaves_of(structure))


def map_structure(func: Callable[..., Any], *structures: Any) -> Any:
    """The same nesting, with the function's results in place of the leaves (the same places of the others go along).

    >>> map_structure(lambda a, b: a + b, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    several = [flatten(structure) for structure in structures]
    return pack_sequence_as(structures[0], [func(*leaves) for leaves in zip(*several, strict=True)])


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """These leaves in the nesting of the structure.

    >>> pack_sequence_as([0, {"a": 0}], [1, 2])
    [1, {'a': 2}]
    """
    _, form = taken_out(structure, lambda part: not isinstance(part, dict | list | tuple))
    return filled(form, list(flat_sequence))
