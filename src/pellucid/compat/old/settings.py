"""keras.config and keras.mixed_precision: switches that programs set, most of which have nothing to switch here."""

import warnings
from types import SimpleNamespace
from typing import Any

from ... import config
from ...config import MIXED

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
    """A number type by its name: "float32", "float64"; "mixed_bfloat16" keeps float32 and computes in bfloat16."""
    mixed = name == MIXED
    return SimpleNamespace(
        name=name, compute_dtype="bfloat16" if mixed else name, variable_dtype="float32" if mixed else name
    )


def set_dtype_policy(policy: Any) -> None:
    """The float type of new layers; "mixed_bfloat16" on engine="jax". "mixed_float16" is computed in float32."""
    name = str(getattr(policy, "name", policy))
    if name.startswith("mixed_") and name != MIXED:
        warnings.warn(f'{name}: computed in float32 here; "mixed_bfloat16" is not, on engine="jax".', stacklevel=2)
        name = "float32"
    config.set_dtype_policy(name)


set_global_policy = set_policy = set_dtype_policy


def dtype_policy() -> Any:
    """The float type of new layers."""
    return Policy(config.dtype_policy())


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
