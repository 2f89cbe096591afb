"""Merges: several inputs, one output.

    Add          y = Σ xᵢ              dxᵢ = dy
    Subtract     y = x₁ - x₂           dx₁ = dy,  dx₂ = -dy
    Multiply     y = Π xᵢ              dxᵢ = dy · Π of the others
    Average      y = Σ xᵢ / n          dxᵢ = dy / n
    Maximum      y = max xᵢ            dxᵢ = dy where xᵢ is the largest (the first of equals)
    Minimum      y = min xᵢ            dxᵢ = dy where xᵢ is the smallest (the first of equals)
    Concatenate  y = x₁, x₂, … end to end along one axis        dxᵢ = its piece of dy
    Dot          y = Σ x₁ · x₂ over one axis of each            dx₁ = dy · x₂,  dx₂ = dy · x₁

Inputs are broadcast as NumPy does; an input that was stretched hears the sum over its copies.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..errors import ShapeError
from .layer import Layer, Params
from .symbolic import Shape
from .table import register_layer


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """dy summed over the axes along which an array of this shape was stretched."""
    dy = dy.sum(axis=tuple(range(dy.ndim - len(shape)))) if dy.ndim > len(shape) else dy
    stretched = tuple(i for i, (d, n) in enumerate(zip(dy.shape, shape, strict=True)) if d != n)
    return dy.sum(axis=stretched, keepdims=True) if stretched else dy


class Merge(Layer):
    """Base of the merges that work number by number."""

    supports_masking = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def compute_output_shape(self, *given: Any) -> Any:
        shapes = shape_list(given)
        _need_several(self.name, shapes)
        rank = max(map(len, shapes))
        padded = [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
        merged: list[int | None] = []
        for sizes in zip(*padded, strict=True):
            known = {n for n in sizes if n not in (None, 1)}
            if len(known) > 1:
                raise ShapeError(f"{self.name}: cannot merge inputs shaped {', '.join(map(str, shapes))}.")
            merged.append(known.pop() if known else None if None in sizes else 1)
        return tuple(merged)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """A time step counts where it counts in any of the inputs."""
        if mask is None or any(one is None for one in mask):
            return None
        merged = mask[0]
        for one in mask[1:]:
            merged = merged | one
        return merged

    def backward(self, params: Params, xs: tuple[Array, ...], dy: Array) -> tuple[Any, Params]:
        slopes = self.slopes(xs, dy)
        return tuple(unbroadcast(d, x.shape) for d, x in zip(slopes, xs, strict=True)), {}

    def slopes(self, xs: tuple[Array, ...], dy: Array) -> list[Array]:
        """dL/dx of each input, in the shape of dy."""
        raise NotImplementedError


@register_layer("Add")
class Add(Merge):
    """The sum of its inputs."""

    def forward(self, params: Params, *xs: Array) -> tuple[Array, Any]:
        y = xs[0]
        for x in xs[1:]:
            y = y + x
        return y, xs

    def slopes(self, xs: tuple[Array, ...], dy: Array) -> list[Array]:
        return [dy] * len(xs)


@register_layer("Subtract")
class Subtract(Merge):
    """The first input minus the second."""

    def compute_output_shape(self, *shapes: Any) -> Any:
        if len(shape_list(shapes)) != 2:
            raise ShapeError(f"{self.name}: needs exactly two inputs, got {len(shape_list(shapes))}.")
        return super().compute_output_shape(*shapes)

    def forward(self, params: Params, *xs: Array) -> tuple[Array, Any]:
        return xs[0] - xs[1], xs

    def slopes(self, xs: tuple[Array, ...], dy: Array) -> list[Array]:
        return [dy, -dy]


@register_layer("Multiply")
class Multiply(Merge):
    """The product of its inputs. A masked input counts as 1; where all are masked, the product is 0."""

    wants = ("mask",)

    def forward(self, params: Params, *xs: Array, mask: Any = None) -> tuple[Array, Any]:
        """xs of shapes that broadcast -> y; cache: the inputs, their factors of y, which of both count."""
        xp, here = namespace(xs[0]), [_beside(mask, i) for i in range(len(xs))]
        factors = tuple(x if one is None else xp.where(one, x, 1.0) for x, one in zip(xs, here, strict=True))
        merged = self.compute_mask(xs, mask)
        y = factors[0]
        for factor in factors[1:]:
            y = y * factor
        counts = None if merged is None else merged[..., None]
        return y if counts is None else xp.where(counts, y, 0.0), (xs, factors, here, counts)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Any, Params]:
        xs, factors, here, counts = cache
        dy = dy if counts is None else namespace(dy).where(counts, dy, 0.0)
        slopes = [
            d if one is None else namespace(d).where(one, d, 0.0)
            for d, one in zip(self.slopes(factors, dy), here, strict=True)
        ]
        return tuple(unbroadcast(d, x.shape) for d, x in zip(slopes, xs, strict=True)), {}

    def slopes(self, xs: tuple[Array, ...], dy: Array) -> list[Array]:
        found = []
        for i in range(len(xs)):
            slope = dy
            for other in (*xs[:i], *xs[i + 1 :]):
                slope = slope * other
            found.append(slope)
        return found


@register_layer("Average")
class Average(Merge):
    """The mean of its inputs."""

    def forward(self, params: Params, *xs: Array) -> tuple[Array, Any]:
        y = xs[0]
        for x in xs[1:]:
            y = y + x
        return y / len(xs), xs

    def slopes(self, xs: tuple[Array, ...], dy: Array) -> list[Array]:
        return [dy / len(xs)] * len(xs)


class _Extreme(Merge):
    """Maximum and Minimum. A masked input only wins where all of them are masked, and then the first does."""

    wants = ("mask",)

    def better(self, x: Array, y: Array) -> Array:
        """Where x wins over y."""
        raise NotImplementedError

    def forward(self, params: Params, *xs: Array, mask: Any = None) -> tuple[Array, Any]:
        """xs of shapes that broadcast -> y; cache: the inputs' shapes, and which of them won."""
        xp, y, counts = namespace(xs[0]), xs[0], _beside(mask, 0)
        winner = xp.zeros((), dtype=xp.int32)
        for i, x in enumerate(xs[1:], start=1):
            wins, here = self.better(x, y), _beside(mask, i)
            if counts is not None:
                wins, counts = wins | ~counts, None if here is None else counts | here
            wins = wins if here is None else wins & here
            y, winner = xp.where(wins, x, y), xp.where(wins, i, winner)
        return y, ([x.shape for x in xs], winner)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Any, Params]:
        shapes, winner = cache
        return tuple(unbroadcast(dy * (winner == i), shape) for i, shape in enumerate(shapes)), {}


def _beside(mask: Any, place: int) -> Array | None:
    """The mask of the input at this place, with an axis of one for the features."""
    return None if mask is None or mask[place] is None else mask[place][..., None]


@register_layer("Maximum")
class Maximum(_Extreme):
    """The largest of its inputs, place by place."""

    def better(self, x: Array, y: Array) -> Array:
        return x > y


@register_layer("Minimum")
class Minimum(_Extreme):
    """The smallest of its inputs, place by place."""

    def better(self, x: Array, y: Array) -> Array:
        return x < y


@register_layer("Concatenate")
class Concatenate(Layer):
    """Its inputs end to end.

    Args:
        axis: along which; the batch axis is 0.
    """

    supports_masking = True

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks end to end; along the features, a time step counts where it counts in any of the inputs."""
        if mask is None or all(one is None for one in mask):
            return None
        xp, wide = namespace(inputs[0]), []
        for x, one in zip(inputs, mask, strict=True):
            one = xp.ones(x.shape, dtype=bool) if one is None else one
            wide.append(xp.broadcast_to(one[..., None] if one.ndim < x.ndim else one, x.shape))
        return xp.concat(wide, axis=self.axis).any(axis=-1)

    def compute_output_shape(self, *given: Any) -> Any:
        shapes = shape_list(given)
        _need_several(self.name, shapes)
        rank = len(shapes[0])
        if not -rank <= self.axis < rank:
            raise ShapeError(f"{self.name}: inputs with {rank} axes have no axis {self.axis}.")
        axis = self.axis % rank
        rest = [shape[:axis] + shape[axis + 1 :] for shape in shapes]
        for other in rest[1:]:
            if len(other) != len(rest[0]) or any(
                a != b and None not in (a, b) for a, b in zip(rest[0], other, strict=True)
            ):
                raise ShapeError(
                    f"{self.name}: inputs must agree in every axis but {axis}, got {', '.join(map(str, shapes))}."
                )
        sizes = [shape[axis] for shape in shapes]
        return *shapes[0][:axis], None if None in sizes else sum(sizes), *shapes[0][axis + 1 :]

    def forward(self, params: Params, *xs: Array) -> tuple[Array, list[int]]:
        return namespace(xs[0]).concat(xs, axis=self.axis), [x.shape[self.axis] for x in xs]

    def backward(self, params: Params, sizes: list[int], dy: Array) -> tuple[Any, Params]:
        axis = self.axis % dy.ndim
        ends = np.cumsum([0, *sizes]).tolist()
        before = (slice(None),) * axis
        return tuple(dy[(*before, slice(a, b))] for a, b in pairwise(ends)), {}


@register_layer("Dot")
class Dot(Layer):
    """The product of two inputs, summed over one axis of each.

    Args:
        axes: the axis (or the pair of axes) to sum over.
        normalize: whether to divide both by their length along that axis first (the cosine of their angle).

    Its output has no mask.
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axes = axes if isinstance(axes, int) else tuple(axes)
        self.normalize = bool(normalize)

    def _pair(self, ranks: tuple[int, int]) -> tuple[int, int]:
        first, second = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        return first % ranks[0], second % ranks[1]

    def compute_output_shape(self, *given: Any) -> Any:
        shapes = shape_list(given)
        if len(shapes) != 2:
            raise ShapeError(f"{self.name}: needs exactly two inputs, got {len(shapes)}.")
        one, two = shapes
        i, j = self._pair((len(one), len(two)))
        if one[i] != two[j] and None not in (one[i], two[j]):
            raise ShapeError(f"{self.name}: axis {i} of {one} and axis {j} of {two} differ in size.")
        rest = (*one[:i], *one[i + 1 :], *two[1:j], *two[j + 1 :])
        return (*rest, 1) if len(rest) == 1 else rest

    def forward(self, params: Params, *xs: Array) -> tuple[Array, Any]:
        """x₁ (N, …, K), x₂ (N, …, K) with K anywhere after N -> y (N, rest of x₁, rest of x₂)."""
        i, j = self._pair((xs[0].ndim, xs[1].ndim))
        one, two = _unit(xs[0], i, self.normalize), _unit(xs[1], j, self.normalize)
        a, b = _rows(one[0], i), _rows(two[0], j)
        y = a @ namespace(a).matrix_transpose(b)  # (N, A, B)
        xp, shapes = namespace(a), (xs[0].shape, xs[1].shape)
        shape = (*shapes[0][:i], *shapes[0][i + 1 :], *shapes[1][1:j], *shapes[1][j + 1 :])
        return xp.reshape(y, (*shape, 1) if len(shape) == 1 else shape), (xs, one, two, a, b)

    def backward(self, params: Params, cache: Any, dy: Array) -> tuple[Any, Params]:
        xs, one, two, a, b = cache
        xp = namespace(dy)
        i, j = self._pair((xs[0].ndim, xs[1].ndim))
        dy = xp.reshape(dy, (a.shape[0], a.shape[1], b.shape[1]))
        da, db = dy @ b, xp.matrix_transpose(dy) @ a
        dx1, dx2 = _unrows(da, xs[0].shape, i), _unrows(db, xs[1].shape, j)
        return (_unit_backward(one, dx1, i), _unit_backward(two, dx2, j)), {}


def _rows(x: Array, axis: int) -> Array:
    """x (N, …) with this axis last and the others between in one: (N, A, K)."""
    moved = namespace(x).moveaxis(x, axis, -1)
    return moved.reshape(x.shape[0], -1, x.shape[axis])


def _unrows(rows: Array, shape: tuple[int, ...], axis: int) -> Array:
    moved = (*shape[:axis], *shape[axis + 1 :], shape[axis])
    return namespace(rows).moveaxis(rows.reshape(moved), -1, axis)


def _unit(x: Array, axis: int, normalize: bool) -> tuple[Array, Array | None]:
    """x at length 1 along the axis, with the length it had (None: left as it is)."""
    if not normalize:
        return x, None
    xp = namespace(x)
    length = xp.sqrt(xp.maximum((x * x).sum(axis=axis, keepdims=True), 1e-12))
    return x / length, length


def _unit_backward(unit: tuple[Array, Array | None], dy: Array, axis: int) -> Array:
    y, length = unit
    return dy if length is None else (dy - y * (y * dy).sum(axis=axis, keepdims=True)) / length


def shape_list(shapes: tuple[Any, ...]) -> list[Shape]:
    """The shapes of several inputs, given one by one or as a list."""
    several = shapes[0] if len(shapes) == 1 and shapes[0] and isinstance(shapes[0][0], list | tuple) else shapes
    return [tuple(shape) for shape in several]


def _need_several(name: str, shapes: list[Shape]) -> None:
    if len(shapes) < 2:
        raise ShapeError(f"{name}: needs a list of at least two inputs, got {len(shapes)}: {name}([a, b]).")


def add(inputs: Any, **kwargs: Any) -> Any:
    """The sum of the inputs."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """The first input minus the second."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """The product of the inputs."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """The mean of the inputs."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """The largest of the inputs, place by place."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """The smallest of the inputs, place by place."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """The inputs end to end."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """The product of two inputs, summed over one axis of each."""
    return Dot(axes=axes, **kwargs)(inputs)
