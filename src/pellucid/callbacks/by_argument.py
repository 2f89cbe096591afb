"""Callbacks that `fit` adds where an argument asks for them: fit(doctor=True), or a block around it.

Who has such a callback puts a maker here; `fit` need not know more of it than its name.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .callback import Callback

makers: dict[str, Callable[..., Callback]] = {}
"""From the name of an argument to what makes the callback of its settings."""


def asked_for(name: str, value: Any) -> Any:
    """The callback that an argument of this name and value asks for: True, its settings by name, or itself.

    Raises ValueError for an argument that nobody has a callback for.
    """
    if hasattr(value, "set_model"):
        return value
    if name not in makers:
        raise ValueError(f"fit: there is no callback for {name}={value!r}.")
    return makers[name](**value) if isinstance(value, Mapping) else makers[name]()


_everywhere: list[Callable[[], Callback]] = []


@contextmanager
def in_every_fit(make: Callable[[], Callback]) -> Iterator[None]:
    """Within the block, each call of `fit` has one more callback, which `make` gives it."""
    _everywhere.append(make)
    try:
        yield
    finally:
        _everywhere.remove(make)


def added() -> list[Callback]:
    """The callbacks of one call of `fit` that blocks around it have asked for."""
    return [make() for make in _everywhere]
