"""Closed tables from names to things: "relu" -> relu.

A name in a program or a file can only mean what is in the table (or what the
caller handed over as `custom_objects`); nothing is ever imported by name.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Thing = TypeVar("Thing")

_custom: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects", default={})  # noqa: B039 - never written to

registered: dict[str, Any] = {}
"""The objects that the program has registered for good, by name."""


@contextmanager
def custom_object_scope(objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Within the block, names are looked up among these objects first (Keras's `custom_object_scope`).

    >>> with custom_object_scope({"twice": lambda x: 2 * x}):
    ...     Registry("activation").find("twice")(4)
    8
    """
    token = _custom.set({**_custom.get(), **(objects or {})})
    try:
        yield
    finally:
        _custom.reset(token)


def custom_objects() -> Mapping[str, Any]:
    """The objects of all the scopes that we are in, and those registered for good."""
    return {**registered, **_custom.get()}


class Registry:
    """A table of one kind of thing, with a helpful answer to a name that it does not have.

    >>> activations = Registry("activation")
    >>> @activations.add("relu")
    ... def relu(x): return max(x, 0)
    >>> activations.find("rleu")
    Traceback (most recent call last):
    ValueError: unknown activation 'rleu'. Did you mean 'relu'?
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, Any] = {}

    def add(self, *names: str) -> Callable[[Thing], Thing]:
        """Decorator: the thing below is found under each of these names."""

        def register(thing: Thing) -> Thing:
            for name in names:
                if name in self._things:
                    raise KeyError(f"{self.kind} {name!r} is registered already.")
                self._things[name] = thing
            return thing

        return register

    def find(self, name: str) -> Any:
        """The thing of that name.

        Raises ValueError, with the nearest names we do have, when there is none.
        """
        for custom in (_custom.get(), registered):
            if name in custom:
                return custom[name]
        if name in self._things:
            return self._things[name]
        near = difflib.get_close_matches(str(name), self._things, n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"There are: {', '.join(self.names())}."
        raise ValueError(f"unknown {self.kind} {name!r}. {hint}")

    def resolve(self, identifier: Any, base: type, wrap: Callable[[Callable[..., Any]], Any]) -> Any:
        """The thing that is meant: an instance or subclass of `base`, a name, a dict that `describe` wrote, a function.

        wrap     makes a `base` of a plain function
        Raises ValueError for anything else.
        """
        if isinstance(identifier, base):
            return identifier
        if isinstance(identifier, str):
            return self.resolve(self.find(identifier), base, wrap)
        if isinstance(identifier, Mapping) and "class_name" in identifier:
            return self.resolve(self._rebuild(identifier), base, wrap)
        if isinstance(identifier, type):
            return self.resolve(identifier(), base, wrap)
        if callable(identifier):
            return wrap(identifier)
        raise ValueError(
            f"{self.kind} must be a name, a function, an instance of {base.__name__} or None, got {identifier!r}."
        )

    def describe(self, thing: Any, module: str) -> dict[str, Any]:
        """The thing as plain data, as Keras writes it; one of our own goes under Keras's module name."""
        if hasattr(thing, "function"):
            name = thing.function.__name__
            return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
        cls = type(thing)
        ours = self._things.get(cls.__name__) is cls
        return {
            "module": module if ours else cls.__module__,
            "class_name": cls.__name__,
            "config": thing.get_config(),
            "registered_name": None if ours else cls.__name__,
        }

    def _rebuild(self, data: Mapping[str, Any]) -> Any:
        """What `describe` wrote: a function, or an object from its class and config."""
        if data["class_name"] == "function":
            return self.find(data["config"])
        registered = str(data.get("registered_name"))
        thing = self.find(registered if registered in self else data["class_name"])
        config = dict(data.get("config") or {})
        return thing.from_config(config) if hasattr(thing, "from_config") else thing(**config)

    def known(self, name: str) -> Any:
        """What the table itself has under a name, the program's own things aside; None where it has nothing."""
        return self._things.get(name)

    def names(self) -> list[str]:
        return sorted(self._things)

    def __contains__(self, name: object) -> bool:
        return name in self._things or name in _custom.get() or name in registered
