"""Layers that several models of one file share: marked where they are written, made once where they are read.

A layer of a model that is also a layer of another model inside it stands in the file twice. Both carry the same
"shared" number then, and are one layer again after loading. (Keras passes the number over and makes two layers.)
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_marks: ContextVar[Mapping[Any, int] | None] = ContextVar("marks", default=None)
_made: ContextVar[dict[Any, Any] | None] = ContextVar("made", default=None)


@contextmanager
def marking(model: Any) -> Iterator[None]:
    """Within the block, what models inside this model share is marked; blocks inside the first one change nothing."""
    if _marks.get() is not None:
        yield
        return
    models = [model]
    for known in models:  # grows as models inside are met
        models += [layer for layer in known.layers if hasattr(layer, "graph") and layer not in models]
    met = Counter(layer for known in models for layer in known.layers if layer.class_name != "InputLayer")
    several = [layer for layer, times in met.items() if times > 1]
    token = _marks.set({layer: number for number, layer in enumerate(several, start=1)})
    try:
        yield
    finally:
        _marks.reset(token)


@contextmanager
def sharing() -> Iterator[None]:
    """Within the block, and the blocks inside it, what carries the same mark becomes the same layer."""
    token = None if _made.get() is not None else _made.set({})
    try:
        yield
    finally:
        if token is not None:
            _made.reset(token)


def marked(layer: Any, data: dict[str, Any]) -> dict[str, Any]:
    """A layer's data, with its mark if it has one."""
    mark = (_marks.get() or {}).get(layer)
    return data if mark is None else {**data, "shared": mark}


def once(data: Mapping[str, Any], make: Callable[[], Any]) -> Any:
    """The layer that this data describes: the one there is already, where its mark was met before."""
    made, mark = _made.get(), data.get("shared")
    if made is None or not isinstance(mark, int):
        return make()
    if mark not in made:
        made[mark] = make()
    return made[mark]
