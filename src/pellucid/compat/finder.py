"""`import keras` and `import tensorflow`, answered by pellucid."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .. import config
from .companions import COMPANIONS, EMPTIED, Companion
from .eager import Column, EagerArray, Outputs
from .modules import KerasModule
from .table import BRIDGES, MODULES, keras_path
from .tensorflow import TENSORFLOW, TensorFlowModule, unknown

_ROOTS = ("keras", "tensorflow", "tf_keras", "keras_core", "tensorflow_core")


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes modules in the place of Keras's and TensorFlow's; leaves all others alone."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in EMPTIED:
            return _companions.find_spec(fullname)
        if fullname.partition(".")[0] not in _ROOTS:
            return None
        below = keras_path(fullname)
        if (below is not None and below in MODULES) or fullname in TENSORFLOW or fullname in BRIDGES:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        raise ModuleNotFoundError(unknown(fullname), name=fullname)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        if spec.name in TENSORFLOW:
            return TensorFlowModule(spec.name)
        below = keras_path(spec.name)
        return KerasModule(spec.name) if below is not None and below in MODULES else ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """The module finds its names when they are asked for."""


class CompanionFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes the modules that programs take for granted, after everybody else had the chance to."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True) if fullname in COMPANIONS else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Companion(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """It is complete."""


_finder = Finder()
_companions = CompanionFinder()


def install_as_keras() -> None:
    """From now on `import keras` and `import tensorflow.keras` give pellucid, in this process.

    All spellings of Keras's modules since 2015 are known. What TensorFlow has beyond Keras is refused by name when it
    is used. A Keras that was imported before stays with those who hold it.

    >>> install_as_keras()
    >>> from tensorflow.keras.layers import Dense
    >>> Dense.__module__
    'pellucid.layers.dense'
    >>> remove()
    """
    if _finder not in sys.meta_path:
        forget()
        sys.meta_path.insert(0, _finder)
        sys.meta_path.append(_companions)
        config.set_any_file_name(True)
        config.set_result_type(EagerArray)
        config.set_column_type(Column, Outputs)


def remove() -> None:
    """Undo `install_as_keras`."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        sys.meta_path.remove(_companions)
        config.set_any_file_name(False)
        config.set_result_type(None)
        config.set_column_type(None)
        forget()


@contextmanager
def installed() -> Iterator[Any]:
    """The same for the length of a block."""
    there = _finder in sys.meta_path
    kept = {} if there else {name: module for name, module in sys.modules.items() if _is_ours(name)}
    install_as_keras()
    try:
        yield _finder
    finally:
        if not there:
            remove()
            sys.modules.update(kept)


def forget() -> None:
    """Take these modules out of Python's list, so that the next import asks again."""
    for name in [name for name in sys.modules if _is_ours(name)]:
        module, (package, _, last) = sys.modules.pop(name), name.rpartition(".")
        around = None if _is_ours(package) else sys.modules.get(package)
        if around is not None and vars(around).get(last) is module:
            delattr(around, last)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in _ROOTS or isinstance(sys.modules.get(name), Companion)
