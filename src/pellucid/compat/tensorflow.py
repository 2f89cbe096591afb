"""The module `tensorflow`, as far as Keras programs touch it; the rest is refused with one clear sentence.

Here: `keras` in all its places, seeds, the questions about devices (there are none), log levels, data pipelines,
and the array functions that custom losses and metrics are written with.
Not here: gradient tapes, graphs, estimators, `tf.layers`.
"""

import functools
import importlib
import logging
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from .. import backend as K
from ..config import as_result
from ..layers.symbolic import TensorShape
from ..preprocessing import Dataset
from ..random import set_random_seed
from ..variable import Variable
from .modules import refused
from .old import activations
from .strings import STRINGS
from .table import keras_path, words
from .tensorflow_train import OPTIMIZERS, latest_checkpoint

VERSION = "2.20.0"

_DTYPES = words("float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64")
_LEVELS = {name: getattr(logging, name) for name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")}

_ARRAYS: dict[str, str] = {
    "reduce_mean": "mean", "reduce_sum": "sum", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "prod",
    "reduce_any": "any", "reduce_all": "all", "reduce_std": "std", "reduce_variance": "var",
    "reduce_logsumexp": "logsumexp", "abs": "abs", "square": "square", "sqrt": "sqrt", "exp": "exp", "log": "log",
    "pow": "pow", "sign": "sign", "round": "round", "floor": "floor", "sin": "sin", "cos": "cos", "tan": "tan",
    "tanh": "tanh", "sigmoid": "sigmoid", "maximum": "maximum", "minimum": "minimum", "equal": "equal",
    "not_equal": "not_equal", "greater": "greater", "greater_equal": "greater_equal", "less": "less",
    "less_equal": "less_equal", "cast": "cast", "transpose": "transpose", "reshape": "reshape",
    "expand_dims": "expand_dims", "concat": "concatenate", "stack": "stack", "tile": "tile",
    "zeros": "zeros", "ones": "ones", "zeros_like": "zeros_like", "ones_like": "ones_like", "eye": "eye",
    "shape": "shape", "one_hot": "one_hot", "gather": "gather", "stop_gradient": "stop_gradient",
    "identity": "identity", "cumsum": "cumsum", "cumprod": "cumprod", "l2_normalize": "l2_normalize",
}  # fmt: skip
"""Names of array functions of TensorFlow, and ours in pellucid.backend."""


def _nothing(*_: Any, **__: Any) -> None:
    """Accepted, and without effect."""


def _none_of_them(*_: Any, **__: Any) -> list[Any]:
    """There are no such devices."""
    return []


def _no(*_: Any, **__: Any) -> bool:
    return False


def _this_machine(*_: Any, **__: Any) -> list[Any]:
    """The processor, which is all that TensorFlow's programs are told of."""
    return [SimpleNamespace(name="/device:CPU:0", device_type="CPU", memory_limit=0, physical_device_desc="")]


class Graph:
    """In the place of a TensorFlow graph, which nothing here needs: `with graph.as_default(): model.predict(x)`."""

    def as_default(self) -> Any:
        """A block without effect."""
        return nullcontext(self)

    def finalize(self) -> None:
        """Nothing to finish."""


def _subtract(x: Any, y: Any, name: Any = None) -> Any:
    return x - y


def _add(x: Any, y: Any, name: Any = None) -> Any:
    return x + y


def _multiply(x: Any, y: Any, name: Any = None) -> Any:
    return x * y


def _divide(x: Any, y: Any, name: Any = None) -> Any:
    return x / y


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, **_: Any) -> Any:
    a, b = np.swapaxes(a, -1, -2) if transpose_a else a, np.swapaxes(b, -1, -2) if transpose_b else b
    return a @ b


def _squeeze(x: Any, axis: Any = None, **_: Any) -> Any:
    return x.squeeze(axis if not isinstance(axis, list) else tuple(axis))


def _where(condition: Any, x: Any = None, y: Any = None, **_: Any) -> Any:
    return np.argwhere(condition) if x is None else K.switch(condition, x, y)


def _clip(x: Any, clip_value_min: Any, clip_value_max: Any, name: Any = None) -> Any:
    return K.clip(x, clip_value_min, clip_value_max)


def _argmax(x: Any, axis: Any = None, **_: Any) -> Any:
    return K.argmax(x, 0 if axis is None else axis)


def _as_array(value: Any, dtype: Any = None, **_: Any) -> Any:
    found = K.functions.array(value)
    return found if dtype is None else K.cast(found, dtype)


def _constant(value: Any, dtype: Any = None, shape: Any = None, **_: Any) -> Any:
    """An array: of numbers in TensorFlow's types, or of strings."""
    found = np.asarray(value)
    if found.dtype.kind in "US":
        found = found.astype(object)
    elif dtype is not None or found.dtype.kind in "if":
        found = found.astype(getattr(dtype, "name", dtype) or {"i": "int32", "f": "float32"}[found.dtype.kind])
    return found if shape is None else np.broadcast_to(found, shape)


def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, **_: Any) -> Any:
    fractions = any(np.asarray(value).dtype.kind == "f" for value in (start, limit, delta) if value is not None)
    return K.arange(start, limit, delta, dtype or ("float32" if fractions else "int32"))


def _size(input: Any, **_: Any) -> Any:
    return np.int32(np.size(input))


def _one_hot(indices: Any, depth: int, **_: Any) -> Any:
    return K.one_hot(indices, depth)


def _function(func: Any = None, **_: Any) -> Any:
    """The function itself: nothing is compiled here."""
    return func if func is not None else lambda inner: inner


def _reduction(name: str) -> Callable[..., Any]:
    """A function of the backend that takes TensorFlow's spellings of `axis` and `keepdims`."""
    own = getattr(K, name)

    @functools.wraps(own)
    def call(x: Any, axis: Any = None, keepdims: bool = False, name: Any = None, **old: Any) -> Any:
        axis = old.pop("reduction_indices", axis)
        return own(x, axis=axis, keepdims=old.pop("keep_dims", keepdims))

    return call


_ARRAY_FUNCTIONS: dict[str, Any] = {
    **{name: _reduction(own) if name.startswith("reduce_") else getattr(K, own) for name, own in _ARRAYS.items()},
    "argmax": _argmax, "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide,
    "matmul": _matmul, "squeeze": _squeeze, "where": _where, "clip_by_value": _clip, "one_hot": _one_hot,
    "range": _range, "size": _size, "convert_to_tensor": _as_array, "constant": _constant,
}  # fmt: skip


def _resulting(compute: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with results that have `numpy()`."""

    @functools.wraps(compute)
    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("name", None)
        return as_result(compute(*args, **kwargs))

    return call


_ARRAY_FUNCTIONS = {name: _resulting(compute) for name, compute in _ARRAY_FUNCTIONS.items()}
_RESULTS: dict[str, Any] = {
    name: _resulting(f) for name, f in (("normal", K.random_normal), ("uniform", K.random_uniform))
}

_NN: dict[str, Any] = {
    name: getattr(activations, own)
    for name, own in {
        "relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax", "elu": "elu", "selu": "selu",
        "softplus": "softplus", "softsign": "softsign", "leaky_relu": "leaky_relu", "relu6": "relu6", "gelu": "gelu",
        "silu": "silu", "swish": "silu", "log_softmax": "log_softmax",
    }.items()
}  # fmt: skip


def _categorical(logits: Any, num_samples: int, dtype: Any = None, **_: Any) -> Any:
    """num_samples class numbers for each row, drawn with the probabilities that the logits say."""
    scores = np.asarray(logits)[:, None, :]
    chance = np.asarray(K.random_uniform((scores.shape[0], num_samples, scores.shape[2]), 1e-12, 1.0))
    drawn = (scores - np.log(-np.log(chance))).argmax(axis=-1)  # the Gumbel trick
    return as_result(drawn.astype(getattr(dtype, "name", dtype) or "int64"))


_RANDOM = {"set_seed": set_random_seed, "categorical": _categorical, **_RESULTS}
_LOGGING = {"set_verbosity": _nothing, "get_verbosity": lambda: logging.INFO, **_LEVELS}
_DEVICES = {
    "list_physical_devices": _none_of_them, "list_logical_devices": _none_of_them, "set_visible_devices": _nothing,
    "get_visible_devices": _none_of_them, "set_memory_growth": _nothing, "run_functions_eagerly": _nothing,
    "experimental_run_functions_eagerly": _nothing, "set_soft_device_placement": _nothing,
}  # fmt: skip


def _placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A symbolic input of this whole shape, to be given numbers by `session.run(…, feed_dict)`."""
    return K.placeholder(
        () if shape is None else shape, dtype=np.dtype(dtype if dtype != "float" else "float32").name, name=name
    )


_V1: dict[str, Any] = {
    "placeholder": _placeholder,
    "get_default_graph": Graph,
    "Graph": Graph,
    "set_random_seed": set_random_seed,
    "disable_eager_execution": _nothing,
    "enable_eager_execution": _nothing,
    "disable_v2_behavior": _nothing,
    "enable_v2_behavior": _nothing,
    "reset_default_graph": K.clear_session,
    "global_variables_initializer": _nothing,
    "Session": K.get_session().__class__,
    "InteractiveSession": K.get_session().__class__,
    "ConfigProto": lambda *_, **__: SimpleNamespace(gpu_options=SimpleNamespace()),
    "GPUOptions": lambda *_, **__: SimpleNamespace(),
}

TENSORFLOW: dict[str, dict[str, Any]] = {
    "tensorflow": {
        "__version__": VERSION,
        "random_normal": K.random_normal,
        "random_uniform": K.random_uniform,
        "executing_eagerly": lambda: True,
        "get_logger": lambda: logging.getLogger("tensorflow"),
        "device": lambda name: nullcontext(),
        "name_scope": lambda *_: nullcontext(),
        "function": _function,
        **{name: np.dtype(name) for name in _DTYPES},
        "bool": np.dtype(bool),
        "string": np.dtype(object),
        "newaxis": None,
        "TensorShape": TensorShape,
        "Tensor": np.ndarray,
        "Variable": Variable,
        **_ARRAY_FUNCTIONS,
        **_V1,
    },
    "tensorflow.math": {**_ARRAY_FUNCTIONS},
    "tensorflow.linalg": {"matmul": _matmul},
    "tensorflow.strings": {**STRINGS},
    "tensorflow.nn": {**_NN},
    "tensorflow.random": _RANDOM,
    "tensorflow.config": _DEVICES,
    "tensorflow.config.experimental": _DEVICES,
    "tensorflow.test": {"is_gpu_available": _no, "is_built_with_cuda": _no, "gpu_device_name": lambda: ""},
    "tensorflow.logging": _LOGGING,
    "tensorflow.train": {**OPTIMIZERS, "latest_checkpoint": latest_checkpoint},
    "tensorflow.data": {"Dataset": Dataset, "AUTOTUNE": -1},
    "tensorflow.data.experimental": {"AUTOTUNE": -1},
    "tensorflow.compat": {},
    "tensorflow.compat.v1": {**_V1},
    "tensorflow.compat.v1.logging": _LOGGING,
    "tensorflow.compat.v1.train": {**OPTIMIZERS},
    "tensorflow.compat.v2": {},
    "tensorflow.python": {},
    "tensorflow.python.client": {},
    "tensorflow.python.client.device_lib": {"list_local_devices": _this_machine},
    "tensorflow.contrib": {},
    "tensorflow.autograph": {"set_verbosity": _nothing},
    "tensorflow.version": {"VERSION": VERSION},
    "tensorflow.sysconfig": {},
}
"""The modules of TensorFlow that there are, and what is in them besides each other and Keras."""

_KERAS_UNDER_TF = ("losses", "metrics", "optimizers", "initializers", "activations")
"""tf.losses and the others are Keras's modules by another name."""


class TensorFlowModule(ModuleType):
    """A module of TensorFlow: the little that Keras programs use of it."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name}: the little of it that Keras programs use.")
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in TENSORFLOW[self.__name__]:
            return TENSORFLOW[self.__name__][name]
        full = f"{self.__name__}.{name}"
        if name.startswith("__"):
            raise AttributeError(name)
        if full in TENSORFLOW or keras_path(full) == "":
            return importlib.import_module(full)
        if self.__name__ == "tensorflow" and name in _KERAS_UNDER_TF:
            return importlib.import_module(f"tensorflow.keras.{name}")
        if self.__name__ in ("tensorflow.compat.v1", "tensorflow.compat.v2"):
            root = importlib.import_module("tensorflow")
            if name in TENSORFLOW["tensorflow"] or f"tensorflow.{name}" in TENSORFLOW:
                return getattr(root, name)
        raise refused(unknown(full))


_INSTEAD = {
    "GradientTape": "Train with fit or train_on_batch; gradients with their numbers are in pellucid.inside.",
    "layers": "Use keras.layers.",
    "contrib.data": "Use tf.data.Dataset, and give fit the dataset itself, not an iterator of it.",
    "contrib": "Use keras.layers.",
    "train": "Optimizers are in keras.optimizers.",
    "estimator": "Use a keras model.",
    "distribute": "The engine on JAX spreads work over devices.",
    "saved_model": "Save as .keras, which TensorFlow's own Keras opens.",
    "lite": "Save as .keras; TensorFlow's own Keras opens that file, and its converter goes on from there.",
}


def unknown(full: str) -> str:
    """One sentence on a name that is not here, and what to do instead."""
    shown = full.replace("tensorflow", "tf", 1) if full.startswith("tensorflow") else full
    if keras_path(full) is not None:
        return f"{full} is not in pellucid, which stands in the place of Keras here."
    hint = next((instead for part, instead in _INSTEAD.items() if f".{part}." in f".{full}."), "")
    return f"{shown} is raw TensorFlow, which pellucid does not have: it stands in Keras's place alone. {hint}".rstrip()
