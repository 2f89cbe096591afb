"""Functions that the arrays' own library has under the same name."""

from collections.abc import Callable
from typing import Any

from ..arrays import Array, has_namespace
from ..backend.symbols import array, on_symbols, shared
from ..layers.forms import filled, taken_out
from ..variable import Variable


def by_name(name: str, own: str | None = None) -> Callable[..., Any]:
    """The function of this name, for arrays of any library, variables, lists and symbolic values.

    own    its name in the arrays' library, where that is another
    """

    def compute(*args: Any, **kwargs: Any) -> Any:
        values, form = taken_out((args, kwargs), _is_value)
        arrays = [array(value) for value in values]
        if not arrays:  # numbers and lists of them
            args = (array(args[0]), *args[1:])
            return getattr(shared(*args), own or name)(*args, **kwargs)
        args, kwargs = filled(form, arrays)
        return getattr(shared(*arrays), own or name)(*args, **kwargs)

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"{own or name}, as the arrays' own library has it."
    return on_symbols(compute)


def _is_value(value: Any) -> bool:
    return isinstance(value, Variable) or has_namespace(value)


def floating(x: Any) -> Array:
    """x as an array of numbers with fractions."""
    from_whole = array(x)
    return from_whole if from_whole.dtype.kind in "fc" else from_whole.astype("float32")
