"""EinsumDense: weighted sums over any axes, said in Einstein's notation: "abc,cde->abde".

    forward    y       = einsum(x, kernel) + bias          letters that y has not are summed over
    backward   dx      = einsum(dy, kernel)                the letters of y and of the kernel, summed to those of x
               dkernel = einsum(x, dy)
               dbias   = Σ dy                              over the axes that the bias has not

Source of the notation: Einstein, "Die Grundlage der allgemeinen Relativitätstheorie", Annalen der Physik 354 (1916),
section 5.
"""

import string
from typing import Any, NamedTuple

from .. import activations, constraints, initializers, regularizers
from ..arrays import Array, namespace
from ..errors import ShapeError
from .layer import ALL, Layer, Params, draw
from .merge import unbroadcast
from .symbolic import Shape
from .table import register_layer


class Letters(NamedTuple):
    """An equation for an input of a known number of axes: one letter an axis, none left out."""

    x: str
    kernel: str
    y: str


def letters(equation: str, rank: int) -> Letters:
    """The equation with letters in place of its dots.

    Raises ValueError for another form, ShapeError when the axes are not so many.

    >>> letters("...x,xy->...y", 3)
    Letters(x='ABx', kernel='xy', y='ABy')
    """
    given, _, y = equation.replace(" ", "").partition("->")
    x, _, kernel = given.partition(",")
    plain = all(part.replace("...", "", 1).isalpha() for part in (x, kernel, y))
    sides = [(part.startswith("..."), part.endswith("...")) for part in (x, y)]
    if not plain or "..." in kernel or sides[0] != sides[1] or ("..." in x and not any(sides[0])):
        raise ValueError(
            f"EinsumDense: equation must be like 'ab,bc->ac', '...b,bc->...c' or 'ab...,bc->ac...', got {equation!r}."
        )
    free = rank - len(x.replace("...", ""))
    if free < 0 or (free > 0 and "..." not in x):
        raise ShapeError(f"EinsumDense: the equation {equation!r} does not fit an input of {rank} axes.")
    unused = [letter for letter in string.ascii_uppercase if letter not in equation]
    return Letters(*(part.replace("...", "".join(unused[:free])) for part in (x, kernel, y)))


@register_layer("EinsumDense")
class EinsumDense(Layer):
    """A dense layer over the axes that its equation names.

    Args:
        equation: "ab,bc->ac": the axes of the input, of the kernel and of the output; dots, at the left or at the
            right of input and output, stand for any others.
        output_shape: sizes of the output's axes, without the batch axis and those that dots stand for; None for
            those that are the input's.
        activation: name or function applied to the sums.
        bias_axes: the output's axes that the bias has, such as "c"; None for no bias.
        kernel_…, bias_initializer, …_regularizer, …_constraint: as in `Dense`.

    >>> EinsumDense("abc,cd->abd", output_shape=(None, 64), bias_axes="d").compute_output_shape((None, 32, 128))
    (None, 32, 64)
    """

    thrifty = activates = True

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.activity_regularizer = regularizers.get(kwargs.pop("activity_regularizer", None))
        super().__init__(**kwargs)
        self.equation = equation
        letters(equation, len(equation.partition(",")[0].replace("...", "").replace(" ", "")))
        self.sizes = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def setting(self, argument: str) -> Any:
        return self.sizes if argument == "output_shape" else super().setting(argument)

    def get_config(self) -> dict[str, Any]:
        regularizer = regularizers.serialize(self.activity_regularizer) if self.activity_regularizer else None
        return {**super().get_config(), **({} if regularizer is None else {"activity_regularizer": regularizer})}

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        shape = shapes[0]
        found = letters(self.equation, len(shape))
        own = dict(zip(found.x, shape, strict=True))
        dots = set(found.y) & set(string.ascii_uppercase) - set(self.equation)
        named = [letter for letter in found.y if letter not in dots]
        sizes: list[int | None] = list(self.sizes)
        if found.y[0] not in dots:  # the batch axis is named
            sizes = [shape[0], *sizes]
        elif len(sizes) != len(named):  # the dots stand for the batch axis too
            raise ShapeError(f"{self.name}: output_shape needs a size for each of {named}, got {self.sizes}.")
        if len(sizes) != len(named):
            raise ShapeError(f"{self.name}: output_shape needs a size for each of {named[1:]}, got {self.sizes}.")
        sized = dict(zip(named, sizes, strict=True))
        for letter in named:
            if letter in own and sized[letter] is not None and sized[letter] != own[letter]:
                raise ShapeError(
                    f"{self.name}: output_shape says {letter}={sized[letter]}, but the input is shaped {shape}."
                )
        return tuple(own.get(letter) if sized.get(letter) is None else sized[letter] for letter in found.y)

    def init(self, key: Array, *shapes: Shape) -> Params:
        found = letters(self.equation, len(shapes[0]))
        output = dict(zip(found.y, self.compute_output_shape(*shapes), strict=True))
        own = dict(zip(found.x, shapes[0], strict=True))
        missing = [letter for letter in found.kernel if letter not in output and letter not in own]
        if missing:
            raise ShapeError(f"{self.name}: neither input nor output of {self.equation!r} has the axis {missing[0]!r}.")
        sizes = tuple(output.get(letter, own.get(letter)) for letter in found.kernel)
        if None in sizes:
            raise ShapeError(f"{self.name}: the kernel's sizes must be known, got {sizes} for the input {shapes[0]}.")
        params = {"kernel": draw(self._initializer(found), key, 0, sizes, self.dtype)}  # type: ignore[arg-type]
        if self.bias_axes is not None:
            shape = self._bias_shape(found, output)
            params["bias"] = draw(self.bias_initializer, key, 1, shape, self.dtype)
        return params

    def _initializer(self, found: Letters) -> Any:
        """The kernel's initializer, told which of its axes are inputs and which are outputs."""
        initializer = self.kernel_initializer
        if not isinstance(initializer, initializers.VarianceScaling) or initializer.input_axes is not None:
            return initializer
        outputs = [i for i, letter in enumerate(found.kernel) if letter in found.y]
        inputs = [i for i, letter in enumerate(found.kernel) if letter not in found.y]
        told = initializers.VarianceScaling(initializer.scale, initializer.mode, initializer.distribution)
        told.seed, told.input_axes, told.output_axes = initializer.seed, tuple(inputs), tuple(outputs)
        return told

    def _bias_shape(self, found: Letters, output: dict[str, Any]) -> tuple[int, ...]:
        """The sizes of the bias, from the first axis that it has; 1 along those that it has not."""
        axes = self.bias_axes or ""
        unknown = [letter for letter in axes if letter not in found.y]
        if unknown:
            raise ShapeError(f"{self.name}: the output of {self.equation!r} has no axis {unknown[0]!r} for the bias.")
        behind = found.y[min(map(found.y.index, axes)) :]
        return tuple(output[letter] if letter in axes else 1 for letter in behind)

    def forward(self, params: Params, x: Array) -> tuple[Array, Array]:
        """x and y with the axes that the equation names; cache x."""
        found = letters(self.equation, x.ndim)
        y = _einsum(f"{found.x},{found.kernel}->{found.y}", x, params["kernel"])
        return (y + params["bias"] if self.bias_axes is not None else y), x

    def backward(self, params: Params, x: Array, dy: Array, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        found = letters(self.equation, x.ndim)
        kernel, dx, grads = params["kernel"], None, {}
        if "inputs" in needs:
            heard = [i for i, letter in enumerate(found.x) if letter in found.y or letter in found.kernel]
            dx = _einsum(f"{found.y},{found.kernel}->{''.join(found.x[i] for i in heard)}", dy, kernel)
            dx = dx.reshape([n if i in heard else 1 for i, n in enumerate(x.shape)])
            dx = namespace(x).broadcast_to(dx, x.shape)  # an axis that was summed over hears the same at each place
        if "params" in needs:
            grads["kernel"] = _einsum(f"{found.x},{found.y}->{found.kernel}", x, dy)
            if self.bias_axes is not None:
                grads["bias"] = unbroadcast(dy, params["bias"].shape)
        return dx, grads


def _einsum(equation: str, one: Array, other: Array) -> Array:
    return namespace(one).einsum(equation, one, other, optimize=True)
