"""What a layer is told when it is made: its name, its types and shapes; and the same as plain data again."""

import inspect
import threading
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..config import MIXED, dtype_policy, floatx
from ..errors import ShapeError
from .symbolic import Shape


class Names:
    """Names for layers that were given none: dense, dense_1, dense_2, …

    stems          other words for some of them
    numbered       the stems whose first name has a number, too; None for all

    Kerases before the third differ in both (compat/era.py).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.follow()
        self.restart()

    def follow(self, stems: Mapping[str, str] | None = None, numbered: Collection[str] | None = ()) -> None:
        """Other words for some stems, and those that are counted from 1."""
        self.stems, self.numbered = dict(stems or {}), numbered

    def restart(self) -> None:
        self._used: dict[str, int] = {}

    def next(self, stem: str) -> str:
        stem = self.stems.get(stem, stem)
        first = int(self.numbered is None or stem in self.numbered)
        with self._lock:
            count = self._used[stem] = self._used.get(stem, first - 1) + 1
        return f"{stem}_{count}" if count else stem


names = Names()


class Told:
    """The settings of a layer: from the constructor's arguments to plain data and back."""

    called: ClassVar[bool] = False  # whether it comes with `call` alone (see called.py)
    tells_config: ClassVar[bool] = False  # whether it then has a get_config of its own
    name: str
    trainable: Any
    dtype: str
    mixed: bool = False  # whether it keeps its numbers in float32 and computes in bfloat16
    batch_shape_hint: Shape | None
    _given: Mapping[str, Any] = {}  # the arguments that a layer of one's own was made with

    def get_config(self) -> dict[str, Any]:
        """The settings, as plain data: each argument of the constructor, by name."""
        dtype = MIXED if self.mixed else self.dtype
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": dtype}
        if self.batch_shape_hint is not None:
            config["batch_input_shape"] = list(self.batch_shape_hint)
        if self.tells_config:  # it adds its own
            return config
        _, *arguments = inspect.signature(type(self).__init__).parameters.values()  # but the layer itself
        for argument in arguments:
            if argument.kind in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL):
                continue
            if argument.name not in config:
                given = self._given.get(argument.name, argument.default) if self.called else self.setting(argument.name)
                config[argument.name] = plain(given)
        return config

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        if cls.called:  # what it was made with, for its config
            known = list(inspect.signature(cls.__init__).parameters)[1:]
            object.__setattr__(layer, "_given", {**dict(zip(known, args, strict=False)), **kwargs})
        return layer

    def setting(self, argument: str) -> Any:
        """What the constructor was given for this argument."""
        return getattr(self, argument)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer with these settings."""
        if not cls.called:
            return cls(**config)
        parameters = inspect.signature(cls.__init__).parameters
        open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        taken = {name: value for name, value in config.items() if open_ended or name in parameters}
        made = cls(**taken)
        if "name" in config and "name" not in taken:
            made.name = config["name"]
        if config.get("trainable") is False:
            made.trainable = False
        return made


def checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"name must be a string without '/', got {name!r}.")
    return name


def dtype_name(dtype: Any) -> str:
    """The float type that Keras's `dtype` argument (a name, a policy or its config) stands for."""
    dtype = _bare(dtype)
    if isinstance(dtype, str) and dtype.startswith("mixed_"):
        return "float32"
    return floatx() if dtype is None else np.dtype(dtype).name


def is_mixed(dtype: Any) -> bool:
    """Whether Keras's `dtype` argument stands for "mixed_bfloat16": numbers kept in float32, computing in bfloat16."""
    dtype = _bare(dtype)
    return (dtype_policy() if dtype is None else dtype) == MIXED


def _bare(dtype: Any) -> Any:
    """Of a policy or its config, the name."""
    if isinstance(dtype, dict):
        dtype = dtype.get("config", {}).get("name")
    return getattr(dtype, "name", dtype)


def batch_shape(owner: str, given: dict[str, Any]) -> Shape | None:
    """The input shape that a first layer's old-style arguments describe, or None."""
    allowed = {"input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length", "batch_size"}
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise TypeError(f"{owner}: unknown argument {unknown[0]!r}. See help({owner}) for those it takes.")
    for name in ("batch_input_shape", "batch_shape"):
        if given.get(name) is not None:
            return own_ints(given[name])
    if given.get("input_shape") is not None:
        shape = given["input_shape"]
        return own_ints((given.get("batch_size"), *((shape,) if np.ndim(shape) == 0 else shape)))
    if given.get("input_dim") is not None:
        length = (given["input_length"],) if "input_length" in given else ()
        return own_ints((given.get("batch_size"), *length, given["input_dim"]))
    return None


def own_ints(shape: Any) -> Shape:
    """The shape with Python's whole numbers, which never overflow and which JSON knows, in place of NumPy's."""
    return tuple(int(size) if isinstance(size, np.integer) else size for size in shape)


def shapes_from(input_shape: Any) -> tuple[Shape, ...]:
    """One shape or a list of shapes, as a tuple of shapes."""
    shape = tuple(input_shape)
    if shape and all(isinstance(part, list | tuple) for part in shape):
        return tuple(own_ints(part) for part in shape)
    if not all(part is None or isinstance(part, int | np.integer) for part in shape):
        raise ShapeError(f"input_shape must hold whole numbers and None, got {input_shape!r}.")
    return (own_ints(shape),)


def plain(value: Any) -> Any:
    """A setting as plain data that a file can hold."""
    if isinstance(value, activations.Activation):
        return activations.serialize(value)
    for kind, module in (
        (initializers.Initializer, initializers),
        (regularizers.Regularizer, regularizers),
        (constraints.Constraint, constraints),
    ):
        if isinstance(value, kind):
            return module.serialize(value)
    if hasattr(value, "leaf_layers"):
        return {"module": "keras.layers", "class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value
