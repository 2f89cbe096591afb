"""`K.mean`, `K.square` and the like: what custom losses, metrics and Lambda layers of Keras programs are written with.

Each works on arrays of any library, so that its derivative can be found, and on symbolic values, where it becomes a
layer.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import activations, losses
from ..arrays import Array, namespace
from ..arrays import one_hot as one_hot_rows
from ..automatic import Recorded
from ..config import epsilon, floatx
from ..layers.calling import NotNotedError, is_noting
from ..layers.lambda_layer import Lambda
from ..layers.symbolic import KerasTensor
from ..random import generator, next_key, normal, uniform
from .symbols import array, on_symbols, shared


def _of_one(name: str, meaning: str) -> Callable[[Any], Array]:
    """A function of one array, under its name in the array library."""

    def compute(x: Any) -> Array:
        x = array(x)
        return getattr(namespace(x), name)(x)

    compute.__name__, compute.__doc__ = name, meaning
    return on_symbols(compute)


exp = _of_one("exp", "e to the power of each number.")
log = _of_one("log", "Natural logarithms.")
abs = _of_one("abs", "Sizes, without their signs.")
sign = _of_one("sign", "-1, 0 or 1.")
round = _of_one("round", "The nearest whole numbers.")
floor = _of_one("floor", "The next lower whole numbers.")
sin = _of_one("sin", "Sines.")
cos = _of_one("cos", "Cosines.")
tan = _of_one("tan", "Tangents.")
tanh = _of_one("tanh", "Hyperbolic tangents.")
square = _of_one("square", "Each number times itself.")
isnan = is_nan = _of_one("isnan", "Which are not numbers.")
isfinite = is_finite = _of_one("isfinite", "Which are finite.")
zeros_like = _of_one("zeros_like", "Zeros in the shape of an array.")
ones_like = _of_one("ones_like", "Ones in the shape of an array.")


@on_symbols
def sqrt(x: Any) -> Array:
    """Square roots; of numbers below zero: 0."""
    x = array(x)
    return namespace(x).sqrt(namespace(x).maximum(x, 0))


def _along(name: str, meaning: str, numpy_name: str | None = None) -> Callable[..., Array]:
    """A function that draws an axis (or several, or all) together."""

    def compute(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        x = array(x)
        if x.dtype.kind == "b" and name in ("mean", "sum"):
            x = x.astype(floatx())
        axis = tuple(axis) if isinstance(axis, list) else axis
        return getattr(namespace(x), numpy_name or name)(x, axis=axis, keepdims=keepdims)

    compute.__name__, compute.__doc__ = name, meaning
    return on_symbols(compute)


mean = _along("mean", "The mean over an axis, several, or all.")
sum = _along("sum", "The sum over an axis, several, or all.")
prod = _along("prod", "The product over an axis, several, or all.")
max = _along("max", "The largest along an axis, several, or all.")
min = _along("min", "The smallest along an axis, several, or all.")
std = _along("std", "The standard deviation over an axis, several, or all.")
var = _along("var", "The variance over an axis, several, or all.")
any = _along("any", "Whether any is true.")
all = _along("all", "Whether all are true.")


@on_symbols
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
    """log Σ exp x, without overflow."""
    x = array(x)
    xp = namespace(x)
    high = xp.max(x, axis=axis, keepdims=True)
    found = xp.log(xp.sum(xp.exp(x - high), axis=axis, keepdims=True)) + high
    return found if keepdims else xp.squeeze(found, axis=tuple(range(x.ndim)) if axis is None else axis)


@on_symbols
def argmax(x: Any, axis: int = -1) -> Array:
    """The place of the largest along an axis."""
    return namespace(array(x)).argmax(array(x), axis=axis)


@on_symbols
def argmin(x: Any, axis: int = -1) -> Array:
    """The place of the smallest along an axis."""
    return namespace(array(x)).argmin(array(x), axis=axis)


@on_symbols
def cumsum(x: Any, axis: int = 0) -> Array:
    """Running sums."""
    return namespace(array(x)).cumsum(array(x), axis=axis)


@on_symbols
def cumprod(x: Any, axis: int = 0) -> Array:
    """Running products."""
    return namespace(array(x)).cumprod(array(x), axis=axis)


def _of_two(name: str, meaning: str) -> Callable[[Any, Any], Array]:
    """A function of two arrays, place by place."""

    def compute(x: Any, y: Any) -> Array:
        x, y = array(x), array(y)
        return getattr(shared(x, y), name)(x, y)

    compute.__name__, compute.__doc__ = name, meaning
    return on_symbols(compute)


maximum = _of_two("maximum", "The larger, place by place.")
minimum = _of_two("minimum", "The smaller, place by place.")
equal = _of_two("equal", "Where they are equal.")
not_equal = _of_two("not_equal", "Where they differ.")
greater = _of_two("greater", "Where the first is larger.")
greater_equal = _of_two("greater_equal", "Where the first is not smaller.")
less = _of_two("less", "Where the first is smaller.")
less_equal = _of_two("less_equal", "Where the first is not larger.")


@on_symbols
def pow(x: Any, a: Any) -> Array:
    """x to the power of a."""
    return array(x) ** a


@on_symbols
def clip(x: Any, min_value: Any, max_value: Any) -> Array:
    """x, kept between two bounds."""
    return namespace(array(x)).clip(array(x), min_value, max_value)


@on_symbols
def cast(x: Any, dtype: Any) -> Any:
    """The same numbers, of another type; a shape that is not known yet, when it is."""
    if isinstance(x, ShapeOf):
        return x.when_known(dtype)
    return array(x).astype(getattr(dtype, "name", dtype))


def cast_to_floatx(x: Any) -> Array:
    """The same numbers as `floatx()`."""
    return cast(x, floatx())


@on_symbols
def dot(x: Any, y: Any) -> Array:
    """The product of two matrices; of more axes: the last of x with the one before the last of y."""
    x, y = array(x), array(y)
    if y.ndim < 2:
        return shared(x, y).tensordot(x, y, axes=1)
    return shared(x, y).tensordot(x, y, axes=((x.ndim - 1,), (y.ndim - 2,)))


_two_shared_axes = False


def batch_dot_of_keras_2(value: bool) -> None:
    """Whether `batch_dot` of four axes goes along the first two of both together, as with TensorFlow until 2018."""
    global _two_shared_axes
    _two_shared_axes = value


@on_symbols
def batch_dot(x: Any, y: Any, axes: Any = None) -> Array:
    """The product of two arrays, sample by sample: (N, …) with (N, …); axes are those that are summed over."""
    x, y = array(x), array(y)
    xp = shared(x, y)
    if axes is None:
        axes = (x.ndim - 1, y.ndim - 2 if y.ndim > 2 else y.ndim - 1)
    a, b = (axes, axes) if isinstance(axes, int) else axes
    a, b = a % x.ndim, b % y.ndim
    if _two_shared_axes and (x.ndim, y.ndim) in ((4, 4), (3, 4), (4, 3)) and a > 1 and b > 1:
        left, right = "nhx"[: x.ndim - 1], "nhy"[: y.ndim - 1]
        terms = [name[:axis] + "k" + name[axis:] for name, axis in ((left, a), (right, b))]
        return xp.einsum(f"{','.join(terms)}->{left + right[2:]}", x, y)
    x, y = xp.moveaxis(x, a, -1), xp.moveaxis(y, b, -1)
    found = xp.matmul(x.reshape(x.shape[0], -1, x.shape[-1]), xp.swapaxes(y.reshape(y.shape[0], -1, y.shape[-1]), 1, 2))
    shape = x.shape[:1] + x.shape[1:-1] + y.shape[1:-1]
    return found.reshape(shape if len(shape) > 1 else (*shape, 1))


@on_symbols
def transpose(x: Any) -> Array:
    """The axes in reverse order."""
    return namespace(array(x)).transpose(array(x))


@on_symbols
def permute_dimensions(x: Any, pattern: Sequence[int]) -> Array:
    """The axes in another order."""
    return namespace(array(x)).transpose(array(x), tuple(pattern))


@on_symbols
def reshape(x: Any, shape: Any) -> Array:
    """The same numbers in another shape; one axis may be -1."""
    return array(x).reshape(tuple(int(size) for size in shape))


@on_symbols
def flatten(x: Any) -> Array:
    """All numbers in one row."""
    return array(x).reshape(-1)


@on_symbols
def batch_flatten(x: Any) -> Array:
    """One row for each sample."""
    return array(x).reshape(array(x).shape[0], -1)


@on_symbols
def expand_dims(x: Any, axis: int = -1) -> Array:
    """One more axis, of length one."""
    return namespace(array(x)).expand_dims(array(x), axis=axis)


@on_symbols
def squeeze(x: Any, axis: int) -> Array:
    """Without this axis of length one."""
    return namespace(array(x)).squeeze(array(x), axis=axis)


@on_symbols
def concatenate(tensors: Any, axis: int = -1) -> Array:
    """Arrays joined along an axis."""
    arrays = [array(tensor) for tensor in tensors]
    return shared(*arrays).concatenate(arrays, axis=axis)


@on_symbols
def stack(x: Any, axis: int = 0) -> Array:
    """Arrays laid beside each other along a new axis."""
    arrays = [array(tensor) for tensor in x]
    return shared(*arrays).stack(arrays, axis=axis)


@on_symbols
def repeat(x: Any, n: int) -> Array:
    """(N, I) to (N, n, I)."""
    x = array(x)
    return namespace(x).repeat(x[:, None], n, axis=1)


@on_symbols
def repeat_elements(x: Any, rep: int, axis: int) -> Array:
    """Each element `rep` times along an axis."""
    return namespace(array(x)).repeat(array(x), rep, axis=axis)


@on_symbols
def tile(x: Any, n: Any) -> Array:
    """The array n times along each axis."""
    return namespace(array(x)).tile(array(x), n)


@on_symbols
def reverse(x: Any, axes: Any) -> Array:
    """Mirrored along these axes."""
    return namespace(array(x)).flip(array(x), axis=tuple(axes) if isinstance(axes, list) else axes)


@on_symbols
def gather(reference: Any, indices: Any) -> Array:
    """The rows of these numbers."""
    return shared(array(reference), array(indices)).take(array(reference), array(indices).astype("int32"), axis=0)


@on_symbols
def one_hot(indices: Any, num_classes: int) -> Array:
    """A row of zeros with a one, for each class number."""
    return one_hot_rows(array(indices).astype("int32"), num_classes, floatx())


@on_symbols
def switch(condition: Any, then_expression: Any, else_expression: Any) -> Array:
    """The one where the condition holds, the other elsewhere; functions are called."""
    then, other = (part() if callable(part) else part for part in (then_expression, else_expression))
    condition, then, other = array(condition), array(then), array(other)
    while condition.ndim and condition.ndim < then.ndim:
        condition = condition[..., None]
    return shared(condition, then, other).where(condition, then, other)


@on_symbols
def l2_normalize(x: Any, axis: Any = None) -> Array:
    """x divided by its length along an axis."""
    x = array(x)
    xp = namespace(x)
    return x / xp.sqrt(xp.maximum(xp.sum(x * x, axis=axis, keepdims=True), 1e-12))


def _activation(name: str) -> Callable[..., Array]:
    found = activations.get(name)

    def compute(x: Any, *args: Any, **settings: Any) -> Array:
        if name == "relu" and args:
            settings["negative_slope"] = args[0]
        if "alpha" in settings and name in ("relu", "leaky_relu"):
            settings["negative_slope"] = settings.pop("alpha")
        return found(array(x), **settings)

    compute.__name__, compute.__doc__ = name, f"See pellucid.activations.{name}."
    return on_symbols(compute)


relu, elu, softmax, softplus, softsign = map(_activation, ("relu", "elu", "softmax", "softplus", "softsign"))
sigmoid, hard_sigmoid = map(_activation, ("sigmoid", "hard_sigmoid"))


def _loss(name: str) -> Callable[..., Array]:
    found = losses.get(name)

    def compute(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
        return found(array(target), array(output), from_logits=from_logits, axis=axis)

    compute.__name__, compute.__doc__ = name, f"The loss of each sample; see pellucid.losses.{name}."
    return compute


categorical_crossentropy = _loss("categorical_crossentropy")
sparse_categorical_crossentropy = _loss("sparse_categorical_crossentropy")


@on_symbols
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Array:
    """The loss of each number, with nothing averaged."""
    target, output = array(target), array(output)
    xp = shared(target, output)
    if from_logits:
        return xp.maximum(output, 0) - output * target + xp.log1p(xp.exp(-xp.abs(output)))
    output = xp.clip(output, epsilon(), 1 - epsilon())
    return -(target * xp.log(output) + (1 - target) * xp.log(1 - output))


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Array:
    """An array of one number, or of these."""
    found = np.asarray(value, dtype=getattr(dtype, "name", dtype) or floatx())
    return found if shape is None else np.broadcast_to(found, shape).copy()


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Array:
    """Zeros."""
    return np.zeros(shape, dtype or floatx())


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Array:
    """Ones."""
    return np.ones(shape, dtype or floatx())


def eye(size: int, dtype: Any = None, name: str | None = None) -> Array:
    """The unit matrix."""
    return np.eye(size, dtype=dtype or floatx())


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Array:
    """Numbers one after another."""
    return np.arange(start, dtype=dtype) if stop is None else np.arange(start, stop, step, dtype=dtype)


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None, std: float | None = None
) -> Array:
    """Numbers from the bell curve; std is Keras 1's name of stddev."""
    stddev = stddev if std is None else std
    return _drawn(normal, "standard_normal", shape, dtype) * stddev + mean


def random_uniform(
    shape: Any,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
    low: float | None = None,
    high: float | None = None,
) -> Array:
    """Numbers spread evenly; low and high are Keras 1's names of minval and maxval."""
    minval, maxval = minval if low is None else low, maxval if high is None else high
    return _drawn(uniform, "random", shape, dtype) * (maxval - minval) + minval


def _drawn(formula: Callable[..., Array], method: str, shape: Any, dtype: Any) -> Array:
    """Numbers by chance, with the next key: by NumPy's generator, or by the formula where JAX is compiling.

    Raises NotNotedError in a `call` that is being noted: the network would have the same numbers in every pass.
    """
    if is_noting():
        raise NotNotedError("numbers by chance are new in each pass.")
    key, size, kind = next_key(), tuple(int(n) for n in shape), getattr(dtype, "name", dtype) or floatx()
    if isinstance(key, np.ndarray):
        return np.asarray(getattr(generator(key), method)(size)).astype(kind)
    return formula(key, size, kind)


def random_normal_variable(shape: Any, mean: float, scale: float, dtype: Any = None, **_: Any) -> Array:
    """Numbers from the bell curve, as first values of a weight."""
    return random_normal(shape, mean, scale, dtype)


def random_uniform_variable(shape: Any, low: float, high: float, dtype: Any = None, **_: Any) -> Array:
    """Numbers spread evenly, as first values of a weight."""
    return random_uniform(shape, low, high, dtype)


class ShapeOf(tuple):
    """The shape of a symbolic value, None where it is free."""

    value: KerasTensor

    def when_known(self, dtype: Any) -> Any:
        """The sizes as numbers of the network."""
        kind = getattr(dtype, "name", dtype)
        return Lambda(lambda x: namespace(x).asarray(x.shape, dtype=kind))(self.value)


def shape(x: Any) -> tuple[Any, ...]:
    """How long each axis is."""
    if isinstance(x, KerasTensor):
        found = ShapeOf(x.shape)
        found.value = x
        return found
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


int_shape = shape


def ndim(x: Any) -> int:
    """How many axes."""
    return len(shape(x))


def dtype(x: Any) -> str:
    """The name of the numbers' type; of a number of Python, that of the numbers here."""
    return str(x.dtype) if hasattr(x, "dtype") else floatx()


def count_params(x: Any) -> int:
    """How many numbers."""
    return int(np.prod(shape(x)))


def eval(x: Any) -> Any:
    """The numbers themselves: values here have theirs from the start."""
    return np.asarray(array(x))


def identity(x: Any, name: str | None = None) -> Any:
    """x."""
    return x


def print_tensor(x: Any, message: str = "") -> Any:
    """Print x, and give it back."""
    print(message, x)
    return x


def stop_gradient(variables: Any) -> Any:
    """x, through which no gradient flows."""
    if isinstance(variables, Recorded):
        return variables.value
    if isinstance(variables, KerasTensor) or isinstance(array(variables), np.ndarray | np.generic):
        return variables
    import jax

    return jax.lax.stop_gradient(variables)
