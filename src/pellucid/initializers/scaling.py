"""Initializers whose variance follows from how many numbers meet in a sum.

glorot     variance 1 / mean of the fans        sigmoid and tanh keep their signal
he         variance 2 / fan_in                  relu, which drops half of it
lecun      variance 1 / fan_in                  selu
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import one_of
from .drawn import RandomInitializer, truncated_draws
from .initializer import registry

# The bell curve cut off at two standard deviations has this standard deviation.
_TRUNCATED_STDDEV = 0.87962566103423978


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
        distribution = "truncated_normal" if distribution == "normal" else distribution  # its name until 2018
        self.distribution = one_of(distribution, ("truncated_normal", "untruncated_normal", "uniform"), "distribution")
        self.input_axes = None if input_axes is None else tuple(input_axes)
        self.output_axes = None if output_axes is None else tuple(output_axes)

    def draw(self, random: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, fan))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return limit * (2 * random.random(shape, dtype=dtype) - 1)
        if self.distribution == "untruncated_normal":
            return stddev * random.standard_normal(shape, dtype=dtype)
        return stddev / _TRUNCATED_STDDEV * truncated_draws(random, shape, dtype)

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
