"""Single values in and out, and what a program sets or asks once."""

from typing import Any

import numpy as np

from ..config import floatx, image_data_format, set_image_data_format
from ..errors import one_of
from ..layers.layer import names
from ..variable import Variable


def backend() -> str:
    """The name of the array library under the formulas."""
    return "numpy"


def clear_session() -> None:
    """Start automatic layer names anew: the next Dense is called dense again."""
    names.restart()


def get_value(x: Any) -> Any:
    """The number or array behind a weight, an optimizer's rate or an array.

    >>> get_value(0.5)
    0.5
    """
    if isinstance(x, Variable):
        return x.numpy()
    return x if isinstance(x, int | float) else np.asarray(x)


def batch_get_value(tensors: Any) -> list[Any]:
    """The same for each of several."""
    return [get_value(tensor) for tensor in tensors]


def set_value(x: Any, value: Any) -> None:
    """Give a weight new numbers, or an optimizer a new rate: set_value(model.optimizer.learning_rate, 0.01)."""
    if not hasattr(x, "assign"):
        raise TypeError(
            f"set_value: needs a weight, such as layer.kernel, or an optimizer's learning_rate, got {type(x).__name__}."
        )
    x.assign(value)


def batch_set_value(tuples: Any) -> None:
    """The same for each (weight, value) pair."""
    for x, value in tuples:
        set_value(x, value)


def image_dim_ordering() -> str:
    """The old name of image_data_format, with its old words: "tf" is channels_last, "th" channels_first."""
    return "tf" if image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """The old name of set_image_data_format: "tf" is channels_last, "th" channels_first."""
    words = {"tf": "channels_last", "th": "channels_first"}
    set_image_data_format(words[one_of(dim_ordering, words, "dim_ordering")])


_uids: dict[str, int] = {}


def get_uid(prefix: str = "") -> int:
    """The next number for this prefix, from 1."""
    _uids[prefix] = _uids.get(prefix, 0) + 1
    return _uids[prefix]


def reset_uids() -> None:
    """Start those numbers anew, and the automatic names of layers."""
    _uids.clear()
    names.restart()


def standardize_dtype(dtype: Any) -> str:
    """The name of a number type; None is `floatx()`."""
    return floatx() if dtype is None else np.dtype(getattr(dtype, "name", dtype)).name


def is_float_dtype(dtype: Any) -> bool:
    """Whether these are numbers with fractions."""
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype: Any) -> bool:
    """Whether these are whole numbers."""
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """The type in which numbers of all these types fit."""
    return np.result_type(*map(standardize_dtype, dtypes)).name
