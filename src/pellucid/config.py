"""What Keras lets a program set once for all: the float type, the fuzz factor, and how long a trial run may be."""

from typing import Any

import numpy as np

_floatx = "float32"
_mixed = False
MIXED = "mixed_bfloat16"
_epsilon = 1e-7
_most: dict[str, int | None] = {"epochs": None, "steps_per_epoch": None, "samples": None, "any_file_name": 0}


def floatx() -> str:
    """The float type that new layers and data get unless they say otherwise.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Use this float type from now on: "float32" (the default), "float64" or "float16"."""
    global _floatx
    name = np.dtype(value).name
    if name not in ("float16", "float32", "float64"):
        raise ValueError(f"floatx must be 'float16', 'float32' or 'float64', got {value!r}.")
    _floatx = name


def dtype_policy() -> str:
    """What new layers keep and compute in unless they say otherwise: a float type, or "mixed_bfloat16".

    >>> dtype_policy()
    'float32'
    """
    return MIXED if _mixed else _floatx


def set_dtype_policy(name: str) -> None:
    """Let new layers keep and compute in this float type; "mixed_bfloat16" keeps float32 and computes in bfloat16.

    Only engine="jax" computes in bfloat16; the others compute such layers in float32.
    """
    global _mixed
    set_floatx("float32" if name == MIXED else name)
    _mixed = name == MIXED


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite.

    >>> epsilon()
    1e-07
    """
    return _epsilon


def set_epsilon(value: float) -> None:
    """Use this fuzz factor from now on."""
    global _epsilon
    if not value > 0:
        raise ValueError(f"epsilon must be above 0, got {value!r}.")
    _epsilon = float(value)


cuts: set[str] = set()
"""What a trial run has cut so far: "epochs", "samples"."""


def max_epochs() -> int | None:
    """After how many epochs every call of `fit` stops; None for no limit."""
    return _most["epochs"]


def set_max_epochs(max_epochs: int | None) -> None:
    """Let every call of `fit` stop after so many epochs, to try a long program quickly."""
    _set_most("epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """After how many batches an epoch of `fit` or `evaluate` stops; None for no limit."""
    return _most["steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Let every epoch stop after so many batches."""
    _set_most("steps_per_epoch", max_steps_per_epoch)


def max_samples() -> int | None:
    """How many samples an epoch of `fit` or `evaluate` takes at most; None for no limit."""
    return _most["samples"]


def set_max_samples(max_samples: int | None) -> None:
    """Let every epoch stop after so many samples (rounded up to whole batches)."""
    _set_most("samples", max_samples)


def any_file_name() -> bool:
    """Whether models and weights may be saved under names of any ending: those unknown are of Keras's older format."""
    return bool(_most["any_file_name"])


def set_any_file_name(allowed: bool) -> None:
    """Allow names such as "best_model" and "cp.ckpt", as TensorFlow's Keras did (`pellucid.compat` does this)."""
    _most["any_file_name"] = int(allowed)


_image_data_format = "channels_last"


def image_data_format() -> str:
    """Where the channels of images are, for layers that are not told: "channels_last" or "channels_first".

    >>> image_data_format()
    'channels_last'
    """
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """From now on images have their channels last, (rows, columns, channels), or first, (channels, rows, columns)."""
    global _image_data_format
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"data_format must be 'channels_last' or 'channels_first', got {data_format!r}.")
    _image_data_format = data_format


_result_type: list[Any] = [None]


def set_result_type(kind: type[np.ndarray] | None) -> None:
    """Give what a program computes by calling a model, loss or metric as this kind of NumPy array; None: as it is."""
    _result_type[0] = kind


def as_result(y: Any) -> Any:
    """A result for a program, of the kind that `set_result_type` said; only NumPy's own arrays and numbers change."""
    kind = _result_type[0]
    if kind is None:
        return y
    if isinstance(y, list | tuple):
        return type(y)(map(as_result, y))
    return np.asarray(y).view(kind) if isinstance(y, np.ndarray | np.generic) else y


_column_type: list[Any] = [None, list]


def set_column_type(kind: type[np.ndarray] | None, several: type[list] = list) -> None:
    """Give predictions of one number each as this kind of NumPy array; None: as they are. several: the kind of list
    in which those of several outputs are."""
    _column_type[:] = [kind, several]


def as_column(y: Any) -> Any:
    """Predictions for a program, those of one number each of the kind that `set_column_type` said."""
    kind = _column_type[0]
    if kind is None:
        return y
    if isinstance(y, list | tuple):
        return (_column_type[1] if isinstance(y, list) else tuple)(map(as_column, y))
    return y.view(kind) if type(y) is np.ndarray and y.ndim > 1 and y.shape[-1] == 1 else y


def _set_most(what: str, value: int | None) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"max_{what} must be a positive whole number or None, got {value!r}.")
    _most[what] = value
