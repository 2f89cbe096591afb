"""Nested dicts of arrays: the shape in which a network's numbers are kept.

    {"dense": {"kernel": …, "bias": …}, "dense_1": {"kernel": …, "bias": …}}

Anything that is not a dict is a leaf. Order of entries carries no meaning.
"""

from collections.abc import Callable, Iterator
from typing import Any


def tree_map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The same nesting, with `function` applied to each leaf (and the leaves at the same place in the others).

    >>> tree_map(lambda a, b: a + b, {"x": {"y": 1}}, {"x": {"y": 10}})
    {'x': {'y': 11}}
    """
    if isinstance(tree, dict):
        return {name: tree_map(function, branch, *(o[name] for o in others)) for name, branch in tree.items()}
    return function(tree, *others)


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each leaf with the names that lead to it.

    >>> list(leaves({"dense": {"kernel": 1, "bias": 2}}))
    [(('dense', 'kernel'), 1), (('dense', 'bias'), 2)]
    """
    if isinstance(tree, dict):
        for name, branch in tree.items():
            yield from leaves(branch, (*path, name))
    else:
        yield path, tree
