"""Modules that look like Keras's, made from ours: a name is looked up, when it is asked for, in the modules behind."""

import dis
import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .. import config
from .table import MODULES, keras_path

_PACKAGE = __package__.rpartition(".")[0]
KERAS_VERSION = "3.15.0"
"""Whose names, arguments and defaults ours are."""


class Refusal(AttributeError):
    """Something of Keras or TensorFlow that is not here; the message says what, and what to do."""


class ImportRefusal(ImportError):
    """The same, in a `from … import …`."""


def behind(entry: str) -> ModuleType | None:
    """The module of ours that a table entry names; None when it is not there (an extra that is not installed)."""
    own = f"{_PACKAGE}.compat.old.{entry[1:]}" if entry.startswith("@") else f"{_PACKAGE}.{entry}".rstrip(".")
    try:
        return importlib.import_module(own)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(_PACKAGE):
            raise
        return None


class KerasModule(ModuleType):
    """A module of Keras, by any of its names."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name}: pellucid in its place.")
        path = keras_path(name)
        assert path is not None  # the finder has asked
        self.__path__: list[str] = []
        self._path = path

    @property
    def __all__(self) -> list[str]:
        found: dict[str, None] = {}
        for entry in MODULES[self._path]:
            module = behind(entry)
            if module is not None:
                names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
                found |= dict.fromkeys(names)
        return sorted(found)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.__all__]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__version__",):
            raise AttributeError(name)
        if name in ("__version__", "version") and self._path == "":
            return KERAS_VERSION if name == "__version__" else lambda: KERAS_VERSION
        below = f"{self._path}.{name}".lstrip(".")
        if below in MODULES:
            return importlib.import_module(f"{self.__name__}.{name}")
        for entry in MODULES[self._path]:
            module = behind(entry)
            if module is not None and hasattr(module, name) and _offers(entry, module, name):
                found = getattr(module, name)
                is_data = self._path.startswith("datasets.") and name == "load_data"
                return shortened(found) if is_data and config.max_samples() else found
        meant = [own for own in self.__all__ if own.lower() == name.replace("_", "").lower()]
        raise refused(f"{self.__name__}.{name} is not in pellucid." + (f" There is {meant[0]}." if meant else ""))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Some modules of one Keras are functions of another: merge([a, b], mode="concat"), adam(lr=0.01)."""
        name = self._path.rpartition(".")[2]
        for entry in MODULES[self._path]:
            thing = getattr(behind(entry), name, None)
            if callable(thing):
                return thing(*args, **kwargs)
        raise TypeError(f"{self.__name__} is a module, which cannot be called.")


def _offers(entry: str, module: ModuleType, name: str) -> bool:
    """Whether a name is there for programs: modules of what is old have names that they only use, too."""
    return not entry.startswith("@") or name in getattr(module, "__all__", (name,)) or name not in vars(module)


counted_on: set[int] = set()
"""The whole numbers in the text of the program that runs: a dataset of such a length is not shortened."""

cut_at: set[int] = set()
"""Those at which it cuts, as in x[5000:]: a dataset that reaches further is not shortened before."""


def shortened(load_data: Callable[..., Any]) -> Callable[..., Any]:
    """A dataset's load_data for a trial run: as many samples as `config.max_samples` says, in each part.

    A part whose length the program names, as in `x_train.reshape(60000, 784)`, stays as it is, and so does one that is
    cut further on, as in `x_train[5000:]`; fit stops early anyway.
    """

    @functools.wraps(load_data)
    def load(*args: Any, **kwargs: Any) -> Any:
        most = config.max_samples()
        config.cuts.add("samples")
        return tuple(
            part if most is None or _is_needed(len(part[0]), most) else tuple(array[:most] for array in part)
            for part in load_data(*args, **kwargs)
        )

    return load


def _is_needed(length: int, most: int) -> bool:
    """Whether the program speaks of more samples than these, and of no more than there are."""
    return length in counted_on or any(most <= place < length for place in cut_at)


def refused(message: str) -> Exception:
    """The error to raise in a module's `__getattr__`: in a `from … import …`, one whose message Python shows."""
    asking = sys._getframe(2)
    importing = asking.f_lasti >= 0 and dis.opname[asking.f_code.co_code[asking.f_lasti]] == "IMPORT_FROM"
    return ImportRefusal(message) if importing else Refusal(message)
