"""keras.config and keras.mixed_precision: switches that programs set, most of which have nothing to switch here."""

import warnings
from types import SimpleNamespace
from typing import Any

from ...config import floatx, set_floatx

__all__ = [
    "Policy",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "global_policy",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "set_backend",
    "set_dtype_policy",
    "set_global_policy",
    "set_policy",
]


def Policy(name: str) -> Any:
    """A number type by its name: "float32", "float64"; mixed types are computed in float32."""
    return SimpleNamespace(name=name, compute_dtype=name, variable_dtype=name)


def set_dtype_policy(policy: Any) -> None:
    """The float type of new layers; for "mixed_float16" and "mixed_bfloat16" it stays float32, with a warning."""
    name = getattr(policy, "name", policy)
    if str(name).startswith("mixed_"):
        warnings.warn(f"{name}: computed in float32 here.", stacklevel=2)
        name = "float32"
    set_floatx(name)


set_global_policy = set_policy = set_dtype_policy


def dtype_policy() -> Any:
    """The float type of new layers."""
    return Policy(floatx())


global_policy = dtype_policy


def set_backend(backend: str) -> None:
    """Accepted, and without effect: arrays say which library computes."""


def enable_interactive_logging() -> None:
    """Accepted, and without effect: progress goes to the standard output."""


def disable_interactive_logging() -> None:
    """Accepted, and without effect: say verbose=0."""


def is_interactive_logging_enabled() -> bool:
    """True."""
    return True


def enable_traceback_filtering() -> None:
    """Accepted, and without effect: tracebacks are whole."""


def disable_traceback_filtering() -> None:
    """Accepted, and without effect: tracebacks are whole."""


def is_traceback_filtering_enabled() -> bool:
    """False."""
    return False


def enable_unsafe_deserialization() -> None:
    """Refused: a file never runs code here."""
    raise RuntimeError("files never run code here; hand your functions over: load_model(path, custom_objects={...}).")
