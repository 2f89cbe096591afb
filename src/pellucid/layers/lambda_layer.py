"""Lambda: a function of yours as a layer. Its backward is found (automatic/)."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from ..registry import custom_objects
from .layer import Layer
from .operation import Operation
from .table import register_layer


@register_layer("Lambda")
class Lambda(Layer):
    """Applies a function to its input.

    Args:
        function: from the input array (a list of them, for several inputs) to the output array.
        output_shape: shape of one output sample; found by calling the function where it is not given.
        arguments: further keyword arguments of the function.

    A file cannot hold a function: to load a model with a Lambda, hand the function over in `custom_objects`. The
    program that wrote the file still has it. Operators on symbolic values (x / 255, x[:, 0]) are held; saving a model
    with other functions that have no name of their own warns.

    >>> import numpy as np
    >>> Lambda(lambda x: x**2)(np.array([[3.0]], "float32"))
    array([[9.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any] | str | Mapping[str, Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.function = _found(function)
        self.declared_shape, self.mask, self.arguments = output_shape, mask, dict(arguments or {})

    def call(self, inputs: Any) -> Any:
        return self.function(inputs, **self.arguments)

    @property
    def is_of_this_process(self) -> bool:
        """Whether its function, in a file, is a mark that no other process understands."""
        told = self.get_config()["function"]
        return isinstance(told, str) and " " in told

    def get_config(self) -> dict[str, Any]:
        base = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        data = self.function.data() if isinstance(self.function, Operation) else None
        return {**base, "function": data or _name_of(self.function), "arguments": self.arguments}


_PROCESS = os.urandom(4).hex()
_written: dict[str, Callable[..., Any]] = {}  # the functions that configs of this process name


def _name_of(function: Callable[..., Any]) -> str:
    """What a config says of a function: its name, and for one without a name of its own a mark of this process."""
    name = getattr(function, "__name__", "function")
    own = name.isidentifier() and getattr(function, "__closure__", None) is None
    if own and _written.setdefault(name, function) is function:
        return name
    mark = f"{name} {_PROCESS}-{id(function)}"
    _written[mark] = function  # kept, so that nothing else can come to stand at this place in memory
    return mark


def _found(function: Any) -> Callable[..., Any]:
    """The function itself, or the one of that name among `custom_objects`."""
    if callable(function):
        return function
    if isinstance(function, Mapping):
        return Operation.from_data(function)
    known = custom_objects()
    if isinstance(function, str):
        name = function.partition(" ")[0]
        if found := known.get(function) or known.get(name) or _written.get(function):
            return found
    raise ValueError(
        f"Lambda: the function {str(function)[:60]!r} is not here. A file names functions but never holds them; "
        "hand it over: load_model(path, custom_objects={'its name': function})."
    )
