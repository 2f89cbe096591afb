"""Initializers: the values that weights have before the first step.

    glorot     variance 1 / mean of the fans        sigmoid and tanh keep their signal
    he         variance 2 / fan_in                  relu, which drops half of it
    lecun      variance 1 / fan_in                  selu

The fans of a weight are how many inputs each sum adds up (fan_in) and how many
sums each input enters (fan_out). Names, defaults and distributions are Keras's;
its STFT is absent, as the audio layers that it is for are.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .config import floatx
from .errors import ShapeError, one_of
from .random import Key, generator, key, next_key
from .registry import Registry, custom_object_scope

registry = Registry("initializer")

# The bell curve cut off at two standard deviations has this standard deviation.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """Makes the first values of a weight.

    Your own: a subclass with `__call__(shape, dtype=None, key=None)`, or a function of (shape, dtype).
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        """Values of that shape.

        dtype    `config.floatx()` when None
        key      where random draws start from; the program's next key when None
        """
        raise NotImplementedError(f"{type(self).__name__} needs a __call__(shape, dtype=None, key=None).")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Initializer":
        return cls(**config)


@registry.add("Zeros", "zeros", "zero")
class Zeros(Initializer):
    """All zeros: the usual start of a bias.

    >>> Zeros()((3,))
    array([0., 0., 0.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        return np.zeros(shape, dtype or floatx())


@registry.add("Ones", "ones", "one")
class Ones(Initializer):
    """All ones.

    >>> Ones()((3,))
    array([1., 1., 1.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        return np.ones(shape, dtype or floatx())


@registry.add("Constant", "constant")
class Constant(Initializer):
    """The same value everywhere, or the values of an array that fits the shape.

    >>> Constant(0.5)((3,))
    array([0.5, 0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        if np.asarray(value).dtype.kind not in "biuf":
            raise ValueError(f"value must be a number or an array of numbers, got {value!r}.")
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        try:
            return np.full(shape, self.value, dtype or floatx())
        except ValueError:
            raise ShapeError(
                f"Constant: its value has shape {np.shape(self.value)}, the weight {tuple(shape)}."
            ) from None

    def get_config(self) -> dict[str, Any]:
        return {"value": np.asarray(self.value).tolist()}


@registry.add("Identity", "identity", "IdentityInitializer")
class Identity(Initializer):
    """Ones on the diagonal, times `gain`: a layer that starts by handing its input on.

    Raises ShapeError unless the weight is a matrix.

    >>> Identity()((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        if len(shape) != 2:
            raise ShapeError(f"Identity: needs a matrix, got the shape {tuple(shape)}.")
        dtype = dtype or floatx()
        return np.eye(*shape, dtype=dtype) * np.asarray(self.gain, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


class RandomInitializer(Initializer):
    """Draws its values: from its seed (the same each time), else from the key given, else from the program's next.

    A subclass says how, in `draw`, and gets float32 or float64 to draw in.
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
            raise ValueError(f"seed must be a whole number of at least 0, or None, got {seed!r}.")
        self.seed = seed if seed is None else int(seed)

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} needs a draw(random, shape, dtype).")

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        wanted = np.dtype(dtype or floatx())
        if wanted.kind != "f":
            raise ValueError(f"{type(self).__name__} draws real numbers, not {wanted}.")
        drawn_in = np.float64 if wanted == np.float64 else np.float32
        values = self.draw(generator(self._key(key)), tuple(shape), drawn_in)
        return np.ascontiguousarray(values, dtype=wanted).reshape(shape)  # a lone number becomes an array too

    def _key(self, given: Key | None) -> Key:
        if self.seed is not None:
            return key(self.seed)
        return next_key() if given is None else given

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


@registry.add("RandomNormal", "random_normal", "normal")
class RandomNormal(RandomInitializer):
    """From the bell curve.

    >>> RandomNormal(seed=1)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.mean + self.stddev * random.standard_normal(shape, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


@registry.add("TruncatedNormal", "truncated_normal")
class TruncatedNormal(RandomNormal):
    """From the bell curve, drawn anew where more than two standard deviations away.

    What is left has a standard deviation of 0.8796 · stddev.
    """

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.mean + self.stddev * _truncated_normal(random, shape, dtype)


@registry.add("RandomUniform", "random_uniform", "uniform")
class RandomUniform(RandomInitializer):
    """Spread evenly between two limits.

    >>> bool(abs(RandomUniform(-0.1, 0.1)((9,))).max() <= 0.1)
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.minval + (self.maxval - self.minval) * random.random(shape, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


@registry.add("VarianceScaling", "variance_scaling")
class VarianceScaling(RandomInitializer):
    """A variance of scale / fan, so that signals neither die out nor grow from layer to layer.

    mode           which fan: "fan_in", "fan_out", or "fan_avg", their mean
    distribution   "truncated_normal", "untruncated_normal" or "uniform"
    input_axes, output_axes
                   the weight's axes that count as inputs and as outputs; None: as `fans` says

    Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV (2015), section 2.2.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Iterable[int] | None = None,
        output_axes: Iterable[int] | None = None,
    ) -> None:
        super().__init__(seed)
        if not scale > 0:
            raise ValueError(f"scale must be above 0, got {scale!r}.")
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                f"input_axes and output_axes come together or not at all, got {input_axes!r} and {output_axes!r}."
            )
        self.scale = scale
        self.mode = one_of(mode, ("fan_in", "fan_out", "fan_avg"), "mode")
        self.distribution = one_of(distribution, ("truncated_normal", "untruncated_normal", "uniform"), "distribution")
        self.input_axes = None if input_axes is None else tuple(input_axes)
        self.output_axes = None if output_axes is None else tuple(output_axes)

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, fan))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return limit * (2 * random.random(shape, dtype=dtype) - 1)
        if self.distribution == "untruncated_normal":
            return stddev * random.standard_normal(shape, dtype=dtype)
        return stddev / _TRUNCATED_STDDEV * _truncated_normal(random, shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _NamedScaling(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution have a name."""

    named: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Iterable[int] | None = None,
        output_axes: Iterable[int] | None = None,
    ) -> None:
        super().__init__(*self.named, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "input_axes": self.input_axes, "output_axes": self.output_axes}


@registry.add("GlorotUniform", "glorot_uniform")
class GlorotUniform(_NamedScaling):
    """Evenly between ±√(6 / (fan_in + fan_out)): Keras's usual start of a kernel.

    Source: Glorot & Bengio, "Understanding the difficulty of training deep
    feedforward neural networks", AISTATS (2010), equation 16.

    >>> bool(abs(GlorotUniform()((2, 4))).max() <= 1.0)
    True
    """

    named = (1.0, "fan_avg", "uniform")


@registry.add("GlorotNormal", "glorot_normal")
class GlorotNormal(_NamedScaling):
    """From a truncated bell curve of variance 2 / (fan_in + fan_out).

    Source: Glorot & Bengio (2010), equation 12.
    """

    named = (1.0, "fan_avg", "truncated_normal")


@registry.add("HeUniform", "he_uniform")
class HeUniform(_NamedScaling):
    """Evenly between ±√(6 / fan_in), for relu.

    Source: He, Zhang, Ren & Sun (2015), equation 10.
    """

    named = (2.0, "fan_in", "uniform")


@registry.add("HeNormal", "he_normal")
class HeNormal(_NamedScaling):
    """From a truncated bell curve of variance 2 / fan_in, for relu.

    Source: He, Zhang, Ren & Sun (2015), equation 10.
    """

    named = (2.0, "fan_in", "truncated_normal")


@registry.add("LecunUniform", "lecun_uniform")
class LecunUniform(_NamedScaling):
    """Evenly between ±√(3 / fan_in).

    Source: LeCun, Bottou, Orr & Müller, "Efficient backprop" (1998), section 4.6.
    """

    named = (1.0, "fan_in", "uniform")


@registry.add("LecunNormal", "lecun_normal")
class LecunNormal(_NamedScaling):
    """From a truncated bell curve of variance 1 / fan_in, for selu.

    Source: LeCun, Bottou, Orr & Müller, "Efficient backprop" (1998), equation 16.
    """

    named = (1.0, "fan_in", "truncated_normal")


@registry.add("Orthogonal", "orthogonal", "OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """Rows or columns (whichever are fewer) at right angles and of length `gain`.

    A kernel of more than two axes is one matrix, its last axis the columns.
    Raises ShapeError for fewer than two axes.

    Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks", ICLR (2014); the signs that make every
    rotation equally likely: Mezzadri, "How to generate random matrices from the
    classical compact groups", Notices AMS 54 (2007), section 5.

    >>> kernel = Orthogonal(seed=1)((2, 5))
    >>> np.round(kernel @ kernel.T, 5) + 0.0
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal: needs at least two axes, got the shape {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns)), dtype=dtype))
        q = q * np.where(np.diagonal(r) < 0, -1, 1).astype(dtype)
        return self.gain * (q if rows >= columns else q.T).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


class FunctionInitializer(Initializer):
    """Somebody's own function of (shape, dtype), or initializer without a key, as one that takes a key."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> np.ndarray:
        dtype = dtype or floatx()
        values = np.asarray(self.function(tuple(shape), dtype=dtype), dtype=dtype)
        if values.shape != tuple(shape):
            raise ShapeError(
                f"initializer {self.function!r}: the weight has shape {tuple(shape)}, the function gave {values.shape}."
            )
        return values


zeros, ones, constant, identity, orthogonal = Zeros, Ones, Constant, Identity, Orthogonal
random_normal, truncated_normal, random_uniform = RandomNormal, TruncatedNormal, RandomUniform
variance_scaling = VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal


def fans(
    shape: Sequence[int], input_axes: Iterable[int] | None = None, output_axes: Iterable[int] | None = None
) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: how many inputs a sum adds up, how many sums an input enters.

    (I, O)         I and O
    (KH, KW, C, F) KH·KW·C and KH·KW·F, for a window of any number of axes
    (U,)           U and U

    >>> fans((784, 10)), fans((3, 3, 16, 32))
    ((784, 10), (144, 288))
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def get(identifier: Any) -> Initializer | None:
    """The initializer that is meant: a name, a class, an instance, an array, a function, a dict; None stays None.

    Raises ValueError for an unknown name or anything else.

    >>> type(get("he_normal")).__name__, get("zero")((2,))
    ('HeNormal', array([0., 0.], dtype=float32))
    """
    if identifier is None:
        return None
    if isinstance(identifier, np.ndarray):
        return Constant(identifier)
    made = registry.resolve(identifier, Initializer, FunctionInitializer)
    takes = inspect.signature(made).parameters.values()
    keyed = any(p.name == "key" or p.kind is p.VAR_KEYWORD for p in takes)
    return made if keyed else FunctionInitializer(made)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """An initializer as plain data that `deserialize` reads.

    >>> serialize(GlorotUniform(seed=3))["config"]
    {'seed': 3, 'input_axes': None, 'output_axes': None}
    """
    inner = getattr(initializer, "function", None)
    return registry.describe(inner if isinstance(inner, Initializer) else initializer, "keras.initializers")


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Initializer | None:
    """The initializer that `serialize` wrote; your own are found among custom_objects."""
    with custom_object_scope(custom_objects):
        return get(config)


def _truncated_normal(random: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Bell curve draws, none of them beyond ±2."""
    values = random.standard_normal(math.prod(shape), dtype=dtype)
    while (outside := np.flatnonzero(np.abs(values) > 2)).size:
        values[outside] = random.standard_normal(outside.size, dtype=dtype)
    return values.reshape(shape)
