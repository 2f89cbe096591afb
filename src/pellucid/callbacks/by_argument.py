"""Callbacks that `fit` adds where an argument asks for them: fit(doctor=True).

Who has such a callback puts a maker here; `fit` need not know more of it than its name.
"""

from collections.abc import Callable, Mapping
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
