"""Modules that programs take for granted, answered where they are not: six, IPython's display, pydot, scipy.misc.

six came with Keras until 2.3; notebooks run in IPython; Python 2 had other names for some modules; pydot was asked for
beside `plot_model`, which draws without.
"""

import importlib
import io
import pickle
import queue
import urllib.request
from types import ModuleType, SimpleNamespace
from typing import Any

from .modules import refused
from .once import NOW, ONCE
from .six import SIX


class Shown:
    """Something a notebook would show: a picture, a page; here only its name and what it was made of."""

    def __init__(self, data: Any = None, *_: Any, **settings: Any) -> None:
        self.data, self.settings = data, settings

    def __repr__(self) -> str:
        of = self.data if isinstance(self.data, str) and len(self.data) < 80 else self.settings.get("filename", "…")
        return f"<{type(self).__name__} {of}>"


def _display(*values: Any, **_: Any) -> None:
    """Print the values."""
    for value in values:
        print(value)


def _clear_output(wait: bool = False) -> None:
    """Nothing to clear: what was printed stays."""


def _no_notebook() -> None:
    """What get_ipython gives outside of a notebook."""


_DISPLAY = {
    "display": _display, "clear_output": _clear_output,
    **{
        name: type(name, (Shown,), {})
        for name in ("SVG", "Image", "HTML", "Markdown", "Audio", "Math", "Latex", "FileLink", "FileLinks")
    },
}  # fmt: skip
COMPANIONS: dict[str, dict[str, Any]] = {
    **SIX,
    **ONCE,
    "IPython": {"get_ipython": _no_notebook, "version_info": (8, 24, 0), "__version__": "8.24.0"},
    "IPython.display": _DISPLAY,
    "IPython.core": {},
    "IPython.lib": {},
    "IPython.lib.display": _DISPLAY,
    "IPython.core.display": _DISPLAY,
    "cPickle": vars(pickle),
    "Queue": vars(queue),
    "StringIO": {"StringIO": io.StringIO},
    "cStringIO": {"StringIO": io.StringIO},
    "urllib2": vars(urllib.request),
    "theano": {"config": SimpleNamespace(floatX="float32")},
    "theano.tensor": {},
    "pydot": {},
    "pydot_ng": {},
    "pydotplus": {},
}
"""The modules, and what is in them."""

EMPTIED = ("scipy.misc",)
"""Modules that are still there, with nothing in them."""


class Companion(ModuleType):
    """One of these modules."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "The little of it that Keras programs use.")
        self.__path__: list[str] = []
        self.__dict__.update(COMPANIONS[name])

    def __getattr__(self, name: str) -> Any:
        if self.__name__ in NOW and not name.startswith("__"):
            return getattr(importlib.import_module(NOW[self.__name__]), name)
        if self.__name__.startswith("theano") and not name.startswith("__"):
            raise refused(f"{self.__name__}.{name} is raw Theano, which pellucid does not have. Use keras.backend.")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}.")
