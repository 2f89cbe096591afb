"""Which engine runs a program: what `compile(engine=…)` asked for, or the environment variable PELLUCID_ENGINE.

"auto"      native where the core was built, else NumPy
"native"    the same, but an error where the core was not built
"numpy"     the plain formulas, as they are written
"jax"       the plain formulas compiled by JAX, on the device that JAX takes: a GPU or TPU where it finds one

"auto" never takes JAX: starting it costs half a second and most of a GPU's memory, and what a program computes must not
depend on what else is installed.
"""

import os

from .. import native
from ..errors import one_of
from . import jax

ENGINES = ("auto", "numpy", "native", "jax")


def chosen(asked: str | None) -> str:
    """The engine by name: "numpy", "jax" or "native" (which still leaves to NumPy what it has no kernel for).

    Raises ValueError for an unknown name, and ImportError for "native" where it was not built and "jax" without JAX.
    """
    name = one_of(asked or os.environ.get("PELLUCID_ENGINE") or "auto", ENGINES, "engine")
    if name == "numpy":
        return name
    if name == "jax":
        if missing := jax.why_not():
            raise ImportError(missing)
        return name
    if native.load() is not None:
        return "native"
    if name == "native":
        raise ImportError(native.why_not())
    return "numpy"
