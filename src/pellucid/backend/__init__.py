"""`keras.backend`: functions on arrays for losses, metrics and Lambda layers; single values; settings.

values.py      get_value, set_value, the float type, names
functions.py   K.mean, K.square, K.dot …
symbols.py     what they share
running.py     K.function, the learning phase, sessions in name
"""

from ..config import epsilon, floatx, set_epsilon, set_floatx
from . import functions
from .functions import *  # noqa: F403 - the names are listed in functions.NAMES
from .running import (
    function,
    get_session,
    gradients,
    in_test_phase,
    in_train_phase,
    learning_phase,
    manual_variable_initialization,
    name_scope,
    placeholder,
    set_learning_phase,
    set_session,
)
from .values import (
    backend,
    batch_get_value,
    batch_set_value,
    clear_session,
    get_uid,
    get_value,
    image_data_format,
    image_dim_ordering,
    is_float_dtype,
    is_int_dtype,
    reset_uids,
    result_type,
    set_image_data_format,
    set_image_dim_ordering,
    set_value,
    standardize_dtype,
)

__all__ = [
    *functions.NAMES,
    "backend",
    "batch_get_value",
    "batch_set_value",
    "clear_session",
    "epsilon",
    "floatx",
    "function",
    "get_session",
    "get_uid",
    "get_value",
    "gradients",
    "image_data_format",
    "image_dim_ordering",
    "in_test_phase",
    "in_train_phase",
    "is_float_dtype",
    "is_int_dtype",
    "learning_phase",
    "manual_variable_initialization",
    "name_scope",
    "placeholder",
    "reset_uids",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_learning_phase",
    "set_session",
    "set_value",
    "standardize_dtype",
]
