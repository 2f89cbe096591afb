"""Lambda: a function of yours as a layer. Its backward is found (automatic/)."""

from collections.abc import Callable, Mapping
from typing import Any

from ..registry import custom_objects
from .layer import Layer
from .table import register_layer


@register_layer("Lambda")
class Lambda(Layer):
    """Applies a function to its input.

    Args:
        function: from the input array (a list of them, for several inputs) to the output array.
        output_shape: shape of one output sample; found by calling the function where it is not given.
        arguments: further keyword arguments of the function.

    A file cannot hold a function: to load a model with a Lambda, hand the function over in `custom_objects`.

    >>> import numpy as np
    >>> Lambda(lambda x: x**2)(np.array([[3.0]], "float32"))
    array([[9.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any] | str,
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

    def get_config(self) -> dict[str, Any]:
        base = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        return {**base, "function": getattr(self.function, "__name__", "function"), "arguments": self.arguments}


def _found(function: Any) -> Callable[..., Any]:
    """The function itself, or the one of that name among `custom_objects`."""
    if callable(function):
        return function
    known = custom_objects()
    if isinstance(function, str) and function in known:
        return known[function]
    raise ValueError(
        f"Lambda: the function {str(function)[:60]!r} is not here. A file names functions but never holds them; "
        "hand it over: load_model(path, custom_objects={'its name': function})."
    )
