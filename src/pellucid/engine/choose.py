"""Which engine runs a program: what `compile(engine=…)` asked for, or the environment variable PELLUCID_ENGINE.

"auto"      native where the core was built and has kernels for all of the network, else NumPy
"native"    the same, but an error where the core was not built
"numpy"     the plain formulas, as they are written
"""

import os

from .. import native
from ..errors import one_of

ENGINES = ("auto", "numpy", "native")


def chosen(asked: str | None) -> str:
    """The engine by name: "numpy" or "native" (which still leaves to NumPy what it has no kernel for).

    Raises ValueError for an unknown name, and ImportError for "native" where it was not built.
    """
    name = one_of(asked or os.environ.get("PELLUCID_ENGINE") or "auto", ENGINES, "engine")
    if name == "numpy":
        return name
    if native.load() is not None:
        return "native"
    if name == "native":
        raise ImportError(native.why_not())
    return "numpy"
